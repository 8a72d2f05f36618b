-- +goose Up
-- Recoveries of people who lost every second factor, and wait. At most one of a person has not ended.
CREATE TABLE recoveries (
    tenant      bytea NOT NULL,
    id          bytea NOT NULL,
    person      bytea NOT NULL,
    email_hash  bytea,
    created_at  timestamptz NOT NULL,
    remind_at   timestamptz NOT NULL,
    ready_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    reminded_at timestamptz,
    opened_at   timestamptz,
    ended_at    timestamptz,
    outcome     text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX recoveries_person ON recoveries (tenant, person) WHERE ended_at IS NULL;
CREATE INDEX recoveries_remind_at ON recoveries (tenant, remind_at) WHERE ended_at IS NULL;
CREATE INDEX recoveries_expires_at ON recoveries (tenant, expires_at);

-- +goose Down
DROP TABLE recoveries;
