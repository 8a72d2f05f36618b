-- +goose Up
-- What the groups of a directory looked like when a sync read them last.
ALTER TABLE directory_syncs ADD COLUMN
    group_progress text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE directory_syncs DROP COLUMN group_progress;
