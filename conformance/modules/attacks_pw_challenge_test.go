package modules

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// gated asks for little work, where it is wanted.
func gated(c *app.Config) { c.Login.Challenge.Provider, c.Login.Challenge.Bits = "own", 10 }

// under puts an address under suspicion: strangers are refused from there at one name after the other.
func (w *world) under(addr string) {
	w.t.Helper()
	b, _ := w.at(addr)
	for i := range 9 {
		b.Get("/login").Submit("identifier", fmt.Sprintf("nobody%d@example.org", i), "password", fmt.Sprintf("guess number %d", i))
	}
}

func data(p *testkit.Page, name string) string {
	m := regexp.MustCompile(`data-` + name + `="([^"]*)"`).FindStringSubmatch(p.Body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// work does what the page asks for.
func (w *world) work(p *testkit.Page) string {
	w.t.Helper()
	n, _ := strconv.Atoi(data(p, "pieces"))
	bits, _ := strconv.Atoi(data(p, "bits"))
	if n == 0 || bits == 0 {
		w.t.Fatalf("%s asks for no work (status %d)", p.URL.Path, p.Status)
	}
	var found []string
	for i := range n {
		for v := 0; ; v++ {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s:%d:%d", data(p, "nonce"), i, v))
			if binary.BigEndian.Uint32(sum[:])>>(32-bits) == 0 {
				found = append(found, strconv.Itoa(v))
				break
			}
		}
	}
	return strings.Join(found, ".")
}

func challengeOf(p *testkit.Page) string {
	_, form := p.Form()
	return form.Get("challenge")
}

// PW06: an address under suspicion works for each try, once, in the form, browser and time that the work is for; others see nothing of it.
func TestPW06_ChallengeByWork(t *testing.T) {
	w := alone(t, cheap, free, proxied, gated)
	const bad = "192.0.2.66"
	own, where := w.at("192.0.2.1")
	w.in(guess(own, w.email, testkit.Password))
	w.under(bad)
	b, _ := w.at(bad)
	page := b.Get("/login")
	if !page.HasID("challenge") || !strings.Contains(page.Body, "challenge.") || !page.HasID("challenge-progress") {
		t.Fatalf("nothing is asked for: %.2000s", page.Body)
	}
	if other, _ := w.at("192.0.2.2"); other.Get("/login").HasID("challenge") {
		t.Error("another address is asked for work")
	}
	try := func(p *testkit.Page, more ...string) *testkit.Page {
		return p.Submit(append([]string{"identifier", w.email, "password", testkit.Password}, more...)...)
	}
	again := func(row string, p *testkit.Page, more ...string) {
		t.Helper()
		var got *testkit.Page
		hashes := w.hashed(func() { w.row(row, func() { got = try(p, more...) }) })
		if got.Status != http.StatusForbidden || !got.HasID("challenge") || hashes != 0 || !strings.Contains(got.Body, `value="`+w.email+`"`) {
			t.Errorf("%s: %d with %d hashes", row, got.Status, hashes)
		}
	}
	answer := w.work(page)
	again("challenge.token", page, "challenge", "", "answer", "")
	again("challenge.answer", page)
	again("challenge.answer", page, "answer", strings.Replace(answer, ".", ".0", 1))
	again("challenge.answer", page, "answer", answer+".1")
	for at, value := range map[int]byte{1: 2, 2: 1, 3: 0, 20: 7, 11: 0} { // the kind, how hard, how much, the nonce, the time
		raw, err := base64.RawURLEncoding.DecodeString(challengeOf(page))
		w.must(err)
		raw[at] ^= value + 1
		again("challenge.token", page, "answer", answer, "challenge", base64.RawURLEncoding.EncodeToString(raw))
	}
	stranger, _ := w.at(bad)
	again("challenge.token", stranger.Get("/login"), "answer", answer, "challenge", challengeOf(page))
	recovery := b.Get("/recovery")
	again("challenge.token", page, "answer", w.work(recovery), "challenge", challengeOf(recovery))
	w.in(try(page, "answer", answer))
	fresh, _ := w.at(bad)
	page = fresh.Get("/login")
	answer = w.work(page)
	w.wrong(page.Submit("identifier", w.email, "password", "a wrong password", "answer", answer))
	again("challenge.unspent", page, "answer", answer)
	old, _ := w.at(bad)
	page = old.Get("/login")
	answer = w.work(page)
	w.Clock.Advance(10*time.Minute + time.Second)
	again("challenge.time", page, "answer", answer)
	where.move(bad)
	w.in(guess(own, w.email, testkit.Password)) // known here
	if m := w.Get("/metrics").Body; !strings.Contains(m, `jedan_challenges_total{kind="work",outcome="passed"}`) {
		t.Error("metrics do not show it")
	}
}

// PW02, PW20: what makes mails asks, too, and a name under attack is known by what was typed: there need be no account.
func TestPW20_ChallengeBeforeMails(t *testing.T) {
	w := alone(t, cheap, free, proxied, gated, byMail, func(c *app.Config) { c.Login.Signup.Mode, c.Limits.Account = "open", burst(8) })
	for _, path := range []string{"/recovery", "/recovery/lost", "/signup", "/login/link"} {
		for _, name := range []string{w.email, strings.TrimPrefix(path, "/")[:5] + "@example.org"} {
			b, where := w.at("198.51.100.1")
			open := func() *testkit.Page {
				if path == "/login/link" {
					return b.Get(path + "?flow=" + formFlow(t, b.Get("/login")))
				}
				return b.Get(path)
			}
			var p *testkit.Page
			for i := range 5 {
				where.move(fmt.Sprintf("198.51.100.%d", i+1))
				p = open().Submit("identifier", name)
			}
			if path == "/recovery/lost" { // counted together with /recovery
				p = open().Submit("identifier", name)
			}
			if p.Status == http.StatusTooManyRequests {
				continue
			}
			if p.Status != http.StatusForbidden || !p.HasID("challenge") {
				t.Errorf("%s: the fifth request is answered %d", path, p.Status)
				continue
			}
			if done := p.Submit("identifier", name, "answer", w.work(p)); done.Status != http.StatusOK {
				t.Errorf("%s: after the work %d", path, done.Status)
			}
		}
	}
}

// PW06: whoever runs no scripts waits instead: in line, once for each try, and no longer line than a browser that works would need.
func TestPW06_ChallengeByWaiting(t *testing.T) {
	w := alone(t, cheap, free, proxied, gated, func(c *app.Config) { c.Login.Challenge.Wait, c.Login.Challenge.Waits = 20*time.Second, 3 })
	const bad = "192.0.2.66"
	w.under(bad)
	ask := func() (*testkit.Browser, *testkit.Page) {
		b, _ := w.at(bad)
		p := b.Get("/login")
		return b, b.Post("/login/challenge", url.Values{"challenge": {challengeOf(p)}, "purpose": {"login"}, "flow": {formFlow(t, p)}})
	}
	next := func(p *testkit.Page) (seconds int, path string) {
		t.Helper()
		m := regexp.MustCompile(`(?s)You can go on in (\d+) seconds\..*id="challenge-next" href="([^"]+)"`).FindStringSubmatch(p.Body)
		if m == nil || strings.Contains(p.Body, "http-equiv") { // it takes its time from nobody
			t.Fatalf("no wait: %d %.400s", p.Status, p.Body)
		}
		seconds, _ = strconv.Atoi(m[1])
		return seconds, html.UnescapeString(m[2])
	}
	b, p := ask()
	seconds, path := next(p)
	if seconds != 20 {
		t.Errorf("the first waits %d s", seconds)
	}
	try := func(p *testkit.Page) *testkit.Page {
		return p.Submit("identifier", w.email, "password", testkit.Password)
	}
	w.row("challenge.time", func() { try(b.Get(path)) }) // not waited
	stranger, _ := w.at(bad)
	pass, err := url.Parse(path)
	w.must(err)
	w.row("challenge.token", func() {
		stranger.Get("/login").Submit("identifier", w.email, "password", testkit.Password, "challenge", pass.Query().Get("waited"))
	})
	for i, want := range []int{20, 20, 27, 34} { // three at once, then one each third of it
		_, p := ask()
		if got, _ := next(p); got != want {
			t.Errorf("place %d waits %d s, want %d", i+2, got, want)
		}
	}
	w.Clock.Advance(21 * time.Second)
	waited := b.Get(path)
	if !waited.HasID("challenge") || strings.Contains(waited.Body, "data-work") {
		t.Error("whoever waited is asked for work")
	}
	w.wrong(waited.Submit("identifier", w.email, "password", "a wrong password"))
	w.row("challenge.unspent", func() { try(waited) })
	b, p = ask()
	seconds, path = next(p)
	w.Clock.Advance(time.Duration(seconds) * time.Second)
	w.in(try(b.Get(path)))

	refused := 0
	for range 40 {
		if _, p := ask(); p.Status == http.StatusTooManyRequests && p.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused < 15 {
		t.Errorf("a line of forty: %d were sent away", refused)
	}
	other, _ := w.at(bad)
	page := other.Get("/login")
	to := func(challenge, purpose string) func() {
		return func() { other.Post("/login/challenge", url.Values{"challenge": {challenge}, "purpose": {purpose}}) }
	}
	w.row("challenge_wait.token", to(challengeOf(page), "recovery"))
	w.row("challenge_wait.token", to("", "login"))
	w.Clock.Advance(11 * time.Minute)
	w.row("challenge_wait.time", to(challengeOf(page), "login"))
	if p := other.Post("/login/challenge", url.Values{"challenge": {challengeOf(page)}, "purpose": {"//evil.example"}}); p.Status != http.StatusBadRequest {
		t.Errorf("a purpose of nobody: %d", p.Status)
	}
}

// PW06: another service's word counts for this site, form and challenge only; when the service is away, browsers compute instead, and nobody is let through for it.
func TestPW06_ChallengeByOthers(t *testing.T) {
	var answer atomic.Value
	var asked atomic.Value
	fake := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // an empty form is seen by the test
		asked.Store(r.PostForm)
		a := answer.Load().(func(http.ResponseWriter, *http.Request))
		a(rw, r)
	}))
	t.Cleanup(fake.Close)
	says := func(format string, args ...any) {
		answer.Store(func(rw http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(rw, format, args...) })
	}
	for _, provider := range []string{"turnstile", "hcaptcha"} {
		t.Run(provider, func(t *testing.T) {
			w := alone(t, cheap, free, proxied, func(c *app.Config) {
				ch := &c.Login.Challenge
				ch.Provider, ch.Bits, ch.SiteKey, ch.Secret, ch.URL = provider, 10, "site-key", "canary-secret", fake.URL
				c.Outbound.AllowHTTP, c.Outbound.AllowNetworks, c.Outbound.PerHost = true, []string{"127.0.0.0/8"}, 1000
			})
			const bad = "192.0.2.66"
			host, field := w.issuer().Hostname(), map[string]string{"turnstile": "cf-turnstile-response", "hcaptcha": "h-captcha-response"}[provider]
			at := map[string]string{"turnstile": "https://challenges.cloudflare.com", "hcaptcha": "https://hcaptcha.com"}[provider]
			b, _ := w.at(bad)
			if csp := b.Get("/login").Header.Get("Content-Security-Policy"); strings.Contains(csp, at) {
				t.Errorf("a page that asks for nothing lets in %s", csp)
			}
			w.under(bad)
			page := b.Get("/login")
			csp := page.Header.Get("Content-Security-Policy")
			if !strings.Contains(csp, "script-src 'self' "+at) || !strings.Contains(csp, "frame-src "+at) || data(page, "sitekey") != "site-key" || !page.HasID("challenge-wait") {
				t.Errorf("policy %q, page %.1500s", csp, page.Body)
			}
			if csp := b.Get("/setup").Header.Get("Content-Security-Policy"); strings.Contains(csp, at) {
				t.Error("other pages let it in, too")
			}
			try := func(response string) *testkit.Page {
				return page.Submit("identifier", w.email, "password", testkit.Password, field, response)
			}
			refused := func(name string) {
				t.Helper()
				var p *testkit.Page
				w.row("challenge.answer", func() { p = try("token-of-the-browser") })
				if p.Status != http.StatusForbidden {
					t.Errorf("%s: %d", name, p.Status)
				}
			}
			right := fmt.Sprintf(`"hostname":%q,"action":"login","cdata":%q`, host, data(page, "cdata"))
			w.row("challenge.answer", func() { try("") })
			says(`{"success":false,"error-codes":["invalid-input-response"],%s}`, right)
			refused("refused by the service")
			says(`{"success":true,"hostname":"evil.example","action":"login","cdata":%q}`, data(page, "cdata"))
			refused("of another site")
			if provider == "turnstile" {
				says(`{"success":true,"hostname":%q,"action":"login","cdata":"another"}`, host)
				refused("of another challenge")
				says(`{"success":true,"hostname":%q,"action":"recovery","cdata":%q}`, host, data(page, "cdata"))
				refused("of another form")
			}
			if f := asked.Load().(url.Values); f.Get("secret") != "canary-secret" || f.Get("response") != "token-of-the-browser" || f.Has("remoteip") {
				t.Errorf("the service is asked %v", f)
			}
			for name, ill := range map[string]func(http.ResponseWriter, *http.Request){
				"broken":  func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) },
				"garbage": func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<html>")) },
				"wrong secret": func(rw http.ResponseWriter, _ *http.Request) {
					_, _ = rw.Write([]byte(`{"success":false,"error-codes":["invalid-input-secret"]}`))
				},
				"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			} {
				answer.Store(ill)
				refused(name)
				own := b.Get("/login")
				if data(own, "pieces") == "" || strings.Contains(own.Header.Get("Content-Security-Policy"), at) {
					t.Errorf("%s: browsers do not compute instead", name)
				}
				w.Clock.Advance(31 * time.Second)
			}
			if again := b.Get("/login"); data(again, "sitekey") == "" {
				t.Error("the service is not used again")
			}
			says(`{"success":true,%s}`, right)
			w.in(try("token-of-the-browser"))
			if strings.Contains(w.Log.String(), "canary-secret") {
				t.Error("the secret is in the log")
			}
		})
	}
}
