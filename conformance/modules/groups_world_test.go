package modules

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// group makes a group with a name of its own, and what belongs to it: people by row, groups by pointer.
func (w *world) group(members ...any) *storage.Group {
	w.t.Helper()
	g, err := w.App.Groups.Create(context.Background(), "g-"+storage.NewID(w.Clock.Now()).String(), "", testkit.Operator())
	w.must(err)
	for _, m := range members {
		w.join(g, m)
	}
	return g
}

// join puts a person or a group into a group.
func (w *world) join(g *storage.Group, member any) {
	w.t.Helper()
	var added bool
	var err error
	switch m := member.(type) {
	case *storage.Person:
		added, err = w.App.Groups.AddPerson(context.Background(), g, m.ID, testkit.Operator())
	case *storage.Group:
		added, err = w.App.Groups.AddGroup(context.Background(), g, m, testkit.Operator())
	}
	w.must(err)
	if !added {
		w.t.Fatal("not added")
	}
}

// part takes somebody out of a group.
func (w *world) part(g *storage.Group, p *storage.Person) {
	w.t.Helper()
	removed, err := w.App.Groups.RemovePerson(context.Background(), g, p.ID, testkit.Operator())
	w.must(err)
	if !removed {
		w.t.Fatal("not removed")
	}
}

// only lets a group use a client.
func only(g *storage.Group) func(*storage.ClientMetadata) {
	return func(m *storage.ClientMetadata) { m.Allowed = []string{"group:" + g.Name} }
}
