package modules

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
	"github.com/jedan-auth/jedan-auth/internal/app"
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

// TestKB_Where: only browsers that the policy names are asked, and only theirs are listened to.
func TestKB_Where(t *testing.T) {
	for name, c := range map[string]struct {
		networks, agents []string
		header           []string
		asked            bool
	}{
		"nowhere":                        {nil, nil, nil, false},
		"nowhere, whatever the agent":    {nil, []string{"Corp"}, []string{"User-Agent", "Corp/1"}, false},
		"another network":                {[]string{"10.0.0.0/8"}, nil, nil, false},
		"this network":                   {[]string{"10.0.0.0/8", "127.0.0.0/8"}, nil, nil, true},
		"another agent":                  {[]string{"127.0.0.0/8"}, []string{"Corp"}, []string{"User-Agent", "Mozilla/5.0"}, false},
		"this agent":                     {[]string{"127.0.0.0/8"}, []string{"Edg", "Corp"}, []string{"User-Agent", "Mozilla/5.0 Corp/1"}, true},
		"the proxy's own network":        {[]string{"127.0.0.0/8"}, nil, []string{"X-Forwarded-For", "203.0.113.7"}, false},
		"behind the proxy":               {[]string{"203.0.113.0/24"}, nil, []string{"X-Forwarded-For", "10.0.0.1, 203.0.113.7"}, true},
		"an address that a stranger set": {[]string{"10.0.0.0/8"}, nil, []string{"X-Forwarded-For", "10.0.0.1, 203.0.113.7"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newKB(t, func(d *federation.Draft) {
				configure(d, "networks", c.networks)
				configure(d, "agents", c.agents)
			}, func(cfg *app.Config) { cfg.Proxies = []string{"127.0.0.0/8"} })
			b := w.Browser()
			at := b.Get(w.AuthURL(w.rp)).URL.String()
			if a := b.Raw(http.MethodGet, at, "", c.header...); (a.Status == http.StatusUnauthorized) != c.asked || (a.Header.Get("WWW-Authenticate") != "") != c.asked {
				t.Errorf("asked: %d %v", a.Status, a.Header)
			}
			mark := w.Log.Mark()
			a := b.Raw(http.MethodGet, at, "", append([]string{"Authorization", w.realm.Token().Header()}, c.header...)...)
			if signed := a.Status == http.StatusSeeOther; signed != c.asked || len(w.Log.Refused(mark)) != 0 {
				t.Errorf("taken: %d %v", a.Status, w.Log.Refused(mark))
			}
		})
	}
}

// TestKB_Clients: a connector that serves other applications asks nobody here.
func TestKB_Clients(t *testing.T) {
	w := newKB(t, func(d *federation.Draft) { d.Settings.Clients = []string{"another"} })
	b, h := w.with()
	w.form("another application's", b.Get(w.AuthURL(w.rp)))
	if h.asked != 0 {
		t.Error("asked")
	}
	if err := w.change("tickets", func(d *federation.Draft) { d.Settings.Clients, d.Disabled = nil, true }); err != nil {
		t.Fatal(err)
	}
	w.form("switched off", b.Get(w.AuthURL(w.rp)))
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

// TestKB_Large: tickets of 64 KiB pass where they are asked for, and nothing else of that size does.
func TestKB_Large(t *testing.T) {
	w := newKB(t, nil)
	large := func(s *kerberostest.Spec) {
		s.Ticket.AuthorizationData = types.AuthorizationData{{ADType: 1, ADData: make([]byte, 63<<10)}}
	}
	b, h := w.with(large)
	w.subject(b.Get(w.AuthURL(w.rp)))
	w.proved(h, true)
	long := strings.Repeat("x", 60<<10)
	for name, header := range map[string][]string{
		"a cookie": {"Cookie", "a=" + long}, "another scheme": {"Authorization", "Bearer " + long}, "a ticket and more": {"Authorization", w.realm.Token().Header(), "X-Long", long},
	} {
		if a := w.Get("/login", header...); a.Status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	if a := w.Raw(http.MethodPost, "/oauth2/token", "", "Authorization", w.realm.Token(large).Header()); a.Status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("elsewhere: %d", a.Status)
	}
}

// TestKB_LargeElsewhere: outside the networks requests stay as small as they are without Kerberos.
func TestKB_LargeElsewhere(t *testing.T) {
	w := newKB(t, func(d *federation.Draft) { configure(d, "networks", []string{"10.0.0.0/8"}) })
	w.Get("/login") // the connectors are known by now
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/login", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Negotiate "+strings.Repeat("A", 60<<10))
	resp, err := w.HTTP.Do(req)
	if err != nil {
		return // it was cut off
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%d", resp.StatusCode)
	}
}
