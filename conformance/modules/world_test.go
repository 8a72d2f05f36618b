package modules

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	shared testkit.Shared
	people atomic.Int64
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// world is a server as one test sees it, with a person of its own.
type world struct {
	*testkit.Server
	t      *testing.T
	person *storage.Person
	email  string
}

// open uses the server that all tests share: for what needs no clock and no limits.
func open(t *testing.T) *world {
	t.Helper()
	return newWorld(t, shared.For(t))
}

// alone starts a server for this test only.
func alone(t *testing.T, options ...testkit.Option) *world {
	t.Helper()
	return newWorld(t, testkit.Start(t, options...))
}

func newWorld(t *testing.T, s *testkit.Server) *world {
	t.Helper()
	w := &world{Server: s, t: t}
	w.email, w.person = w.somebody()
	return w
}

// somebody makes another person.
func (w *world) somebody() (string, *storage.Person) {
	w.t.Helper()
	email := fmt.Sprintf("person%d@example.org", people.Add(1))
	return email, w.Person(email)
}

// public is a client that cannot keep a secret.
func (w *world) public(m storage.ClientMetadata) *testkit.RP {
	w.t.Helper()
	m.TokenEndpointAuthMethod = "none"
	return w.Client(m)
}

// types registers a client for response types, with the grant types that they need.
func (w *world) types(m storage.ClientMetadata, responseTypes ...string) *testkit.RP {
	w.t.Helper()
	m.ResponseTypes = responseTypes
	m.GrantTypes = []string{}
	for _, rt := range responseTypes {
		words := strings.Fields(rt)
		if slices.Contains(words, "code") {
			m.GrantTypes = append(m.GrantTypes, "authorization_code", "refresh_token")
		}
		if slices.Contains(words, "token") || slices.Contains(words, "id_token") {
			m.GrantTypes = append(m.GrantTypes, "implicit")
		}
	}
	slices.Sort(m.GrantTypes)
	m.GrantTypes = slices.Compact(m.GrantTypes)
	return w.Client(m)
}

// code runs the code flow for this world's person.
func (w *world) code(rp *testkit.RP, changes ...string) string {
	w.t.Helper()
	return w.Code(rp, w.email, changes...)
}

// tokens runs the code flow to its end.
func (w *world) tokens(rp *testkit.RP, changes ...string) *testkit.Answer {
	w.t.Helper()
	return w.ok(w.Redeem(rp, w.code(rp, changes...)))
}

// offline are tokens with a refresh token.
func (w *world) offline(rp *testkit.RP, changes ...string) *testkit.Answer {
	w.t.Helper()
	a := w.tokens(rp, append([]string{"scope", "openid email offline_access"}, changes...)...)
	if a.Text("refresh_token") == "" {
		w.t.Fatalf("no refresh token: %s", a.Body)
	}
	return a
}

// signedIn is a browser in which the person is signed in and has consented to rp.
func (w *world) signedIn(rp *testkit.RP, changes ...string) *testkit.Browser {
	w.t.Helper()
	b := w.Browser()
	b.Authorize(w.AuthURL(rp, changes...), w.email)
	return b
}

func (w *world) ok(a *testkit.Answer) *testkit.Answer {
	w.t.Helper()
	if a.Status != 200 {
		w.t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	return a
}

// refused wants a JSON error.
func (w *world) refused(a *testkit.Answer, status int, code string) {
	w.t.Helper()
	if a.Status != status || a.Text("error") != code {
		w.t.Errorf("status %d, want %d %s: %s", a.Status, status, code, a.Body)
	}
	for _, member := range []string{"access_token", "refresh_token", "id_token", "error_hint", "error_debug", "status_code"} {
		if _, ok := a.JSON[member]; ok {
			w.t.Errorf("%s in an error", member)
		}
	}
}

// page wants an error page on our own site: no redirect, no link to elsewhere, and nothing that was sent to be read on it.
func (w *world) page(a *testkit.Answer, status int, code string, absent ...string) {
	w.t.Helper()
	if a.Status != status || a.Header.Get("Location") != "" {
		w.t.Errorf("status %d, Location %q, want %d and none", a.Status, a.Header.Get("Location"), status)
	}
	text, links := w.seen(a.Body)
	if !strings.Contains(a.Body, `id="error-code"`) || !strings.Contains(text, code) {
		w.t.Errorf("not the page of %s: %.300s", code, text)
	}
	for _, link := range links {
		local := strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") && !strings.HasPrefix(link, `/\`)
		if !local && link[0] != '?' {
			w.t.Errorf("a link to %s", link)
		}
	}
	for _, s := range absent {
		if len(s) > 3 && strings.Contains(text, s) {
			w.t.Errorf("the page repeats %q", s)
		}
	}
}

// row runs do and wants the named row of a table of checks to have refused: so a test fails when its row is taken away, whatever stands behind it.
func (w *world) row(name string, do func()) {
	w.t.Helper()
	mark := w.Log.Mark()
	do()
	if rows := w.Log.Refused(mark); !slices.Contains(rows, name) {
		w.t.Errorf("refused by %v, want %s", rows, name)
	}
}

// response reads what an answer carries to the client's redirect URI, in query, fragment or form, or in the JWT there.
func (w *world) response(a *testkit.Answer, rp *testkit.RP, mode string) url.Values {
	w.t.Helper()
	if base, ok := strings.CutSuffix(mode, "jwt"); ok {
		return w.unwrapped(w.response(a, rp, cmp.Or(strings.TrimSuffix(base, "."), "query")), rp)
	}
	if mode == "form_post" {
		return w.posted(a, rp)
	}
	to := a.Location()
	if a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), rp.Redirect) {
		w.t.Fatalf("not sent to the client: %d %q %.300s", a.Status, a.Header.Get("Location"), a.Body)
	}
	raw, other := to.RawQuery, to.EscapedFragment()
	if mode == "fragment" {
		raw, other = other, raw
	}
	if other != "" {
		w.t.Errorf("parameters outside the %s: %s", mode, a.Header.Get("Location"))
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	return q
}

// refusedTo wants an error at the client's redirect URI, with state and iss and nothing that the specifications do not know.
func (w *world) refusedTo(a *testkit.Answer, rp *testkit.RP, mode, code string) url.Values {
	w.t.Helper()
	q := w.response(a, rp, mode)
	if q.Get("error") != code || q.Get("iss") != w.URL {
		w.t.Errorf("got %v, want %s", q, code)
	}
	for name := range q {
		if !slices.Contains([]string{"error", "error_description", "state", "iss"}, name) {
			w.t.Errorf("%s in an error", name)
		}
	}
	if d := q.Get("error_description"); strings.ContainsFunc(d, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) {
		w.t.Errorf("error_description %q", d)
	}
	return q
}

// begins wants a request to be taken up: the person is asked to sign in.
func (w *world) begins(to string) *testkit.Answer {
	w.t.Helper()
	a := w.Get(to)
	if a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/login?flow=") {
		w.t.Errorf("not taken up: %d %q %.300s", a.Status, a.Header.Get("Location"), a.Body)
	}
	return a
}

// events lists this client's audit events of a type.
func (w *world) events(rp *testkit.RP, kind string) []storage.AuditEvent {
	w.t.Helper()
	evs, err := w.App.DB.AuditEvents(context.Background(), w.App.Tenant, storage.AuditFilter{Type: kind, Client: rp.ID, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	return evs
}

// grants lists a client's grants.
func (w *world) grants(rp *testkit.RP) []storage.Grant {
	w.t.Helper()
	gs, err := w.App.DB.Grants(context.Background(), w.App.Tenant, storage.ID{}, rp.Client.ID, storage.ID{}, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return gs
}

// must ends the test on an error of its own doing.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
