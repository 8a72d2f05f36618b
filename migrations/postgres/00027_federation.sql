-- +goose Up
-- Upstream identity providers.
CREATE TABLE connectors (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    name       text NOT NULL,
    kind       text NOT NULL,
    title      text NOT NULL,
    settings   text NOT NULL,
    secrets    bytea CHECK (get_byte(secrets, 0) = 1 AND octet_length(secrets) >= 43),
    managed    boolean NOT NULL,
    disabled   boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX connectors_name ON connectors (tenant, name);
-- Who somebody at an upstream is here.
CREATE TABLE links (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    connector  bytea NOT NULL,
    key        bytea NOT NULL,
    person     bytea NOT NULL,
    identity   bytea NOT NULL CHECK (get_byte(identity, 0) = 1 AND octet_length(identity) >= 43),
    tokens     bytea CHECK (get_byte(tokens, 0) = 1 AND octet_length(tokens) >= 43),
    created_at timestamptz NOT NULL,
    used_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX links_key ON links (tenant, connector, key);
CREATE INDEX links_person ON links (tenant, person);
-- Browsers on their way to an upstream and back. They live for minutes.
CREATE TABLE trips (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    state      bytea NOT NULL,
    browser    bytea NOT NULL,
    content    bytea NOT NULL CHECK (get_byte(content, 0) = 1 AND octet_length(content) >= 43),
    address    bytea,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX trips_state ON trips (tenant, state);
CREATE INDEX trips_address ON trips (tenant, address, expires_at) WHERE address IS NOT NULL;
CREATE INDEX trips_expires_at ON trips (tenant, expires_at);

-- +goose Down
DROP TABLE trips;
DROP TABLE links;
DROP TABLE connectors;
