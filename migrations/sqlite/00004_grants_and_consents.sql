-- +goose Up
-- One row per authorization: the code, the tokens and every refresh stand on it.
CREATE TABLE grants (
    tenant       blob NOT NULL,
    id           blob NOT NULL,
    client       blob NOT NULL,
    person       blob NOT NULL,
    session      blob,
    origin       text NOT NULL,
    subject      text NOT NULL,
    scopes       text NOT NULL,
    resources    text NOT NULL,
    claims       text NOT NULL,
    acr          text NOT NULL,
    amr          text NOT NULL,
    auth_time    datetime NOT NULL,
    challenge    text NOT NULL,
    redirect_uri text NOT NULL,
    nonce        text NOT NULL,
    cnf          text NOT NULL,
    dpop_jkt     text NOT NULL,
    code         integer NOT NULL,
    code_expires datetime NOT NULL,
    offline      boolean NOT NULL,
    refresh      boolean NOT NULL,
    rotates      boolean NOT NULL,
    generation   integer NOT NULL,
    nonce1       blob CHECK (nonce1 IS NULL OR (typeof(nonce1) = 'blob' AND substr(nonce1, 1, 1) = x'01' AND length(nonce1) >= 43)),
    nonce0       blob CHECK (nonce0 IS NULL OR (typeof(nonce0) = 'blob' AND substr(nonce0, 1, 1) = x'01' AND length(nonce0) >= 43)),
    rotated_at   datetime,
    expires_at   datetime NOT NULL,
    used_at      datetime,
    uses         integer NOT NULL,
    created_at   datetime NOT NULL,
    revoked_at   datetime,
    reason       text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX grants_origin ON grants (tenant, origin);
CREATE INDEX grants_person_client ON grants (tenant, person, client);
CREATE INDEX grants_client ON grants (tenant, client, id);
CREATE INDEX grants_session ON grants (tenant, session) WHERE session IS NOT NULL;
CREATE INDEX grants_expires_at ON grants (tenant, expires_at);
CREATE INDEX grants_revoked ON grants (tenant, revoked_at) WHERE revoked_at IS NOT NULL;
-- What a person allowed a client; outlives grants.
CREATE TABLE consents (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    person     blob NOT NULL,
    client     blob NOT NULL,
    scopes     text NOT NULL,
    declined   text NOT NULL,
    resources  text NOT NULL,
    binding    text NOT NULL,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX consents_person_client ON consents (tenant, person, client);
CREATE INDEX consents_client ON consents (tenant, client, id);

-- +goose Down
DROP TABLE consents;
DROP TABLE grants;
