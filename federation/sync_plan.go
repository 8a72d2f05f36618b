package federation

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/storage"
)

// groupPlan is what a reading of groups changes here, before anything is changed.
type groupPlan struct {
	x       *syncRun
	list    *GroupList
	ids     map[string]storage.ID // groups here that rules name
	takes   map[storage.ID]bool   // of them, those that rules take too
	changes []memberChange
	given   int // memberships of linked people that rules may take
	leaving int // of them, those that they would take now
}

// asks says that it would take too many: all of them, as when our account may not see groups any more, or more than one in ten and more than a few.
func (p *groupPlan) asks() bool {
	return p.leaving > 0 && p.list.Count == 0 || p.leaving > massFew && p.leaving*massPart > p.given
}

func (p *groupPlan) make(ctx context.Context) error {
	if err := p.named(ctx); err != nil {
		return err
	}
	for after := []byte(nil); ; {
		people, err := p.x.Store.LinkedPeople(ctx, p.x.Tenant, p.x.from.Row.ID, after, batch)
		if err != nil || len(people) == 0 {
			return err
		}
		after = people[len(people)-1].Key
		if err := p.x.keep(ctx); err != nil {
			return err
		}
		if err := p.some(ctx, people); err != nil {
			return err
		}
		if len(people) < batch {
			return nil
		}
	}
}

// named finds the groups of the rules.
func (p *groupPlan) named(ctx context.Context) error {
	p.ids, p.takes = map[string]storage.ID{}, map[storage.ID]bool{}
	e := enrolment{p.x.Groups, p.x.Log, p.x.from}
	for _, r := range p.x.from.Settings.Groups {
		if _, known := p.ids[r.Group]; !known {
			row, err := e.group(ctx, r.Group)
			if err != nil {
				return err
			}
			if row == nil {
				continue
			}
			p.ids[r.Group] = row.ID
		}
		p.takes[p.ids[r.Group]] = p.takes[p.ids[r.Group]] || !r.Keep
	}
	return nil
}

func (p *groupPlan) some(ctx context.Context, people []storage.LinkedPerson) error {
	here, keys := map[string]storage.ID{}, make([]string, 0, len(people))
	everybody := make([]storage.ID, len(people))
	for i := range people {
		key, err := p.x.keyIn(&storage.DirectoryEntry{Tenant: p.x.Tenant, ID: people[i].ID, Content: people[i].Content})
		if err != nil {
			return err
		}
		everybody[i] = people[i].Person
		if key != "" {
			here[key] = people[i].Person
			keys = append(keys, key)
		}
	}
	now, err := p.memberships(ctx, everybody)
	if err != nil {
		return err
	}
	found, err := p.list.Members(ctx, keys)
	if err != nil {
		return err
	}
	for _, id := range found {
		if err := p.compare(ctx, id, here[id.Key], now); err != nil {
			return err
		}
	}
	return nil
}

type membership struct{ person, group storage.ID }

func (p *groupPlan) memberships(ctx context.Context, people []storage.ID) (map[membership]bool, error) {
	groups := make([]storage.ID, 0, len(p.ids))
	for _, id := range p.ids {
		groups = append(groups, id)
	}
	rows, err := p.x.Store.MembershipsAmong(ctx, p.x.Tenant, people, groups)
	now := make(map[membership]bool, len(rows))
	for i := range rows {
		if now[membership{rows[i].Person, rows[i].GroupID}] = true; p.takes[rows[i].GroupID] {
			p.given++
		}
	}
	return now, err
}

// compare has the rules judge somebody.
func (p *groupPlan) compare(ctx context.Context, id *Identity, person storage.ID, now map[membership]bool) error {
	if person.IsZero() {
		return nil
	}
	in, out := p.x.from.mapper.memberships(id)
	is := func(name string) bool {
		group, known := p.ids[name]
		return known && now[membership{person, group}]
	}
	in = slices.DeleteFunc(in, func(name string) bool { return is(name) || p.ids[name].IsZero() })
	out = slices.DeleteFunc(out, func(name string) bool { return !is(name) })
	if len(in) > 0 { // they may be in one already by way of another
		names, err := p.x.Groups.NamesOf(ctx, person)
		if err != nil {
			return err
		}
		in = slices.DeleteFunc(in, func(name string) bool { return slices.Contains(names, name) })
	}
	if len(out) > 0 { // who is two of the directory's has what either gives: which of them they are, a sign-in says
		links, err := p.x.Store.LinksOf(ctx, p.x.Tenant, person)
		if err != nil {
			return err
		}
		if links = slices.DeleteFunc(links, func(l storage.Link) bool { return l.Connector != p.x.from.Row.ID }); len(links) > 1 {
			out = nil
		}
	}
	if len(in)+len(out) > 0 {
		p.leaving += len(out)
		p.changes = append(p.changes, memberChange{person: person, in: in, out: out})
	}
	return nil
}
