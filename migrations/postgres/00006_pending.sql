-- +goose Up
-- Requests of clients that wait for a person: pushed (RFC 9126), by device (RFC 8628), CIBA. They live for minutes.
CREATE TABLE pending (
    tenant           bytea NOT NULL,
    id               bytea NOT NULL,
    kind             text NOT NULL,
    client           bytea NOT NULL,
    handle           bytea NOT NULL,
    user_code        bytea,
    request          bytea CHECK (get_byte(request, 0) = 1 AND octet_length(request) >= 43),
    state            text NOT NULL,
    person           bytea,
    session          bytea,
    decision         bytea CHECK (get_byte(decision, 0) = 1 AND octet_length(decision) >= 43),
    interval_seconds bigint NOT NULL,
    polled_at        bigint NOT NULL,
    slow             boolean NOT NULL,
    tries            bigint NOT NULL,
    address          bytea,
    expires_at       timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX pending_handle ON pending (tenant, handle);
CREATE UNIQUE INDEX pending_user_code ON pending (tenant, user_code) WHERE user_code IS NOT NULL AND state = 'open';
CREATE INDEX pending_client ON pending (tenant, kind, client, expires_at) WHERE state = 'open';
CREATE INDEX pending_address ON pending (tenant, kind, address, expires_at) WHERE state = 'open' AND address IS NOT NULL;
CREATE INDEX pending_person ON pending (tenant, person, expires_at) WHERE person IS NOT NULL;
CREATE INDEX pending_expires_at ON pending (tenant, expires_at);
-- Tokens whose bearer may register clients (RFC 7591 section 3).
CREATE TABLE initial_access_tokens (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    hash       bytea NOT NULL,
    hash_key   bigint NOT NULL,
    uses_left  bigint NOT NULL,
    note       text NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX initial_access_tokens_expires_at ON initial_access_tokens (tenant, expires_at);
-- The registration access token of a client that registered itself (RFC 7592 section 3).
ALTER TABLE clients ADD COLUMN
    registration_hash bytea;
ALTER TABLE clients ADD COLUMN
    registration_key bigint NOT NULL DEFAULT 0;
-- What was granted in authorization_details (RFC 9396).
ALTER TABLE grants ADD COLUMN
    details text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE grants DROP COLUMN details;
ALTER TABLE clients DROP COLUMN registration_key;
ALTER TABLE clients DROP COLUMN registration_hash;
DROP TABLE initial_access_tokens;
DROP TABLE pending;
