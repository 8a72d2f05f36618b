package storetest

import (
	"context"
	"sync"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func groupCases() []testCase {
	return []testCase{
		{"group/life", groupLife}, {"group/people", groupPeople}, {"group/no circles", groupCircles}, {"group/no circles at once", groupCirclesAtOnce},
	}
}

func (w *world) storedGroup(name string) *storage.Group {
	w.Helper()
	g := &storage.Group{Tenant: w.tenant, ID: w.id(), Name: name, Title: visible, CreatedAt: w.now, UpdatedAt: w.now, Version: 1}
	w.ok(w.InsertGroup(w.ctx, g, w.newEvent("group.create")))
	return g
}

func groupLife(w *world) {
	g := w.storedGroup("Staff")
	got, err := w.GroupByName(w.ctx, w.tenant, "sTAFF")
	w.ok(err)
	w.same(got, g)
	again := *g
	again.ID, again.Name = w.id(), "staff"
	w.code(w.InsertGroup(w.ctx, &again, nil), errs.Conflict)
	got, err = w.UpdateGroup(w.ctx, w.tenant, g.ID, func(g *storage.Group) error { g.Name, g.Title = "other", "T"; return nil }, w.newEvent("group.update"))
	w.ok(err)
	w.same(got.Name+got.Title, "StaffT")
	p, child := w.storedPerson("maria"), w.storedGroup("child")
	w.added(w.AddGroupPerson(w.ctx, &storage.GroupPerson{Tenant: w.tenant, Person: p.ID, GroupID: g.ID, AddedAt: w.now}, nil))
	w.added(w.AddGroupNesting(w.ctx, &storage.GroupNesting{Tenant: w.tenant, Parent: g.ID, Child: child.ID, AddedAt: w.now}, nil))
	names := w.changesOf(func() { w.ok(w.DeleteGroup(w.ctx, w.tenant, g.ID, w.newEvent("group.delete"))) })
	w.same(names, changeNames("group", g.ID))
	_, err = w.GroupByName(w.ctx, w.tenant, "staff")
	w.code(err, errs.NotFound)
	w.code(w.DeleteGroup(w.ctx, w.tenant, g.ID, nil), errs.NotFound)
	of, err := w.GroupsOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	nested, err := w.GroupNestings(w.ctx, w.tenant)
	w.ok(err)
	w.same(len(of)+len(nested), 0)
}

func (w *world) added(hit bool, err error) {
	w.Helper()
	w.ok(err)
	w.same(hit, true)
}

func groupPeople(w *world) {
	g, p := w.storedGroup("staff"), w.storedPerson("maria")
	m := &storage.GroupPerson{Tenant: w.tenant, Person: p.ID, GroupID: g.ID, AddedAt: w.now}
	names := w.changesOf(func() { w.added(w.AddGroupPerson(w.ctx, m, w.newEvent("group.add"))) })
	w.same(names, changeNames("member", p.ID))
	hit, err := w.AddGroupPerson(w.ctx, m, w.newEvent("group.add"))
	w.ok(err)
	w.same(hit, false)
	w.same(len(w.events("group.add")), 1)
	list, err := w.GroupPeople(w.ctx, w.tenant, g.ID, storage.ID{}, 10)
	w.ok(err)
	w.same(list, []storage.GroupPerson{*m})
	for _, unknown := range []*storage.GroupPerson{{Tenant: w.tenant, Person: w.id(), GroupID: g.ID}, {Tenant: w.tenant, Person: p.ID, GroupID: w.id()}} {
		_, err := w.AddGroupPerson(w.ctx, unknown, nil)
		w.code(err, errs.NotFound)
	}
	names = w.changesOf(func() { w.added(w.RemoveGroupPerson(w.ctx, w.tenant, g.ID, p.ID, w.newEvent("group.remove"))) })
	w.same(names, changeNames("member", p.ID))
	hit, err = w.RemoveGroupPerson(w.ctx, w.tenant, g.ID, p.ID, w.newEvent("group.remove"))
	w.ok(err)
	w.same(hit, false)
	w.same(len(w.events("group.remove")), 1)
	w.added(w.AddGroupPerson(w.ctx, m, nil))
	w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, nil))
	list, err = w.GroupPeople(w.ctx, w.tenant, g.ID, storage.ID{}, 10)
	w.ok(err)
	w.same(len(list), 0)
}

func groupCircles(w *world) {
	a, b, c := w.storedGroup("a"), w.storedGroup("b"), w.storedGroup("c")
	nest := func(parent, child storage.ID) (bool, error) {
		return w.AddGroupNesting(w.ctx, &storage.GroupNesting{Tenant: w.tenant, Parent: parent, Child: child, AddedAt: w.now}, nil)
	}
	w.added(nest(a.ID, b.ID))
	w.added(nest(b.ID, c.ID))
	hit, err := nest(a.ID, b.ID)
	w.ok(err)
	w.same(hit, false)
	for _, pair := range [][2]storage.ID{{a.ID, a.ID}, {b.ID, a.ID}, {c.ID, a.ID}, {c.ID, b.ID}} {
		_, err := nest(pair[0], pair[1])
		w.code(err, errs.Conflict)
	}
	_, err = nest(a.ID, w.id())
	w.code(err, errs.NotFound)
	w.added(w.RemoveGroupNesting(w.ctx, w.tenant, b.ID, c.ID, nil))
	w.added(nest(c.ID, a.ID))
}

// groupCirclesAtOnce: of the two halves of a circle one is made.
func groupCirclesAtOnce(w *world) {
	for range 10 {
		a, b := w.storedGroup(w.id().String()), w.storedGroup(w.id().String())
		var made [2]bool
		var both sync.WaitGroup
		for i, pair := range [][2]storage.ID{{a.ID, b.ID}, {b.ID, a.ID}} {
			both.Go(func() {
				made[i], _ = w.AddGroupNesting(context.Background(), &storage.GroupNesting{Tenant: w.tenant, Parent: pair[0], Child: pair[1], AddedAt: w.now}, nil)
			})
		}
		both.Wait()
		w.same(made[0] != made[1], true)
	}
}
