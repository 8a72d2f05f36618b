-- +goose Up
-- How a resource's access tokens are signed, and what it demands of a person's sign-in (RFC 9470).
ALTER TABLE resources ADD COLUMN
    alg text NOT NULL DEFAULT '';
ALTER TABLE resources ADD COLUMN
    acr_values text NOT NULL DEFAULT '[]';
ALTER TABLE resources ADD COLUMN
    max_age bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE resources DROP COLUMN max_age;
ALTER TABLE resources DROP COLUMN acr_values;
ALTER TABLE resources DROP COLUMN alg;
