-- +goose Up
-- How often something was done in the window that is open: mails to one mailbox, text messages to one prefix.
CREATE TABLE allowances (
    tenant  bytea NOT NULL,
    key     bytea NOT NULL,
    used    bigint NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX allowances_ends_at ON allowances (tenant, ends_at);

-- +goose Down
DROP TABLE allowances;
