-- +goose Up
-- How often something was done in the window that is open: mails to one mailbox, text messages to one prefix.
CREATE TABLE allowances (
    tenant  blob NOT NULL,
    key     blob NOT NULL,
    used    integer NOT NULL,
    ends_at datetime NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX allowances_ends_at ON allowances (tenant, ends_at);

-- +goose Down
DROP TABLE allowances;
