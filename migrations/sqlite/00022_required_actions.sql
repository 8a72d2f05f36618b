-- +goose Up
-- What a person must do before anything else, as far as an operator asked for it, and which version of the terms they accepted when.
ALTER TABLE people ADD COLUMN
    required text NOT NULL DEFAULT '[]';
ALTER TABLE people ADD COLUMN
    terms_version text NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN
    terms_at datetime;

-- +goose Down
ALTER TABLE people DROP COLUMN terms_at;
ALTER TABLE people DROP COLUMN terms_version;
ALTER TABLE people DROP COLUMN required;
