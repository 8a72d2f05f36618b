-- +goose Up
-- By which link somebody signed in, and what the upstream calls its own session and them: with that it can end ours.
ALTER TABLE sessions ADD COLUMN
    link bytea;
ALTER TABLE sessions ADD COLUMN
    upstream bytea;
ALTER TABLE sessions ADD COLUMN
    upstream_subject bytea;
CREATE INDEX sessions_upstream ON sessions (tenant, upstream) WHERE upstream IS NOT NULL;
CREATE INDEX sessions_upstream_subject ON sessions (tenant, upstream_subject) WHERE upstream_subject IS NOT NULL;

-- +goose Down
DROP INDEX sessions_upstream_subject;
DROP INDEX sessions_upstream;
ALTER TABLE sessions DROP COLUMN upstream_subject;
ALTER TABLE sessions DROP COLUMN upstream;
ALTER TABLE sessions DROP COLUMN link;
