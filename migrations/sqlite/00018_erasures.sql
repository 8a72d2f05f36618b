-- +goose Up
-- People who wish to be erased, and when it will be done.
CREATE TABLE erasures (
    tenant     blob NOT NULL,
    person     blob NOT NULL,
    due_at     datetime NOT NULL,
    created_at datetime NOT NULL,
    PRIMARY KEY (tenant, person)
) WITHOUT ROWID;
CREATE INDEX erasures_due_at ON erasures (tenant, due_at);

-- +goose Down
DROP TABLE erasures;
