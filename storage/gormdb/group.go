package gormdb

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.GroupReader = (*DB)(nil)
	_ storage.GroupWriter = (*DB)(nil)
)

// GroupByName implements storage.GroupReader.
func (d *DB) GroupByName(ctx context.Context, tenant storage.ID, name string) (*storage.Group, error) {
	return one[storage.Group](ctx, d, "tenant = ? AND lower(name) = ?", tenant, strings.ToLower(name))
}

// Groups implements storage.GroupReader.
func (d *DB) Groups(ctx context.Context, tenant, after storage.ID, limit int) ([]storage.Group, error) {
	return page[storage.Group](ctx, d, after, limit, "tenant = ?", tenant)
}

// GroupNestings implements storage.GroupReader.
func (d *DB) GroupNestings(ctx context.Context, tenant storage.ID) ([]storage.GroupNesting, error) {
	return list[storage.GroupNesting](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ?", tenant).Order("parent, child") })
}

// GroupsOf implements storage.GroupReader.
func (d *DB) GroupsOf(ctx context.Context, tenant, person storage.ID) ([]storage.ID, error) {
	rows, err := list[storage.GroupPerson](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND person = ?", tenant, person).Order("group_id")
	})
	ids := make([]storage.ID, len(rows))
	for i := range rows {
		ids[i] = rows[i].GroupID
	}
	return ids, err
}

// GroupPeople implements storage.GroupReader.
func (d *DB) GroupPeople(ctx context.Context, tenant, group, after storage.ID, limit int) ([]storage.GroupPerson, error) {
	return list[storage.GroupPerson](ctx, d, func(g *gorm.DB) *gorm.DB {
		g = g.Where("tenant = ? AND group_id = ?", tenant, group)
		if !after.IsZero() {
			g = g.Where("person > ?", after)
		}
		return g.Order("person").Limit(listLimit(limit))
	})
}

// InsertGroup implements storage.GroupWriter.
func (d *DB) InsertGroup(ctx context.Context, g *storage.Group, ev *storage.AuditEvent) error {
	return insert(ctx, d, g, g.Tenant, storage.ChangeGroup, g.ID, ev)
}

// UpdateGroup implements storage.GroupWriter. Only the title can change.
func (d *DB) UpdateGroup(ctx context.Context, tenant, id storage.ID, change func(*storage.Group) error, ev *storage.AuditEvent) (*storage.Group, error) {
	keep := func(old, g *storage.Group) {
		g.Tenant, g.ID, g.Name, g.CreatedAt, g.Version = old.Tenant, old.ID, old.Name, old.CreatedAt, old.Version+1
		g.UpdatedAt = d.touched(old.UpdatedAt, g.UpdatedAt)
	}
	return update(ctx, d, tenant, id, storage.ChangeGroup, change, keep, ev)
}

var (
	emptyGroup   = both("DELETE FROM group_people WHERE tenant = ? AND group_id = ?")
	unnestGroup  = both("DELETE FROM group_nesting WHERE tenant = ? AND (parent = ? OR child = ?)")
	putIntoGroup = both("INSERT INTO group_people (tenant, person, group_id, added_at) SELECT tenant, ?, id, ? FROM groups WHERE tenant = ? AND id = ? " +
		"ON CONFLICT (tenant, person, group_id) DO NOTHING")
	takeFromGroup = both("DELETE FROM group_people WHERE tenant = ? AND person = ? AND group_id = ?")
	leaveGroups   = both("DELETE FROM group_people WHERE tenant = ? AND person = ?")
	// nestGroup goes down from the child: the parent must not be there.
	nestGroup = both("WITH RECURSIVE within (id) AS (SELECT id FROM groups WHERE tenant = ? AND id = ? " +
		"UNION SELECT n.child FROM group_nesting n JOIN within w ON n.parent = w.id WHERE n.tenant = ?) " +
		"INSERT INTO group_nesting (tenant, parent, child, added_at) SELECT p.tenant, p.id, c.id, ? FROM groups p JOIN groups c ON c.tenant = p.tenant " +
		"WHERE p.tenant = ? AND p.id = ? AND c.id = ? AND p.id NOT IN (SELECT id FROM within) ON CONFLICT (tenant, parent, child) DO NOTHING")
	unnestGroups = both("DELETE FROM group_nesting WHERE tenant = ? AND parent = ? AND child = ?")
	// lockGroups keeps changes to what lies within what apart on PostgreSQL: two halves of a circle must not be made at once.
	lockGroups = query{postgres: "SELECT id FROM tenants WHERE id = $1 FOR NO KEY UPDATE"}
)

// DeleteGroup implements storage.GroupWriter. One change of a group makes every node forget all it knows of memberships.
func (d *DB) DeleteGroup(ctx context.Context, tenant, id storage.ID, ev *storage.AuditEvent) error {
	return d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		if err := remove[storage.Group](t.orm(ctx), tenant, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, emptyGroup, tenant, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, unnestGroup, tenant, id, id); err != nil {
			return err
		}
		return t.record(ctx, tenant, storage.ChangeGroup, id, ev)
	})
}

// AddGroupPerson implements storage.GroupWriter.
func (d *DB) AddGroupPerson(ctx context.Context, m *storage.GroupPerson, ev *storage.AuditEvent) (added bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPerson(ctx, m.Tenant, m.Person); err != nil { // nobody is put into a group while they are erased
			return err
		}
		n, err := t.exec(ctx, putIntoGroup, m.Person, m.AddedAt, m.Tenant, m.GroupID)
		if added = n == 1; err != nil || !added {
			return err
		}
		return t.record(ctx, m.Tenant, storage.ChangeMember, m.Person, ev)
	})
	if err == nil && !added {
		err = d.haveGroups(ctx, m.Tenant, m.GroupID)
	}
	return added && err == nil, err
}

// haveGroups is errs.NotFound unless all of them are there.
func (d *DB) haveGroups(ctx context.Context, tenant storage.ID, ids ...storage.ID) error {
	for _, id := range ids {
		if _, err := one[storage.Group](ctx, d, "tenant = ? AND id = ?", tenant, id); err != nil {
			return err
		}
	}
	return nil
}

// RemoveGroupPerson implements storage.GroupWriter.
func (d *DB) RemoveGroupPerson(ctx context.Context, tenant, group, person storage.ID, ev *storage.AuditEvent) (bool, error) {
	return d.changing(ctx, tenant, storage.ChangeMember, person, ev, takeFromGroup, tenant, person, group)
}

// changing runs a conditional statement; where it hit, the change row and the event are written with it.
func (d *DB) changing(ctx context.Context, tenant storage.ID, kind string, ref storage.ID, ev *storage.AuditEvent, q query, args ...any) (bool, error) {
	hit := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, q, args...)
		if hit = n == 1; err != nil || !hit {
			return err
		}
		return t.record(ctx, tenant, kind, ref, ev)
	})
	return hit && err == nil, err
}

// AddGroupNesting implements storage.GroupWriter.
func (d *DB) AddGroupNesting(ctx context.Context, n *storage.GroupNesting, ev *storage.AuditEvent) (added bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		if d.dialect == migrations.Postgres {
			if _, err := t.ids(ctx, lockGroups, n.Tenant); err != nil {
				return err
			}
		}
		rows, err := t.exec(ctx, nestGroup, n.Tenant, n.Child, n.Tenant, n.AddedAt, n.Tenant, n.Parent, n.Child)
		if added = rows == 1; err != nil || !added {
			return err
		}
		return t.record(ctx, n.Tenant, storage.ChangeGroup, n.Parent, ev)
	})
	if err == nil && !added {
		err = d.whyNotNested(ctx, n)
	}
	return added && err == nil, err
}

func (d *DB) whyNotNested(ctx context.Context, n *storage.GroupNesting) error {
	if err := d.haveGroups(ctx, n.Tenant, n.Parent, n.Child); err != nil {
		return err
	}
	_, err := one[storage.GroupNesting](ctx, d, "tenant = ? AND parent = ? AND child = ?", n.Tenant, n.Parent, n.Child)
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.Conflict, "The group lies within the other already: groups make no circle.")
	}
	return err
}

// RemoveGroupNesting implements storage.GroupWriter.
func (d *DB) RemoveGroupNesting(ctx context.Context, tenant, parent, child storage.ID, ev *storage.AuditEvent) (bool, error) {
	return d.changing(ctx, tenant, storage.ChangeGroup, parent, ev, unnestGroups, tenant, parent, child)
}
