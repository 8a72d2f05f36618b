-- +goose Up
-- What people usually do, one row a person (and one of everybody, under the tenant's id), and how sign-ins were judged.
CREATE TABLE risk_baselines (
    tenant     blob NOT NULL,
    person     blob NOT NULL,
    data       blob NOT NULL CHECK (data IS NULL OR (typeof(data) = 'blob' AND substr(data, 1, 1) = x'01' AND length(data) >= 43)),
    version    integer NOT NULL,
    updated_at datetime NOT NULL,
    PRIMARY KEY (tenant, person)
);
CREATE INDEX risk_baselines_updated_at ON risk_baselines (tenant, updated_at);
CREATE TABLE risk_verdicts (
    tenant blob NOT NULL,
    id     blob NOT NULL,
    person blob NOT NULL,
    at     datetime NOT NULL,
    act    text NOT NULL,
    action text NOT NULL,
    score  integer NOT NULL,
    reason text NOT NULL,
    detail blob CHECK (detail IS NULL OR (typeof(detail) = 'blob' AND substr(detail, 1, 1) = x'01' AND length(detail) >= 43)),
    PRIMARY KEY (tenant, id)
);
CREATE INDEX risk_verdicts_person ON risk_verdicts (tenant, person, id);
CREATE INDEX risk_verdicts_at ON risk_verdicts (tenant, at);

-- +goose Down
DROP TABLE risk_verdicts;
DROP TABLE risk_baselines;
