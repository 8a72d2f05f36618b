package modules

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// DS06: what strangers ask for writes nothing: no row is made, none is changed, at once or later.
func TestDS06_AnonymousRequestsWriteNothing(t *testing.T) {
	w := alone(t, cheap, free)
	admin := directory.NewPerson{Claims: directory.Claims{"username": "admin"}, Admin: true} // so that a start makes no set-up link
	_, err := w.App.Directory.Create(context.Background(), w.App.Tenant, admin, testkit.Operator())
	w.must(err)
	rp := w.Client(storage.ClientMetadata{})
	link := "/setup?token=" + strings.Repeat("A", 43)
	form := func(values ...string) string {
		q := url.Values{}
		for i := 0; i+1 < len(values); i += 2 {
			q.Set(values[i], values[i+1])
		}
		return q.Encode()
	}
	requests := []func(i int) *testkit.Answer{
		func(i int) *testkit.Answer { return w.Get(w.AuthURL(rp, "state", fmt.Sprint(i))) },
		func(i int) *testkit.Answer {
			return w.Get(w.Get(w.AuthURL(rp, "nonce", fmt.Sprint(i))).Header.Get("Location"))
		},
		func(i int) *testkit.Answer {
			return w.Raw(http.MethodPost, "/oauth2/authorize", strings.SplitN(w.AuthURL(rp, "state", fmt.Sprint(i)), "?", 2)[1], "Content-Type", testkit.FormType)
		},
		func(i int) *testkit.Answer { return w.Get(w.AuthURL(rp, "prompt", "none", "state", fmt.Sprint(i))) },
		func(i int) *testkit.Answer { return w.Get(w.AuthURL(rp, "client_id", fmt.Sprint("nobody", i))) },
		func(i int) *testkit.Answer {
			return w.Get(w.AuthURL(rp, "redirect_uri", fmt.Sprint("https://evil.test/", i)))
		},
		func(int) *testkit.Answer { return w.Get("/login") },
		func(int) *testkit.Answer { return w.Get("/account/password") },
		func(int) *testkit.Answer { return w.Get("/oauth2/logout") },
		func(int) *testkit.Answer { return w.Get(link) },
		func(int) *testkit.Answer { return w.Get("/.well-known/jwks.json") },
		func(i int) *testkit.Answer {
			return w.Raw(http.MethodPost, "/oauth2/token", form("grant_type", "authorization_code", "code", fmt.Sprint("jdc_", i), "client_id", rp.ID, "client_secret", fmt.Sprint(i)), "Content-Type", testkit.FormType)
		},
		func(i int) *testkit.Answer {
			return w.Raw(http.MethodPost, "/oauth2/token", form("grant_type", "client_credentials", "client_id", fmt.Sprint("nobody", i), "client_secret", "x"), "Content-Type", testkit.FormType)
		},
		func(i int) *testkit.Answer {
			return w.Raw(http.MethodPost, "/oauth2/token", form("grant_type", "client_credentials", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
				"client_assertion", unsigned(t, object{"alg": "none"}, object{"iss": rp.ID, "sub": rp.ID, "jti": fmt.Sprint(i)})), "Content-Type", testkit.FormType)
		},
		func(i int) *testkit.Answer {
			return w.Call("/oauth2/introspect", nil, url.Values{"token": {fmt.Sprint("jda_", i)}})
		},
		func(i int) *testkit.Answer {
			return w.Call("/oauth2/revoke", nil, url.Values{"token": {fmt.Sprint("jdr_", i)}})
		},
		func(i int) *testkit.Answer { return w.Userinfo(fmt.Sprint("jda_", i)) },
	}
	before := w.dump()
	statuses := make([]int, 3000)
	several(len(statuses), 8, func(i int) { statuses[i] = requests[i%len(requests)](i).Status })
	if n := slices.Max(statuses); n >= 500 || slices.Index(statuses, http.StatusSeeOther) < 0 || slices.Index(statuses, http.StatusOK) < 0 {
		t.Errorf("the requests do not do what they should: up to %d", n)
	}
	w.Restart() // writes down what waits in memory
	if after := w.dump(); len(before["clients"]) != 1 || len(before["people"]) != 2 || len(before["audit_events"]) == 0 {
		t.Errorf("the dump is empty: %d tables", len(before))
	} else {
		for table, rows := range after {
			if !slices.Equal(rows, before[table]) {
				t.Errorf("%s: %d rows before, %d after; or they changed", table, len(before[table]), len(rows))
			}
		}
	}
	w.in(guess(w.Browser(), w.email, testkit.Password))
	if n := len(w.dump()["sessions"]); n != 1 {
		t.Errorf("a sign-in makes %d sessions", n)
	}
}

// DS07: a flood of names and addresses neither grows memory without bound nor washes out what is held, and an IPv6 network is one.
func TestDS07_LimiterMemory(t *testing.T) {
	const kept = 200
	w := alone(t, cheap, proxied, func(c *app.Config) {
		a := &c.Login.Attempts
		a.Account.MaxKeys, a.Device.MaxKeys, a.Address.MaxKeys, a.Spray.MaxKeys = kept, kept, kept, kept
		a.Everyone.Free, a.Address.Leak = 1e6, 24*time.Hour
		for _, held := range []*login.Allowance{&a.Account, &a.Address} { // a slow machine must not outlast them
			held.First, held.Longest = time.Hour, 24*time.Hour
		}
	})
	b, where := w.at("192.0.2.1")
	page := b.Get("/login")
	try := func(identifier, password string) int {
		return page.Submit("identifier", identifier, "password", password).Status
	}
	for i := range 5 {
		try(w.email, fmt.Sprint("wrong password ", i))
	}
	for i := range 31 {
		where.move("203.0.113.5")
		try(fmt.Sprintf("early%d@example.org", i), fmt.Sprint("early password ", i))
	}
	for i := range 3 * kept {
		where.move(fmt.Sprintf("10.%d.%d.1", i/200, i%200))
		if s := try(fmt.Sprintf("flood%d@example.org", i), fmt.Sprint("flood password ", i)); s != http.StatusForbidden {
			t.Fatalf("a new address: %d", s)
		}
	}
	where.move("192.0.2.99")
	w.row("account", func() { w.wrong(page.Submit("identifier", w.email, "password", testkit.Password)) })
	where.move("203.0.113.5")
	if s := try("late@example.org", "late password"); s != http.StatusTooManyRequests {
		t.Errorf("the flood forgave an address: %d", s)
	}
	refused := 0
	for i := range 60 {
		where.move(fmt.Sprintf("2001:db8:7:7:%x::%x", i, i))
		if try(fmt.Sprintf("six%d@example.org", i), fmt.Sprint("six password ", i)) == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 30 {
		t.Errorf("one IPv6 network: %d of 60 refused", refused)
	}
	where.move("2001:db8:7:8::1")
	if s := try("other@example.org", "other password"); s != http.StatusForbidden {
		t.Errorf("the next IPv6 network: %d", s)
	}
}

// DS07: many more keys than are held, in the counters as they are configured when nothing is.
func TestDS07_ManyKeys(t *testing.T) {
	now := time.Now()
	counter, err := login.NewAttempts(login.Allowance{Free: 5, First: time.Minute, Longest: time.Hour, Leak: time.Hour}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		counter.Take("victim")
	}
	for i := range 200_000 { // three times what is held
		counter.Take(fmt.Sprint("key ", i))
	}
	if n := counter.Len(); n > 1<<16 {
		t.Errorf("%d keys are held", n)
	}
	if ok, _ := counter.Take("victim"); ok {
		t.Error("the flood forgave")
	}
}

// quiet is a server with a log as operators have it, whose clock for sampling stands still. What it returns as well stops the server, which writes
// down what waits in memory, and opens its database again.
func quiet(t *testing.T, options ...testkit.Option) (w *world, reopen func()) {
	t.Helper()
	template := testkit.Start(t, options...) // for its configuration alone
	template.Stop()
	second := time.Now()
	s := &testkit.Server{URL: template.URL, Clock: &testkit.Clock{}, Log: &testkit.Log{}, T: t, HTTP: template.HTTP}
	cfg := template.App.Config
	logger, err := telemetry.NewLogger(cfg.Log, telemetry.LogDeps{Out: s.Log, RequestID: httpx.ContextRequestID, Now: func() time.Time { return second }})
	if err != nil {
		t.Fatal(err)
	}
	opened := func(ls ...net.Listener) {
		t.Helper()
		if s.App, err = app.Open(context.Background(), cfg, app.Options{Log: logger, Now: s.Clock.Now, Listeners: ls}); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", strings.TrimPrefix(template.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	opened(l)
	stop := serve(t, s)
	return newWorld(t, s), func() {
		stop()
		opened()
		t.Cleanup(func() { _ = s.App.Close() })
	}
}

// serve runs an open server; what it returns ends it.
func serve(t *testing.T, s *testkit.Server) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.App.ServeReady(ctx, func([]net.Addr, string) { close(ready) }) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, s.App.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	select {
	case <-ready:
	case err := <-done:
		done <- err
	}
	return stop
}

// DS08: thousands of failures in a second are a few lines in the log, and all of them are in the audit trail, in a bounded number of rows.
func TestDS08_LogFlood(t *testing.T) {
	w, reopen := quiet(t, cheap, free, proxied)
	rp := w.Client(storage.ClientMetadata{})
	b, where := w.at("192.0.2.1")
	page := b.Get("/login")
	const failures, subjects = 2600, 2000
	several(failures, 8, func(i int) {
		where.move(fmt.Sprintf("10.%d.%d.1", i/250, i%250))
		page.SubmitRaw("identifier", fmt.Sprintf("user%d@example.org", i), "password", fmt.Sprint("password ", i))
	})
	several(failures, 8, func(i int) {
		w.Get(w.AuthURL(rp, "redirect_uri", fmt.Sprint("https://evil.test/", i)))
		w.Call("/oauth2/token", rp, url.Values{"grant_type": {"authorization_code"}, "code": {fmt.Sprint("jdc_", i)}, "redirect_uri": {rp.Redirect}, "code_verifier": {testkit.Verifier}})
	})
	lines := strings.Count(w.Log.String(), "\n")
	if lines < 20 || lines > 200 || strings.Count(w.Log.String(), "request refused") < 20 {
		t.Errorf("%d failures made %d lines of log", 3*failures, lines)
	}
	reopen()
	rows := len(w.alarms())
	if n := w.counted(); n != failures || rows > 3*subjects {
		t.Errorf("%d of %d failures are in the audit trail, in %d rows", n, failures, rows)
	}
}

// counted sums the failures of the audit trail.
func (w *world) counted() (n int) {
	w.t.Helper()
	evs, err := w.App.DB.AuditEvents(context.Background(), w.App.Tenant, storage.AuditFilter{Type: audit.LoginFailures, Limit: 10_000})
	w.must(err)
	for _, row := range evs {
		if count, ok := w.detail(row).Data["count"].(float64); ok {
			n += int(count)
		}
	}
	return n
}
