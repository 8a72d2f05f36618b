package modules

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/login/signup"
)

// TestFE_Home: who belongs to an upstream is led there by what they type, whether they have an account or not, and an administrator can go round it.
func TestFE_Home(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Home.Domains = []string{"acme.example"} })
	w.Person("maria@acme.example")
	yes := true
	admin := w.Person("root@acme.example")
	_, err := w.App.Directory.Update(t.Context(), w.App.Tenant, admin.ID, directory.UpdatePerson{Admin: &yes}, operator())
	w.must(err)
	submit := func(b *testkit.Browser, path, name string) *testkit.Page {
		return b.Get(path).Submit("identifier", name, "password", testkit.Password)
	}
	for _, name := range []string{"maria@acme.example", "nobody@ACME.example", "root@acme.example"} {
		b := w.Browser()
		p := submit(b, w.AuthURL(w.rp), name)
		if p.Status != http.StatusOK || !p.HasID("elsewhere-next") || in(b) {
			t.Errorf("%s: not led there, status %d", name, p.Status)
		}
		if gone := b.Get(hrefOf(p.Body, "elsewhere-next")); gone.Location == nil || !strings.HasPrefix(gone.Location.String(), w.up.url()) {
			t.Errorf("%s: not sent away: %v", name, gone.Location)
		}
	}
	for _, name := range []string{"maria@other.example", "acme.example", "maria@sub.acme.example"} {
		if p := submit(w.Browser(), w.AuthURL(w.rp), name); p.HasID("elsewhere-next") {
			t.Errorf("%s was led away", name)
		}
	}
	b := w.Browser()
	mark := w.Log.Mark()
	if p := submit(b, "/login?local=1", "maria@acme.example"); p.Status != http.StatusForbidden || in(b) || !slices.Contains(w.Log.Refused(mark), "local") {
		t.Errorf("somebody went round their upstream: status %d, refused by %v", p.Status, w.Log.Refused(mark))
	}
	if submit(b, "/login?local=1", "root@acme.example"); !in(b) {
		t.Error("the administrator was kept out")
	}
}

// TestFE_HomeByRequest: hints, networks and applications lead there before anything is typed; a page that was asked for as local does not.
func TestFE_HomeByRequest(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Home.Domains = []string{"acme.example"} })
	led := func(changes ...string) bool {
		return w.Browser().Get(w.AuthURL(w.rp, changes...)).HasID("elsewhere-next")
	}
	set := func(change func(s *federation.Settings)) {
		_, err := w.App.Connectors.Update(t.Context(), "corp", func(d *federation.Draft) error {
			d.Settings.Home, d.Settings.Clients = federation.Home{}, nil
			change(&d.Settings)
			return nil
		}, operator())
		w.must(err)
	}
	if !led("login_hint", "somebody@acme.example") || led("login_hint", "somebody@other.example") || led() {
		t.Error("by login_hint")
	}
	set(func(s *federation.Settings) { s.Home.Networks = []string{"127.0.0.0/8"} })
	if !led() {
		t.Error("by network")
	}
	set(func(s *federation.Settings) { s.Home.Networks = []string{"192.0.2.0/24"} })
	if led() {
		t.Error("by another network")
	}
	set(func(s *federation.Settings) { s.Home.Always, s.Clients = true, []string{w.rp.ID} })
	if !led() {
		t.Error("by application")
	}
	b := w.Browser()
	p := b.Get(w.AuthURL(w.rp))
	if here := b.Get(hrefOf(p.Body, "elsewhere-local")); !here.HasID("login-submit") || here.HasID("elsewhere-next") {
		t.Errorf("the local page: status %d", here.Status)
	}
	for name, home := range map[string]federation.Home{"no domain": {Domains: []string{"Acme"}}, "no network": {Networks: []string{"10.1.2.3/8"}}, "no clients": {Always: true}} {
		_, err := w.App.Connectors.Update(t.Context(), "corp", func(d *federation.Draft) error { d.Settings.Home, d.Settings.Clients = home, nil; return nil }, operator())
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// TestFE_HomeByName: a user name is no way round the upstream that the person's address belongs to.
func TestFE_HomeByName(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Home.Domains = []string{"acme.example"} }, func(c *app.Config) { c.Login.ByMail = true })
	yes := true
	for name, admin := range map[string]*bool{"maria": nil, "root": &yes} {
		p := w.Person(name + "@acme.example")
		_, err := w.App.Directory.Update(t.Context(), w.App.Tenant, p.ID, directory.UpdatePerson{Claims: directory.Claims{"username": name}, Admin: admin}, operator())
		w.must(err)
	}
	b := w.Browser()
	if p := b.Get("/login").Submit("identifier", "maria", "password", testkit.Password); !p.HasID("elsewhere-next") || in(b) {
		t.Errorf("somebody went round their upstream: status %d", p.Status)
	}
	if p := b.Get("/login").Submit("identifier", "maria", "password", "a wrong one"); p.HasID("elsewhere-next") || p.Status != http.StatusForbidden {
		t.Errorf("a name tells where it belongs to who does not know its password: status %d", p.Status)
	}
	if b.Get("/login").Submit("identifier", "root", "password", testkit.Password); !in(b) {
		t.Error("the administrator was kept out")
	}
	b = w.Browser()
	flow := b.Get(w.AuthURL(w.rp)).Query("flow")
	if p := b.Get("/login/link?flow="+flow).Submit("identifier", "maria"); p.Status != http.StatusOK || p.HasID("elsewhere-next") {
		t.Errorf("by mail: status %d", p.Status)
	}
	if n := len(w.Mails("maria@acme.example")); n != 0 {
		t.Errorf("%d mails", n)
	}
}

// TestFE_HomeLinks: who is to prove the account here that an upstream's address names can do so, though that address belongs to the upstream.
func TestFE_HomeLinks(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Home.Domains = []string{"acme.example"} })
	maria := w.Person("maria@acme.example")
	w.up.set(func(u *upstream) { u.claims = map[string]any{"email": "maria@acme.example"} })
	other := w.Person("ivana@acme.example") // whose account it is not is led nowhere by it, nor let in
	_, err := w.App.Directory.Update(t.Context(), w.App.Tenant, other.ID, directory.UpdatePerson{Claims: directory.Claims{"username": "ivana"}}, operator())
	w.must(err)
	b := w.Browser()
	at := hrefOf(w.through(b).Body, "link-sign-in")
	for _, name := range []string{"ivana@acme.example", "ivana"} {
		if p := b.Get(at).SignIn(name, testkit.Password); p.HasID("link-yes") || in(b) {
			t.Errorf("%s went round the upstream: %d", name, p.Status)
		}
	}
	confirm := b.Get(at).SignIn("maria@acme.example", testkit.Password)
	if !confirm.HasID("link-yes") {
		t.Fatalf("led in a circle: %d\n%.900s", confirm.Status, confirm.Body)
	}
	if got := w.subject(confirm.Submit("answer", "link")); got != maria.Subject || w.links(maria) != 1 {
		t.Error("not linked")
	}
	b = w.Browser() // an application cannot ask for it
	if p := b.Get(w.AuthURL(w.rp, "prove_here", "1")).Submit("identifier", "maria@acme.example", "password", testkit.Password); !p.HasID("elsewhere-next") || in(b) {
		t.Errorf("an application's request led round the upstream: %d", p.Status)
	}
}

// TestFE_HomeByOtherDoors: a sign-in by mail, or a new account, is no way round the upstream that somebody belongs to.
func TestFE_HomeByOtherDoors(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Home.Domains = []string{"acme.example"} }, func(c *app.Config) { c.Login.ByMail, c.Login.Signup.Mode = true, signup.Open })
	w.Person("maria@acme.example")
	for _, door := range []string{"/login/link", "/signup"} {
		b := w.Browser()
		flow := b.Get(w.AuthURL(w.rp)).Query("flow")
		for address, led := range map[string]bool{"maria@acme.example": true, "nobody@acme.example": true, "other@other.example": false} {
			p := b.Get(door+"?flow="+flow).Submit("identifier", address)
			if p.Status != http.StatusOK || p.HasID("elsewhere-next") != led {
				t.Errorf("%s at %s: %d, led away: %v", address, door, p.Status, !led)
			}
		}
	}
	b := w.Browser()
	if p := b.Get("/signup").Submit("identifier", "new@acme.example"); !p.HasID("login-submit") {
		t.Errorf("a new account without an application: %d", p.Status)
	}
	for _, address := range []string{"maria@acme.example", "new@acme.example"} {
		if n := len(w.Mails(address)); n != 0 {
			t.Errorf("%d mails to %s", n, address)
		}
	}
}
