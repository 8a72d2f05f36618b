package modules

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// TestKB_Directory: a password that the directory knows and a ticket of its realm are the same person.
func TestKB_Directory(t *testing.T) {
	for _, ad := range []bool{false, true} {
		w := newKBWithDirectory(t, ad, nil)
		entry(w.dir, "alice", nil)
		entry(w.dir, "bob", nil)
		subject := w.subject(w.typed(w.Browser(), "alice", there))
		b, h := w.with()
		if got := w.subject(b.Get(w.AuthURL(w.rp))); got != subject {
			t.Error("a ticket is another person")
		}
		w.proved(h, true)
		if b, _ := w.with(called("bob")); w.subject(b.Get(w.AuthURL(w.rp))) == subject {
			t.Error("bob is alice")
		}
		p, err := w.App.DB.PersonBySubject(t.Context(), w.App.Tenant, subject)
		if err != nil {
			t.Fatal(err)
		}
		sessions, err := w.App.DB.SessionsOf(t.Context(), w.App.Tenant, p.ID)
		if err != nil || len(sessions) != 2 || sessions[0].Link != sessions[1].Link {
			t.Error(sessions, err)
		}
		for _, heard := range w.dir.Heard("search") {
			if strings.Contains(heard.Filter, "alice") && !strings.Contains(heard.Filter, "objectC") {
				t.Error("searched without the filter of people:", heard.Filter)
			}
		}
	}
}

// TestKB_DirectoryRefuses: who is nobody there, or two, or off, is nobody here; the page says so, as after any upstream.
func TestKB_DirectoryRefuses(t *testing.T) {
	for _, ad := range []bool{false, true} {
		w := newKBWithDirectory(t, ad, nil)
		attribute := "uid"
		if ad {
			attribute = "userPrincipalName"
		}
		entry(w.dir, "alice", nil)
		twin := "twin"
		if ad {
			twin = "twin@" + kbRealm
		}
		entry(w.dir, "twin", nil)
		entry(w.dir, "other", map[string][]string{attribute: {twin}})
		if ad {
			entry(w.dir, "off", map[string][]string{"userAccountControl": {"514"}})
		} else {
			entry(w.dir, "off", map[string][]string{"nsAccountLock": {"true"}})
		}
		for name, row := range map[string]string{"nobody": "ldap_principal.some", "twin": "ldap_principal.one", "off": "ldap_principal.state", "*": "ldap_principal.some", "alice)(uid=*": "ldap_principal.some"} {
			b, _ := w.with(called(name))
			mark := w.Log.Mark()
			p := b.Get(w.AuthURL(w.rp))
			if got := w.Log.Refused(mark); !slices.Equal(got, []string{row}) || p.Status != http.StatusForbidden || p.Header.Get("WWW-Authenticate") != "" || !p.HasID("login-password") || signedIn(b) {
				t.Errorf("%s: %d by %v, want %s", name, p.Status, got, row)
			}
		}
		b, _ := w.with(called("ALICE")) // Active Directory has no case; another KDC has two people there
		if p := b.Get(w.AuthURL(w.rp)); (p.Location != nil || p.HasID("consent-allow")) != ad {
			t.Errorf("another case: %d %v", p.Status, p.Location)
		}
	}
}

// TestKB_DirectoryAway: a directory that does not answer, is switched off or was never there costs the silence alone: the form is shown.
func TestKB_DirectoryAway(t *testing.T) {
	w := newKBWithDirectory(t, false, nil)
	maria := w.Person("maria@example.org")
	entry(w.dir, "alice", nil)
	w.dir.Set(func(o *ldaptest.Options) { o.Hang = true })
	if err := w.change("corp", func(d *federation.Draft) { configure(d, "operation_seconds", 1) }); err != nil {
		t.Fatal(err)
	}
	b, _ := w.with()
	p := b.Get(w.AuthURL(w.rp))
	w.form("away", p)
	if got := w.subject(p.SignIn("maria@example.org", testkit.Password)); got != maria.Subject {
		t.Error(got)
	}
	w.dir.Set(func(o *ldaptest.Options) { o.Hang = false })
	if err := w.change("corp", func(d *federation.Draft) { d.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	w.declined("negotiate.directory")
	if err := w.change("tickets", func(d *federation.Draft) {
		configure(d, "realms", []map[string]any{{"realm": kbRealm, "directory": "tickets"}})
	}); err != nil {
		t.Fatal(err)
	}
	w.declined("negotiate.directory") // itself is no directory
}

// TestKB_DirectoryGone: what the directory says later ends what a ticket began.
func TestKB_DirectoryGone(t *testing.T) {
	w := newKBWithDirectory(t, true, nil)
	dn := entry(w.dir, "alice", nil)
	b, _ := w.with()
	w.subject(b.Get(w.AuthURL(w.rp)))
	if _, err := w.App.Syncs.Run(t.Context(), "corp", federation.SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	w.dir.Change(dn, map[string][]string{"userAccountControl": {"514"}})
	if _, err := w.App.Syncs.Run(t.Context(), "corp", federation.SyncOptions{AllowMass: true}); err != nil {
		t.Fatal(err)
	}
	if signedIn(b) {
		t.Error("still signed in")
	}
}

// TestKB_Attribute: an attribute of the operator's with the whole principal.
func TestKB_Attribute(t *testing.T) {
	w := newKBWithDirectory(t, false, func(d *federation.Draft) {
		configure(d, "realms", []map[string]any{{"realm": kbRealm, "directory": "corp", "attribute": "krbPrincipalName", "full": true}})
	})
	entry(w.dir, "a1", map[string][]string{"krbPrincipalName": {"alice@" + kbRealm, "al@" + kbRealm}})
	entry(w.dir, "alice", nil)
	subject := w.subject(w.typed(w.Browser(), "a1", there))
	if b, _ := w.with(); w.subject(b.Get(w.AuthURL(w.rp))) != subject {
		t.Error("somebody else")
	}
}

// TestKB_Trial: the operator's page asks for a ticket, shows what comes of it, and signs in nobody.
func TestKB_Trial(t *testing.T) {
	w := newKBWithDirectory(t, false, func(d *federation.Draft) { d.Settings.MFA = `"wia" in amr` })
	entry(w.dir, "alice", nil)
	row, err := w.App.Connectors.ByName(t.Context(), "tickets")
	if err != nil {
		t.Fatal(err)
	}
	link := func() string { return w.App.Connectors.TestURL(row, w.URL) }
	p := w.Browser().Get(link())
	if p.Status != http.StatusUnauthorized || p.Header.Get("WWW-Authenticate") != "Negotiate" || !strings.Contains(p.Body, "negotiate.ticket") {
		t.Errorf("%d %v", p.Status, p.Header)
	}
	b, h := w.with()
	p = b.Get(link())
	if p.Status != http.StatusOK || !strings.Contains(p.Body, "entryUUID:uuid-alice") || !strings.Contains(p.Body, "wia") || signedIn(b) {
		t.Errorf("%d\n%.900s", p.Status, p.Body)
	}
	w.proved(h, true)
	b, _ = w.with(called("nobody"))
	if p := b.Get(link()); p.Status != http.StatusOK || !strings.Contains(p.Body, "ldap_principal.some") {
		t.Errorf("%d\n%.900s", p.Status, p.Body)
	}
	b, _ = w.with()
	if p := b.Get(strings.Replace(link(), "ticket=", "ticket=x", 1)); p.Status != http.StatusForbidden || p.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("no ticket of the operator's: %d", p.Status)
	}
	if err := w.change("tickets", func(d *federation.Draft) { configure(d, "networks", []string{"10.0.0.0/8"}) }); err != nil {
		t.Fatal(err)
	}
	if p := w.Browser().Get(link()); p.Status != http.StatusOK || !strings.Contains(p.Body, "negotiate.network") {
		t.Errorf("another network: %d", p.Status)
	}
}

// TestKB_Channel: nobody is asked for a ticket that others can read on the way.
func TestKB_Channel(t *testing.T) {
	w := newKB(t, func(d *federation.Draft) { configure(d, "networks", []string{"0.0.0.0/0"}) }, func(c *app.Config) {
		c.Issuer, c.Proxies = strings.Replace(c.Issuer, "http:", "https:", 1), []string{"127.0.0.0/8"}
	})
	for _, secure := range []bool{false, true} {
		var header []string
		if secure {
			header = []string{"X-Forwarded-Proto", "https"}
		}
		begun := w.Get("/login", header...)
		to, cookie := begun.Location(), strings.SplitN(begun.Header.Get("Set-Cookie"), ";", 2)[0]
		if begun.Status != http.StatusSeeOther || cookie == "" {
			t.Fatal(begun.Status, begun.Header)
		}
		a := w.Get(to.RequestURI(), append(header, "Cookie", cookie)...)
		if asked := a.Status == http.StatusUnauthorized; asked != secure || !strings.Contains(a.Body, "login-password") {
			t.Errorf("secure %v: %d", secure, a.Status)
		}
		a = w.Get(to.RequestURI(), append(header, "Cookie", cookie, "Authorization", w.realm.Token().Header())...)
		if taken := a.Status == http.StatusSeeOther; taken != secure {
			t.Errorf("secure %v: taken %v", secure, taken)
		}
	}
}
