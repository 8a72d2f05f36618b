package modules

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestKB_SignIn: the browser is asked, and signs its person in without a page; the session says how and when they proved themselves.
func TestKB_SignIn(t *testing.T) {
	w := newKB(t, nil)
	b, h := w.with()
	before := w.Clock.Now().Add(-time.Hour - time.Minute)
	subject := w.subject(b.Get(w.AuthURL(w.rp)))
	w.proved(h, true)
	if other, _ := w.with(called("bob")); w.subject(other.Get(w.AuthURL(w.rp))) == subject {
		t.Error("bob is alice")
	}
	if again, _ := w.with(); w.subject(again.Get(w.AuthURL(w.rp))) != subject {
		t.Error("alice is somebody else in another browser")
	}
	p, err := w.App.DB.PersonBySubject(t.Context(), w.App.Tenant, subject)
	if err != nil || p.Admin || p.PasswordHash != "" {
		t.Fatal(p, err)
	}
	sessions, err := w.App.DB.SessionsOf(t.Context(), w.App.Tenant, p.ID)
	if err != nil || len(sessions) != 2 {
		t.Fatal(sessions, err)
	}
	for _, s := range sessions {
		if !slices.Equal(s.AMR, []string{"wia"}) || s.ACR != "1" || s.Link.IsZero() || s.AuthTime.Before(before) || s.AuthTime.After(w.Clock.Now().Add(-59*time.Minute)) {
			t.Errorf("%+v", s)
		}
	}
	if h.asked != 1 {
		t.Errorf("asked %d times", h.asked)
	}
}

// TestKB_Form: whoever has no ticket sees the form beside the question, and signs in by it.
func TestKB_Form(t *testing.T) {
	w := newKB(t, nil)
	maria := w.Person("maria@example.org")
	p := w.Browser().Get(w.AuthURL(w.rp))
	if p.Status != http.StatusUnauthorized || p.Header.Get("WWW-Authenticate") != "Negotiate" || !p.HasID("login-password") {
		t.Fatalf("%d %v", p.Status, p.Header)
	}
	if got := w.subject(p.SignIn("maria@example.org", testkit.Password)); got != maria.Subject {
		t.Error(got)
	}
}

// TestKB_Refused: whatever is wrong with what the browser says, the form is shown without a second question; the log says which row it was.
func TestKB_Refused(t *testing.T) {
	w := newKB(t, nil)
	w.declined("kerberos_token.mechanism", func(s *kerberostest.Spec) {
		s.Inner = func([]byte) []byte { return []byte("NTLMSSP\x00\x01\x00\x00\x00") }
	})
	w.declined("kerberos_token.mechanism", func(s *kerberostest.Spec) { s.Mechs = []asn1.ObjectIdentifier{kerberostest.OIDNTLM()} })
	w.declined("kerberos_ticket.service", func(s *kerberostest.Spec) { s.Service = kerberostest.Name("HTTP", "other.corp.example") })
	w.declined("kerberos_ticket.enctype", func(s *kerberostest.Spec) { s.EType = 23 })
	w.declined("kerberos_ticket.realm", func(s *kerberostest.Spec) { s.Ticket.CRealm, s.Proof.CRealm = "EVIL.EXAMPLE", "EVIL.EXAMPLE" })
	w.declined("kerberos_ticket.ended", func(s *kerberostest.Spec) { s.Ticket.EndTime = w.Clock.Now().Add(-time.Hour) })
	w.declined("kerberos_authenticator.principal", func(s *kerberostest.Spec) { s.Proof.CName = kerberostest.Name("admin") })
	for _, header := range []string{"Negotiate", "Negotiate !!!", "Basic YWxpY2U6eA==", "NTLM TlRMTVNTUAABAAAA", "Bearer x", ""} {
		b := w.Browser()
		at := b.Get(w.AuthURL(w.rp)).URL.String()
		a := b.Raw(http.MethodGet, at, "", "Authorization", header)
		if a.Status != http.StatusOK || a.Header.Get("WWW-Authenticate") != "" || !strings.Contains(a.Body, "login-password") {
			t.Errorf("%q: %d %v", header, a.Status, a.Header)
		}
	}
	b := w.Browser()
	at := b.Get(w.AuthURL(w.rp)).URL.String()
	said := w.realm.Token().Header()
	if a := b.Raw(http.MethodGet, at, "", "Authorization", said, "Authorization", said); a.Status != http.StatusOK || signedIn(b) {
		t.Errorf("two headers: %d", a.Status)
	}
}

// TestKB_Fresh: a ticket is as old as the password that it was got with. Where that is not enough, or a choice is wanted, the form is shown.
func TestKB_Fresh(t *testing.T) {
	w := newKB(t, nil)
	for query, asked := range map[string]int{"login": 0, "select_account": 0} {
		b, h := w.with()
		w.form(query, b.Get(w.AuthURL(w.rp, "prompt", query)))
		if h.asked != asked {
			t.Errorf("prompt=%s: asked %d times", query, h.asked)
		}
	}
	b, h := w.with()
	w.form("max_age=0", b.Get(w.AuthURL(w.rp, "max_age", "0")))
	if h.asked != 0 {
		t.Error("max_age=0: asked")
	}
	mark := w.Log.Mark()
	b, _ = w.with()
	w.form("max_age=600", b.Get(w.AuthURL(w.rp, "max_age", "600")))
	if got := w.Log.Refused(mark); !slices.Equal(got, []string{"negotiate.fresh"}) || signedIn(b) {
		t.Error(got)
	}
	b, _ = w.with()
	w.subject(b.Get(w.AuthURL(w.rp, "max_age", "7200")))
	w.form("prompt=login, signed in", b.Get(w.AuthURL(w.rp, "prompt", "login")))
	w.Clock.Advance(2 * time.Hour)
	w.form("max_age=7200, signed in", b.Get(w.AuthURL(w.rp, "max_age", "7200")))
	b, h = w.with()
	w.form("local", b.Get("/login?local=1"))
	if h.asked != 0 {
		t.Error("local: asked")
	}
	b, h = w.with()
	h.off = true
	p := b.Get(w.AuthURL(w.rp))
	h.off = false
	w.form("somebody else", b.Get(p.URL.String()+"&step=back"))
	if h.asked != 0 {
		t.Error("somebody else: asked")
	}
}

// TestKB_OwnFlow: a ticket ends the sign-in that its browser has begun, and no other.
func TestKB_OwnFlow(t *testing.T) {
	w := newKB(t, nil)
	foreign := w.Browser().Get(w.AuthURL(w.rp)).URL.String()
	b := w.Browser()
	b.Get(w.AuthURL(w.rp))
	a := b.Raw(http.MethodGet, foreign, "", "Authorization", w.realm.Token().Header())
	if a.Status != http.StatusBadRequest || signedIn(b) {
		t.Errorf("another's flow: %d", a.Status)
	}
	if a := w.Get(foreign, "Authorization", w.realm.Token().Header()); a.Status != http.StatusBadRequest {
		t.Errorf("no browser: %d", a.Status)
	}
}

// TestKB_Replay: a token counts once: in another browser, after a restart, at once.
func TestKB_Replay(t *testing.T) {
	w := newKB(t, nil)
	said := w.realm.Token().Header()
	send := func() bool {
		b := w.Browser()
		return b.Raw(http.MethodGet, b.Get(w.AuthURL(w.rp)).URL.String(), "", "Authorization", said).Status == http.StatusSeeOther
	}
	if !send() || send() {
		t.Fatal("not once")
	}
	w.Restart()
	mark := w.Log.Mark()
	if send() || !slices.Equal(w.Log.Refused(mark), []string{"kerberos_authenticator.replay"}) {
		t.Error("once more after a restart", w.Log.Refused(mark))
	}
	said = w.realm.Token().Header()
	won := make(chan bool, 8)
	for range cap(won) {
		b := w.Browser()
		at := b.Get(w.AuthURL(w.rp)).URL.String()
		go func() { won <- b.Raw(http.MethodGet, at, "", "Authorization", said).Status == http.StatusSeeOther }()
	}
	n := 0
	for range cap(won) {
		if <-won {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d of 8 at once", n)
	}
}

// TestKB_ReplayNodes: a token that one node took counts at no other.
func TestKB_ReplayNodes(t *testing.T) {
	w := newKB(t, nil)
	other := w.Node(t)
	said := w.realm.Token().Header()
	send := func(s *testkit.Server) bool {
		b := s.Browser()
		return b.Raw(http.MethodGet, b.Get(w.AuthURL(w.rp)).URL.String(), "", "Authorization", said).Status == http.StatusSeeOther
	}
	if !send(w.Server) || send(other) {
		t.Error("not once")
	}
}

// TestFE09_Ticket: a ticket is one factor; the person's own second one is still asked for, unless the operator's rule counts the ticket as both.
func TestFE09_Ticket(t *testing.T) {
	for rule, asked := range map[string]bool{"": true, `"wia" in amr`: false, `"otp" in amr`: true} {
		world, _, _ := secured(t, outboundHere)
		w := &kbWorld{ldapWorld: &ldapWorld{feWorld: &feWorld{Server: world.Server, t: t}}}
		w.rp, w.realm = w.Client(storage.ClientMetadata{}), kerberostest.New(t, w.Clock.Now, kbService)
		w.tickets(func(d *federation.Draft) {
			d.Settings.Link, d.Settings.MFA = federation.LinkVerified, rule
			d.Settings.Mapping = map[string]string{"email": `"` + world.email + `"`, "email_verified": "true"}
		})
		b, _ := w.with()
		p := b.Get(w.AuthURL(w.rp))
		if got := p.HasID("mfa-code"); got != asked || asked && p.Location != nil {
			t.Errorf("%q: asked for the second factor: %v (status %d, %v)", rule, got, p.Status, p.Location)
		}
	}
}

// TestKB_Locked: whoever may not sign in here does not by a ticket either, and sees the form.
func TestKB_Locked(t *testing.T) {
	w := newKB(t, nil)
	b, _ := w.with()
	p, err := w.App.DB.PersonBySubject(t.Context(), w.App.Tenant, w.subject(b.Get(w.AuthURL(w.rp))))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.App.Directory.SetState(t.Context(), w.App.Tenant, p.ID, storage.PersonLocked, operator()); err != nil {
		t.Fatal(err)
	}
	b, _ = w.with()
	page := b.Get(w.AuthURL(w.rp))
	w.form("locked", page)
	if page.Status != http.StatusForbidden || signedIn(b) {
		t.Errorf("status %d", page.Status)
	}
	if err := w.change("tickets", func(d *federation.Draft) { d.Settings.Create = false }); err != nil {
		t.Fatal(err)
	}
	b, _ = w.with(called("stranger"))
	if page := b.Get(w.AuthURL(w.rp)); page.Status != http.StatusForbidden || !page.HasID("login-password") || signedIn(b) {
		t.Errorf("a stranger: %d", page.Status)
	}
}
