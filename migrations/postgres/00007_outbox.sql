-- +goose Up
-- What other servers are to be told, written in the transaction of what it tells.
CREATE TABLE outbox (
    tenant      bytea NOT NULL,
    id          bytea NOT NULL,
    kind        text NOT NULL,
    target      text NOT NULL,
    payload     bytea CHECK (get_byte(payload, 0) = 1 AND octet_length(payload) >= 43),
    state       text NOT NULL,
    attempts    bigint NOT NULL,
    next_at     timestamptz NOT NULL,
    owner       bytea,
    lease_until timestamptz,
    status      text NOT NULL,
    created_at  timestamptz NOT NULL,
    done_at     timestamptz,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX outbox_target ON outbox (tenant, kind, target, id) WHERE state = 'waiting' AND target <> '';
CREATE INDEX outbox_loose ON outbox (tenant, next_at) WHERE state = 'waiting' AND target = '';
CREATE INDEX outbox_oldest ON outbox (tenant, created_at) WHERE state = 'waiting';
CREATE INDEX outbox_done ON outbox (tenant, done_at) WHERE done_at IS NOT NULL;

-- +goose Down
DROP TABLE outbox;
