-- +goose Up
-- Requests of clients that wait for a person: pushed (RFC 9126), by device (RFC 8628), CIBA. They live for minutes.
CREATE TABLE pending (
    tenant           blob NOT NULL,
    id               blob NOT NULL,
    kind             text NOT NULL,
    client           blob NOT NULL,
    handle           blob NOT NULL,
    user_code        blob,
    request          blob CHECK (request IS NULL OR (typeof(request) = 'blob' AND substr(request, 1, 1) = x'01' AND length(request) >= 43)),
    state            text NOT NULL,
    person           blob,
    session          blob,
    decision         blob CHECK (decision IS NULL OR (typeof(decision) = 'blob' AND substr(decision, 1, 1) = x'01' AND length(decision) >= 43)),
    interval_seconds integer NOT NULL,
    polled_at        integer NOT NULL,
    slow             boolean NOT NULL,
    tries            integer NOT NULL,
    address          blob,
    expires_at       datetime NOT NULL,
    created_at       datetime NOT NULL,
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
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    hash       blob NOT NULL,
    hash_key   integer NOT NULL,
    uses_left  integer NOT NULL,
    note       text NOT NULL,
    expires_at datetime NOT NULL,
    created_at datetime NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX initial_access_tokens_expires_at ON initial_access_tokens (tenant, expires_at);
-- The registration access token of a client that registered itself (RFC 7592 section 3).
ALTER TABLE clients ADD COLUMN
    registration_hash blob;
ALTER TABLE clients ADD COLUMN
    registration_key integer NOT NULL DEFAULT 0;
-- What was granted in authorization_details (RFC 9396).
ALTER TABLE grants ADD COLUMN
    details text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE grants DROP COLUMN details;
ALTER TABLE clients DROP COLUMN registration_key;
ALTER TABLE clients DROP COLUMN registration_hash;
DROP TABLE initial_access_tokens;
DROP TABLE pending;
