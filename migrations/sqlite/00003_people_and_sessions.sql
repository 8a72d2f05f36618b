-- +goose Up
-- Those who sign in. Names and addresses are sealed and found by keyed hashes.
CREATE TABLE people (
    tenant              blob NOT NULL,
    id                  blob NOT NULL,
    subject             text NOT NULL,
    email_hash          blob,
    username_hash       blob,
    profile             blob CHECK (profile IS NULL OR (typeof(profile) = 'blob' AND substr(profile, 1, 1) = x'01' AND length(profile) >= 43)),
    password_hash       text NOT NULL,
    password_changed_at datetime,
    state               text NOT NULL,
    admin               boolean NOT NULL,
    created_at          datetime NOT NULL,
    updated_at          datetime NOT NULL,
    version             integer NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX people_subject ON people (tenant, subject);
CREATE UNIQUE INDEX people_email_hash ON people (tenant, email_hash);
CREATE UNIQUE INDEX people_username_hash ON people (tenant, username_hash);
CREATE INDEX people_admins ON people (tenant) WHERE admin;
-- One-time links that make the first administrator.
CREATE TABLE setup_links (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    hash       blob NOT NULL,
    created_at datetime NOT NULL,
    expires_at datetime NOT NULL,
    used_at    datetime,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX setup_links_hash ON setup_links (tenant, hash);
-- One person signed in in one browser.
CREATE TABLE sessions (
    tenant       blob NOT NULL,
    id           blob NOT NULL,
    person       blob NOT NULL,
    auth_time    datetime NOT NULL,
    acr          text NOT NULL,
    amr          text NOT NULL,
    device       blob CHECK (device IS NULL OR (typeof(device) = 'blob' AND substr(device, 1, 1) = x'01' AND length(device) >= 43)),
    created_at   datetime NOT NULL,
    last_seen_at datetime NOT NULL,
    expires_at   datetime NOT NULL,
    revoked_at   datetime,
    reason       text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX sessions_person ON sessions (tenant, person);
CREATE INDEX sessions_expires_at ON sessions (tenant, expires_at);
CREATE INDEX sessions_revoked ON sessions (tenant, revoked_at) WHERE revoked_at IS NOT NULL;

-- +goose Down
DROP TABLE sessions;
DROP TABLE setup_links;
DROP TABLE people;
