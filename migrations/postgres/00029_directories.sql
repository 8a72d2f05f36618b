-- +goose Up
-- What directories (LDAP) have, as the last sync found it.
CREATE TABLE directory_entries (
    tenant     bytea NOT NULL,
    connector  bytea NOT NULL,
    key        bytea NOT NULL,
    id         bytea NOT NULL,
    content    bytea CHECK (get_byte(content, 0) = 1 AND octet_length(content) >= 43),
    digest     bytea NOT NULL,
    off        text NOT NULL,
    done       boolean NOT NULL,
    was_on     boolean NOT NULL,
    locked     boolean NOT NULL,
    changes_at timestamptz,
    generation bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, connector, key)
);
CREATE UNIQUE INDEX directory_entries_id ON directory_entries (tenant, id);
CREATE INDEX directory_entries_open ON directory_entries (tenant, connector) WHERE NOT done;
CREATE INDEX directory_entries_changes_at ON directory_entries (tenant, connector, changes_at) WHERE changes_at IS NOT NULL;
CREATE INDEX directory_entries_updated_at ON directory_entries (tenant, updated_at) WHERE off = 'gone';
-- How far each sync has come, and who is at it.
CREATE TABLE directory_syncs (
    tenant      bytea NOT NULL,
    connector   bytea NOT NULL,
    holder      bytea,
    lease_until timestamptz NOT NULL,
    progress    text NOT NULL,
    generation bigint NOT NULL,
    ran_at      timestamptz NOT NULL,
    asks        boolean NOT NULL,
    problem     text NOT NULL,
    PRIMARY KEY (tenant, connector)
);

-- +goose Down
DROP TABLE directory_syncs;
DROP TABLE directory_entries;
