-- +goose Up
-- What people prove beside what they begin with: one-time passwords and others. A pending one counts for nothing.
CREATE TABLE factors (
    tenant       blob NOT NULL,
    id           blob NOT NULL,
    person       blob NOT NULL,
    kind         text NOT NULL,
    state        text NOT NULL,
    name         blob CHECK (name IS NULL OR (typeof(name) = 'blob' AND substr(name, 1, 1) = x'01' AND length(name) >= 43)),
    secret       blob CHECK (secret IS NULL OR (typeof(secret) = 'blob' AND substr(secret, 1, 1) = x'01' AND length(secret) >= 43)),
    last_step    integer NOT NULL,
    created_at   datetime NOT NULL,
    confirmed_at datetime,
    last_used_at datetime,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX factors_person ON factors (tenant, person);
CREATE INDEX factors_pending ON factors (tenant, created_at) WHERE state = 'pending';
-- Codes for when everything else is out of reach, as keyed hashes.
CREATE TABLE backup_codes (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    person     blob NOT NULL,
    hash       blob NOT NULL,
    created_at datetime NOT NULL,
    used_at    datetime,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX backup_codes_hash ON backup_codes (tenant, hash);
CREATE INDEX backup_codes_person ON backup_codes (tenant, person);
-- Wrong codes of a person and a kind of factor since the last right one.
CREATE TABLE factor_failures (
    tenant   blob NOT NULL,
    person   blob NOT NULL,
    kind     text NOT NULL,
    failures integer NOT NULL,
    next_at  datetime NOT NULL,
    PRIMARY KEY (tenant, person, kind)
);

-- +goose Down
DROP TABLE factor_failures;
DROP TABLE backup_codes;
DROP TABLE factors;
