package ldap_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
)

func presets(t *testing.T, each func(t *testing.T, w *world)) {
	for _, ad := range []bool{false, true} {
		t.Run(map[bool]string{false: "openldap", true: "ad"}[ad], func(t *testing.T) { each(t, newWorld(t, ldaptest.Options{AD: ad})) })
	}
}

func TestSignIn(t *testing.T) {
	presets(t, func(t *testing.T, w *world) {
		w.person("alice", nil)
		c := w.checker(nil)
		id := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
		again := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "ALICE@corp.example", Password: "right horse"}))
		if id.Key != again.Key || id.Profile["email"] != "alice@corp.example" || id.Profile["preferred_username"] != "alice" || id.Profile["email_verified"] != false {
			t.Errorf("%+v", id)
		}
		_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "wrong"})
		if no := refusedBy(t, err, "ldap_bind.password"); no.Person {
			t.Error("told")
		}
	})
}

// TestLD01_FilterInjection: what is typed is a value, whatever stands in it.
func TestLD01_FilterInjection(t *testing.T) {
	presets(t, func(t *testing.T, w *world) {
		w.person("admin", nil)
		w.person("bob", nil)
		c := w.checker(nil)
		for _, name := range []string{
			"*", "adm*", "admin)(|(uid=*", `\2a`, "admin\x00", ")(objectClass=*", "*)(objectClass=*", "admin)(!(uid=x", `admin\00`, "(uid=admin)", "&", "|",
			"admin))(|(cn=*", `CORP\*`, `CORP\admin)(|(sAMAccountName=*`, `*\admin`, `CORP)(objectClass=*\admin`,
		} {
			w.dir.Forget()
			if id, err := c.CheckPassword(t.Context(), federation.Credentials{Username: name, Password: "right horse"}); err == nil {
				t.Errorf("%q signs in as %s", name, id.Key)
			}
			for _, h := range w.dir.Heard("search") {
				if strings.Contains(h.Filter, "=*") && !strings.Contains(h.Filter, "(objectClass=*)") || strings.Count(h.Filter, "(") > 10 {
					t.Errorf("%q became a filter: %s", name, h.Filter)
				}
			}
		}
		if id, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "admin", Password: "right horse"}); err != nil {
			t.Error("the plain name does not sign in", id, err)
		}
	})
}

// TestLD02_DNInjection: names with the characters that DNs give a meaning to are found and bound as they are.
func TestLD02_DNInjection(t *testing.T) {
	w := newWorld(t, ldaptest.Options{})
	c := w.checker(nil)
	for i, name := range []string{`a,b`, `a+b`, `a=b`, `a"b`, `a\b`, `a;b`, `a#b`, ` lead`, `a<b>`} {
		escaped := strings.NewReplacer(`\`, `\\`, `,`, `\,`, `+`, `\+`, `=`, `\=`, `"`, `\"`, `;`, `\;`, `#`, `\#`, `<`, `\<`, `>`, `\>`).Replace(name)
		if strings.HasPrefix(escaped, " ") {
			escaped = `\` + escaped
		}
		w.dir.Add(ldaptest.Entry{DN: "cn=" + escaped + ",ou=people," + ldaptest.Base, Attrs: map[string][]string{
			"objectClass": {"inetOrgPerson"}, "entryUUID": {fmt.Sprint("u", i)}, "uid": {name}, "userPassword": {"right horse"},
		}})
		id := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: name, Password: "right horse"}))
		if id.Key != fmt.Sprint("entryUUID:u", i) {
			t.Errorf("%q is %s", name, id.Key)
		}
	}
	if _, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "a,ou=people," + ldaptest.Base, Password: "right horse"}); err == nil {
		t.Error("a DN is a name")
	}
}

func okOf(t *testing.T) func(id *federation.Identity, err error) *federation.Identity {
	return func(id *federation.Identity, err error) *federation.Identity {
		t.Helper()
		return ok(t, id, err)
	}
}

// TestLD03_EmptyPassword: the directory would take it for a bind without a password, which succeeds.
func TestLD03_EmptyPassword(t *testing.T) {
	presets(t, func(t *testing.T, w *world) {
		w.person("alice", nil)
		c := w.checker(nil)
		_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: ""})
		refusedBy(t, err, "ldap_typed.password")
		if heard := w.dir.Heard(""); len(heard) != 0 {
			t.Error("the directory was asked", heard)
		}
	})
}

// TestLD04_OddPasswords: nor what a server might cut down to nothing.
func TestLD04_OddPasswords(t *testing.T) {
	w := newWorld(t, ldaptest.Options{})
	w.person("alice", nil)
	c := w.checker(nil)
	for password, check := range map[string]string{
		"\x00": "ldap_typed.password", " ": "ldap_typed.password", "   ": "ldap_typed.password", "\t\n": "ldap_typed.password", "\x00abc": "ldap_typed.text", "abc\x00": "ldap_typed.text",
		"right horse\x00": "ldap_typed.text", "\xff\xfe": "ldap_typed.text", strings.Repeat("x", 5000): "ldap_typed.text",
	} {
		_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: password})
		refusedBy(t, err, check)
	}
	for _, name := range []string{"", "a\nb", "a\x00", "\xff", strings.Repeat("x", 300)} {
		_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: name, Password: "right horse"})
		refusedBy(t, err, "ldap_typed.name")
	}
	if heard := w.dir.Heard(""); len(heard) != 0 {
		t.Error("the directory was asked", heard)
	}
}

// TestLD05_StartTLS: a server that does not start TLS, or is another one, hears no name and no password.
func TestLD05_StartTLS(t *testing.T) {
	for name, o := range map[string]ldaptest.Options{
		"refused":          {Plain: true, RefuseTLS: true},
		"wrong host":       {Host: "other.example"},
		"wrong host later": {Plain: true, Host: "other.example"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, o)
			w.person("alice", nil)
			_, err := w.checker(nil).CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
			unavailable(t, err)
			w.silence("right horse")
			w.silence(ldaptest.ServicePassword)
		})
	}
	t.Run("another CA", func(t *testing.T) {
		w, other := newWorld(t, ldaptest.Options{}), newWorld(t, ldaptest.Options{})
		_, err := w.checker(func(c map[string]any) { c["ca"] = other.dir.CA }).CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
		unavailable(t, err)
		w.silence(ldaptest.ServicePassword)
	})
	t.Run("started", func(t *testing.T) {
		w := newWorld(t, ldaptest.Options{Plain: true})
		w.person("alice", nil)
		okOf(t)(w.checker(nil).CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
		if len(w.dir.Heard("starttls")) == 0 {
			t.Error("TLS was not started")
		}
		w.silence("")
	})
}

// TestLD06_Ambiguous: two entries are nobody, and references lead nowhere.
func TestLD06_Ambiguous(t *testing.T) {
	presets(t, func(t *testing.T, w *world) {
		w.person("alice", nil)
		w.person("eve", map[string][]string{"mail": {"alice@corp.example"}})
		_, err := w.checker(nil).CheckPassword(t.Context(), federation.Credentials{Username: "alice@corp.example", Password: "right horse"})
		refusedBy(t, err, "ldap_entry.one")
		if len(w.dir.PersonBinds()) > 1 {
			t.Error("more than the decoy was bound")
		}
		w.silence("right horse")
	})
	evil := newWorld(t, ldaptest.Options{})
	w := newWorld(t, ldaptest.Options{Referral: evil.dir.URL() + "/" + ldaptest.Base})
	w.person("alice", nil)
	evil.person("alice", nil)
	c := w.checker(nil)
	_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
	refusedBy(t, err, "ldap_entry.some")
	w.dir.Set(func(o *ldaptest.Options) { o.BindReferral, o.Referral = o.Referral, "" })
	_, err = c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
	refusedBy(t, err, "ldap_bind.password")
	if heard := evil.dir.Heard(""); len(heard) != 0 {
		t.Error("a reference was followed", heard)
	}
}

// TestLD06_Nobody: an entry outside of what is listed, or without a name of its own, is not bound as.
func TestLD06_Nobody(t *testing.T) {
	w := newWorld(t, ldaptest.Options{})
	w.dir.Add(ldaptest.Entry{DN: "cn=x,ou=people," + ldaptest.Base, Attrs: map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {"nokey"}, "userPassword": {"right horse"}}})
	_, err := w.checker(nil).CheckPassword(t.Context(), federation.Credentials{Username: "nokey", Password: "right horse"})
	refusedBy(t, err, "ldap_entry.key")
	w.dir.Add(ldaptest.Entry{DN: "", Attrs: map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {"empty"}, "entryUUID": {"e"}, "userPassword": {"right horse"}}})
	_, err = w.checker(nil).CheckPassword(t.Context(), federation.Credentials{Username: "empty", Password: "right horse"})
	refusedBy(t, err, "ldap_entry.some")
	w.dir.Set(func(o *ldaptest.Options) { o.Anywhere = true })
	w.dir.Add(ldaptest.Entry{DN: "cn=far,dc=else", Attrs: map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {"far"}, "entryUUID": {"f"}, "userPassword": {"right horse"}}})
	for _, name := range []string{"empty", "far"} {
		_, err = w.checker(nil).CheckPassword(t.Context(), federation.Credentials{Username: name, Password: "right horse"})
		refusedBy(t, err, "ldap_entry.place")
	}
	w.silence("right horse")
}

// TestLD07_Flags: the directory's word about an account is told where it has proved the password, and nowhere else.
func TestLD07_Flags(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true, Window: 30 * time.Minute})
	past, now := ldaptest.Filetime(w.clock.now().Add(-time.Hour)), ldaptest.Filetime(w.clock.now())
	for _, one := range []struct {
		name  string
		attrs map[string][]string
		check string
		told  bool
	}{
		{"disabled", map[string][]string{"userAccountControl": {"514"}}, "ldap_bind.account", true},
		{"expired", map[string][]string{"accountExpires": {fmt.Sprint(past)}}, "ldap_bind.account", true},
		{"locked", map[string][]string{"lockoutTime": {fmt.Sprint(now)}}, "ldap_bind.password", false},
		{"mustchange", map[string][]string{"pwdLastSet": {"0"}}, "ldap_bind.must_change", true},
		{"oldpassword", map[string][]string{"subCode": {"532"}}, "ldap_bind.must_change", true},
		{"hours", map[string][]string{"subCode": {"530"}}, "ldap_bind.account", true},
		{"workstation", map[string][]string{"subCode": {"531"}}, "ldap_bind.account", true},
		{"unknown", map[string][]string{"subCode": {"568"}}, "ldap_bind.password", false},
	} {
		t.Run(one.name, func(t *testing.T) {
			w.person(one.name, one.attrs)
			c := w.connector(nil)
			_, err := c.(federation.PasswordChecker).CheckPassword(t.Context(), federation.Credentials{Username: one.name, Password: "right horse"})
			if no := refusedBy(t, err, one.check); no.Person != one.told {
				t.Errorf("told: %v", no.Person)
			}
			if _, err = c.(federation.PasswordChecker).CheckPassword(t.Context(), federation.Credentials{Username: one.name, Password: "wrong"}); refusedBy(t, err, "ldap_bind.password").Person {
				t.Error("a wrong password is told")
			}
		})
	}
	for name, attrs := range map[string]map[string][]string{
		"locked": {"pwdAccountLockedTime": {"000001010000Z"}}, "disabled": {"nsAccountLock": {"TRUE"}}, "expired": {"shadowExpire": {"10"}}, "reset": {"pwdReset": {"TRUE"}},
	} {
		t.Run("openldap "+name, func(t *testing.T) {
			w := newWorld(t, ldaptest.Options{})
			w.person(name, attrs)
			_, err := w.checker(nil).CheckPassword(t.Context(), federation.Credentials{Username: name, Password: "right horse"})
			refusedBy(t, err, "ldap_bind.state")
			_, err = w.connector(nil).(federation.Rechecker).Recheck(t.Context(), "entryUUID:uuid-"+name, nil)
			refusedBy(t, err, "ldap_recheck.state")
		})
	}
}

// TestLD07_Lockout: our limit trips before the directory's, whatever name is typed and however many try at once; and the right password opens it again.
func TestLD07_Lockout(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true, Window: 30 * time.Minute, Threshold: 5})
	dn := w.person("alice", nil)
	c := w.checker(nil)
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			name := []string{"alice", `CORP\alice`, "alice@corp.example", "ALICE", "Alice@Corp.Example"}[i%5]
			_, _ = c.CheckPassword(context.WithoutCancel(t.Context()), federation.Credentials{Username: name, Password: "wrong"})
		}()
	}
	wg.Wait()
	tried := 0
	for _, h := range w.dir.PersonBinds() {
		if h.DN == dn {
			tried++
		}
	}
	if tried == 0 || tried > 3 {
		t.Errorf("%d wrong passwords reached the directory", tried)
	}
	_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
	refusedBy(t, err, "ldap_entry.lock")
	w.clock.add(31 * time.Minute)
	okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
	for range 20 {
		okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
	}
}

// TestLD07_Tries: without a threshold that can be read our own one holds.
func TestLD07_Tries(t *testing.T) {
	w := newWorld(t, ldaptest.Options{})
	w.person("alice", nil)
	c := w.checker(func(c map[string]any) { c["max_wrong"] = 3 }) // the last is its owner's
	for range 2 {
		_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "wrong"})
		refusedBy(t, err, "ldap_bind.password")
	}
	_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
	refusedBy(t, err, "ldap_entry.tries")
	w.clock.add(31 * time.Minute)
	okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
}

// TestPW04_OwnersTry: strangers who use up the tries of an entry leave one to the browsers that its owner has used, and the directory locks nobody.
func TestPW04_OwnersTry(t *testing.T) {
	presets(t, func(t *testing.T, w *world) {
		dn := w.person("alice", nil)
		c := w.checker(nil)
		alice := func(password string, known bool) error {
			_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: password, Known: known})
			return err
		}
		for range 3 {
			refusedBy(t, alice("wrong", false), "ldap_bind.password")
		}
		if err := alice("right horse", false); err == nil {
			t.Error("a stranger had the owner's try")
		}
		if err := alice("right horse", true); err != nil {
			t.Error("the owner is kept out:", err)
		}
		for range 3 {
			refusedBy(t, alice("wrong", false), "ldap_bind.password")
		}
		refusedBy(t, alice("wrong", true), "ldap_bind.password")
		if err := alice("right horse", true); err == nil {
			t.Error("an owner's browser may try for ever")
		}
		w.clock.add(31 * time.Minute)
		if err := alice("right horse", false); err != nil {
			t.Error(err)
		}
		tried := 0
		for _, h := range w.dir.PersonBinds() {
			if h.DN == dn {
				tried++
			}
		}
		if tried != 9 {
			t.Errorf("%d passwords reached the directory", tried)
		}
	})
}

// TestLD08_ReusedName: who somebody is, is the entry's id: a name that is given to somebody else is another person.
func TestLD08_ReusedName(t *testing.T) {
	presets(t, func(t *testing.T, w *world) {
		dn := w.person("alice", nil)
		c := w.checker(nil)
		was := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
		w.dir.Delete(dn)
		w.person("alice", map[string][]string{"objectGUID": {"0123456789abcdef"}, "entryUUID": {"another"}})
		if is := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})); is.Key == was.Key {
			t.Error("the same key")
		}
		_, err := c.(federation.Rechecker).Recheck(t.Context(), was.Key, nil)
		refusedBy(t, err, "ldap_recheck.entry")
	})
}

// TestLD09_Slow: a directory that says nothing costs five seconds at most, and its own people alone.
func TestLD09_Slow(t *testing.T) {
	for name, o := range map[string]ldaptest.Options{"silent": {Silent: true}, "hangs": {Hang: true}, "silent before TLS": {Silent: true, Plain: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			w.person("alice", nil)
			c := w.checker(func(c map[string]any) { c["operation_seconds"], c["connect_seconds"] = 1, 1 })
			began := time.Now()
			var wg sync.WaitGroup
			for range 20 { // more than there are connections
				wg.Add(1)
				go func() {
					defer wg.Done()
					_, err := c.CheckPassword(context.WithoutCancel(t.Context()), federation.Credentials{Username: "alice", Password: "right horse"})
					unavailable(t, err)
				}()
			}
			wg.Wait()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			w.dir.Set(func(o *ldaptest.Options) { o.Silent, o.Hang = false, false })
			okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
		})
	}
}

// TestLD09_FailOver: another server is asked where the connection fails, and only there: a wrong password is tried on one.
func TestLD09_FailOver(t *testing.T) {
	w, other := newWorld(t, ldaptest.Options{}), newWorld(t, ldaptest.Options{})
	w.person("alice", nil)
	other.person("alice", nil)
	both := func(c map[string]any) {
		c["servers"] = []string{w.dir.URL(), other.dir.URL()}
		c["ca"] = w.dir.CA + other.dir.CA
	}
	c := w.checker(both)
	_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "wrong"})
	refusedBy(t, err, "ldap_bind.password")
	if len(other.dir.Heard("")) != 0 {
		t.Error("the second server was asked though the first answers")
	}
	w.dir.Set(func(o *ldaptest.Options) { o.CutBinds = true })
	_, err = c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
	unavailable(t, err)
	if len(other.dir.PersonBinds()) != 0 {
		t.Error("a password that was sent to one server was sent to the second")
	}
	w.dir.Stop()
	okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
	if len(other.dir.PersonBinds()) != 1 {
		t.Error(other.dir.PersonBinds())
	}
}
