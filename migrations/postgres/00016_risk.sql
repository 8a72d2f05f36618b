-- +goose Up
-- What people usually do, one row a person (and one of everybody, under the tenant's id), and how sign-ins were judged.
CREATE TABLE risk_baselines (
    tenant     bytea NOT NULL,
    person     bytea NOT NULL,
    data       bytea NOT NULL CHECK (get_byte(data, 0) = 1 AND octet_length(data) >= 43),
    version    bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, person)
);
CREATE INDEX risk_baselines_updated_at ON risk_baselines (tenant, updated_at);
CREATE TABLE risk_verdicts (
    tenant bytea NOT NULL,
    id     bytea NOT NULL,
    person bytea NOT NULL,
    at     timestamptz NOT NULL,
    act    text NOT NULL,
    action text NOT NULL,
    score  bigint NOT NULL,
    reason text NOT NULL,
    detail bytea CHECK (get_byte(detail, 0) = 1 AND octet_length(detail) >= 43),
    PRIMARY KEY (tenant, id)
);
CREATE INDEX risk_verdicts_person ON risk_verdicts (tenant, person, id);
CREATE INDEX risk_verdicts_at ON risk_verdicts (tenant, at);

-- +goose Down
DROP TABLE risk_verdicts;
DROP TABLE risk_baselines;
