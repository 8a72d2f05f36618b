-- +goose Up
-- Those who sign in. Names and addresses are sealed and found by keyed hashes.
CREATE TABLE people (
    tenant              bytea NOT NULL,
    id                  bytea NOT NULL,
    subject             text NOT NULL,
    email_hash          bytea,
    username_hash       bytea,
    profile             bytea CHECK (get_byte(profile, 0) = 1 AND octet_length(profile) >= 43),
    password_hash       text NOT NULL,
    password_changed_at timestamptz,
    state               text NOT NULL,
    admin               boolean NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    version             bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX people_subject ON people (tenant, subject);
CREATE UNIQUE INDEX people_email_hash ON people (tenant, email_hash);
CREATE UNIQUE INDEX people_username_hash ON people (tenant, username_hash);
CREATE INDEX people_admins ON people (tenant) WHERE admin;
-- One-time links that make the first administrator.
CREATE TABLE setup_links (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    hash       bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX setup_links_hash ON setup_links (tenant, hash);
-- One person signed in in one browser.
CREATE TABLE sessions (
    tenant       bytea NOT NULL,
    id           bytea NOT NULL,
    person       bytea NOT NULL,
    auth_time    timestamptz NOT NULL,
    acr          text NOT NULL,
    amr          text NOT NULL,
    device       bytea CHECK (get_byte(device, 0) = 1 AND octet_length(device) >= 43),
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
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
