-- +goose Up
-- Applications that sign people in by SAML.
CREATE TABLE saml_apps (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    name       text NOT NULL,
    entity_id  text NOT NULL,
    title      text NOT NULL,
    settings   text NOT NULL,
    disabled   boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX saml_apps_name ON saml_apps (tenant, name);
CREATE UNIQUE INDEX saml_apps_entity_id ON saml_apps (tenant, entity_id);
-- What signs assertions.
CREATE TABLE saml_keys (
    tenant      bytea NOT NULL,
    id          bytea NOT NULL,
    serial      bigint NOT NULL,
    certificate bytea NOT NULL,
    private     bytea NOT NULL CHECK (get_byte(private, 0) = 1 AND octet_length(private) >= 43),
    created_at  timestamptz NOT NULL,
    active_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX saml_keys_serial ON saml_keys (tenant, serial);
-- Which applications were told in a session who somebody is: they are told when it ends.
CREATE TABLE saml_sessions (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    session    bytea NOT NULL,
    person     bytea NOT NULL,
    app        bytea NOT NULL,
    subject    bytea NOT NULL,
    name_id    bytea NOT NULL CHECK (get_byte(name_id, 0) = 1 AND octet_length(name_id) >= 43),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX saml_sessions_session ON saml_sessions (tenant, session, app, subject);
CREATE INDEX saml_sessions_subject ON saml_sessions (tenant, app, subject);
CREATE INDEX saml_sessions_person ON saml_sessions (tenant, person);
CREATE INDEX saml_sessions_expires_at ON saml_sessions (tenant, expires_at);

-- +goose Down
DROP TABLE saml_sessions;
DROP TABLE saml_keys;
DROP TABLE saml_apps;
