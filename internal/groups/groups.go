package groups

import (
	"context"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Store keeps groups.
type Store interface {
	storage.GroupReader
	storage.GroupWriter
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Deps is what New needs; everything is required.
type Deps struct {
	Tenant storage.ID
	Store  Store
	Audit  Recorder
	Feed   *cache.Feed
	Now    func() time.Time
}

// Bounds of what is remembered.
const (
	maxPeople = 50_000
	batch     = 1000
)

// Groups keeps them. It is safe for concurrent use.
type Groups struct {
	d    Deps
	of   *cache.Cache[storage.ID, []storage.ID] // groups that somebody was put into, by person
	tree *cache.One[*tree]
}

// tree is every group with what it lies within.
type tree struct {
	names   map[storage.ID]string
	parents map[storage.ID][]storage.ID
}

// New returns the groups of a tenant.
func New(d Deps) *Groups {
	g := &Groups{d: d}
	g.of = cache.New(d.Feed, maxPeople, func(ctx context.Context, person storage.ID) ([]storage.ID, error) {
		return d.Store.GroupsOf(ctx, d.Tenant, person)
	}, touches)
	g.tree = cache.NewOne(d.Feed, g.load, func(c storage.Change) bool { return c.Kind == storage.ChangeGroup })
	return g
}

// touches says whose memberships a change concerns: a group that goes takes everybody's with it.
func touches(c storage.Change) (person storage.ID, one, all bool) {
	if c.Kind == storage.ChangeMember && len(c.Ref) == len(person) {
		return storage.ID(c.Ref), true, false
	}
	return person, false, c.Kind == storage.ChangeMember || c.Kind == storage.ChangeGroup
}

func (g *Groups) load(ctx context.Context) (*tree, error) {
	t := &tree{names: map[storage.ID]string{}, parents: map[storage.ID][]storage.ID{}}
	for after, more := (storage.ID{}), true; more; {
		rows, err := g.d.Store.Groups(ctx, g.d.Tenant, after, batch)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			t.names[rows[i].ID], after = rows[i].Name, rows[i].ID
		}
		more = len(rows) == batch
	}
	nested, err := g.d.Store.GroupNestings(ctx, g.d.Tenant)
	for _, n := range nested {
		t.parents[n.Child] = append(t.parents[n.Child], n.Parent)
	}
	return t, err
}

// NamesOf are the names of every group that the person is in, by way of others too, in order. Nobody's are an empty list.
func (g *Groups) NamesOf(ctx context.Context, person storage.ID) ([]string, error) {
	direct, err := g.of.Get(ctx, person)
	if err != nil || len(direct) == 0 {
		return []string{}, err
	}
	t, err := g.tree.Get(ctx)
	if err != nil {
		return nil, err
	}
	return t.above(direct), nil
}

// above are the names of the groups and of all that they lie within.
func (t *tree) above(ids []storage.ID) []string {
	names, seen, rest := []string{}, map[storage.ID]bool{}, slices.Clone(ids)
	for len(rest) > 0 {
		id := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		if seen[id] {
			continue
		}
		seen[id] = true
		if name, ok := t.names[id]; ok {
			names = append(names, name)
			rest = append(rest, t.parents[id]...)
		}
	}
	slices.Sort(names)
	return names
}
