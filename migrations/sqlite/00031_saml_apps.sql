-- +goose Up
-- Applications that sign people in by SAML.
CREATE TABLE saml_apps (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    name       text NOT NULL,
    entity_id  text NOT NULL,
    title      text NOT NULL,
    settings   text NOT NULL,
    disabled   boolean NOT NULL,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    version    integer NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX saml_apps_name ON saml_apps (tenant, name);
CREATE UNIQUE INDEX saml_apps_entity_id ON saml_apps (tenant, entity_id);
-- What signs assertions.
CREATE TABLE saml_keys (
    tenant      blob NOT NULL,
    id          blob NOT NULL,
    serial      integer NOT NULL,
    certificate blob NOT NULL,
    private     blob NOT NULL CHECK (typeof(private) = 'blob' AND substr(private, 1, 1) = x'01' AND length(private) >= 43),
    created_at  datetime NOT NULL,
    active_at   datetime NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX saml_keys_serial ON saml_keys (tenant, serial);
-- Which applications were told in a session who somebody is: they are told when it ends.
CREATE TABLE saml_sessions (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    session    blob NOT NULL,
    person     blob NOT NULL,
    app        blob NOT NULL,
    subject    blob NOT NULL,
    name_id    blob NOT NULL CHECK (typeof(name_id) = 'blob' AND substr(name_id, 1, 1) = x'01' AND length(name_id) >= 43),
    created_at datetime NOT NULL,
    expires_at datetime NOT NULL,
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
