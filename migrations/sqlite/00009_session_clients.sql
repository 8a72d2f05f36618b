-- +goose Up
-- The session that the client's ID tokens name, once the grant has moved to a later session of the same person and browser.
ALTER TABLE grants ADD COLUMN
    sid blob;
-- Who was signed in to in a session, after the grants that said so have been swept: they are told when the session ends.
CREATE TABLE session_clients (
    tenant     blob NOT NULL,
    session    blob NOT NULL,
    client     blob NOT NULL,
    sid        blob NOT NULL,
    subject    text NOT NULL,
    expires_at datetime NOT NULL,
    PRIMARY KEY (tenant, session, client, sid)
);
CREATE INDEX session_clients_expires_at ON session_clients (tenant, expires_at);

-- +goose Down
DROP TABLE session_clients;
ALTER TABLE grants DROP COLUMN sid;
