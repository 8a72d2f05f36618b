package modules

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// PW03: waits grow, during one the right password looks wrong, and at most a hundred guesses in a row are judged.
func TestPW03_BruteForce(t *testing.T) {
	w := alone(t, cheap)
	b := w.Browser()
	for range 5 {
		w.row("password", func() { w.wrong(guess(b, w.email, "a wrong password")) })
	}
	during := func(ahead time.Duration) {
		w.Clock.Advance(ahead)
		var a, z *testkit.Page
		w.row("account", func() {
			if n := w.hashed(func() { a = guess(b, w.email, testkit.Password) }); n != 1 {
				t.Errorf("%d hashes during a wait", n)
			}
		})
		z = guess(b, w.email, "a wrong password")
		w.wrong(a)
		if !sameWithoutFlow(shape(a, formFlow(t, a)), shape(z, formFlow(t, z))) {
			t.Errorf("the right password shows:\n%s\n---\n%s", a.Body, z.Body)
		}
	}
	during(0)
	w.Clock.Advance(31 * time.Second)
	w.row("password", func() { w.wrong(guess(b, w.email, "a wrong password")) })
	during(31 * time.Second) // the wait has doubled
	judged := 6
	for range 160 { // an hour is the longest wait before the hundredth
		w.Clock.Advance(time.Hour + time.Second)
		mark := w.Log.Mark()
		w.wrong(guess(b, w.email, "a wrong password"))
		if rows := w.Log.Refused(mark); len(rows) > 0 && rows[0] == "password" {
			judged++
		}
	}
	if judged < 90 || judged > 108 { // one is forgotten a day, and those beyond a hundred wait a day each
		t.Errorf("%d guesses in %d hours were judged", judged, 160)
	}
	during(0)
	w.Clock.Advance(25 * time.Hour) // no wait is for ever
	w.in(guess(b, w.email, testkit.Password))
	w.row("password", func() { w.wrong(guess(w.Browser(), w.email, "a wrong password")) }) // a success ends the series
}

// formFlow is the sealed flow in a page's form.
func formFlow(t *testing.T, p *testkit.Page) string {
	t.Helper()
	_, form := p.Form()
	if form.Get("flow") == "" {
		t.Fatal("no flow on the page")
	}
	return form.Get("flow")
}

// PW03: guesses in parallel are counted before they are judged.
func TestPW03_ParallelGuesses(t *testing.T) {
	w := alone(t, cheap, proxied)
	const guesses = 40
	pages := make([]*testkit.Page, guesses)
	for i := range pages {
		b, _ := w.at(fmt.Sprintf("192.0.2.%d", i+1))
		pages[i] = b.Get("/login")
	}
	mark := w.Log.Mark()
	done := make(chan *testkit.Page, guesses)
	for i, p := range pages {
		go func() { done <- p.Submit("identifier", w.email, "password", fmt.Sprintf("guess number %d", i)) }()
	}
	for range guesses {
		w.wrong(<-done)
	}
	judged := 0
	for _, row := range w.Log.Refused(mark) {
		if row == "password" {
			judged++
		}
	}
	if judged != 5 {
		t.Errorf("%d of %d guesses in parallel were judged", judged, guesses)
	}
}

// PW04: whoever burns a person's attempts does not lock the person out of a browser that they have used, and nobody out for ever.
func TestPW04_LockoutIsNoWeapon(t *testing.T) {
	w := alone(t, cheap, proxied)
	other, _ := w.somebody()
	own, _ := w.at("192.0.2.1")
	w.in(guess(own, w.email, testkit.Password))
	stranger, where := w.at("192.0.2.1") // in the same café
	w.in(guess(stranger, other, testkit.Password))
	for i := range 60 {
		if i > 20 {
			where.move(fmt.Sprintf("198.51.100.%d", i))
		}
		guess(stranger, w.email, fmt.Sprintf("guess number %d", i))
	}
	where.move("203.0.113.9")
	w.row("account", func() { w.wrong(guess(stranger, w.email, testkit.Password)) })
	w.alarmed("account", 1)

	// The cookie that makes a browser known is signed and says for whom: neither a changed one nor another person's helps.
	known := own.Jar.Cookies(w.issuer())
	carrying := func(edit func(string) string) *testkit.Browser {
		b, _ := w.at("203.0.113.10")
		for _, c := range known {
			if c.Name == "jedan-browser" {
				b.Jar.SetCookies(w.issuer(), []*http.Cookie{{Name: c.Name, Value: edit(c.Value), Path: "/"}})
			}
		}
		return b
	}
	w.row("account", func() { w.wrong(guess(carrying(flip), w.email, testkit.Password)) })
	w.in(guess(carrying(strings.Clone), w.email, testkit.Password))
	w.in(guess(own, w.email, testkit.Password))
	// The known browser has an allowance too.
	for range 10 {
		w.row("password", func() { w.wrong(guess(own, w.email, "a wrong password")) })
	}
	w.row("device", func() { w.wrong(guess(own, w.email, testkit.Password)) })
	w.Clock.Advance(2 * time.Hour)
	w.in(guess(own, w.email, testkit.Password))
	// A new device gets in once the wait is over: it is never longer than an hour for so few guesses.
	device, _ := w.at("203.0.113.11")
	w.in(guess(device, w.email, testkit.Password))
}

// flip changes one bit in the middle of a cookie.
func flip(value string) string {
	b := []byte(value)
	if i := len(b) / 2; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

// PW06: one password at a thousand accounts, from one address and then from a thousand.
func TestPW06_Spraying(t *testing.T) {
	w := alone(t, cheap, proxied)
	healthy, _ := w.at("192.0.2.200")
	w.in(guess(healthy, w.email, testkit.Password))
	victim, _ := w.somebody() // has the password that is tried everywhere
	attacker, where := w.at("192.0.2.200")
	page := attacker.Get("/login")
	refused := 0
	hashes := w.hashed(func() {
		for i := range 1000 {
			p := page.Submit("identifier", fmt.Sprintf("user%d@example.org", i), "password", "Autumn2026Autumn2026")
			if p.Status == http.StatusTooManyRequests && p.Header.Get("Retry-After") != "" {
				refused++
			}
		}
	})
	if hashes > 32 || refused != 1000-hashes {
		t.Errorf("one address: %d of 1000 were judged, %d refused", hashes, refused)
	}
	w.alarmed("address", 1)
	w.in(guess(healthy, w.email, testkit.Password)) // same address, known browser

	mark, refused := w.Log.Mark(), 0
	hashes = w.hashed(func() {
		for i := range 1000 {
			where.move(fmt.Sprintf("10.0.%d.%d", i/250, i%250+1))
			identifier := fmt.Sprintf("other%d@example.org", i)
			if i == 300 {
				identifier = victim
			}
			if p := page.Submit("identifier", identifier, "password", testkit.Password); p.Status == http.StatusTooManyRequests {
				refused++
			} else {
				w.wrong(p)
			}
		}
	})
	judged := 0
	for _, row := range w.Log.Refused(mark) {
		if row == "person" {
			judged++ // nobody of that name; the limit had not bitten
		}
	}
	if hashes > 640 || refused != 1000-hashes || judged < 20 {
		t.Errorf("many addresses: %d hashes, %d refused, %d names looked at", hashes, refused, judged)
	}
	w.alarmed("spray", 2) // one for each password
	w.alarmed("everyone", 1)
	w.in(guess(healthy, w.email, testkit.Password))
	w.Clock.Advance(3 * time.Hour)
	fresh, _ := w.at("192.0.2.77")
	w.in(guess(fresh, victim, testkit.Password))
}

// PW07: headers of a stranger make no other address, and what a proxy sends that cannot be read frees nobody from a limit.
func TestPW07_ClientAddress(t *testing.T) {
	spoofs := []func(h http.Header, i int){
		func(h http.Header, i int) { h.Set("X-Forwarded-For", fmt.Sprintf("10.1.1.%d", i)) },
		func(h http.Header, i int) { h.Set("Forwarded", fmt.Sprintf("for=10.1.1.%d", i)) },
		func(h http.Header, i int) { h.Set("X-Real-IP", fmt.Sprintf("10.1.1.%d", i)) },
		func(h http.Header, i int) { h.Set("CF-Connecting-IP", fmt.Sprintf("10.1.1.%d", i)) },
		func(h http.Header, i int) { h.Set("True-Client-IP", fmt.Sprintf("10.1.1.%d", i)) },
		func(h http.Header, i int) { h.Set("X-Client-IP", fmt.Sprintf("10.1.1.%d", i)) },
	}
	unreadable := []func(h http.Header, i int){
		func(h http.Header, _ int) { h.Set("X-Forwarded-For", "a") },
		func(h http.Header, _ int) { h.Set("X-Forwarded-For", "") },
		func(h http.Header, i int) {
			h.Set("X-Forwarded-For", fmt.Sprintf("10.1.1.%d, %s", i, strings.Repeat("9", 10<<10)))
		},
		func(h http.Header, i int) { h.Set("X-Forwarded-For", fmt.Sprintf("10.1.1.%d, fe80::%x%%eth0", i, i)) },
		func(h http.Header, i int) { h.Set("X-Forwarded-For", fmt.Sprintf("10.1.1.%d, unknown", i)) },
		func(h http.Header, i int) { h.Set("X-Forwarded-For", fmt.Sprintf("10.1.1.%d,", i)) },
		func(h http.Header, i int) { h.Set("Forwarded", fmt.Sprintf("for=10.1.1.%d", i)) },
	}
	for name, c := range map[string]struct {
		options []testkit.Option
		spoofs  []func(h http.Header, i int)
	}{
		"no proxy is trusted":     {[]testkit.Option{cheap}, spoofs},
		"another proxy is":        {[]testkit.Option{cheap, func(c *app.Config) { c.Proxies = []string{"192.0.2.0/24"} }}, spoofs},
		"a trusted one is broken": {[]testkit.Option{cheap, proxied}, unreadable},
	} {
		t.Run(name, func(t *testing.T) {
			w := alone(t, c.options...)
			i := 0
			b := w.sending(func(r *http.Request) { c.spoofs[i%len(c.spoofs)](r.Header, i) })
			page := b.Get("/login")
			refused := 0
			for ; i < 60; i++ {
				if p := page.Submit("identifier", fmt.Sprintf("user%d@example.org", i), "password", fmt.Sprintf("password number %d", i)); p.Status == http.StatusTooManyRequests {
					refused++
				}
			}
			if refused != 30 {
				t.Errorf("%d of 60 attempts were throttled, want 30", refused)
			}
			w.alarmed("address", 1)
			for _, e := range w.alarms() {
				if e.Reason == "address_limit" {
					if d := w.detail(e); d.IP.String() != "127.0.0.1" {
						t.Errorf("the event says %s", d.IP)
					}
				}
			}
		})
	}
}

// PW07: behind a trusted proxy the rightmost address that is no proxy counts, whatever the client has put before it.
func TestPW07_TrustedProxy(t *testing.T) {
	w := alone(t, cheap, proxied)
	i, client := 0, "198.51.100.7"
	b := w.sending(func(r *http.Request) {
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.1.1.%d, %s, 127.0.0.9", i, client))
	})
	page := b.Get("/login")
	try := func() int {
		i++
		return page.Submit("identifier", fmt.Sprintf("user%d@example.org", i), "password", fmt.Sprintf("password number %d", i)).Status
	}
	for range 30 {
		if s := try(); s != http.StatusForbidden {
			t.Fatalf("attempt %d: %d", i, s)
		}
	}
	if s := try(); s != http.StatusTooManyRequests {
		t.Errorf("attempt %d: %d", i, s)
	}
	client = "198.51.100.8"
	if s := try(); s != http.StatusForbidden {
		t.Errorf("another client of the same proxy: %d", s)
	}
}

// PW08: fields that are not ours, other spellings of the name and other fields of the request make no other bucket.
func TestPW08_LimitsAreNotKeyedByTheBody(t *testing.T) {
	w := alone(t, cheap, proxied)
	b, where := w.at("192.0.2.1")
	page := b.Get("/login")
	spellings := []string{w.email, strings.ToUpper(w.email), " " + w.email, w.email + " ", strings.Replace(w.email, "p", "ｐ", 1), "Person" + w.email[6:]}
	judged := 0
	for i := range 12 {
		where.move(fmt.Sprintf("192.0.2.%d", i+1))
		mark := w.Log.Mark()
		w.wrong(page.Submit("identifier", spellings[i%len(spellings)], "password", fmt.Sprintf("password number %d", i),
			"email", fmt.Sprintf("other%d@example.org", i), "username", fmt.Sprint(i), "device", fmt.Sprint(i), "X-Forwarded-For", fmt.Sprint(i)))
		if rows := w.Log.Refused(mark); rows[0] == "password" {
			judged++
		}
	}
	if judged != 5 {
		t.Errorf("%d guesses at one account were judged", judged)
	}

	own, _ := w.at("203.0.113.1")
	other, _ := w.somebody()
	w.in(guess(own, other, testkit.Password))
	change := own.Get("/account/password")
	for i := range 14 {
		p := change.Submit("current_password", "a wrong password", "new_password", "quite another password entirely", "email", fmt.Sprint(i), "username", fmt.Sprint(i), "id", fmt.Sprint(i))
		if want := http.StatusForbidden; i < 10 && p.Status != want || i >= 10 && p.Status != http.StatusTooManyRequests {
			t.Errorf("change of password, guess %d: %d", i+1, p.Status)
		}
	}
	w.Clock.Advance(time.Hour)
	if p := change.Submit("current_password", testkit.Password, "new_password", "quite another password entirely"); p.Status != http.StatusOK {
		t.Errorf("the right password after the wait: %d %s", p.Status, p.Body)
	}
}
