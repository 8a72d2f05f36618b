-- +goose Up
-- WebAuthn credentials of people. The name is sealed; the public key is no secret.
CREATE TABLE passkeys (
    tenant        blob NOT NULL,
    id            blob NOT NULL,
    person        blob NOT NULL,
    credential_id blob NOT NULL,
    public_key    blob NOT NULL,
    aaguid        blob NOT NULL,
    sign_count    integer NOT NULL,
    transports    text NOT NULL,
    verified      boolean NOT NULL,
    syncs         boolean NOT NULL,
    synced        boolean NOT NULL,
    hardware      boolean NOT NULL,
    name          blob CHECK (name IS NULL OR (typeof(name) = 'blob' AND substr(name, 1, 1) = x'01' AND length(name) >= 43)),
    created_at    datetime NOT NULL,
    last_used_at  datetime,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (tenant, credential_id);
CREATE INDEX passkeys_person ON passkeys (tenant, person);
-- The RP ID that all passkeys of a tenant are bound to.
CREATE TABLE relying_parties (
    tenant     blob NOT NULL PRIMARY KEY,
    name       text NOT NULL,
    created_at datetime NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE relying_parties;
DROP TABLE passkeys;
