-- +goose Up
-- A tenant owns an issuer with its keys, clients and people.
CREATE TABLE tenants (
    id         blob NOT NULL,
    name       text NOT NULL,
    created_at datetime NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX tenants_name ON tenants (name);
-- Versioned data keys, wrapped by the master key.
CREATE TABLE keyring (
    tenant     blob NOT NULL,
    purpose    text NOT NULL,
    version    integer NOT NULL,
    wrapped    blob NOT NULL,
    created_at datetime NOT NULL,
    retired_at datetime,
    PRIMARY KEY (tenant, purpose, version)
) WITHOUT ROWID;
-- Asymmetric key pairs; the private half is sealed.
CREATE TABLE signing_keys (
    tenant       blob NOT NULL,
    id           blob NOT NULL,
    key_id       text NOT NULL,
    algorithm    text NOT NULL,
    public       text NOT NULL,
    private      blob NOT NULL CHECK (typeof(private) = 'blob' AND substr(private, 1, 1) = x'01' AND length(private) >= 43),
    created_at   datetime NOT NULL,
    activates_at datetime NOT NULL,
    retires_at   datetime,
    expires_at   datetime,
    revoked_at   datetime,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX signing_keys_key_id ON signing_keys (tenant, key_id);
CREATE INDEX signing_keys_expires_at ON signing_keys (tenant, expires_at);

-- +goose Down
DROP TABLE signing_keys;
DROP TABLE keyring;
DROP TABLE tenants;
