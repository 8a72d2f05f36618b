-- +goose Up
-- The session that the client's ID tokens name, once the grant has moved to a later session of the same person and browser.
ALTER TABLE grants ADD COLUMN
    sid bytea;
-- Who was signed in to in a session, after the grants that said so have been swept: they are told when the session ends.
CREATE TABLE session_clients (
    tenant     bytea NOT NULL,
    session    bytea NOT NULL,
    client     bytea NOT NULL,
    sid        bytea NOT NULL,
    subject    text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, session, client, sid)
);
CREATE INDEX session_clients_expires_at ON session_clients (tenant, expires_at);

-- +goose Down
DROP TABLE session_clients;
ALTER TABLE grants DROP COLUMN sid;
