-- +goose Up
-- The last good copy of what other servers publish, such as SAML metadata.
CREATE TABLE documents (
    tenant     bytea NOT NULL,
    name       text NOT NULL,
    url        text NOT NULL,
    body       bytea NOT NULL,
    kept_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, name)
);
CREATE INDEX documents_expires_at ON documents (tenant, expires_at);

-- +goose Down
DROP TABLE documents;
