package modules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/storage"
)

// groupsWorld is a directory whose groups lead to groups here: "staff" there is crew here, and so on.
type groupsWorld struct{ *ldapWorld }

func newGroups(t *testing.T, o ldaptest.Options, change func(d *federation.Draft), rules ...federation.GroupRule) *groupsWorld {
	t.Helper()
	w := &groupsWorld{newLDAP(t, o, func(d *federation.Draft) {
		if d.Settings.Groups = rules; change != nil {
			change(d)
		}
	})}
	for _, r := range rules {
		if _, err := w.App.Groups.Create(t.Context(), r.Group, "", operator()); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func gives(group, when string) federation.GroupRule {
	return federation.GroupRule{Group: group, When: when}
}

// groupThere adds one to the directory.
func (w *groupsWorld) groupThere(name string, members ...string) string {
	dn := "cn=" + name + ",ou=groups," + ldaptest.Base
	w.dir.Add(ldaptest.Entry{DN: dn, Attrs: map[string][]string{"objectClass": {"group", "groupOfNames"}, "cn": {name}, "member": members, "objectSid": {sidThere(name)}}})
	return dn
}

func sidThere(name string) string {
	return "\x01\x05\x00\x00\x00\x00\x00\x05domain-domain-16" + (name + "----")[:4]
}

func (w *groupsWorld) members(dn string, members ...string) {
	w.dir.Change(dn, map[string][]string{"member": members})
}

// follows runs a sync, some time later, and wants so many memberships given and taken.
func (w *groupsWorld) follows(name string, joined, left int) *federation.SyncReport {
	w.t.Helper()
	w.Clock.Advance(31 * time.Second)
	r := w.sync(federation.SyncOptions{})
	if r.Joined != joined || r.Left != left || r.GroupsAsk {
		w.t.Errorf("%s: %+v", name, r)
	}
	return r
}

func (w *groupsWorld) in(s signedThere, want ...string) {
	w.t.Helper()
	names, err := w.App.Groups.NamesOf(w.t.Context(), s.person.ID)
	if err != nil || !slices.Equal(names, want) {
		w.t.Errorf("in %v, want %v (%v)", names, want, err)
	}
}

// TestLD_GroupsFollow: memberships of linked people follow the directory's groups, nested ones too, without a sign-in; nobody else's do.
func TestLD_GroupsFollow(t *testing.T) {
	for _, ad := range []bool{false, true} {
		w := newGroups(t, ldaptest.Options{AD: ad}, nil, gives("crew", `"staff" in groups`), gives("chief", `"boss" in groups && profile.name == "Dr alice"`),
			federation.GroupRule{Group: "alumni", When: `"staff" in groups`, Keep: true}, gives("told", `claims.cn[0] == "x"`))
		if err := w.App.Groups.Delete(t.Context(), must(w.App.Groups.ByName(t.Context(), "told"))(t), operator()); err != nil {
			t.Fatal(err) // a rule for a group that is not there does nothing
		}
		alice, bob, carol := entry(w.dir, "alice", nil), entry(w.dir, "bob", nil), entry(w.dir, "carol", nil)
		team := w.groupThere("team")
		staff, boss := w.groupThere("staff", team), w.groupThere("boss", bob)
		a, b := w.signedThere("alice"), w.signedThere("bob")
		w.follows("first", 0, 0)
		w.members(team, alice, carol)
		if r := w.follows("by way of a team", 2, 0); r.Full {
			t.Error("it was not the groups' own change")
		}
		w.in(a, "alumni", "crew")
		w.in(b)
		w.members(boss, alice, bob)
		w.follows("a rule that reads the profile", 1, 0)
		w.in(a, "alumni", "chief", "crew")
		w.members(team, bob, carol)
		w.follows("one goes and one comes", 2, 1)
		w.in(a, "alumni", "chief")
		w.in(b, "alumni", "crew")
		w.members(staff, alice, bob)
		w.follows("no team any more", 1, 0)
		for n := range 3 { // a stamp that is new may be looked at again
			w.dir.Forget()
			w.follows(fmt.Sprint("nothing", n), 0, 0)
		}
		for _, h := range w.dir.Heard("search") {
			if strings.Contains(h.Filter, "group") && !strings.Contains(h.Filter, ">=") {
				t.Errorf("nothing has changed, and it asks %s", h.Filter)
			}
		}
		w.in(a, "alumni", "chief", "crew")
		w.wantEvents(a.person, 3+1, 1)
		if all, err := w.App.DB.AuditEvents(t.Context(), w.App.Tenant, storage.AuditFilter{Type: "group.add", Limit: 100}); err != nil || len(all) != 4+2 {
			t.Errorf("%d memberships were given (%v)", len(all), err)
		}
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wantEvents wants so many events of memberships by the connector.
func (w *groupsWorld) wantEvents(p *storage.Person, added, removed int) {
	w.t.Helper()
	for kind, want := range map[string]int{"group.add": added, "group.remove": removed} {
		events, err := w.App.DB.AuditEvents(w.t.Context(), w.App.Tenant, storage.AuditFilter{Type: kind, Limit: 100})
		n := 0
		for i := range events {
			e := must(w.App.Audit.Open(events[i]))(w.t)
			if e.Actor == "connector:corp" && e.Data["person"] == p.ID.String() {
				n++
			}
		}
		if err != nil || n != want {
			w.t.Errorf("%d events %s, want %d (%v)", n, kind, want, err)
		}
	}
}

// TestLD_GroupsThatWereNotRead: what changes beside the directory's groups has them read too.
func TestLD_GroupsThatWereNotRead(t *testing.T) {
	w := newGroups(t, ldaptest.Options{AD: true}, func(d *federation.Draft) { configure(d, "groups", map[string]any{"mode": "in_chain", "primary": true}) },
		gives("crew", `"staff" in groups`), gives("users", `"everybody" in groups`))
	dn := entry(w.dir, "alice", map[string][]string{"objectSid": {sidThere("alic")}, "primaryGroupID": {"1"}})
	w.groupThere("everybody", w.groupThere("main"))
	w.groupThere("staff", dn)
	a := w.signedThere("alice")
	w.in(a, "crew")
	w.follows("first", 0, 0)
	w.dir.Change(dn, map[string][]string{"primaryGroupID": {fmt.Sprint(uint32('m') | uint32('a')<<8 | uint32('i')<<16 | uint32('n')<<24)}})
	w.follows("another primary group", 1, 0)
	w.in(a, "crew", "users")
	_, err := w.App.Connectors.Update(t.Context(), "corp", func(d *federation.Draft) error {
		d.Settings.Groups = []federation.GroupRule{gives("users", `"staff" in groups && groups.size() > 5`)}
		return nil
	}, operator())
	if err != nil {
		t.Fatal(err)
	}
	w.follows("another rule", 0, 1)
	w.in(a, "crew")
}

// TestLD_GroupsMass: a sync that would take more than one in ten of what rules gave, or finds no groups, takes none and asks; what it gives, it gives.
func TestLD_GroupsMass(t *testing.T) {
	w := newGroups(t, ldaptest.Options{AD: true}, nil, gives("crew", `"staff" in groups`), gives("guests", `"visitors" in groups`))
	var all []string
	var signed []signedThere
	for i := range 12 {
		all = append(all, entry(w.dir, fmt.Sprint("p", i), nil))
	}
	staff := w.groupThere("staff", all...)
	visitors := w.groupThere("visitors")
	for i := range all {
		signed = append(signed, w.signedThere(fmt.Sprint("p", i)))
	}
	w.follows("first", 0, 0)
	w.members(staff, all[1:]...)
	w.follows("one", 0, 1)
	w.members(staff, all[5:]...)
	w.members(visitors, all[0])
	w.Clock.Advance(31 * time.Second)
	r := w.sync(federation.SyncOptions{})
	if !r.GroupsAsk || r.Leaving != 4 || r.Given != 11 || r.Left != 0 || r.Joined != 1 {
		t.Errorf("%+v", r)
	}
	w.in(signed[1], "crew")
	w.in(signed[0], "guests")
	w.dir.Forget()
	w.Clock.Advance(31 * time.Second)
	if r = w.sync(federation.SyncOptions{}); !r.GroupsAsk || r.Leaving != 0 {
		t.Errorf("it does not wait: %+v", r)
	}
	w.Clock.Advance(6 * time.Minute)
	if r = w.sync(federation.SyncOptions{}); !r.GroupsAsk || r.Leaving != 4 {
		t.Errorf("it does not ask again: %+v", r)
	}
	events, err := w.App.DB.AuditEvents(t.Context(), w.App.Tenant, storage.AuditFilter{Type: "connector.sync_ask", Limit: 10})
	if err != nil || len(events) != 2 {
		t.Error(len(events), err)
	}
	if r = w.sync(federation.SyncOptions{AllowMass: true}); r.GroupsAsk || r.Left != 4 {
		t.Errorf("%+v", r)
	}
	w.in(signed[1])
	w.follows("nothing is left to ask", 0, 0)
	w.dir.Delete(staff)
	w.dir.Delete(visitors)
	entry(w.dir, "another", nil)
	w.Clock.Advance(6 * time.Minute)
	if r = w.sync(federation.SyncOptions{}); !r.GroupsAsk || r.Left != 0 {
		t.Errorf("no groups at all: %+v", r)
	}
	w.in(signed[7], "crew")
}

// TestLD_GroupsFew: also of few memberships none is taken when the directory shows no groups.
func TestLD_GroupsFew(t *testing.T) {
	w := newGroups(t, ldaptest.Options{}, nil, gives("crew", `"staff" in groups`))
	staff := w.groupThere("staff", entry(w.dir, "alice", nil))
	a := w.signedThere("alice")
	w.follows("first", 0, 0)
	w.dir.Delete(staff)
	w.Clock.Advance(6 * time.Minute)
	if r := w.sync(federation.SyncOptions{}); !r.GroupsAsk || r.Left != 0 || r.Leaving != 1 {
		t.Errorf("%+v", r)
	}
	w.in(a, "crew")
	w.groupThere("other")
	w.Clock.Advance(6 * time.Minute)
	w.follows("there are groups again", 0, 1)
	w.in(a)
}

// TestLD_GroupsOfNobody: where nobody is linked, groups are not read, and nothing is written.
func TestLD_GroupsOfNobody(t *testing.T) {
	w := newGroups(t, ldaptest.Options{}, nil, gives("crew", `"staff" in groups`))
	w.groupThere("staff", entry(w.dir, "alice", nil))
	w.dir.Forget()
	w.follows("first", 0, 0)
	for _, h := range w.dir.Heard("search") {
		if strings.Contains(h.Filter, "group") {
			t.Error(h.Filter)
		}
	}
	events, err := w.App.DB.AuditEvents(t.Context(), w.App.Tenant, storage.AuditFilter{Type: "group.add", Limit: 10})
	if err != nil || len(events) != 0 {
		t.Error(events, err)
	}
	a := w.signedThere("alice")
	w.in(a, "crew")
	w.follows("then", 0, 0)
}

// TestLD_GroupsAway: a directory that goes away while its groups are read has taken nothing, and the next sync reads them.
func TestLD_GroupsAway(t *testing.T) {
	w := newGroups(t, ldaptest.Options{}, func(d *federation.Draft) { configure(d, "page_size", 10) }, gives("crew", `"staff" in groups`))
	dn := entry(w.dir, "alice", nil)
	staff := w.groupThere("staff", dn)
	a := w.signedThere("alice")
	w.follows("first", 0, 0)
	w.follows("again", 0, 0)
	w.members(staff)
	w.dir.Set(func(o *ldaptest.Options) { o.RefuseGroups = true })
	w.Clock.Advance(31 * time.Second)
	if _, err := w.App.Syncs.Run(t.Context(), "corp", federation.SyncOptions{}); err == nil {
		t.Error("it read groups")
	}
	w.in(a, "crew")
	w.dir.Set(func(o *ldaptest.Options) { o.RefuseGroups = false })
	w.follows("then", 0, 1)
	w.in(a)
}
