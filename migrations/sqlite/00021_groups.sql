-- +goose Up
-- Named sets of people, and of other groups.
CREATE TABLE groups (
    tenant     blob NOT NULL,
    id         blob NOT NULL,
    name       text NOT NULL,
    title      text NOT NULL,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    version    integer NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX groups_name ON groups (tenant, lower(name));
CREATE TABLE group_people (
    tenant   blob NOT NULL,
    person   blob NOT NULL,
    group_id blob NOT NULL,
    added_at datetime NOT NULL,
    PRIMARY KEY (tenant, person, group_id)
) WITHOUT ROWID;
CREATE INDEX group_people_group ON group_people (tenant, group_id, person);
CREATE TABLE group_nesting (
    tenant   blob NOT NULL,
    parent   blob NOT NULL,
    child    blob NOT NULL,
    added_at datetime NOT NULL,
    PRIMARY KEY (tenant, parent, child)
) WITHOUT ROWID;
CREATE INDEX group_nesting_child ON group_nesting (tenant, child);

-- +goose Down
DROP TABLE group_nesting;
DROP TABLE group_people;
DROP TABLE groups;
