-- +goose Up
-- A session may end earlier than others when unused; seconds, 0: as configured.
ALTER TABLE sessions ADD COLUMN idle bigint NOT NULL DEFAULT 0;
-- Browsers that stand in for a second factor. browser is a hash of the browser's id and the person.
CREATE TABLE trusted_browsers (
    tenant              bytea NOT NULL,
    id                  bytea NOT NULL,
    person              bytea NOT NULL,
    browser             bytea NOT NULL,
    password_changed_at timestamptz,
    created_at          timestamptz NOT NULL,
    expires_at          timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX trusted_browsers_person ON trusted_browsers (tenant, person, browser);
CREATE INDEX trusted_browsers_expires ON trusted_browsers (tenant, expires_at);

-- +goose Down
DROP TABLE trusted_browsers;
ALTER TABLE sessions DROP COLUMN idle;
