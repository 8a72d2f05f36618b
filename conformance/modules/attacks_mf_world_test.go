package modules

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// secured is a world whose person has an authenticator app, with the browser that added it.
func secured(t *testing.T, options ...testkit.Option) (w *world, app *testkit.App, b *testkit.Browser) {
	t.Helper()
	w = alone(t, append([]testkit.Option{free}, options...)...)
	b = w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	return w, b.AddApp(), b
}

// denied wants the one answer that every code that does not count gets, and nobody signed in.
func (w *world) denied(p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusForbidden || p.URL.Path != "/login/mfa" || !p.HasID("mfa-code") || !strings.Contains(p.Body, "This code does not work.") {
		w.t.Errorf("not the uniform refusal: %d on %s: %.400s", p.Status, p.URL.Path, p.Body)
	}
	for _, c := range p.Header["Set-Cookie"] {
		if strings.Contains(c, "session") {
			w.t.Error("a refused code sets a session cookie")
		}
	}
}

// locked wants to be told to wait.
func (w *world) locked(p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusTooManyRequests || p.URL.Path != "/login/mfa" || p.Header.Get("Retry-After") == "" {
		w.t.Errorf("not locked: %d on %s: %.400s", p.Status, p.URL.Path, p.Body)
	}
}

// nobody wants a browser in which nobody is signed in.
func (w *world) nobody(b *testkit.Browser) {
	w.t.Helper()
	if p := b.Get("/account/security"); p.URL.Path != "/login" || cookie(b, w.URL, "jedan-session") != "" {
		w.t.Errorf("somebody is signed in: %d on %s", p.Status, p.URL.Path)
	}
}

// atOnce runs fn n times at the same time and counts those that were signed in.
func atOnce(n int, fn func(i int) *testkit.Page) (in int) {
	pages := make([]*testkit.Page, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			pages[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	for _, p := range pages {
		if p.Status == http.StatusOK && p.URL.Path == "/" {
			in++
		}
	}
	return in
}

// factorEvents lists audit events of a type about this world's person.
func (w *world) factorEvents(kind string) []storage.AuditEvent {
	w.t.Helper()
	evs, err := w.App.DB.AuditEvents(context.Background(), w.App.Tenant, storage.AuditFilter{Type: kind, Target: "person:" + w.person.ID.String(), Limit: 100})
	w.must(err)
	return evs
}
