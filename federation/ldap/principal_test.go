package ldap_test

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func (w *world) finder(change func(c map[string]any)) federation.PrincipalFinder {
	w.t.Helper()
	return w.connector(change).(federation.PrincipalFinder)
}

func principal(name string) federation.Principal {
	return federation.Principal{Name: name, Realm: "CORP.EXAMPLE"}
}

// TestKB_Principal: a principal is the entry that a password of the same name would find, without a bind.
func TestKB_Principal(t *testing.T) {
	presets(t, func(t *testing.T, w *world) {
		w.person("alice", nil)
		typed, err := w.checker(nil).CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
		if err != nil {
			t.Fatal(err)
		}
		w.dir.Forget()
		found, err := w.finder(nil).FindPrincipal(t.Context(), principal("alice"))
		if err != nil || found.Key != typed.Key || found.Profile["name"] != "Dr alice" || len(w.dir.PersonBinds()) != 0 {
			t.Errorf("%+v %v", found, err)
		}
		for _, name := range []string{"*", "nobody", `\2a`, "alice)(uid=*", "alice@corp.example"} {
			_, err := w.finder(nil).FindPrincipal(t.Context(), principal(name))
			refusedBy(t, err, "ldap_principal.some")
		}
		_, err = w.finder(nil).FindPrincipal(t.Context(), principal(strings.Repeat("a", 300)))
		refusedBy(t, err, "ldap_typed.name")
		w.silence("right horse")
	})
}

// TestKB_PrincipalRows: an entry that is not one, not here, without a key, not quite the name, or off is nobody; the KDC has proved who asks, so they are told.
func TestKB_PrincipalRows(t *testing.T) {
	w := newWorld(t, ldaptest.Options{Anywhere: true})
	add := func(dn string, attrs map[string][]string) {
		attrs["objectClass"] = []string{"inetOrgPerson"}
		w.dir.Add(ldaptest.Entry{DN: dn, Attrs: attrs})
	}
	w.person("one", nil)
	add("cn=two,ou=people,"+ldaptest.Base, map[string][]string{"uid": {"one"}, "entryUUID": {"two"}})
	add("cn=far,dc=else", map[string][]string{"uid": {"far"}, "entryUUID": {"far"}})
	add("cn=nokey,ou=people,"+ldaptest.Base, map[string][]string{"uid": {"nokey"}})
	w.person("Carol", nil)
	w.person("off", map[string][]string{"nsAccountLock": {"TRUE"}})
	for name, row := range map[string]string{
		"one": "ldap_principal.one", "far": "ldap_principal.place", "nokey": "ldap_principal.key", "carol": "ldap_principal.name", "off": "ldap_principal.state",
	} {
		_, err := w.finder(nil).FindPrincipal(t.Context(), principal(name))
		if no := refusedBy(t, err, row); !no.Person {
			t.Errorf("%s: not told", name)
		}
	}
	if _, err := w.finder(nil).FindPrincipal(t.Context(), principal("Carol")); err != nil {
		t.Error(err)
	}
	full := principal("carol")
	full.Attribute, full.Full = "krbPrincipalName", true
	_, err := w.finder(nil).FindPrincipal(t.Context(), full)
	refusedBy(t, err, "ldap_principal.some")
	w.person("c1", map[string][]string{"krbPrincipalName": {"other@CORP.EXAMPLE", "carol@CORP.EXAMPLE"}})
	if id, err := w.finder(nil).FindPrincipal(t.Context(), full); err != nil || id.Key != "entryUUID:uuid-c1" {
		t.Error(id, err)
	}
}

// TestKB_PrincipalAD: Active Directory's names have no case, and the name in a userPrincipalName of the realm counts.
func TestKB_PrincipalAD(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true})
	w.person("alice", nil)
	w.person("b1", map[string][]string{"userPrincipalName": {"Bob@corp.example"}})
	for name, key := range map[string]string{"ALICE": "alice", "bob": "b1", "b1": "b1"} {
		id, err := w.finder(nil).FindPrincipal(t.Context(), principal(name))
		if err != nil || id.Profile["preferred_username"] != key {
			t.Errorf("%s: %+v %v", name, id, err)
		}
	}
	other := principal("bob")
	other.Realm = "OTHER.EXAMPLE"
	_, err := w.finder(nil).FindPrincipal(t.Context(), other)
	refusedBy(t, err, "ldap_principal.some")
	w.dir.Stop()
	if _, err := w.finder(nil).FindPrincipal(t.Context(), principal("alice")); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}
