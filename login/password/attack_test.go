package password

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	right = "correct horse battery"
	here  = "192.0.2.1:1000"
)

// addr is the n-th of many addresses.
func addr(n int) string { return fmt.Sprintf("10.%d.%d.%d:1", n>>16&255, n>>8&255, n&255) }

func wantIn(t *testing.T, rec *httptest.ResponseRecorder) {
	t.Helper()
	if rec.Code != http.StatusSeeOther || !strings.HasPrefix(rec.Header().Get("Location"), issuer+"/oauth2/authorize?flow=") {
		t.Fatalf("not signed in: %d %s %s", rec.Code, rec.Header().Get("Location"), rec.Body)
	}
}

func wantWrong(t *testing.T, rec *httptest.ResponseRecorder) {
	t.Helper()
	if rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), "do not go together") {
		t.Fatalf("not the uniform refusal: %d %s", rec.Code, rec.Body)
	}
	if rec.Header().Get("Location") != "" || rec.Header().Get("Retry-After") != "" {
		t.Fatalf("headers say more: %v", rec.Header())
	}
}

// refusedBy is the row that the last refusal in the log names.
func (w *world) refusedBy() string {
	w.t.Helper()
	name := ""
	for line := range strings.SplitSeq(w.log.String(), "\n") {
		var rec struct{ Msg, Table, Check, Error_id string } //nolint:revive // the log's key
		if json.Unmarshal([]byte(line), &rec) == nil && rec.Msg == "request refused" {
			if rec.Table != "sign-in" || len(rec.Error_id) != 32 {
				w.t.Errorf("record: %s", line)
			}
			name = rec.Check
		}
	}
	return name
}

func TestSignInLeadsBackToTheDispatcherWithAStep(t *testing.T) {
	w := newWorld(t, Config{})
	p := w.person("ann", "new:"+right)
	b := w.browser(here)
	sealed := b.flow(nil)
	rec := b.post("/login", b.form(sealed, "ann", right))
	wantIn(t, rec)
	at, err := url.Parse(rec.Header().Get("Location"))
	must(t, err)
	if at.Query().Get("flow") != sealed {
		t.Error("another flow came back")
	}
	fl, err := w.flows.Open(sealed, browserID(b))
	must(t, err)
	step, err := w.flows.VerifyStep(at.Query().Get("step"), "login", fl.ID)
	must(t, err)
	cur := b.signedIn()
	if cur == nil || step.Person != p.ID || step.Session != cur.Session.ID || cur.Session.ACR != "1" || cur.Session.AMR[0] != "pwd" {
		t.Errorf("step %+v, session %+v", step, cur)
	}
	if w.store.count("user.login") != 1 || w.meter.counts["password/success"] != 1 || w.hasher.count() != 1 {
		t.Error("event, count or hash missing")
	}
	if w.log.Len() != 0 {
		t.Errorf("a success was logged as a refusal: %s", w.log)
	}
}

func browserID(b *browser) [16]byte {
	r := httptest.NewRequestWithContext(b.w.t.Context(), http.MethodGet, issuer, nil)
	r.AddCookie(&http.Cookie{Name: "jedan-browser", Value: b.cookies["jedan-browser"]})
	return b.w.sessions.Browser(httptest.NewRecorder(), r).ID
}

// SE01: the session before a sign-in is dead after it, also for the same person.
func TestSE01SignInReplacesTheSession(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	wantIn(t, b.signIn("ann", right))
	old, first := b.cookies["jedan-session"], b.signedIn()
	wantIn(t, b.signIn("ann", right))
	if second := b.signedIn(); second == nil || second.Session.ID == first.Session.ID {
		t.Fatal("the session was not renewed")
	}
	b.cookies["jedan-session"] = old
	if b.signedIn() != nil {
		t.Error("the old cookie still works")
	}
}

// SE02: forms that did not come from our page in this browser.
// SE02: the browser says where the form came from.
func TestSE02ForeignOrigin(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	form := b.form(b.flow(nil), "ann", right)
	for _, origin := range []string{"", "https://evil.test", "null"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, issuer+"/login", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if rec := b.do(r); rec.Code != http.StatusForbidden || b.signedIn() != nil {
			t.Errorf("origin %q: %d", origin, rec.Code)
		}
	}
}

// PW11, DS05: sizes are refused before anything is hashed, the same for everybody.
// PW01: whatever is wrong, the answer and the work are the same; only the log tells.
func TestPW01UniformAnswers(t *testing.T) {
	w := newWorld(t, Config{Account: login.Allowance{Free: 3, First: time.Hour, Longest: time.Hour, Leak: time.Hour}})
	w.person("aa", "new:"+right)
	w.person("bb", "new:"+right).State = storage.PersonLocked
	w.person("cc", "new:"+right).State = storage.PersonDisabled
	w.person("dd", "")
	w.person("ee", "new:"+right)
	b := w.browser(here)
	for range 3 {
		wantWrong(t, b.signIn("ee", "wrong"))
	}
	rows := map[string][2]string{
		"wrong": {"aa", "wrong horse battery??"}, "locked": {"bb", right}, "disabled": {"cc", right}, "no password": {"dd", right},
		"throttled": {"ee", right}, "unknown": {"zz", right},
	}
	checks := map[string]string{"wrong": "password", "locked": "state", "disabled": "state", "no password": "credential",
		"throttled": "account", "unknown": "person"}
	sealed := b.flow(nil)
	form := b.form(sealed, "", "")
	var first *httptest.ResponseRecorder
	for name, who := range rows {
		form.Set("identifier", who[0])
		form.Set("password", who[1])
		before := w.hasher.count()
		rec := b.post("/login", form)
		wantWrong(t, rec)
		if n := w.hasher.count() - before; n != 1 {
			t.Errorf("%s: %d hashes", name, n)
		}
		if w.refusedBy() != checks[name] {
			t.Errorf("%s: refused by %q", name, w.refusedBy())
		}
		if first == nil {
			first = rec
			continue
		}
		same := strings.ReplaceAll(rec.Body.String(), idOf(rec), "") == strings.ReplaceAll(first.Body.String(), idOf(first), "")
		if !same || fmt.Sprint(rec.Header()) != fmt.Sprint(first.Header()) || rec.Body.Len() != first.Body.Len() {
			t.Errorf("%s: differs\n%v\n%v", name, rec.Header(), first.Header())
		}
	}
	if b.signedIn() != nil || w.store.count("user.login") != 0 {
		t.Error("somebody got in")
	}
	if strings.Contains(w.log.String(), right) || strings.Contains(w.log.String(), "wrong horse") || strings.Contains(w.log.String(), `"zz"`) {
		t.Error("the log repeats what was typed")
	}
}

func idOf(rec *httptest.ResponseRecorder) string {
	for _, id := range []string{"aa", "bb", "cc", "dd", "ee", "zz"} {
		if attr := `value="` + id + `"`; strings.Contains(rec.Body.String(), attr) {
			return attr
		}
	}
	return ""
}

// PW04: a stranger who uses up the account's allowance does not keep its own browser out, and that browser has an allowance of its own.
// A browser that knows one person has no privilege with another.
// PW06, DS07: one address is bounded, an IPv6 /64 counts as one.
// Successes of an office behind one address cost no allowance, and one person's success forgives nobody else's failures.
// PW06: many addresses, many passwords.
// PW03: waits grow, and during one the right password looks wrong.
// PW03: guesses in parallel are counted before they are judged.
// PW08: fields that are not ours do not make another bucket.
// PW06: one password at many accounts from many addresses.
// A request about one person is not met by another, and nobody is signed in by trying.
// DS01: a full queue answers 503 with a time, charges nobody and hashes nothing.
func TestOldHashesAreRenewed(t *testing.T) {
	w := newWorld(t, Config{})
	p := w.person("ann", "old:"+right)
	wantWrong(t, w.browser(here).signIn("ann", "wrong"))
	w.hasher.broken = true
	wantIn(t, w.browser(here).signIn("ann", right)) // no room to renew: no harm
	w.hasher.broken = false
	if w.hasher.renewed != 0 || p.PasswordHash != "old:"+right {
		t.Fatal("renewed without the password, or half")
	}
	wantIn(t, w.browser(here).signIn("ann", right))
	if p.PasswordHash != "new:"+right || w.hasher.renewed != 1 {
		t.Errorf("not renewed: %s", p.PasswordHash)
	}
	wantIn(t, w.browser(here).signIn("ann", right))
	if w.hasher.renewed != 1 {
		t.Error("renewed again")
	}
}

// PW07: headers that a stranger sends do not make another address.
