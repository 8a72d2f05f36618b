-- +goose Up
-- What directories (LDAP) have, as the last sync found it.
CREATE TABLE directory_entries (
    tenant     blob NOT NULL,
    connector  blob NOT NULL,
    key        blob NOT NULL,
    id         blob NOT NULL,
    content    blob CHECK (content IS NULL OR (typeof(content) = 'blob' AND substr(content, 1, 1) = x'01' AND length(content) >= 43)),
    digest     blob NOT NULL,
    off        text NOT NULL,
    done       boolean NOT NULL,
    was_on     boolean NOT NULL,
    locked     boolean NOT NULL,
    changes_at datetime,
    generation integer NOT NULL,
    updated_at datetime NOT NULL,
    PRIMARY KEY (tenant, connector, key)
);
CREATE UNIQUE INDEX directory_entries_id ON directory_entries (tenant, id);
CREATE INDEX directory_entries_open ON directory_entries (tenant, connector) WHERE NOT done;
CREATE INDEX directory_entries_changes_at ON directory_entries (tenant, connector, changes_at) WHERE changes_at IS NOT NULL;
CREATE INDEX directory_entries_updated_at ON directory_entries (tenant, updated_at) WHERE off = 'gone';
-- How far each sync has come, and who is at it.
CREATE TABLE directory_syncs (
    tenant      blob NOT NULL,
    connector   blob NOT NULL,
    holder      blob,
    lease_until datetime NOT NULL,
    progress    text NOT NULL,
    generation  integer NOT NULL,
    ran_at      datetime NOT NULL,
    asks        boolean NOT NULL,
    problem     text NOT NULL,
    PRIMARY KEY (tenant, connector)
);

-- +goose Down
DROP TABLE directory_syncs;
DROP TABLE directory_entries;
