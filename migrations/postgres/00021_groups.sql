-- +goose Up
-- Named sets of people, and of other groups.
CREATE TABLE groups (
    tenant     bytea NOT NULL,
    id         bytea NOT NULL,
    name       text NOT NULL,
    title      text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX groups_name ON groups (tenant, lower(name));
CREATE TABLE group_people (
    tenant   bytea NOT NULL,
    person   bytea NOT NULL,
    group_id bytea NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, person, group_id)
);
CREATE INDEX group_people_group ON group_people (tenant, group_id, person);
CREATE TABLE group_nesting (
    tenant   bytea NOT NULL,
    parent   bytea NOT NULL,
    child    bytea NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, parent, child)
);
CREATE INDEX group_nesting_child ON group_nesting (tenant, child);

-- +goose Down
DROP TABLE group_nesting;
DROP TABLE group_people;
DROP TABLE groups;
