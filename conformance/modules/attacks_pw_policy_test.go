package modules

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// jumble is a password of n letters that no list knows.
func jumble(n int) string {
	b, state := make([]byte, n), uint32(2463534242)
	for i := range b {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		b[i] = 'a' + byte(state%26)
	}
	return string(b)
}

// change fills in the form for a new password.
func change(b *testkit.Browser, current, next string) *testkit.Page {
	return b.Get("/account/password").Submit("current_password", current, "new_password", next)
}

// PW10: NIST SP 800-63B-4 section 3.1.1.2: length and a list, no composition, nothing cut off, every character allowed.
func TestPW10_Policy(t *testing.T) {
	w := alone(t, cheap, free)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	local, _, _ := strings.Cut(w.email, "@")
	for _, bad := range []string{
		jumble(14), "", "aaaaaaaaaaaaaaaaaaaa", "123456789012345678", "passwordpassword", "Password!!!!!!!!", "qwertyuiopqwertyuiop", "abcdefghijklmnopqrst",
		"mariaexample2026", "Example-Maria-1", local + local, local + "@example.org", "jedanjedanjedan1", strings.Repeat("ab", 10), jumble(257), "ＰＡＳＳＷＯＲＤpassword",
	} {
		var p *testkit.Page
		if n := w.hashed(func() { p = change(b, testkit.Password, bad) }); n != 0 || p.Status != http.StatusBadRequest || !strings.Contains(p.Body, `id="password-new-error"`) {
			t.Errorf("%q: %d with %d hashes: %.300s", bad, p.Status, n, p.Body)
		}
	}
	current := testkit.Password
	for name, c := range map[string]struct {
		next         string
		same, others []string
	}{
		"15 letters of one case": {jumble(15), nil, []string{jumble(14), strings.ToUpper(jumble(15)), jumble(15) + " "}},
		"64 characters":          {jumble(64), nil, []string{jumble(63), jumble(65)}},
		"256 characters":         {jumble(256), nil, []string{jumble(255), jumble(72), jumble(128)}},
		"spaces":                 {"  one fish  two fish ", nil, []string{"one fish  two fish", "  one fish two fish "}},
		"emoji":                  {"🌋🐌🍉🚲🎻🪁🧶🦔🍄🪐🎲🧭🪵🌵🥝", nil, []string{"🌋🐌🍉🚲🎻🪁🧶🦔🍄🪐🎲🧭🪵🌵", "🌋🐌🍉🚲🎻🪁🧶🦔🍄🪐🎲🧭🪵🌵🥥"}},
		"composed characters": {
			"b\u00f6se gr\u00fc\u00dfe \u00e9t\u00e9 17", []string{"bo\u0308se gru\u0308\u00dfe e\u0301te\u0301 17"}, []string{"bose gru\u00dfe ete 17"},
		},
		"ligatures stay": {"a\ufb03liated \ufb01sh market", nil, []string{"affiliated fish market"}},
	} {
		if p := change(b, current, c.next); p.Status != http.StatusOK || !p.HasID("password-home") {
			t.Fatalf("%s: refused: %d %.600s", name, p.Status, p.Body)
		}
		current = c.next
		for _, same := range append(c.same, c.next) {
			w.in(guess(w.Browser(), w.email, same))
		}
		for _, other := range c.others {
			w.wrong(guess(w.Browser(), w.email, other))
		}
	}
}

// PW10: the first administrator's password is judged by the same rules.
func TestPW10_PolicyAtSetup(t *testing.T) {
	w := alone(t, cheap)
	page := w.Browser().Get(w.setupLink())
	fill := func(password string) *testkit.Page {
		return page.Submit("email", "root@acme.test", "name", "Robin Root", "password", password)
	}
	for _, bad := range []string{jumble(14), "passwordpassword", "root@acme.test1", "RobinRoot-2026", jumble(257)} {
		var p *testkit.Page
		if n := w.hashed(func() { p = fill(bad) }); n != 0 || p.Status != http.StatusBadRequest || !p.HasID("setup-submit") {
			t.Errorf("%q: %d with %d hashes", bad, p.Status, n)
		}
	}
	if p := fill(jumble(15)); p.Status != http.StatusOK || p.HasID("setup-submit") {
		t.Errorf("a good one: %d %.400s", p.Status, p.Body)
	}
}

// PW10: password managers and paste work: nothing on the pages and in their script stands in the way.
func TestPW10_PasteAndManagers(t *testing.T) {
	w := open(t)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	w.passwordFields(w.Browser().Get("/login"), map[string]string{"login-identifier": "username webauthn", "login-password": "current-password"})
	w.passwordFields(b.Get("/account/password"), map[string]string{"password-current": "current-password", "password-new": "new-password"})
}

func (w *world) passwordFields(p *testkit.Page, want map[string]string) {
	w.t.Helper()
	w.elements(p.Body, func(n *html.Node) {
		if autocomplete, ours := want[attribute(n, "id")]; ours {
			if attribute(n, "autocomplete") != autocomplete || attribute(n, "maxlength") != "" {
				w.t.Errorf("%s: autocomplete %q, maxlength %q", attribute(n, "id"), attribute(n, "autocomplete"), attribute(n, "maxlength"))
			}
			delete(want, attribute(n, "id"))
		}
		if n.Data == "script" {
			if js := w.Get(attribute(n, "src")); js.Status != http.StatusOK || strings.Contains(js.Body, "paste") {
				w.t.Errorf("the script has to do with pasting: %d", js.Status)
			}
		}
	})
	if len(want) > 0 {
		w.t.Errorf("fields are missing: %v", want)
	}
}

// setupLink is a new one-time link, without the issuer.
func (w *world) setupLink() string {
	w.t.Helper()
	link, err := w.App.SetupLink(w.t.Context())
	w.must(err)
	if !strings.HasPrefix(link, w.URL+"/setup?token=") {
		w.t.Fatalf("the link leads to %.60s", link)
	}
	return strings.TrimPrefix(link, w.URL)
}

// PW11: a password of a kilobyte or a megabyte is refused before anything is hashed, at every place that takes one.
func TestPW11_LongPasswords(t *testing.T) {
	w := alone(t, cheap, free)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	machine := storage.ClientMetadata{GrantTypes: []string{"client_credentials"}, TokenEndpointAuthMethod: "client_secret_post"}
	slow := w.Client(machine, chosenSecret(jumble(40)))
	machine.TokenEndpointAuthMethod = "client_secret_basic"
	basic := w.Client(machine, chosenSecret(jumble(40)))
	forms := map[string]func(long string) *testkit.Answer{
		"login": func(long string) *testkit.Answer {
			return w.Browser().Get("/login").SubmitRaw("identifier", w.email, "password", long)
		},
		"login of nobody": func(long string) *testkit.Answer {
			return w.Browser().Get("/login").SubmitRaw("identifier", "nobody@example.org", "password", long)
		},
		"current password": func(long string) *testkit.Answer {
			return b.Get("/account/password").SubmitRaw("current_password", long, "new_password", jumble(20))
		},
		"new password": func(long string) *testkit.Answer {
			return b.Get("/account/password").SubmitRaw("current_password", testkit.Password, "new_password", long)
		},
		"set-up": func(long string) *testkit.Answer {
			return w.Browser().Get(w.setupLink()).SubmitRaw("email", "root@acme.test", "name", "Robin Root", "password", long)
		},
		"client secret": func(long string) *testkit.Answer {
			return w.Call("/oauth2/token", nil, url.Values{"grant_type": {"client_credentials"}, "client_id": {slow.ID}, "client_secret": {long}})
		},
		"client secret by Basic": func(long string) *testkit.Answer {
			return w.Call("/oauth2/token", &testkit.RP{ID: basic.ID, Secret: long}, url.Values{"grant_type": {"client_credentials"}})
		},
	}
	for name, send := range forms {
		for _, size := range []int{1100, 20_000, 1 << 20} {
			if size > 30_000 && name == "client secret by Basic" {
				continue // the header ends earlier: DS05
			}
			var a *testkit.Answer
			n := w.hashed(func() { a = send(strings.Repeat("x", size)) })
			if n != 0 || a.Status < 400 || a.Status > 499 || (size > 64<<10 && a.Status != http.StatusRequestEntityTooLarge) {
				t.Errorf("%s of %d bytes: %d with %d hashes", name, size, a.Status, n)
			}
		}
		if n := w.hashed(func() { send(jumble(200)) }); n == 0 && name != "new password" {
			t.Errorf("%s of 200 bytes is not even looked at", name)
		}
	}
	w.ok(w.Call("/oauth2/token", nil, url.Values{"grant_type": {"client_credentials"}, "client_id": {slow.ID}, "client_secret": {jumble(40)}}))
}
