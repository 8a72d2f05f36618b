package ldap_test

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
)

// group adds one, with a SID that ends in rid.
func (w *world) group(name string, rid uint32, members ...string) string {
	dn := "cn=" + name + ",ou=groups," + ldaptest.Base
	w.dir.Add(ldaptest.Entry{DN: dn, Attrs: map[string][]string{"objectClass": {"group", "groupOfNames"}, "cn": {name}, "member": members, "objectSid": {sid(rid)}}})
	return dn
}

func sid(rid uint32) string {
	return "\x01\x05\x00\x00\x00\x00\x00\x05domain-domain-16" + string(binary.LittleEndian.AppendUint32(nil, rid))
}

func TestGroups(t *testing.T) {
	all := []string{"circle", "inner", "middle", "outer"}
	for name, one := range map[string]struct {
		ad     bool
		groups map[string]any
		want   []string
	}{
		"direct":                  {false, map[string]any{"mode": "member"}, []string{"inner"}},
		"nested":                  {false, map[string]any{"mode": "member", "nested": true}, all},
		"memberof":                {false, map[string]any{"mode": "memberof"}, []string{"inner"}},
		"memberof nested":         {false, map[string]any{"mode": "memberof", "nested": true}, all},
		"ad direct":               {true, map[string]any{"mode": "member"}, []string{"inner"}},
		"ad nested":               {true, map[string]any{"mode": "member", "nested": true}, all},
		"in chain":                {true, map[string]any{"mode": "in_chain"}, all},
		"in chain, primary":       {true, map[string]any{"mode": "in_chain", "primary": true}, append(slices.Clone(all), "primary", "primary of")},
		"nested, primary":         {true, map[string]any{"mode": "member", "nested": true, "primary": true}, append(slices.Clone(all), "primary", "primary of")},
		"another name for them":   {true, map[string]any{"mode": "member", "attribute": "description"}, nil},
		"groups somewhere else":   {true, map[string]any{"mode": "in_chain", "base_dn": "ou=none," + ldaptest.Base}, nil},
		"one of them counts":      {true, map[string]any{"mode": "member", "nested": true, "filter": "(cn=outer)"}, nil},
		"by way of what does not": {true, map[string]any{"mode": "in_chain", "filter": "(cn=outer)"}, []string{"outer"}},
		"groups of another kind":  {true, map[string]any{"mode": "in_chain", "filter": "(objectClass=none)"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ldaptest.Options{AD: one.ad, MaxRange: 3})
			dn := w.person("alice", map[string][]string{"primaryGroupID": {"513"}, "objectSid": {sid(1000)}, "memberOf": {"cn=inner,ou=groups," + ldaptest.Base}})
			inner := w.group("inner", 1, "cn=x", dn)
			circle := "cn=circle,ou=groups," + ldaptest.Base
			middle := w.group("middle", 2, inner, circle)
			w.group("circle", 3, middle)
			w.group("outer", 4, middle)
			w.group("another", 5, "cn=bob")
			w.group("primary of", 6, w.group("primary", 513))
			c := w.checker(func(c map[string]any) { c["groups"] = one.groups })
			id := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
			if !slices.Equal(id.Groups, one.want) {
				t.Errorf("%v, want %v", id.Groups, one.want)
			}
			again, err := c.(federation.Rechecker).Recheck(t.Context(), id.Key, nil)
			if err != nil {
				t.Fatal(err)
			}
			list := listGroups(t, c, nil, true) // the sync says the same
			found, err := list.Members(t.Context(), []string{id.Key})
			if err != nil || len(found) != 1 || len(again.Groups) != len(one.want) || len(one.want) > 0 && !reflect.DeepEqual(found[0], again) {
				t.Errorf("the sync says %+v, want %v (%v)", found, one.want, err)
			}
		})
	}
}

// TestRanges: an attribute that the server gives out in parts is read to its end.
func TestRanges(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true, MaxRange: 7})
	var in, want []string
	for i := range 40 {
		name := fmt.Sprintf("g%02d", i)
		want = append(want, name)
		in = append(in, w.group(name, uint32(i)))
	}
	w.person("alice", map[string][]string{"memberOf": in})
	id := okOf(t)(w.checker(func(c map[string]any) { c["groups"] = map[string]any{"mode": "memberof"} }).CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
	if !slices.Equal(id.Groups, want) {
		t.Error(id.Groups)
	}
}

// TestNestedWithoutAQueryEach: groups in groups cost a query per level, not per group.
func TestNestedWithoutAQueryEach(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true})
	level := []string{w.person("alice", nil)}
	for depth := range 10 {
		var next []string
		for i := range 20 {
			next = append(next, w.group(fmt.Sprintf("l%d-%d", depth, i), uint32(100*depth+i), level...))
		}
		level = next
	}
	c := w.checker(func(c map[string]any) { c["groups"] = map[string]any{"mode": "member", "nested": true} })
	w.dir.Forget()
	id := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
	asked := slices.DeleteFunc(w.dir.Heard("search"), func(h ldaptest.Heard) bool { return !strings.Contains(h.Filter, "member=") })
	if len(id.Groups) != 200 || len(asked) > 11 {
		t.Errorf("%d groups by %d queries", len(id.Groups), len(asked))
	}
}
