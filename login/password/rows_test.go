package password

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestRowCSRF(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b, other := w.browser(here), w.browser(here)
	foreign := other.form(other.flow(nil), "ann", right).Get("csrf")
	for name, token := range map[string][]string{"none": nil, "made up": {"AAAA"}, "another browser's": {foreign}} {
		form := b.form(b.flow(nil), "ann", right)
		form["csrf"] = token
		rec := b.post("/login", form)
		if rec.Code != http.StatusForbidden || b.signedIn() != nil || w.refusedBy() != "csrf" {
			t.Errorf("%s: %d, row %q", name, rec.Code, w.refusedBy())
		}
	}
	if w.hasher.count() != 0 || len(w.failures.all) != 0 {
		t.Error("a refused form was taken for an attempt")
	}
}

func TestRowFlow(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b, other := w.browser(here), w.browser(here)
	theirs := other.flow(nil)
	form := b.form(b.flow(nil), "ann", right)
	mine := form.Get("flow")
	for name, sealed := range map[string]string{"foreign": theirs, "forged": mine[:len(mine)-4] + "AAAA", "none": ""} {
		form.Set("flow", sealed)
		rec := b.post("/login", form)
		if rec.Code != http.StatusBadRequest || rec.Header().Get("Location") != "" || w.refusedBy() != "flow" {
			t.Errorf("%s: %d, row %q", name, rec.Code, w.refusedBy())
		}
		if name == "foreign" && !strings.Contains(rec.Body.String(), "https://acme.test/start") {
			t.Errorf("no way back to the application: %s", rec.Body)
		}
	}
	form.Set("flow", mine)
	w.clock.Add(2 * time.Hour)
	if rec := b.post("/login", form); rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "Acme Files") {
		t.Errorf("stale: %d %s", rec.Code, rec.Body)
	}
	if w.hasher.count() != 0 || b.signedIn() != nil {
		t.Error("something was tried")
	}
}

// DS01: a crowd is turned away before anybody is looked up, somebody like nobody, and no attempt is counted.
func TestRowRoom(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	w.hasher.long = true
	for _, identifier := range []string{"ann", "nobody"} {
		sealed := b.flow(nil)
		rec := b.post("/login", b.form(sealed, identifier, right))
		if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "2" || !strings.Contains(rec.Body.String(), "/login?flow="+sealed+`"`) {
			t.Errorf("%s: %d %q", identifier, rec.Code, rec.Header().Get("Retry-After"))
		}
	}
	if w.hasher.count() != 0 || len(w.failures.all) != 0 {
		t.Errorf("%d hashes, %d failures", w.hasher.count(), len(w.failures.all))
	}
	form := b.form(b.flow(nil), "ann", right)
	for _, forged := range []string{`"><script>`, "", strings.Repeat("a", 9000), "a b", "ä"} {
		form.Set("flow", forged)
		if body := b.post("/login", form).Body.String(); strings.Contains(body, "flow=") || strings.Contains(body, "<script>") || !strings.Contains(body, `/login"`) {
			t.Errorf("%.20q goes into the page", forged)
		}
	}
	w.hasher.long = false
	wantIn(t, b.signIn("ann", right))
}

func TestRowForm(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	for _, identifier := range []string{"ann", "nobody"} {
		for name, c := range map[string]struct {
			identifier, pw string
			status         int
		}{
			"no password":     {identifier, "", 400},
			"no identifier":   {"", right, 400},
			"1 KB password":   {identifier, strings.Repeat("x", 1025), 413},
			"300 runes":       {identifier, strings.Repeat("ä", 300), 413},
			"100 KB password": {identifier, strings.Repeat("x", 100<<10), 413},
			"long identifier": {strings.Repeat("a", 513), right, 413},
		} {
			if rec := b.post("/login", b.form(b.flow(nil), c.identifier, c.pw)); rec.Code != c.status {
				t.Errorf("%s: %d, want %d", name, rec.Code, c.status)
			}
		}
	}
	if w.hasher.count() != 0 || len(w.failures.all) != 0 {
		t.Errorf("%d hashes, %d failures", w.hasher.count(), len(w.failures.all))
	}
	if rec := b.post("/login", b.form(b.flow(nil), "ann", "")); !strings.Contains(rec.Body.String(), `value="ann"`) {
		t.Error("the identifier was not kept")
	}
}

func TestRowPerson(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	wantWrong(t, w.browser(here).signIn("nobody", right))
	if w.refusedBy() != "person" || w.failures.all[0].Reason != "unknown" || !w.failures.all[0].Person.IsZero() {
		t.Errorf("row %q, %+v", w.refusedBy(), w.failures.all)
	}
	wantIn(t, w.browser(here).signIn("ANN", right))
	w.store.down = true
	if rec := w.browser(here).signIn("ann", right); rec.Code != http.StatusInternalServerError || w.hasher.count() != 2 {
		t.Errorf("database away: %d", rec.Code)
	}
}

func TestRowDevice(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	own := w.browser(here)
	wantIn(t, own.signIn("ann", right))
	for i := range 40 { // from the same address as well
		w.browser(addr(i)).signIn("ann", "wrong")
		w.browser(here).signIn("ann", "wrong"+strconv.Itoa(i))
	}
	wantWrong(t, w.browser(addr(99)).signIn("ann", right))
	wantIn(t, own.signIn("ann", right))

	for range 10 {
		wantWrong(t, own.signIn("ann", "wrong"))
	}
	before := w.hasher.count()
	wantWrong(t, own.signIn("ann", right))
	if w.refusedBy() != "device" || w.hasher.count() != before+1 {
		t.Errorf("row %q", w.refusedBy())
	}
	w.clock.Add(31 * time.Second)
	wantIn(t, own.signIn("ann", right))
}

func TestRowAddress(t *testing.T) {
	w := newWorld(t, Config{Everyone: login.Allowance{Free: 1000, First: time.Second, Longest: time.Second, Leak: time.Second}})
	w.person("ann", "new:"+right)
	own := w.browser("[2001:db8:1:1::1]:9")
	wantIn(t, own.signIn("ann", right))
	for i := range 30 {
		wantWrong(t, w.browser(fmt.Sprintf("[2001:db8:1:1::%x]:9", i+2)).signIn("user"+strconv.Itoa(i), "p"+strconv.Itoa(i)))
	}
	before := w.hasher.count()
	rec := w.browser("[2001:db8:1:1::ffff]:9").signIn("ann", right)
	if rec.Code != http.StatusTooManyRequests || rec.Header().Get("Retry-After") == "" || w.refusedBy() != "address" {
		t.Fatalf("%d, row %q", rec.Code, w.refusedBy())
	}
	if w.hasher.count() != before {
		t.Error("a throttled address still makes us hash")
	}
	if w.meter.counts["login.failures@warning"] != 1 || w.store.count("login.failures") != 1 {
		t.Errorf("want one alarm: %v", w.meter.counts)
	}
	wantIn(t, own.signIn("ann", right))
	wantIn(t, w.browser("[2001:db8:1:2::1]:9").signIn("ann", right))
	w.clock.Add(time.Minute)
	wantIn(t, w.browser("[2001:db8:1:1::ffff]:9").signIn("ann", right))
}

func TestRowEveryone(t *testing.T) {
	w := newWorld(t, Config{Everyone: login.Allowance{Free: 60}})
	w.person("ann", "new:"+right)
	own := w.browser(here)
	wantIn(t, own.signIn("ann", right))
	refused := 0
	for i := range 100 {
		if rec := w.browser(addr(i)).signIn("user"+strconv.Itoa(i), "p"+strconv.Itoa(i)); rec.Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 40 || w.refusedBy() != "everyone" || w.hasher.count() != 61 {
		t.Errorf("%d refused by %q, %d hashes", refused, w.refusedBy(), w.hasher.count())
	}
	if w.store.count("login.failures") != 1 {
		t.Error("want one alarm")
	}
	wantIn(t, own.signIn("ann", right))
	w.clock.Add(3 * time.Second)
	wantIn(t, w.browser(addr(5000)).signIn("ann", right))
}

func TestRowAccount(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	n := 0
	try := func(pw string) *httptest.ResponseRecorder {
		n++
		return w.browser(addr(n)).signIn("ann", pw)
	}
	for range 5 {
		wantWrong(t, try("wrong"))
	}
	wantWrong(t, try(right))
	if w.refusedBy() != "account" || w.store.count("login.failures") != 1 || w.store.events[len(w.store.events)-1].Target == "" {
		t.Errorf("row %q, %d alarms", w.refusedBy(), w.store.count("login.failures"))
	}
	w.clock.Add(31 * time.Second)
	wantWrong(t, try("wrong"))
	w.clock.Add(31 * time.Second)
	wantWrong(t, try(right)) // the wait has doubled
	w.clock.Add(31 * time.Second)
	wantIn(t, try(right))
	for range 5 { // a success starts a new series
		wantWrong(t, try("wrong"))
	}
	wantWrong(t, try(right))
}

func TestRowSpray(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("victim", "new:Summer2026 Summer2026")
	w.person("healthy", "new:"+right)
	for i := range 20 {
		wantWrong(t, w.browser(addr(i)).signIn("user"+strconv.Itoa(i), "Summer2026 Summer2026"))
	}
	wantWrong(t, w.browser(addr(1000)).signIn("victim", "Summer2026 Summer2026"))
	if w.refusedBy() != "spray" || w.store.count("login.failures") != 1 {
		t.Errorf("row %q, %d alarms", w.refusedBy(), w.store.count("login.failures"))
	}
	wantIn(t, w.browser(addr(1001)).signIn("healthy", right))
	w.clock.Add(2 * time.Hour)
	wantIn(t, w.browser(addr(1002)).signIn("victim", "Summer2026 Summer2026"))
}

func TestRowCredential(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("social", "")
	wantWrong(t, w.browser(here).signIn("social", right))
	if w.refusedBy() != "credential" || w.failures.all[0].Reason != "no_password" {
		t.Errorf("row %q, %+v", w.refusedBy(), w.failures.all)
	}
}

func TestRowState(t *testing.T) {
	w := newWorld(t, Config{})
	for _, state := range []storage.PersonState{storage.PersonLocked, storage.PersonDisabled, "", "made up"} {
		w.person("ann", "new:"+right).State = state
		wantWrong(t, w.browser(here).signIn("ann", right))
		if w.refusedBy() != "state" {
			t.Errorf("%q: row %q", state, w.refusedBy())
		}
	}
}

func TestRowPassword(t *testing.T) {
	w := newWorld(t, Config{})
	p := w.person("ann", "new:"+right)
	b := w.browser(here)
	wantWrong(t, b.signIn("ann", "wrong"))
	if w.refusedBy() != "password" || w.failures.all[0].Person != p.ID || w.failures.all[0].IP.String() != "192.0.2.1" || b.signedIn() != nil {
		t.Errorf("row %q, %+v", w.refusedBy(), w.failures.all)
	}
}

func TestRowSubject(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	w.person("eve", "new:"+right)
	w.subject = "ann"
	b := w.browser(here)
	rec := b.signIn("eve", right)
	if rec.Code != http.StatusForbidden || b.signedIn() != nil || w.refusedBy() != "subject" {
		t.Fatalf("%d, row %q", rec.Code, w.refusedBy())
	}
	wantWrong(t, b.signIn("eve", "wrong")) // no oracle without the password
	if w.refusedBy() != "password" {
		t.Errorf("row %q", w.refusedBy())
	}
	wantIn(t, b.signIn("ann", right))
}
