-- +goose Up
-- A session may end earlier than others when unused; seconds, 0: as configured.
ALTER TABLE sessions ADD COLUMN idle integer NOT NULL DEFAULT 0;
-- Browsers that stand in for a second factor. browser is a hash of the browser's id and the person.
CREATE TABLE trusted_browsers (
    tenant              blob NOT NULL,
    id                  blob NOT NULL,
    person              blob NOT NULL,
    browser             blob NOT NULL,
    password_changed_at datetime,
    created_at          datetime NOT NULL,
    expires_at          datetime NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX trusted_browsers_person ON trusted_browsers (tenant, person, browser);
CREATE INDEX trusted_browsers_expires ON trusted_browsers (tenant, expires_at);

-- +goose Down
DROP TABLE trusted_browsers;
ALTER TABLE sessions DROP COLUMN idle;
