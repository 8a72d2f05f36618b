-- +goose Up
-- Who is let in or kept out by network, country or user agent.
CREATE TABLE firewall_rules (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    effect     text NOT NULL CHECK (effect IN ('allow', 'deny')),
    kind       text NOT NULL CHECK (kind IN ('network', 'country', 'agent')),
    value      text NOT NULL,
    note       text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX firewall_rules_value ON firewall_rules (tenant, kind, value);
CREATE INDEX firewall_rules_expires_at ON firewall_rules (tenant, expires_at);

-- +goose Down
DROP TABLE firewall_rules;
