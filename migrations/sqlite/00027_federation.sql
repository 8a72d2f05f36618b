-- +goose Up
-- Upstream identity providers.
CREATE TABLE connectors (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    name       text NOT NULL,
    kind       text NOT NULL,
    title      text NOT NULL,
    settings   text NOT NULL,
    secrets    blob CHECK (secrets IS NULL OR (typeof(secrets) = 'blob' AND substr(secrets, 1, 1) = x'01' AND length(secrets) >= 43)),
    managed    boolean NOT NULL,
    disabled   boolean NOT NULL,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    version    integer NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX connectors_name ON connectors (tenant, name);
-- Who somebody at an upstream is here.
CREATE TABLE links (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    connector  blob NOT NULL,
    key        blob NOT NULL,
    person     blob NOT NULL,
    identity   blob NOT NULL CHECK (typeof(identity) = 'blob' AND substr(identity, 1, 1) = x'01' AND length(identity) >= 43),
    tokens     blob CHECK (tokens IS NULL OR (typeof(tokens) = 'blob' AND substr(tokens, 1, 1) = x'01' AND length(tokens) >= 43)),
    created_at datetime NOT NULL,
    used_at    datetime NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX links_key ON links (tenant, connector, key);
CREATE INDEX links_person ON links (tenant, person);
-- Browsers on their way to an upstream and back. They live for minutes.
CREATE TABLE trips (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    state      blob NOT NULL,
    browser    blob NOT NULL,
    content    blob NOT NULL CHECK (typeof(content) = 'blob' AND substr(content, 1, 1) = x'01' AND length(content) >= 43),
    address    blob,
    expires_at datetime NOT NULL,
    created_at datetime NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX trips_state ON trips (tenant, state);
CREATE INDEX trips_address ON trips (tenant, address, expires_at) WHERE address IS NOT NULL;
CREATE INDEX trips_expires_at ON trips (tenant, expires_at);

-- +goose Down
DROP TABLE trips;
DROP TABLE links;
DROP TABLE connectors;
