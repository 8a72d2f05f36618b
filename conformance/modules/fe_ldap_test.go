package modules

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// ldapWorld is a server with a directory, named corp.
type ldapWorld struct {
	*feWorld
	dir *ldaptest.Server
}

const there = "right horse there"

func newLDAP(t *testing.T, o ldaptest.Options, change func(d *federation.Draft)) *ldapWorld {
	t.Helper()
	s := testkit.Start(t, outboundHere)
	w := &ldapWorld{feWorld: &feWorld{Server: s, t: t}, dir: ldaptest.Start(t, s.Clock.Now, o)}
	w.rp = s.Client(storage.ClientMetadata{})
	w.directory("corp", w.dir, change)
	return w
}

func (w *ldapWorld) directory(name string, dir *ldaptest.Server, change func(d *federation.Draft)) {
	w.t.Helper()
	config := map[string]any{
		"servers": []string{dir.URL()}, "ca": dir.CA, "bind_dn": ldaptest.Service, "bind_password": ldaptest.ServicePassword, "base_dn": ldaptest.Base,
		"groups": map[string]any{"mode": "member", "nested": true},
	}
	if dir.AD {
		config["preset"] = "ad"
	}
	raw, err := json.Marshal(config)
	if err != nil {
		w.t.Fatal(err)
	}
	d := federation.Draft{Name: name, Kind: "ldap", Title: "Directory", Settings: federation.Settings{Create: true, Config: raw}}
	if change != nil {
		change(&d)
	}
	if _, err := w.App.Connectors.Create(w.t.Context(), d, operator()); err != nil {
		w.t.Fatal(err)
	}
}

// entry adds somebody to a directory.
func entry(dir *ldaptest.Server, name string, more map[string][]string) string {
	dn := "cn=" + name + ",ou=people," + ldaptest.Base
	attrs := map[string][]string{"userPassword": {there}, "cn": {"Dr " + name}, "displayName": {"Dr " + name}, "mail": {name + "@corp.example"}}
	if dir.AD {
		attrs["objectClass"], attrs["objectCategory"], attrs["objectGUID"] = []string{"user"}, []string{"person"}, []string{(name + "################")[:16]}
		attrs["sAMAccountName"], attrs["userPrincipalName"], attrs["userAccountControl"], attrs["pwdLastSet"] = []string{name}, []string{name + "@corp.example"}, []string{"512"}, []string{"1"}
	} else {
		attrs["objectClass"], attrs["entryUUID"], attrs["uid"] = []string{"inetOrgPerson"}, []string{"uuid-" + name}, []string{name}
	}
	for k, v := range more {
		attrs[k] = v
	}
	dir.Add(ldaptest.Entry{DN: dn, Attrs: attrs})
	return dn
}

// typed signs in at the sign-in page.
func (w *ldapWorld) typed(b *testkit.Browser, name, password string) *testkit.Page {
	w.t.Helper()
	return b.Get(w.AuthURL(w.rp)).SignIn(name, password)
}

// refusedThere wants the answer that a wrong password gets.
func (w *ldapWorld) refusedThere(name, password string) {
	w.t.Helper()
	p := w.typed(w.Browser(), name, password)
	if p.Location != nil || p.Status != http.StatusForbidden || !strings.Contains(p.Body, "login-password") || strings.Contains(p.Body, "organisation") {
		w.t.Errorf("%q: %d %v", name, p.Status, p.Location)
	}
}

func TestLD_SignIn(t *testing.T) {
	for _, ad := range []bool{false, true} {
		w := newLDAP(t, ldaptest.Options{AD: ad}, nil)
		dn := entry(w.dir, "alice", nil)
		w.dir.Add(ldaptest.Entry{DN: "cn=admin,ou=groups," + ldaptest.Base, Attrs: map[string][]string{"objectClass": {"group", "groupOfNames"}, "cn": {"admin"}, "member": {dn}}})
		subject := w.subject(w.typed(w.Browser(), "alice", there))
		if again := w.subject(w.typed(w.Browser(), "alice@corp.example", there)); again != subject {
			t.Error("another name is another person")
		}
		p, err := w.App.DB.PersonBySubject(t.Context(), w.App.Tenant, subject)
		if err != nil || p.Admin || p.PasswordHash != "" {
			t.Fatal(p, err)
		}
		sessions, err := w.App.DB.SessionsOf(t.Context(), w.App.Tenant, p.ID)
		if err != nil || len(sessions) != 2 || sessions[0].Link.IsZero() || len(sessions[0].AMR) != 1 || sessions[0].AMR[0] != "pwd" {
			t.Error(sessions, err)
		}
		claims, err := w.App.Directory.Claims(p)
		if err != nil || claims.String("name") != "Dr alice" || claims.Bool("email_verified") || strings.Contains(claims.String("username"), "alice") {
			t.Error(claims, err)
		}
		w.refusedThere("alice", "wrong")
		w.refusedThere("nobody", there)
	}
}

// TestLD01_AtThePage: the whole way: what is typed is a value, and the answer is that to a wrong password; TestLD03, TestLD04 beside it.
func TestLD01_AtThePage(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{}, nil)
	entry(w.dir, "admin", nil)
	for _, name := range []string{"*", "admin)(|(uid=*", `\2a`, ")(objectClass=*"} {
		w.refusedThere(name, there)
	}
	for _, h := range w.dir.PersonBinds() {
		if strings.Contains(h.DN, "admin") || h.Password == there {
			t.Error("somebody was bound as", h.DN)
		}
	}
	w.dir.Forget()
	if p := w.typed(w.Browser(), "admin", ""); p.Location != nil || p.Status != http.StatusBadRequest {
		t.Errorf("no password: %d", p.Status)
	}
	w.refusedThere("admin", "   ")
	if heard := w.dir.PersonBinds(); len(heard) != 0 {
		t.Error("bound without a password", heard)
	}
}

// TestLD07_Told: who has proved the password is told that the account is off; nobody else is.
func TestLD07_Told(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{AD: true}, nil)
	entry(w.dir, "off", map[string][]string{"userAccountControl": {"514"}})
	entry(w.dir, "change", map[string][]string{"pwdLastSet": {"0"}})
	for _, name := range []string{"off", "change"} {
		p := w.typed(w.Browser(), name, there)
		if p.Location != nil || p.Status != http.StatusForbidden || !strings.Contains(p.Body, "organisation") {
			t.Errorf("%s: %d", name, p.Status)
		}
		w.refusedThere(name, "wrong")
	}
}

// TestLD08_LocalAlice: a local password stays here, and the same name or address there is somebody else until a person has proved otherwise.
func TestLD08_LocalAlice(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{}, func(d *federation.Draft) { configure(d, "trust_email", true) })
	local := w.Person("alice@corp.example")
	if _, err := w.App.Directory.Update(t.Context(), w.App.Tenant, local.ID, directory.UpdatePerson{Claims: directory.Claims{"username": "alice"}}, operator()); err != nil {
		t.Fatal(err)
	}
	entry(w.dir, "alice", nil)
	w.refusedThere("alice", there)
	w.refusedThere("alice@corp.example", there)
	if heard := w.dir.Heard(""); len(heard) != 0 {
		t.Error("the directory was asked about a name that has a password here", heard)
	}
	if got := w.subject(w.typed(w.Browser(), "alice", testkit.Password)); got != local.Subject {
		t.Error("the local password is somebody else's")
	}
	entry(w.dir, "alice2", map[string][]string{"mail": {"alice@corp.example"}})
	p := w.typed(w.Browser(), "alice2", there)
	if p.Location != nil || !p.HasID("link-sign-in") || w.links(local) != 0 {
		t.Errorf("not asked: %d\n%.600s", p.Status, p.Body)
	}
	second := ldaptest.Start(t, w.Clock.Now, ldaptest.Options{})
	entry(second, "bob", nil)
	entry(w.dir, "bob", map[string][]string{"mail": {"bob@other.example"}, "userPassword": {"another one"}})
	w.directory("other", second, nil)
	w.refusedThere("bob", there) // the first that knows the name decides
	if len(second.PersonBinds()) != 0 {
		t.Error("a password was tried at the second directory")
	}
}

// TestLD08_NameOfNoPassword: a local account without a password is not whom the directory knows by the same name.
func TestLD08_NameOfNoPassword(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{}, nil)
	local := w.Person("carol@example.org")
	if err := w.App.Directory.SetPassword(t.Context(), w.App.Tenant, local.ID, "", storage.ID{}, operator()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.App.Directory.Update(t.Context(), w.App.Tenant, local.ID, directory.UpdatePerson{Claims: directory.Claims{"username": "carol"}}, operator()); err != nil {
		t.Fatal(err)
	}
	entry(w.dir, "carol", nil)
	if got := w.subject(w.typed(w.Browser(), "carol", there)); got == local.Subject || w.links(local) != 0 {
		t.Error("merged by name")
	}
}

// TestLD09_LocalGoesOn: people with a password here sign in while the directory hangs, and its own are told that it is busy.
func TestLD09_LocalGoesOn(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{Silent: true}, func(d *federation.Draft) { configure(d, "operation_seconds", 1) })
	maria := w.Person("maria@example.org")
	done := make(chan int, 8)
	for range cap(done) {
		b := w.Browser()
		go func() { done <- b.Get(w.AuthURL(w.rp)).SignIn("somebody", there).Status }()
	}
	began := time.Now()
	if got := w.subject(w.typed(w.Browser(), "maria@example.org", testkit.Password)); got != maria.Subject {
		t.Error(got)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	for range cap(done) {
		if status := <-done; status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests && status != http.StatusForbidden {
			t.Errorf("status %d", status)
		}
	}
}

// TestLD_Limits: attempts at one name run out here, before the directory is asked.
func TestLD_Limits(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{}, func(d *federation.Draft) { configure(d, "max_wrong", 100) })
	dn := entry(w.dir, "alice", nil)
	for range 12 {
		w.refusedThere("alice", "wrong")
	}
	if tried := w.binds(dn); tried != 5 {
		t.Errorf("%d tries reached the directory", tried)
	}
	w.refusedThere("alice", there)
}

// TestLD07_ChangeHere: who must change the password does so on our page, where the directory's rules and our limits hold.
func TestLD07_ChangeHere(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{AD: true}, func(d *federation.Draft) { configure(d, "password_change", true) })
	entry(w.dir, "change", map[string][]string{"pwdLastSet": {"0"}})
	local := w.Person("maria@example.org") // whose password is not changed by such a form
	got := w.Browser().Get(w.AuthURL(w.rp)).Submit("identifier", "maria@example.org", "password", testkit.Password, "new_password", "another one that is long")
	if w.subject(got) != local.Subject || w.subject(w.typed(w.Browser(), "maria@example.org", testkit.Password)) != local.Subject {
		t.Error("a local sign-in by the form")
	}
	p := w.typed(w.Browser(), "change", there)
	if p.Location != nil || p.Status != http.StatusForbidden || !p.HasID("directory-new") || strings.Contains(p.Body, there) {
		t.Fatalf("not asked: %d\n%.900s", p.Status, p.Body)
	}
	for _, next := range []string{"", "short", there} {
		if again := p.Submit("password", there, "new_password", next); again.Location != nil || !again.HasID("directory-new") {
			t.Errorf("%q was taken: %d %v", next, again.Status, again.Location)
		}
	}
	if wrong := p.Submit("password", "wrong", "new_password", "a longer horse"); wrong.Location != nil || wrong.HasID("directory-new") || !wrong.HasID("login-submit") {
		t.Errorf("a wrong password: %d", wrong.Status)
	}
	w.subject(p.Submit("password", there, "new_password", "a longer horse"))
	w.subject(w.typed(w.Browser(), "change", "a longer horse"))
	w.refusedThere("change", there)
	for range 11 { // the browser is one that they have used
		p.Submit("password", "wrong", "new_password", "whatever it is")
	}
	w.dir.Forget()
	p.Submit("password", "a longer horse", "new_password", "whatever it is")
	if heard := w.dir.Heard(""); len(heard) != 0 {
		t.Error("asked though no attempts are left", heard)
	}
}
