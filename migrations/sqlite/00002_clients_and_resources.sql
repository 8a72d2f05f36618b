-- +goose Up
-- Relying parties and machines (RFC 6749 section 2).
CREATE TABLE clients (
    tenant        blob NOT NULL,
    id            blob NOT NULL,
    client_id     text NOT NULL,
    metadata      text NOT NULL,
    secret_hash   blob,
    secret_key    integer NOT NULL,
    secret_phc    text NOT NULL,
    secret_sealed blob CHECK (secret_sealed IS NULL OR (typeof(secret_sealed) = 'blob' AND substr(secret_sealed, 1, 1) = x'01' AND length(secret_sealed) >= 43)),
    disabled      boolean NOT NULL,
    created_at    datetime NOT NULL,
    updated_at    datetime NOT NULL,
    version       integer NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX clients_client_id ON clients (tenant, client_id);
-- Protected resources (RFC 8707).
CREATE TABLE resources (
    tenant       blob NOT NULL,
    id           blob NOT NULL,
    identifier   text NOT NULL,
    name         text NOT NULL,
    owner        blob,
    scopes       text NOT NULL,
    token_format text NOT NULL,
    seconds      integer NOT NULL,
    created_at   datetime NOT NULL,
    updated_at   datetime NOT NULL,
    version      integer NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX resources_identifier ON resources (tenant, identifier);

-- +goose Down
DROP TABLE resources;
DROP TABLE clients;
