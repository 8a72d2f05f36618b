package storage

import (
	"context"
	"time"
)

// Group is a named set of people and of other groups, whose people are its own too.
type Group struct {
	Tenant    ID     `gorm:"primaryKey"`
	ID        ID     `gorm:"primaryKey"`
	Name      string // what clients are told in the groups claim; unique per tenant whatever the case; never changes
	Title     string // for people
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// TableName names the table.
func (Group) TableName() string { return "groups" }

// GroupPerson says that somebody was put into a group.
type GroupPerson struct {
	Tenant  ID `gorm:"primaryKey"`
	Person  ID `gorm:"primaryKey"`
	GroupID ID `gorm:"primaryKey"`
	AddedAt time.Time
}

// TableName names the table.
func (GroupPerson) TableName() string { return "group_people" }

// GroupNesting says that one group's people are another's too.
type GroupNesting struct {
	Tenant  ID `gorm:"primaryKey"`
	Parent  ID `gorm:"primaryKey"`
	Child   ID `gorm:"primaryKey"`
	AddedAt time.Time
}

// TableName names the table.
func (GroupNesting) TableName() string { return "group_nesting" }

// GroupReader finds groups; errs.NotFound when there is none.
type GroupReader interface {
	GroupByName(ctx context.Context, tenant ID, name string) (*Group, error)
	// Groups lists by id, after the given one, at most limit.
	Groups(ctx context.Context, tenant, after ID, limit int) ([]Group, error)
	// GroupNestings lists every nesting of the tenant.
	GroupNestings(ctx context.Context, tenant ID) ([]GroupNesting, error)
	// GroupsOf lists the groups that somebody was put into themselves.
	GroupsOf(ctx context.Context, tenant, person ID) ([]ID, error)
	// GroupPeople lists who was put into the group, by person, after the given one, at most limit.
	GroupPeople(ctx context.Context, tenant, group, after ID, limit int) ([]GroupPerson, error)
}

// GroupWriter changes groups. Each change is seen by every node's caches.
type GroupWriter interface {
	// InsertGroup is errs.Conflict when the name is taken.
	InsertGroup(ctx context.Context, g *Group, ev *AuditEvent) error
	UpdateGroup(ctx context.Context, tenant, id ID, change func(*Group) error, ev *AuditEvent) (*Group, error)
	// DeleteGroup removes the group and every membership of it and in it.
	DeleteGroup(ctx context.Context, tenant, id ID, ev *AuditEvent) error
	// AddGroupPerson reports false, and changes nothing, when the person is in the group already. errs.NotFound when either does not exist.
	AddGroupPerson(ctx context.Context, m *GroupPerson, ev *AuditEvent) (bool, error)
	RemoveGroupPerson(ctx context.Context, tenant, group, person ID, ev *AuditEvent) (bool, error)
	// AddGroupNesting is like AddGroupPerson; errs.Conflict when the parent is the child or lies within it: groups make no circle.
	AddGroupNesting(ctx context.Context, n *GroupNesting, ev *AuditEvent) (bool, error)
	RemoveGroupNesting(ctx context.Context, tenant, parent, child ID, ev *AuditEvent) (bool, error)
}
