-- +goose Up
-- WebAuthn credentials of people. The name is sealed; the public key is no secret.
CREATE TABLE passkeys (
    tenant        bytea NOT NULL,
    id            bytea NOT NULL,
    person        bytea NOT NULL,
    credential_id bytea NOT NULL,
    public_key    bytea NOT NULL,
    aaguid        bytea NOT NULL,
    sign_count    bigint NOT NULL,
    transports    text NOT NULL,
    verified      boolean NOT NULL,
    syncs         boolean NOT NULL,
    synced        boolean NOT NULL,
    hardware      boolean NOT NULL,
    name          bytea CHECK (get_byte(name, 0) = 1 AND octet_length(name) >= 43),
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (tenant, credential_id);
CREATE INDEX passkeys_person ON passkeys (tenant, person);
-- The RP ID that all passkeys of a tenant are bound to.
CREATE TABLE relying_parties (
    tenant     bytea NOT NULL PRIMARY KEY,
    name       text NOT NULL,
    created_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE relying_parties;
DROP TABLE passkeys;
