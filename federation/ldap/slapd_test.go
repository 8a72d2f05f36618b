package ldap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
)

func slapdConnector(t *testing.T, s *ldaptest.Slapd, change func(c map[string]any)) federation.Connector {
	t.Helper()
	c := map[string]any{"servers": []string{s.LDAPS}, "ca": s.CA, "bind_dn": ldaptest.Service, "base_dn": ldaptest.Base}
	if change != nil {
		change(c)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	kind := ldap.New(ldap.Deps{Dialer: &dialer{}, Resolver: resolver{}, Log: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil)), Now: time.Now})
	made, err := kind.Make(federation.Setup{Name: "corp", Config: raw, Secrets: map[string]string{"bind_password": ldaptest.ServicePassword}})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestSlapd: the connector with OpenLDAP's own server.
func TestSlapd(t *testing.T) {
	s := ldaptest.StartSlapd(t, func(w io.Writer) error {
		_, err := io.WriteString(w, ldaptest.Person("alice")+ldaptest.Person("bob")+`dn: cn=a\2C b,ou=people,dc=corp,dc=example
objectClass: inetOrgPerson
uid: a, b
cn: a, b
sn: b
userPassword: right horse

dn: cn=inner,ou=groups,dc=corp,dc=example
objectClass: groupOfNames
cn: inner
member: uid=alice,ou=people,dc=corp,dc=example
member: cn=outer,ou=groups,dc=corp,dc=example

dn: cn=outer,ou=groups,dc=corp,dc=example
objectClass: groupOfNames
cn: outer
member: cn=inner,ou=groups,dc=corp,dc=example

dn: cn=posix,ou=groups,dc=corp,dc=example
objectClass: posixGroup
cn: posix
gidNumber: 7
memberUid: alice

`)
		return err
	})
	groups := func(c map[string]any) { c["groups"] = map[string]any{"mode": "member", "nested": true} }
	for name, change := range map[string]func(c map[string]any){
		"ldaps": groups, "starttls": func(c map[string]any) {
			groups(c)
			c["servers"], c["starttls"] = []string{s.LDAP}, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := slapdConnector(t, s, change).(federation.PasswordChecker)
			id := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
			if !slices.Equal(id.Groups, []string{"inner", "outer", "posix"}) || id.Profile["name"] != "Dr alice" {
				t.Errorf("%+v", id)
			}
			okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "a, b", Password: "right horse"}))
			for _, one := range [][3]string{
				{"alice", "wrong", "ldap_bind.password"}, {"nobody", "right horse", "ldap_entry.some"}, {"*", "right horse", "ldap_entry.some"},
				{"alice)(uid=*", "right horse", "ldap_entry.some"},
			} {
				_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: one[0], Password: one[1]})
				refusedBy(t, err, one[2])
			}
			okOf(t)(c.(federation.Rechecker).Recheck(t.Context(), id.Key, nil))
		})
	}
}

// TestSlapdPasswords: OpenLDAP's password policy says who must change theirs, and judges the next one.
func TestSlapdPasswords(t *testing.T) {
	s := ldaptest.StartSlapd(t, func(w io.Writer) error {
		_, err := io.WriteString(w, ldaptest.Person("alice")+ldaptest.Person("bob"))
		return err
	})
	c := slapdConnector(t, s, func(c map[string]any) { c["password_change"] = true }).(federation.PasswordChanger)
	s.Modify("dn: uid=alice,ou=people,dc=corp,dc=example\nchangetype: modify\nreplace: userPassword\nuserPassword: reset by somebody\n-\nreplace: pwdReset\npwdReset: TRUE\n")
	_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "reset by somebody"})
	if no := refusedBy(t, err, "ldap_bind.must_change"); no.Reason != federation.ReasonMustChange || !no.Person {
		t.Error(no)
	}
	refusedBy(t, c.ChangePassword(t.Context(), federation.Credentials{Username: "alice", Password: "wrong"}, "a longer one"), "ldap_bind.password")
	refusedBy(t, c.ChangePassword(t.Context(), federation.Credentials{Username: "alice", Password: "reset by somebody"}, "short"), "ldap_change.policy")
	if err := c.ChangePassword(t.Context(), federation.Credentials{Username: "alice", Password: "reset by somebody"}, "a longer one"); err != nil {
		t.Fatal(err)
	}
	okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "a longer one"}))
}

// listed is what a sync has reported.
type listed struct {
	people map[string]federation.SyncEntry
	gone   []string
	pages  int
	full   bool
}

func list(t *testing.T, c federation.Connector, cursor []byte, full bool) (*listed, *federation.SyncEnd) {
	t.Helper()
	l := &listed{people: map[string]federation.SyncEntry{}}
	end, err := c.(federation.Syncer).Sync(t.Context(), cursor, full, func(_ context.Context, p federation.SyncPage) error {
		l.pages, l.full, l.gone = l.pages+1, p.Full, append(l.gone, p.Gone...)
		for _, e := range p.Entries {
			if _, twice := l.people[e.Key]; twice {
				return errors.New("twice")
			}
			l.people[e.Key] = e
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, end
}

// TestSlapdSync: everybody, a page at a time, then what has changed; and who is gone.
func TestSlapdSync(t *testing.T) {
	const n = 1203
	s := ldaptest.StartSlapd(t, func(w io.Writer) error {
		for i := range n {
			if _, err := io.WriteString(w, ldaptest.Person(fmt.Sprint("p", i))); err != nil {
				return err
			}
		}
		return nil
	})
	c := slapdConnector(t, s, func(c map[string]any) { c["page_size"] = 100 })
	all, end := list(t, c, nil, false)
	if len(all.people) != n || all.pages != 13 || !all.full || !end.Deletions {
		t.Fatal(len(all.people), all.pages, all.full, end.Deletions)
	}
	s.Modify("dn: uid=p7,ou=people,dc=corp,dc=example\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n\n" +
		"dn: uid=p8,ou=people,dc=corp,dc=example\nchangetype: delete\n")
	var key7, key8 string
	for key, e := range all.people {
		switch e.Attributes["preferred_username"] {
		case "p7":
			key7 = key
		case "p8":
			key8 = key
		}
	}
	next, end := list(t, c, end.Cursor, false)
	if next.full || end.Deletions || next.people[key7].Off != "locked" {
		t.Errorf("%+v", next.people[key7])
	}
	absent, err := c.(federation.Syncer).Absent(t.Context(), []string{key7, key8})
	if err != nil || !slices.Equal(absent, []string{key8}) {
		t.Error(absent, err)
	}
	if again, _ := list(t, c, []byte(strings.Replace(string(end.Cursor), "127.0.0.1", "127.0.0.2", 1)), false); !again.full || len(again.people) != n-1 {
		t.Error("the cursor of another server was taken")
	}
}

// TestSlapdGroups: 20,000 people in ten levels of OpenLDAP's groups, read without a query per member; then what is asked while nothing changes, and what a change,
// a group that goes and one that comes look like.
func TestSlapdGroups(t *testing.T) {
	const people, levels = 20_000, 10
	s := ldaptest.StartSlapd(t, func(w io.Writer) error {
		for i := range people {
			if _, err := io.WriteString(w, ldaptest.Person(fmt.Sprint("p", i))); err != nil {
				return err
			}
		}
		for level := range levels {
			var b strings.Builder
			fmt.Fprintf(&b, "dn: cn=level %d\\, of ten,ou=groups,dc=corp,dc=example\nobjectClass: groupOfNames\ncn: level %d\n", level, level)
			for i := level; i < people; i += levels {
				fmt.Fprintf(&b, "member: UID=p%d, ou=People,dc=corp,dc=example\n", i)
			}
			if level > 0 {
				fmt.Fprintf(&b, "member: cn=level %d\\2C of ten,ou=groups,dc=corp,dc=example\n", level-1)
			}
			if _, err := io.WriteString(w, b.String()+"\n"); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, "dn: cn=posix,ou=groups,dc=corp,dc=example\nobjectClass: posixGroup\ncn: posix\ngidNumber: 7\nmemberUid: p3\n\n")
		return err
	})
	c := slapdConnector(t, s, func(c map[string]any) { c["groups"] = map[string]any{"mode": "member", "nested": true} })
	all, _ := list(t, c, nil, true)
	keys := make([]string, 0, people)
	var three string
	for key, e := range all.people {
		if keys = append(keys, key); e.Attributes["preferred_username"] == "p3" {
			three = key
		}
	}
	began := time.Now()
	first := listGroups(t, c, nil, false)
	read := time.Since(began)
	found, err := first.Members(t.Context(), keys)
	if err != nil || len(found) != people || first.Count != levels+1 {
		t.Fatal(len(found), first.Count, err)
	}
	t.Logf("%d groups in %v, %d people in %v", first.Count, read, people, time.Since(began)-read)
	for _, id := range found {
		var n int
		if _, err := fmt.Sscanf(fmt.Sprint(id.Profile["preferred_username"]), "p%d", &n); err != nil {
			t.Fatal(err)
		}
		want := levels - n%levels
		if n == 3 {
			want++
		}
		if len(id.Groups) != want {
			t.Fatalf("p%d is in %v", n, id.Groups)
		}
	}
	cursor := first.Cursor
	next := func(name string, want bool) *federation.GroupList {
		t.Helper()
		l := listGroups(t, c, cursor, false)
		if cursor = l.Cursor; l.Read != want {
			t.Errorf("%s: read: %v", name, l.Read)
		}
		return l
	}
	next("nothing", false)
	s.Modify("dn: uid=p4,ou=people,dc=corp,dc=example\nchangetype: modify\nreplace: sn\nsn: Changed\n")
	next("somebody else", false)
	s.Modify("dn: cn=posix,ou=groups,dc=corp,dc=example\nchangetype: modify\nreplace: memberUid\nmemberUid: p4\n")
	if found, err = next("a member", true).Members(t.Context(), []string{three}); err != nil || len(found) != 1 || slices.Contains(found[0].Groups, "posix") {
		t.Error(found, err)
	}
	s.Modify("dn: cn=new,ou=groups,dc=corp,dc=example\nchangetype: add\nobjectClass: groupOfNames\ncn: new\nmember: uid=p3,ou=people,dc=corp,dc=example\n")
	if found, err = next("a group", true).Members(t.Context(), []string{three}); err != nil || !slices.Contains(found[0].Groups, "new") {
		t.Error(found, err)
	}
	s.Modify("dn: cn=new,ou=groups,dc=corp,dc=example\nchangetype: delete\n")
	next("one less that had changed a moment ago", true)
	next("nothing", false)
}
