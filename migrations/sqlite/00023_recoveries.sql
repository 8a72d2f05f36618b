-- +goose Up
-- Recoveries of people who lost every second factor, and wait. At most one of a person has not ended.
CREATE TABLE recoveries (
    tenant      blob NOT NULL,
    id          blob NOT NULL,
    person      blob NOT NULL,
    email_hash  blob,
    created_at  datetime NOT NULL,
    remind_at   datetime NOT NULL,
    ready_at    datetime NOT NULL,
    expires_at  datetime NOT NULL,
    reminded_at datetime,
    opened_at   datetime,
    ended_at    datetime,
    outcome     text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX recoveries_person ON recoveries (tenant, person) WHERE ended_at IS NULL;
CREATE INDEX recoveries_remind_at ON recoveries (tenant, remind_at) WHERE ended_at IS NULL;
CREATE INDEX recoveries_expires_at ON recoveries (tenant, expires_at);

-- +goose Down
DROP TABLE recoveries;
