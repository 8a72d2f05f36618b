package groups

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxTitle is the longest title, in characters.
const maxTitle = 100

// name is what a group may be called: it stands in tokens, in clients' rules and in configuration, so no two may look alike.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:-]{0,63}$`)

// ValidName reports whether a group may be called that.
func ValidName(s string) bool { return name.MatchString(s) }

// ByName finds a group, whatever the case; errs.NotFound when there is none.
func (g *Groups) ByName(ctx context.Context, name string) (*storage.Group, error) {
	if !ValidName(name) {
		return nil, unknown(nil)
	}
	row, err := g.d.Store.GroupByName(ctx, g.d.Tenant, name)
	if errs.Is(err, errs.NotFound) {
		err = unknown(err)
	}
	return row, err
}

func unknown(err error) error { return errs.Wrap(errs.NotFound, "There is no such group.", err) }

// Create makes a group. errs.Conflict when the name is taken.
func (g *Groups) Create(ctx context.Context, name, title string, by directory.Actor) (*storage.Group, error) {
	if !ValidName(name) {
		return nil, errs.New(errs.Invalid, "A group's name has 1 to 64 letters, digits and . _ / : - of ASCII, and begins with a letter or digit.")
	}
	if err := checkTitle(title); err != nil {
		return nil, err
	}
	now := g.d.Now()
	row := &storage.Group{Tenant: g.d.Tenant, ID: storage.NewID(now), Name: name, Title: title, CreatedAt: now, UpdatedAt: now, Version: 1}
	err := g.d.Store.InsertGroup(ctx, row, g.event(ctx, audit.GroupCreate, row, by, nil))
	if errs.Is(err, errs.Conflict) {
		err = errs.Wrap(errs.Conflict, "A group with this name exists.", err)
	}
	return row, err
}

func checkTitle(title string) error {
	if !utf8.ValidString(title) || utf8.RuneCountInString(title) > maxTitle || strings.ContainsFunc(title, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errs.New(errs.Invalid, "A group's title is one line of at most 100 characters.")
	}
	return nil
}

// Retitle changes what people are told of a group. Its name stays: clients hold on to it.
func (g *Groups) Retitle(ctx context.Context, row *storage.Group, title string, by directory.Actor) (*storage.Group, error) {
	if err := checkTitle(title); err != nil {
		return nil, err
	}
	return g.d.Store.UpdateGroup(ctx, g.d.Tenant, row.ID, func(r *storage.Group) error { r.Title = title; return nil }, g.event(ctx, audit.GroupUpdate, row, by, nil))
}

// Delete removes a group with every membership.
func (g *Groups) Delete(ctx context.Context, row *storage.Group, by directory.Actor) error {
	return g.d.Store.DeleteGroup(ctx, g.d.Tenant, row.ID, g.event(ctx, audit.GroupDelete, row, by, nil))
}

// AddPerson puts somebody into a group; false when they are in it already.
func (g *Groups) AddPerson(ctx context.Context, row *storage.Group, person storage.ID, by directory.Actor) (bool, error) {
	m := &storage.GroupPerson{Tenant: g.d.Tenant, Person: person, GroupID: row.ID, AddedAt: g.d.Now()}
	return g.d.Store.AddGroupPerson(ctx, m, g.event(ctx, audit.GroupAdd, row, by, map[string]any{"person": person.String()}))
}

// RemovePerson takes somebody out of a group; false when they were not in it.
func (g *Groups) RemovePerson(ctx context.Context, row *storage.Group, person storage.ID, by directory.Actor) (bool, error) {
	return g.d.Store.RemoveGroupPerson(ctx, g.d.Tenant, row.ID, person, g.event(ctx, audit.GroupRemove, row, by, map[string]any{"person": person.String()}))
}

// AddGroup makes the people of a group another's too. errs.Conflict when that would make a circle.
func (g *Groups) AddGroup(ctx context.Context, parent, child *storage.Group, by directory.Actor) (bool, error) {
	n := &storage.GroupNesting{Tenant: g.d.Tenant, Parent: parent.ID, Child: child.ID, AddedAt: g.d.Now()}
	return g.d.Store.AddGroupNesting(ctx, n, g.event(ctx, audit.GroupAdd, parent, by, map[string]any{"group": child.Name}))
}

// RemoveGroup undoes AddGroup.
func (g *Groups) RemoveGroup(ctx context.Context, parent, child *storage.Group, by directory.Actor) (bool, error) {
	return g.d.Store.RemoveGroupNesting(ctx, g.d.Tenant, parent.ID, child.ID, g.event(ctx, audit.GroupRemove, parent, by, map[string]any{"group": child.Name}))
}

// Members are the groups that lie directly within a group, by name, and the people who were put into it, by id, after the given one.
func (g *Groups) Members(ctx context.Context, row *storage.Group, after storage.ID, limit int) (names []string, people []storage.ID, err error) {
	t, err := g.load(ctx)
	if err != nil {
		return nil, nil, err
	}
	for child, parents := range t.parents {
		for _, p := range parents {
			if p == row.ID {
				names = append(names, t.names[child])
			}
		}
	}
	rows, err := g.d.Store.GroupPeople(ctx, g.d.Tenant, row.ID, after, limit)
	for i := range rows {
		people = append(people, rows[i].Person)
	}
	return names, people, err
}

func (g *Groups) event(ctx context.Context, typ string, row *storage.Group, by directory.Actor, data map[string]any) *storage.AuditEvent {
	return g.d.Audit.Row(ctx, g.d.Tenant, audit.Event{
		Type: typ, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID, Target: "group:" + row.Name, Data: data,
	})
}
