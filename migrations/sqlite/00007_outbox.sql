-- +goose Up
-- What other servers are to be told, written in the transaction of what it tells.
CREATE TABLE outbox (
    tenant      blob NOT NULL,
    id          blob NOT NULL,
    kind        text NOT NULL,
    target      text NOT NULL,
    payload     blob CHECK (payload IS NULL OR (typeof(payload) = 'blob' AND substr(payload, 1, 1) = x'01' AND length(payload) >= 43)),
    state       text NOT NULL,
    attempts    integer NOT NULL,
    next_at     datetime NOT NULL,
    owner       blob,
    lease_until datetime,
    status      text NOT NULL,
    created_at  datetime NOT NULL,
    done_at     datetime,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX outbox_target ON outbox (tenant, kind, target, id) WHERE state = 'waiting' AND target <> '';
CREATE INDEX outbox_loose ON outbox (tenant, next_at) WHERE state = 'waiting' AND target = '';
CREATE INDEX outbox_oldest ON outbox (tenant, created_at) WHERE state = 'waiting';
CREATE INDEX outbox_done ON outbox (tenant, done_at) WHERE done_at IS NOT NULL;

-- +goose Down
DROP TABLE outbox;
