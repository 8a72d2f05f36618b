-- +goose Up
-- A tenant owns an issuer with its keys, clients and people.
CREATE TABLE tenants (
    id         bytea NOT NULL,
    name       text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tenants_name ON tenants (name);
-- Versioned data keys, wrapped by the master key.
CREATE TABLE keyring (
    tenant     bytea NOT NULL,
    purpose    text NOT NULL,
    version    bigint NOT NULL,
    wrapped    bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (tenant, purpose, version)
);
-- Asymmetric key pairs; the private half is sealed.
CREATE TABLE signing_keys (
    tenant       bytea NOT NULL,
    id           bytea NOT NULL,
    key_id       text NOT NULL,
    algorithm    text NOT NULL,
    public       text NOT NULL,
    private      bytea NOT NULL CHECK (get_byte(private, 0) = 1 AND octet_length(private) >= 43),
    created_at   timestamptz NOT NULL,
    activates_at timestamptz NOT NULL,
    retires_at   timestamptz,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX signing_keys_key_id ON signing_keys (tenant, key_id);
CREATE INDEX signing_keys_expires_at ON signing_keys (tenant, expires_at);

-- +goose Down
DROP TABLE signing_keys;
DROP TABLE keyring;
DROP TABLE tenants;
