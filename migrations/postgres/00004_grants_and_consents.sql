-- +goose Up
-- One row per authorization: the code, the tokens and every refresh stand on it.
CREATE TABLE grants (
    tenant       bytea NOT NULL,
    id           bytea NOT NULL,
    client       bytea NOT NULL,
    person       bytea NOT NULL,
    session      bytea,
    origin       text NOT NULL,
    subject      text NOT NULL,
    scopes       text NOT NULL,
    resources    text NOT NULL,
    claims       text NOT NULL,
    acr          text NOT NULL,
    amr          text NOT NULL,
    auth_time    timestamptz NOT NULL,
    challenge    text NOT NULL,
    redirect_uri text NOT NULL,
    nonce        text NOT NULL,
    cnf          text NOT NULL,
    dpop_jkt     text NOT NULL,
    code         bigint NOT NULL,
    code_expires timestamptz NOT NULL,
    offline      boolean NOT NULL,
    refresh      boolean NOT NULL,
    rotates      boolean NOT NULL,
    generation   bigint NOT NULL,
    nonce1       bytea CHECK (get_byte(nonce1, 0) = 1 AND octet_length(nonce1) >= 43),
    nonce0       bytea CHECK (get_byte(nonce0, 0) = 1 AND octet_length(nonce0) >= 43),
    rotated_at   timestamptz,
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz,
    uses         bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    reason       text NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX grants_origin ON grants (tenant, origin);
CREATE INDEX grants_person_client ON grants (tenant, person, client);
CREATE INDEX grants_client ON grants (tenant, client, id);
CREATE INDEX grants_session ON grants (tenant, session) WHERE session IS NOT NULL;
CREATE INDEX grants_expires_at ON grants (tenant, expires_at);
CREATE INDEX grants_revoked ON grants (tenant, revoked_at) WHERE revoked_at IS NOT NULL;
-- What a person allowed a client; outlives grants.
CREATE TABLE consents (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    person     bytea NOT NULL,
    client     bytea NOT NULL,
    scopes     text NOT NULL,
    declined   text NOT NULL,
    resources  text NOT NULL,
    binding    text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX consents_person_client ON consents (tenant, person, client);
CREATE INDEX consents_client ON consents (tenant, client, id);

-- +goose Down
DROP TABLE consents;
DROP TABLE grants;
