package ldap_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
)

func nobodyWaits(context.Context) error { return nil }

func listGroups(t *testing.T, c federation.Connector, cursor []byte, full bool) *federation.GroupList {
	t.Helper()
	list, err := c.(federation.GroupLister).ListGroups(t.Context(), cursor, full, nobodyWaits)
	if err != nil || list == nil {
		t.Fatal(list, err)
	}
	return list
}

func nested(c map[string]any) { c["groups"] = map[string]any{"mode": "member", "nested": true} }

// TestGroupsSince: groups are read when one has changed, and not otherwise; whatever the change was.
func TestGroupsSince(t *testing.T) {
	for _, ad := range []bool{false, true} {
		t.Run(fmt.Sprint("ad ", ad), func(t *testing.T) {
			w := newWorld(t, ldaptest.Options{AD: ad})
			alice := w.person("alice", nil)
			staff, other := w.group("staff", 1, alice), w.group("other", 2)
			c := w.connector(nested)
			cursor := listGroups(t, c, nil, false).Cursor
			next := func(name string, want bool) {
				t.Helper()
				w.clock.add(30 * time.Second)
				list := listGroups(t, c, cursor, false)
				if cursor = list.Cursor; list.Read != want {
					t.Errorf("%s: read: %v", name, list.Read)
				}
				for n := 0; list.Read && n < 3; n++ { // a stamp that is new is looked at again
					w.clock.add(30 * time.Second)
					list = listGroups(t, c, cursor, false)
					cursor = list.Cursor
				}
				if list.Read {
					t.Error("there is no end of it after", name)
				}
			}
			next("nothing, after the first", !ad)
			next("nothing", false)
			w.person("bob", nil)
			next("somebody is new", false)
			w.dir.Change(other, map[string][]string{"member": {alice}})
			next("a member", true)
			w.group("third", 3)
			next("a group", true)
			w.dir.Delete(staff)
			w.person("carol", nil)
			w.clock.add(6 * time.Minute)
			next("one less", true)
			w.dir.Set(func(o *ldaptest.Options) { o.Invocation = "dc-2" })
			next("another server", ad)
			if list := listGroups(t, w.connector(func(c map[string]any) { nested(c); c["groups"].(map[string]any)["attribute"] = "description" }), cursor, false); !list.Read {
				t.Error("another config was not noticed")
			}
			if list := listGroups(t, c, []byte("nonsense"), false); !list.Read || list.Count != 2 {
				t.Error(list)
			}
		})
	}
}

// TestGroupsAreNotRead: a connector without groups lists none.
func TestGroupsAreNotRead(t *testing.T) {
	w := newWorld(t, ldaptest.Options{})
	list, err := w.connector(nil).(federation.GroupLister).ListGroups(t.Context(), nil, true, nobodyWaits)
	if list != nil || err != nil {
		t.Error(list, err)
	}
}

// TestGroupsByHalf: what was cut short is no list of groups.
func TestGroupsByHalf(t *testing.T) {
	w := newWorld(t, ldaptest.Options{})
	for i := range 40 {
		w.group(fmt.Sprint("g", i), uint32(i))
	}
	c := w.connector(func(c map[string]any) { nested(c); c["page_size"] = 10 }).(federation.GroupLister)
	list, err := c.ListGroups(t.Context(), nil, true, func(context.Context) error {
		w.dir.Cut()
		return nil
	})
	if list != nil {
		t.Error("there is a list:", list.Count)
	}
	unavailable(t, err)
	lost := errors.New("lost")
	if _, err := c.ListGroups(t.Context(), nil, true, func(context.Context) error { return lost }); !errors.Is(err, lost) {
		t.Error(err)
	}
	w.dir.Set(func(o *ldaptest.Options) { o.Referral = "ldap://elsewhere.example/" })
	_, err = c.ListGroups(t.Context(), nil, true, nobodyWaits)
	unavailable(t, err)
}

// TestMembersWhoMaySignIn: nothing is said of who is off, unknown or of another kind.
func TestMembersWhoMaySignIn(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true})
	w.group("staff", 1, w.person("alice", nil), w.person("off", map[string][]string{"userAccountControl": {"514"}}))
	c := w.connector(nested)
	alice := okOf(t)(c.(federation.PasswordChecker).CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
	off := strings.Replace(alice.Key, "63696c61-2d65-2d2d-2d2d-2d2d2d2d2d2d", "2d66666f-2d2d-2d2d-2d2d-2d2d2d2d2d2d", 1)
	if off == alice.Key {
		t.Fatal(alice.Key)
	}
	found, err := listGroups(t, c, nil, true).Members(t.Context(), []string{alice.Key, off, "entryUUID:x", "objectGUID:00112233-4455-6677-8899-aabbccddeeff"})
	if err != nil || len(found) != 1 || found[0].Key != alice.Key || !slices.Equal(found[0].Groups, []string{"staff"}) {
		t.Error(found, err)
	}
	if found, err = listGroups(t, c, nil, true).Members(t.Context(), nil); len(found) != 0 || err != nil {
		t.Error(found, err)
	}
}

// TestTwentyThousandMembers: 20,000 members in 10 nested levels are resolved without a query per member.
func TestTwentyThousandMembers(t *testing.T) {
	const levels, perLevel = 10, 20
	for _, one := range []struct {
		ad   bool
		mode string
		many int
	}{{true, "in_chain", 20_000}, {false, "member", 5_000}} {
		t.Run(fmt.Sprint(one), func(t *testing.T) {
			people := one.many
			w := newWorld(t, ldaptest.Options{AD: one.ad, MaxRange: 1500})
			first := make([][]string, perLevel)
			keys := make([]string, people)
			for i := range people {
				name := fmt.Sprintf("p%05d", i)
				first[i%perLevel] = append(first[i%perLevel], w.person(name, nil))
				if keys[i] = "entryUUID:uuid-" + name; one.ad {
					keys[i] = fmt.Sprintf("objectGUID:%x%x%x%x-%x%x-2d2d-2d2d-2d2d2d2d2d2d", name[3], name[2], name[1], name[0], name[5], name[4])
				}
			}
			var below []string
			for level := range levels {
				var these []string
				for i := range perLevel {
					members := below
					if level == 0 {
						members = first[i]
					} else if i == 0 { // one has everybody, in parts
						members = append(slices.Concat(first...), below...)
					}
					if level == levels-1 { // and there is a way back
						members = append(slices.Clone(members), w.groupDN("l0-0"))
					}
					these = append(these, w.group(fmt.Sprintf("l%d-%d", level, i), uint32(100*level+i), members...))
				}
				below = these
			}
			w.dir.Change(w.groupDN("l0-0"), map[string][]string{"member": append(first[0], below[0])})
			c := w.connector(func(c map[string]any) { c["groups"] = map[string]any{"mode": one.mode, "nested": true} })
			w.dir.Forget()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			list := listGroups(t, c, nil, true)
			read := len(w.dir.Heard("search"))
			found, err := list.Members(t.Context(), keys)
			if err != nil || len(found) != people {
				t.Fatal(len(found), err)
			}
			runtime.ReadMemStats(&after)
			for _, id := range found {
				if want := 1 + (levels-1)*perLevel; len(id.Groups) < want || len(id.Groups) > want+perLevel {
					t.Fatalf("%s is in %d groups", id.Key, len(id.Groups))
				}
			}
			asked := len(w.dir.Heard("search"))
			t.Logf("groups by %d queries, everybody by %d, in %v, %d MiB allocated", read, asked, time.Since(began).Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20)
			if read > 1+2+(levels)*(people/1500+1) || asked > read+people/50+2 {
				t.Errorf("%d and %d queries", read, asked)
			}
			w.dir.Forget()
			w.clock.add(time.Minute)
			again := listGroups(t, c, list.Cursor, false)
			if one.ad && (again.Read || len(w.dir.Heard("search")) > 3) {
				t.Errorf("nothing has changed: %d queries", len(w.dir.Heard("search")))
			}
		})
	}
}

func (w *world) groupDN(name string) string { return "cn=" + name + ",ou=groups," + ldaptest.Base }
