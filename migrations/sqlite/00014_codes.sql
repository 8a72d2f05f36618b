-- +goose Up
-- Codes and links that were sent to a person and work once.
CREATE TABLE codes (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    purpose    text NOT NULL,
    person     blob,
    flow       blob,
    channel    text NOT NULL,
    hash       blob,
    link_hash  blob,
    hash_key   integer NOT NULL,
    data       blob CHECK (data IS NULL OR (typeof(data) = 'blob' AND substr(data, 1, 1) = x'01' AND length(data) >= 43)),
    attempts   integer NOT NULL,
    expires_at datetime NOT NULL,
    spent_at   datetime,
    created_at datetime NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX codes_person ON codes (tenant, person, purpose) WHERE person IS NOT NULL;
CREATE INDEX codes_flow ON codes (tenant, flow, purpose) WHERE flow IS NOT NULL;
CREATE INDEX codes_expires_at ON codes (tenant, expires_at);

-- +goose Down
DROP TABLE codes;
