package modules

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// kbWorld is a server with a Kerberos realm, named tickets; and, if a test wants one, a directory that knows its people, named corp.
type kbWorld struct {
	*ldapWorld
	realm *kerberostest.Realm
}

const (
	kbService = "HTTP/id.corp.example@CORP.EXAMPLE"
	kbRealm   = "CORP.EXAMPLE"
)

func newKB(t *testing.T, change func(d *federation.Draft), options ...testkit.Option) *kbWorld {
	t.Helper()
	s := testkit.Start(t, append([]testkit.Option{outboundHere}, options...)...)
	w := &kbWorld{ldapWorld: &ldapWorld{feWorld: &feWorld{Server: s, t: t}}, realm: kerberostest.New(t, s.Clock.Now, kbService)}
	w.rp = s.Client(storage.ClientMetadata{})
	w.tickets(change)
	return w
}

// newKBWithDirectory has the directory say who a principal is.
func newKBWithDirectory(t *testing.T, ad bool, change func(d *federation.Draft)) *kbWorld {
	t.Helper()
	w := newKB(t, func(d *federation.Draft) {
		configure(d, "realms", []map[string]any{{"realm": kbRealm, "directory": "corp"}})
		if change != nil {
			change(d)
		}
	})
	w.dir = ldaptest.Start(t, w.Clock.Now, ldaptest.Options{AD: ad})
	w.directory("corp", w.dir, nil)
	return w
}

func (w *kbWorld) tickets(change func(d *federation.Draft)) {
	w.t.Helper()
	raw, err := json.Marshal(map[string]any{
		"principal": w.realm.Principal(), "keytab": w.realm.Keytab(), "realms": []map[string]any{{"realm": kbRealm}}, "networks": []string{"127.0.0.0/8"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	d := federation.Draft{Name: "tickets", Kind: "kerberos", Title: "Corp", Settings: federation.Settings{Create: true, Config: raw}}
	if change != nil {
		change(&d)
	}
	if _, err := w.App.Connectors.Create(w.t.Context(), d, operator()); err != nil {
		w.t.Fatal(err)
	}
}

// ticketed is a browser whose person has tickets: what it is asked for it sends, once for each page.
type ticketed struct {
	next    http.RoundTripper
	token   func() kerberostest.Said
	off     bool // it says nothing
	asked   int
	answers []string // WWW-Authenticate of what a ticket was answered with
	said    []kerberostest.Said
}

// RoundTrip implements http.RoundTripper as RFC 4559 has it.
func (h *ticketed) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := h.next.RoundTrip(r)
	if err != nil || h.off || resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") != "Negotiate" || r.Method != http.MethodGet {
		return resp, err
	}
	_ = resp.Body.Close()
	h.asked++
	said := h.token()
	h.said = append(h.said, said)
	again := r.Clone(r.Context())
	again.Header.Set("Authorization", said.Header())
	if resp, err = h.next.RoundTrip(again); err == nil {
		h.answers = append(h.answers, resp.Header.Get("WWW-Authenticate"))
	}
	return resp, err
}

// with opens a browser of somebody in the realm.
func (w *kbWorld) with(changes ...func(s *kerberostest.Spec)) (*testkit.Browser, *ticketed) {
	b := w.Browser()
	next := b.HTTP.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	h := &ticketed{next: next, token: func() kerberostest.Said { return w.realm.Token(changes...) }}
	b.HTTP.Transport = h
	return b, h
}

// signedIn says whether somebody is, without asking the browser for a ticket.
func signedIn(b *testkit.Browser) bool {
	if h, ok := b.HTTP.Transport.(*ticketed); ok {
		b.HTTP.Transport = h.next
		defer func() { b.HTTP.Transport = h }()
	}
	return in(b)
}

// called is the ticket of somebody else than alice.
func called(name string) func(s *kerberostest.Spec) {
	return func(s *kerberostest.Spec) {
		s.Ticket.CName, s.Proof.CName = kerberostest.Name(name), kerberostest.Name(name)
	}
}

// form wants the sign-in page without a question to the browser; an answer to its ticket may be there.
func (w *kbWorld) form(name string, p *testkit.Page) {
	w.t.Helper()
	if p.Location != nil || !p.HasID("login-password") || p.Header.Get("WWW-Authenticate") == "Negotiate" || p.Status == http.StatusUnauthorized {
		w.t.Errorf("%s: status %d, %q, %v", name, p.Status, p.Header.Get("WWW-Authenticate"), p.Location)
	}
}

// declined wants the sign-in page after a ticket that the row refused.
func (w *kbWorld) declined(row string, changes ...func(s *kerberostest.Spec)) {
	w.t.Helper()
	b, h := w.with(changes...)
	mark := w.Log.Mark()
	p := b.Get(w.AuthURL(w.rp))
	w.form(row, p)
	if got := w.Log.Refused(mark); len(got) != 1 || got[0] != row || h.asked != 1 {
		w.t.Errorf("refused by %v, want %s; asked %d times", got, row, h.asked)
	}
	if signedIn(b) {
		w.t.Errorf("%s: somebody is signed in", row)
	}
}

func (w *kbWorld) proved(h *ticketed, mutual bool) {
	w.t.Helper()
	text, ok := strings.CutPrefix(h.answers[len(h.answers)-1], "Negotiate ")
	raw, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil {
		w.t.Fatalf("no answer: %q", h.answers)
	}
	h.said[len(h.said)-1].Proved(w.t, raw, mutual)
}
