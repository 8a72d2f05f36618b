-- +goose Up
-- What people prove beside what they begin with: one-time passwords and others. A pending one counts for nothing.
CREATE TABLE factors (
    tenant       bytea NOT NULL,
    id           bytea NOT NULL,
    person       bytea NOT NULL,
    kind         text NOT NULL,
    state        text NOT NULL,
    name         bytea CHECK (get_byte(name, 0) = 1 AND octet_length(name) >= 43),
    secret       bytea CHECK (get_byte(secret, 0) = 1 AND octet_length(secret) >= 43),
    last_step    bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX factors_person ON factors (tenant, person);
CREATE INDEX factors_pending ON factors (tenant, created_at) WHERE state = 'pending';
-- Codes for when everything else is out of reach, as keyed hashes.
CREATE TABLE backup_codes (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    person     bytea NOT NULL,
    hash       bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX backup_codes_hash ON backup_codes (tenant, hash);
CREATE INDEX backup_codes_person ON backup_codes (tenant, person);
-- Wrong codes of a person and a kind of factor since the last right one.
CREATE TABLE factor_failures (
    tenant   bytea NOT NULL,
    person   bytea NOT NULL,
    kind     text NOT NULL,
    failures integer NOT NULL,
    next_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant, person, kind)
);

-- +goose Down
DROP TABLE factor_failures;
DROP TABLE backup_codes;
DROP TABLE factors;
