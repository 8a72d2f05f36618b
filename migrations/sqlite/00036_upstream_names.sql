-- +goose Up
-- What the upstream calls its session and whom it names, sealed: with that ours can ask it to end its own.
ALTER TABLE sessions ADD COLUMN
    upstream_names blob CHECK (upstream_names IS NULL OR (typeof(upstream_names) = 'blob' AND substr(upstream_names, 1, 1) = x'01' AND length(upstream_names) >= 43));

-- +goose Down
ALTER TABLE sessions DROP COLUMN upstream_names;
