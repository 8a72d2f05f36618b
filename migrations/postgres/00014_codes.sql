-- +goose Up
-- Codes and links that were sent to a person and work once.
CREATE TABLE codes (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    purpose    text NOT NULL,
    person     bytea,
    flow       bytea,
    channel    text NOT NULL,
    hash       bytea,
    link_hash  bytea,
    hash_key   bigint NOT NULL,
    data       bytea CHECK (get_byte(data, 0) = 1 AND octet_length(data) >= 43),
    attempts   bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX codes_person ON codes (tenant, person, purpose) WHERE person IS NOT NULL;
CREATE INDEX codes_flow ON codes (tenant, flow, purpose) WHERE flow IS NOT NULL;
CREATE INDEX codes_expires_at ON codes (tenant, expires_at);

-- +goose Down
DROP TABLE codes;
