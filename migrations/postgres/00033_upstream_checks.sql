-- +goose Up
-- Whether the upstream still vouches for somebody, and what rests on that.
ALTER TABLE links ADD COLUMN
    checked_at timestamptz;
ALTER TABLE links ADD COLUMN
    failing_since timestamptz;
ALTER TABLE grants ADD COLUMN
    link bytea;
CREATE INDEX grants_link ON grants (tenant, link) WHERE link IS NOT NULL;
CREATE INDEX sessions_link ON sessions (tenant, link) WHERE link IS NOT NULL;

-- +goose Down
DROP INDEX sessions_link;
DROP INDEX grants_link;
ALTER TABLE grants DROP COLUMN link;
ALTER TABLE links DROP COLUMN failing_since;
ALTER TABLE links DROP COLUMN checked_at;
