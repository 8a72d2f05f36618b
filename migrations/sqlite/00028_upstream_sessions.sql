-- +goose Up
-- By which link somebody signed in, and what the upstream calls its own session: with that it can end ours.
ALTER TABLE sessions ADD COLUMN
    link blob;
ALTER TABLE sessions ADD COLUMN
    upstream blob;
CREATE INDEX sessions_link ON sessions (tenant, link) WHERE link IS NOT NULL;
CREATE INDEX sessions_upstream ON sessions (tenant, upstream) WHERE upstream IS NOT NULL;

-- +goose Down
DROP INDEX sessions_upstream;
DROP INDEX sessions_link;
ALTER TABLE sessions DROP COLUMN upstream;
ALTER TABLE sessions DROP COLUMN link;
