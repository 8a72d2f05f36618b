-- +goose Up
-- People who wish to be erased, and when it will be done.
CREATE TABLE erasures (
    tenant     bytea NOT NULL,
    person     bytea NOT NULL,
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, person)
);
CREATE INDEX erasures_due_at ON erasures (tenant, due_at);

-- +goose Down
DROP TABLE erasures;
