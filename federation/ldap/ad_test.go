package ldap_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// TestNames: the ways of saying who one is, in Active Directory.
func TestNames(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true})
	w.person("alice", map[string][]string{"userPrincipalName": {"a.smith@else.example"}, "mail": {"smith@mail.example"}})
	w.person("bob", nil)
	c := w.checker(nil)
	for _, name := range []string{"alice", "ALICE", `CORP\alice`, `corp\Alice`, "a.smith@else.example", "smith@mail.example", "alice@corp.example", "alice@CORP.example"} {
		if id := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: name, Password: "right horse"})); id.Profile["preferred_username"] != "alice" {
			t.Errorf("%s is %v", name, id.Profile)
		}
	}
	for _, name := range []string{`OTHER\alice`, `\alice`, `CORP\`, "alice@other.example", `CORP\alice@corp.example`, `CORP\CORP\alice`, "Dr alice"} {
		_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: name, Password: "right horse"})
		refusedBy(t, err, "ldap_entry.some")
	}
	w.person("carol", map[string][]string{"mail": {"bob@corp.example"}})
	_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "bob@corp.example", Password: "right horse"})
	refusedBy(t, err, "ldap_entry.one")
}

// TestKey: an objectGUID is written as everybody writes it, and finds its entry again.
func TestKey(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true})
	w.person("alice", map[string][]string{"objectGUID": {"\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"}})
	c := w.checker(nil)
	id := okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
	if id.Key != "objectGUID:00112233-4455-6677-8899-aabbccddeeff" {
		t.Error(id.Key)
	}
	again, err := c.(federation.Rechecker).Recheck(t.Context(), id.Key, nil)
	if err != nil || again.Key != id.Key {
		t.Error(again, err)
	}
	for _, key := range []string{"", "objectGUID:", "objectGUID:zz", "entryUUID:x", "objectGUID:00112233-4455-6677-8899-aabbccddeef0"} {
		_, err := c.(federation.Rechecker).Recheck(t.Context(), key, nil)
		refusedBy(t, err, "ldap_recheck.entry")
	}
}

// TestChangePassword: who must change their password does so as the directory's rules have it.
func TestChangePassword(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true})
	w.person("alice", map[string][]string{"pwdLastSet": {"0"}})
	w.person("off", map[string][]string{"userAccountControl": {"514"}})
	c := w.connector(func(c map[string]any) { c["password_change"] = true }).(federation.PasswordChanger)
	refusedBy(t, c.ChangePassword(t.Context(), federation.Credentials{Username: "alice", Password: "wrong"}, "a longer one"), "ldap_bind.password")
	refusedBy(t, c.ChangePassword(t.Context(), federation.Credentials{Username: "off", Password: "right horse"}, "a longer one"), "ldap_bind.account")
	for _, next := range []string{"short", "right horse", "", "\x00abcdefgh", "    "} {
		refusedBy(t, c.ChangePassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}, next), "ldap_change.policy")
	}
	if err := c.ChangePassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}, `a "longer" one`); err != nil {
		t.Fatal(err)
	}
	okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: `a "longer" one`}))
	_, err := c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
	refusedBy(t, err, "ldap_bind.password")
	refusedBy(t, c.ChangePassword(t.Context(), federation.Credentials{Username: "alice", Password: `a "longer" one`}, "right horse"), "ldap_change.policy") // history
	off := w.connector(nil).(federation.PasswordChanger)
	if err := off.ChangePassword(t.Context(), federation.Credentials{Username: "alice", Password: `a "longer" one`}, "another one"); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	w.silence("")
}

// TestServersByName: records of the domain are servers, those of other domains are not.
func TestServersByName(t *testing.T) {
	w := newWorld(t, ldaptest.Options{Host: "dc1.corp.example"})
	w.person("alice", nil)
	host, port, err := net.SplitHostPort(strings.TrimPrefix(w.dir.URL(), "ldaps://"))
	if err != nil {
		t.Fatal(err)
	}
	var number uint16
	if _, err := fmt.Sscan(port, &number); err != nil {
		t.Fatal(err)
	}
	named := &namedDialer{dialer: dialer{}, to: map[string]string{"dc1.corp.example": host}}
	w.deps.Dialer = named
	domain := func(c map[string]any) {
		delete(c, "servers")
		c["domain"] = "corp.example"
	}
	w.deps.Resolver = resolver{[]*net.SRV{{Target: "evil.example.", Port: number}, {Target: "dc1.corp.example.", Port: number}}}
	okOf(t)(w.checker(domain).CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
	for _, at := range named.asked() {
		if strings.HasPrefix(at, "evil") {
			t.Error("a server of another domain was asked")
		}
	}
	w.deps.Resolver = resolver{[]*net.SRV{{Target: "evil.example.", Port: number}, {Target: "notcorp.example.", Port: number}}}
	_, err = w.checker(domain).CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"})
	unavailable(t, err)
}

// TestConfig: what cannot work is refused with what is wrong.
func TestConfig(t *testing.T) {
	w := newWorld(t, ldaptest.Options{AD: true})
	for name, change := range map[string]func(c map[string]any){
		"unknown member":      func(c map[string]any) { c["base"] = "x" },
		"no servers":          func(c map[string]any) { delete(c, "servers") },
		"both":                func(c map[string]any) { c["domain"] = "corp.example" },
		"plain":               func(c map[string]any) { c["servers"] = []string{"ldap://127.0.0.1"} },
		"http":                func(c map[string]any) { c["servers"] = []string{"http://127.0.0.1"} },
		"no base":             func(c map[string]any) { c["base_dn"] = "" },
		"bad base":            func(c map[string]any) { c["base_dn"] = "corp" },
		"mail as key":         func(c map[string]any) { c["key_attribute"] = "mail" },
		"filter":              func(c map[string]any) { c["user_filter"] = "(objectClass=*" },
		"attribute":           func(c map[string]any) { c["login_attributes"] = []string{"uid)(x"} },
		"verified":            func(c map[string]any) { c["attributes"] = map[string]string{"email_verified": "mail"} },
		"groups":              func(c map[string]any) { c["groups"] = map[string]any{"mode": "all"} },
		"group filter":        func(c map[string]any) { c["groups"] = map[string]any{"mode": "member", "filter": "x"} },
		"page":                func(c map[string]any) { c["page_size"] = 5000 },
		"slow":                func(c map[string]any) { c["operation_seconds"] = 60 },
		"sync too often":      func(c map[string]any) { c["sync"] = map[string]any{"seconds": 1} },
		"ca":                  func(c map[string]any) { c["ca"] = "x" },
		"preset":              func(c map[string]any) { c["preset"] = "novell" },
		"no account":          func(c map[string]any) { delete(c, "bind_dn") },
		"in_chain elsewhere":  func(c map[string]any) { c["preset"], c["groups"] = "openldap", map[string]any{"mode": "in_chain"} },
		"password in the URL": func(c map[string]any) { c["servers"] = []string{"ldaps://a:b@127.0.0.1"} },
	} {
		_, err := ldap.New(w.deps).Make(federation.Setup{Name: "corp", Config: w.config(change), Secrets: map[string]string{"bind_password": "x"}})
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAudience: another server, another CA or another account does not get the password.
func TestAudience(t *testing.T) {
	w := newWorld(t, ldaptest.Options{})
	kind := ldap.New(w.deps)
	was, err := kind.Audience(w.config(nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{"servers": []string{"ldaps://evil.example"}, "domain": "evil.example", "ca": "x", "bind_dn": "cn=x", "server_name": "evil.example"} {
		if is, err := kind.Audience(w.config(func(c map[string]any) { c[name] = value })); err != nil || is == was {
			t.Error(name, err)
		}
	}
}

// TestCut: connections that the server has ended are made anew.
func TestCut(t *testing.T) {
	w := newWorld(t, ldaptest.Options{})
	w.person("alice", nil)
	c := w.checker(nil)
	for range 5 {
		okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
		w.dir.Cut()
	}
	w.clock.add(2 * time.Minute)
	okOf(t)(c.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: "right horse"}))
}
