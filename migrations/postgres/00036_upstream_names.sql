-- +goose Up
-- What the upstream calls its session and whom it names, sealed: with that ours can ask it to end its own.
ALTER TABLE sessions ADD COLUMN
    upstream_names bytea CHECK (get_byte(upstream_names, 0) = 1 AND octet_length(upstream_names) >= 43);

-- +goose Down
ALTER TABLE sessions DROP COLUMN upstream_names;
