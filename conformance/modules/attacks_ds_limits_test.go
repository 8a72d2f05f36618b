package modules

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/limits"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// burst is a limit that a test can reach: so many at once, one more each minute.
func burst(n int) limits.Rate { return limits.Rate{Events: 1, Per: time.Minute, Burst: n} }

// bounded sets small limits of addresses, a different one for each kind of route.
func bounded(c *app.Config) {
	c.Limits.Address = limits.Addresses{Token: burst(3), Authorize: burst(4), Login: burst(5), Account: burst(6), Registration: burst(7), Other: burst(8)}
}

// comingFrom is a header that a trusted proxy would set.
func comingFrom(addr string) []string { return []string{"X-Forwarded-For", addr} }

// throttled wants 429 with a time to come back.
func (w *world) throttled(a *testkit.Answer) {
	w.t.Helper()
	if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || a.Header.Get("Retry-After") == "0" {
		w.t.Errorf("not throttled: %d %v %.200s", a.Status, a.Header, a.Body)
	}
}

// PW06, DS07: each kind of route has its own limit of an address; what is public and cached has none, and nobody else pays for it.
func TestDS07_AddressesAreBounded(t *testing.T) {
	w := alone(t, cheap, proxied, bounded, func(c *app.Config) { c.Register.Mode = "open" })
	for path, n := range map[string]int{"/oauth2/introspect": 3, "/oauth2/authorize": 4, "/login": 5, "/account": 6, "/oauth2/register": 7, "/nothing/here": 8} {
		method := http.MethodGet
		if path == "/oauth2/introspect" || path == "/oauth2/register" {
			method = http.MethodPost
		}
		for i := range n {
			if a := w.Raw(method, path, "", comingFrom("192.0.2.1")...); a.Status == http.StatusTooManyRequests {
				t.Errorf("%s: request %d is throttled", path, i+1)
			}
		}
		w.throttled(w.Raw(method, path, "", comingFrom("192.0.2.1")...))
		if a := w.Raw(method, path, "", comingFrom("192.0.2.2")...); a.Status == http.StatusTooManyRequests {
			t.Errorf("%s: another address is throttled", path)
		}
	}
	page := w.Get("/login", comingFrom("192.0.2.1")...)
	w.throttled(page)
	if !strings.Contains(page.Body, `id="error-id"`) || !strings.Contains(page.Body, "too_many_requests") {
		t.Errorf("people see %.300s", page.Body)
	}
	machine := w.Raw(http.MethodPost, "/oauth2/token", "", comingFrom("192.0.2.1")...)
	w.throttled(machine)
	if machine.Text("error") != "throttled" || machine.Text("error_id") == "" || machine.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("machines read %s %v", machine.Body, machine.Header)
	}
	for range 30 {
		for _, path := range []string{"/health/live", "/health/ready", "/.well-known/openid-configuration", "/.well-known/jwks.json"} {
			if a := w.Get(path, comingFrom("192.0.2.1")...); a.Status != http.StatusOK {
				t.Fatalf("%s: %d", path, a.Status)
			}
		}
	}
	for i := range 6 { // one subscriber has a whole /64
		w.Get("/login", comingFrom(fmt.Sprintf("2001:db8:1:2::%x", i))...)
	}
	w.throttled(w.Get("/login", comingFrom("2001:db8:1:2:ffff::1")...))
	if a := w.Get("/login", comingFrom("2001:db8:1:3::1")...); a.Status == http.StatusTooManyRequests {
		t.Error("another /64 is throttled")
	}
	w.Clock.Advance(time.Minute)
	if a := w.Get("/login", comingFrom("192.0.2.1")...); a.Status == http.StatusTooManyRequests {
		t.Error("throttled after the wait")
	}
	metrics := w.Get("/metrics", "Host", "localhost").Body
	for _, kind := range []string{"token", "authorize", "login", "account", "registration", "other"} {
		if !strings.Contains(metrics, fmt.Sprintf(`jedan_limits_refused_total{by="address",kind="%s"}`, kind)) {
			t.Errorf("metrics do not show %s", kind)
		}
	}
}

// PW07: this machine is exempt only when it speaks for itself: neither a header that nobody trusts nor one that cannot be read makes anybody exempt, or another.
func TestPW07_LimitsOfAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		options []testkit.Option
		header  func(i int) []string
		bounded bool
	}{
		"this machine":           {nil, func(int) []string { return nil }, false},
		"a proxy says nothing":   {[]testkit.Option{proxied}, func(int) []string { return nil }, true},
		"a proxy says nonsense":  {[]testkit.Option{proxied}, func(i int) []string { return comingFrom(fmt.Sprintf("10.0.0.%d, x", i)) }, true},
		"a proxy says loopback":  {[]testkit.Option{proxied}, func(int) []string { return comingFrom("127.0.0.1") }, true},
		"a stranger's header":    {[]testkit.Option{func(c *app.Config) { c.Limits.Exempt = nil }}, func(i int) []string { return comingFrom(fmt.Sprintf("10.0.0.%d", i)) }, true},
		"an address in the list": {[]testkit.Option{proxied, func(c *app.Config) { c.Limits.Exempt = []string{"198.51.100.0/24"} }}, func(int) []string { return comingFrom("198.51.100.9") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := alone(t, append(c.options, cheap, bounded)...)
			refused := 0
			for i := range 12 {
				if w.Get("/login", c.header(i)...).Status == http.StatusTooManyRequests {
					refused++
				}
			}
			if c.bounded && refused != 7 || !c.bounded && refused != 0 {
				t.Errorf("%d of 12 were refused", refused)
			}
		})
	}
}

// DS07: a client is counted once it has proved who it is, so nobody uses up what another may ask; a public one is counted by where it asks from.
func TestDS07_ClientsAreBounded(t *testing.T) {
	w := alone(t, cheap, proxied, func(c *app.Config) { c.Limits.Client = burst(4) })
	rp, other := w.machine(storage.ClientMetadata{}), w.machine(storage.ClientMetadata{})
	ask := func(rp *testkit.RP, secret, addr string) *testkit.Answer {
		header := append(comingFrom(addr), "Content-Type", testkit.FormType, "Authorization", basic(rp.ID, secret))
		return w.Raw(http.MethodPost, "/oauth2/token", form("grant_type", "client_credentials").Encode(), header...)
	}
	for range 9 {
		w.refused(ask(rp, "not the secret", "192.0.2.66"), http.StatusUnauthorized, "invalid_client")
	}
	for i := range 4 {
		w.ok(ask(rp, rp.Secret, fmt.Sprintf("192.0.2.%d", i)))
	}
	var last *testkit.Answer
	w.row("client.limit", func() { last = ask(rp, rp.Secret, "192.0.2.99") })
	w.throttled(last)
	w.refused(last, http.StatusTooManyRequests, "temporarily_unavailable")
	w.ok(ask(other, other.Secret, "192.0.2.1"))
	w.ok(w.Introspect(rp, "anything")) // another endpoint
	w.Clock.Advance(time.Minute)
	w.ok(ask(rp, rp.Secret, "192.0.2.99"))

	public := w.public(storage.ClientMetadata{})
	refresh := func(addr string) *testkit.Answer {
		f := form("grant_type", "refresh_token", "client_id", public.ID, "refresh_token", "x")
		return w.Raw(http.MethodPost, "/oauth2/token", f.Encode(), append(comingFrom(addr), "Content-Type", testkit.FormType)...)
	}
	for range 4 {
		w.refused(refresh("192.0.2.1"), http.StatusBadRequest, "invalid_grant")
	}
	w.throttled(refresh("192.0.2.1"))
	w.refused(refresh("192.0.2.2"), http.StatusBadRequest, "invalid_grant")
}

// PW02, PW04: how often an account is named is bounded alike whether there is one or not, whatever address and spelling; a browser that the account knows is not counted.
func TestPW04_NamesAreBounded(t *testing.T) {
	w := alone(t, cheap, free, proxied, byMail, sentCodes, func(c *app.Config) { c.Limits.Account, c.Login.Signup.Mode = burst(4), "open" })
	own, _ := w.at("192.0.2.200")
	w.in(guess(own, w.email, testkit.Password))
	for _, c := range []struct {
		path, row string
		fill      []string
	}{
		{"/login", "named", []string{"password", "a wrong password"}},
		{"/login/link", "", nil}, {"/recovery", "", nil}, {"/signup", "", nil},
	} {
		for i, name := range []string{w.email, "nobody@example.org"} {
			for n := range 8 {
				b, _ := w.at(fmt.Sprintf("198.51.100.%d", n))
				typed := name
				if n%2 == 1 {
					typed = " " + strings.ToUpper(name)
				}
				start := b.Get(c.path)
				if c.path == "/login/link" {
					start = b.Get("/login/link?flow=" + formFlow(t, b.Get("/login")))
				}
				p := start.Submit(append([]string{"identifier", typed}, c.fill...)...)
				if over := n >= 4; over != (p.Status == http.StatusTooManyRequests) || over && p.Header.Get("Retry-After") == "" {
					t.Errorf("%s as %d, request %d: %d", c.path, i, n+1, p.Status)
				}
			}
		}
	}
	b, _ := w.at("203.0.113.1")
	w.row("named", func() { guess(b, w.email, testkit.Password) })
	w.in(guess(own, w.email, testkit.Password)) // known there
	for range 9 {                               // what succeeds does not count
		w.Clock.Advance(time.Minute)
		w.in(guess(w.Browser(), w.email, testkit.Password))
	}
}

// MF02: codes of one account are bounded before the database counts them.
func TestMF02_CodesAreBounded(t *testing.T) {
	w := alone(t, cheap, free, func(c *app.Config) { c.Limits.Account, c.Login.Second.Free = burst(4), 10 })
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	b.AddApp()
	another := w.Browser()
	half := another.Half(w.email)
	for range 4 {
		if p := half.Factor("totp", "000000"); p.Status != http.StatusForbidden {
			t.Fatalf("%d", p.Status)
		}
	}
	var p *testkit.Page
	w.row("mfa.named", func() { p = half.Factor("totp", "000000") })
	if p.Status != http.StatusTooManyRequests || p.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", p.Status, p.Header)
	}
	_, fields := half.Form("factor", "totp")
	w.row("mfa_send.named", func() { p = another.Post("/login/mfa/send", fields) })
	if p.Status != http.StatusTooManyRequests {
		t.Errorf("sending: %d", p.Status)
	}
}
