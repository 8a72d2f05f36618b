package modules

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// cheap makes hashes that cost little: tests count them instead of waiting for them.
func cheap(c *app.Config) {
	c.Passwords.MemoryKiB, c.Passwords.Iterations, c.Login.Challenge.Provider = 64, 1, "off" // the challenge has tests of its own
}

// proxied trusts this machine as a proxy, so that a test can come from any address.
func proxied(c *app.Config) { c.Proxies = []string{"127.0.0.0/8"} }

// free takes the limits away where they are not the subject.
func free(c *app.Config) {
	a := &c.Login.Attempts
	a.Account.Free, a.Device.Free, a.Address.Free, a.Spray.Free, a.Everyone.Free = 1e6, 1e6, 1e6, 1e6, 1e6
	a.Account.InARow, a.Device.InARow = -1, -1
	c.Login.Challenge.Provider = "off"
}

// editing sends requests with changes of the test's own.
type editing struct {
	next http.RoundTripper
	edit func(*http.Request)
}

// RoundTrip implements http.RoundTripper.
func (e *editing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	e.edit(r)
	return e.next.RoundTrip(r)
}

// sending is a browser whose every request is edited.
func (w *world) sending(edit func(*http.Request)) *testkit.Browser {
	b := w.Browser()
	b.HTTP.Transport = &editing{next: b.HTTP.Transport, edit: edit}
	return b
}

// place is an address on the other side of a trusted proxy, which a test may move.
type place struct{ addr atomic.Value }

func (p *place) move(addr string) { p.addr.Store(addr) }

// at is a browser at an address.
func (w *world) at(addr string) (*testkit.Browser, *place) {
	p := &place{}
	p.move(addr)
	return w.sending(func(r *http.Request) { r.Header.Set("X-Forwarded-For", p.addr.Load().(string)) }), p
}

// guess opens the sign-in page and tries a password.
func guess(b *testkit.Browser, identifier, password string) *testkit.Page {
	return b.Get("/login").Submit("identifier", identifier, "password", password)
}

// in wants somebody signed in.
func (w *world) in(p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusOK || p.URL.Path != "/" {
		w.t.Fatalf("not signed in: %d on %s: %.400s", p.Status, p.URL.Path, p.Body)
	}
}

// wrong wants the one answer that every refused password gets.
func (w *world) wrong(p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusForbidden || p.URL.Path != "/login" || !p.HasID("login-password") || p.Header.Get("Retry-After") != "" || len(p.Header["Set-Cookie"]) != 0 {
		w.t.Errorf("not the uniform refusal: %d on %s %v", p.Status, p.URL.Path, p.Header)
	}
}

// hashed is how many password hashes do cost.
func (w *world) hashed(do func()) int {
	before := w.App.Hasher.Made()
	do()
	return int(w.App.Hasher.Made() - before) //nolint:gosec // a few thousand
}

// alarms lists the durable events about attacks on passwords.
func (w *world) alarms() []storage.AuditEvent {
	w.t.Helper()
	evs, err := w.App.DB.AuditEvents(context.Background(), w.App.Tenant, storage.AuditFilter{Type: "login.failures", Limit: 1000})
	w.must(err)
	return evs
}

// alarmed wants so many alarms about a limit: one for each series.
func (w *world) alarmed(limit string, want int) {
	w.t.Helper()
	n := 0
	for _, e := range w.alarms() {
		if e.Reason == limit+"_limit" && e.Severity == "warning" {
			n++
		}
	}
	if n != want {
		w.t.Errorf("%d alarms about the %s limit, want %d", n, limit, want)
	}
}

// set changes a stored column of a person, as an operator with a database shell would.
func (w *world) set(p *storage.Person, column string, value any) {
	w.t.Helper()
	q := "UPDATE people SET " + column + " = ? WHERE subject = ?"
	if w.App.DB.Dialect() == migrations.Postgres {
		q = "UPDATE people SET " + column + " = $1 WHERE subject = $2"
	}
	_, err := w.App.DB.SQL().ExecContext(context.Background(), q, value, p.Subject)
	w.must(err)
}

// detail opens an audit event.
func (w *world) detail(row storage.AuditEvent) audit.Event {
	w.t.Helper()
	e, err := w.App.Audit.Open(row)
	w.must(err)
	return e
}

// issuer is the issuer's URL.
func (w *world) issuer() *url.URL {
	w.t.Helper()
	u, err := url.Parse(w.URL)
	w.must(err)
	return u
}

// themed lays a folder over the screens.
func themed(dir string) testkit.Option { return func(c *app.Config) { c.Theme.Dir = dir } }
