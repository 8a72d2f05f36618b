-- +goose Up
-- Access tokens that no longer count, until they would have expired.
CREATE TABLE denials (
    tenant     blob NOT NULL,
    token_id   blob NOT NULL,
    expires_at datetime NOT NULL,
    PRIMARY KEY (tenant, token_id)
) WITHOUT ROWID;
CREATE INDEX denials_expires_at ON denials (tenant, expires_at);
-- What was used once; the insert is the check.
CREATE TABLE replays (
    tenant     blob NOT NULL,
    hash       blob NOT NULL,
    expires_at datetime NOT NULL,
    PRIMARY KEY (tenant, hash)
) WITHOUT ROWID;
CREATE INDEX replays_expires_at ON replays (tenant, expires_at);
-- Durable events; addresses, devices and data are sealed in detail.
CREATE TABLE audit_events (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    time       datetime NOT NULL,
    type       text NOT NULL,
    severity   text NOT NULL,
    actor_kind text NOT NULL,
    actor      text NOT NULL,
    target     text NOT NULL,
    client     text NOT NULL,
    org        text NOT NULL,
    outcome    text NOT NULL,
    reason     text NOT NULL,
    request_id text NOT NULL,
    detail     blob CHECK (detail IS NULL OR (typeof(detail) = 'blob' AND substr(detail, 1, 1) = x'01' AND length(detail) >= 43)),
    PRIMARY KEY (tenant, id)
);
CREATE INDEX audit_events_time ON audit_events (tenant, time);
CREATE INDEX audit_events_actor ON audit_events (tenant, actor, id);
CREATE INDEX audit_events_target ON audit_events (tenant, target, id);
CREATE INDEX audit_events_client ON audit_events (tenant, client, id);
-- What every node forgets. seq is never used twice, even after rows are deleted.
CREATE TABLE changes (
    seq    integer PRIMARY KEY AUTOINCREMENT,
    tenant blob NOT NULL,
    kind   text NOT NULL,
    ref    blob NOT NULL,
    at     datetime NOT NULL
);

-- +goose Down
DROP TABLE changes;
DROP TABLE audit_events;
DROP TABLE replays;
DROP TABLE denials;
