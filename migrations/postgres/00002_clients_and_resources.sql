-- +goose Up
-- Relying parties and machines (RFC 6749 section 2).
CREATE TABLE clients (
    tenant        bytea NOT NULL,
    id            bytea NOT NULL,
    client_id     text NOT NULL,
    metadata      text NOT NULL,
    secret_hash   bytea,
    secret_key    bigint NOT NULL,
    secret_phc    text NOT NULL,
    secret_sealed bytea CHECK (get_byte(secret_sealed, 0) = 1 AND octet_length(secret_sealed) >= 43),
    disabled      boolean NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX clients_client_id ON clients (tenant, client_id);
-- Protected resources (RFC 8707).
CREATE TABLE resources (
    tenant       bytea NOT NULL,
    id           bytea NOT NULL,
    identifier   text NOT NULL,
    name         text NOT NULL,
    owner        bytea,
    scopes       text NOT NULL,
    token_format text NOT NULL,
    seconds      bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    version      bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX resources_identifier ON resources (tenant, identifier);

-- +goose Down
DROP TABLE resources;
DROP TABLE clients;
