-- +goose Up
-- Until when a server has an upstream to itself to ask about somebody: a refresh token there counts once.
ALTER TABLE links ADD COLUMN
    asking_until datetime;

-- +goose Down
ALTER TABLE links DROP COLUMN asking_until;
