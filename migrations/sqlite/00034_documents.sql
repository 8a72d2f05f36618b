-- +goose Up
-- The last good copy of what other servers publish, such as SAML metadata.
CREATE TABLE documents (
    tenant     blob NOT NULL,
    name       text NOT NULL,
    url        text NOT NULL,
    body       blob NOT NULL,
    kept_at    datetime NOT NULL,
    expires_at datetime NOT NULL,
    PRIMARY KEY (tenant, name)
);
CREATE INDEX documents_expires_at ON documents (tenant, expires_at);

-- +goose Down
DROP TABLE documents;
