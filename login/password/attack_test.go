package password

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
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

// PW11, DS05: sizes are refused before anything is hashed, the same for everybody.
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

// PW04: a stranger who uses up the account's allowance does not keep its own browser out, and that browser has an allowance of its own.
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

// A browser that knows one person has no privilege with another.
func TestADeviceKnowsOnlyItsOwnPeople(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	w.person("eve", "new:"+right)
	eve := w.browser(here)
	wantIn(t, eve.signIn("eve", right))
	for range 5 {
		wantWrong(t, eve.signIn("ann", "wrong"))
	}
	wantWrong(t, eve.signIn("ann", right))
	if w.refusedBy() != "account" {
		t.Errorf("row %q", w.refusedBy())
	}
}

// PW06, DS07: one address is bounded, an IPv6 /64 counts as one.
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

// Successes of an office behind one address cost no allowance, and one person's success forgives nobody else's failures.
func TestSuccessForgivesOnlyItself(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	for range 100 {
		wantIn(t, w.browser(here).signIn("ann", right))
	}
	for i := range 29 {
		wantWrong(t, w.browser(here).signIn("user"+strconv.Itoa(i), "p"+strconv.Itoa(i)))
	}
	wantIn(t, w.browser(here).signIn("ann", right))
	wantWrong(t, w.browser(here).signIn("someone", "p"))
	if rec := w.browser(here).signIn("ann", right); rec.Code != http.StatusTooManyRequests {
		t.Errorf("a success forgave the address: %d", rec.Code)
	}
}

// PW06: many addresses, many passwords.
func TestRowEveryone(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	own := w.browser(here)
	wantIn(t, own.signIn("ann", right))
	refused := 0
	for i := range 1000 {
		if rec := w.browser(addr(i)).signIn("user"+strconv.Itoa(i), "p"+strconv.Itoa(i)); rec.Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 400 || w.refusedBy() != "everyone" || w.hasher.count() != 601 {
		t.Errorf("%d refused by %q, %d hashes", refused, w.refusedBy(), w.hasher.count())
	}
	if w.store.count("login.failures") != 1 {
		t.Error("want one alarm")
	}
	wantIn(t, own.signIn("ann", right))
	w.clock.Add(3 * time.Second)
	wantIn(t, w.browser(addr(5000)).signIn("ann", right))
}

// PW03: waits grow, and during one the right password looks wrong.
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

// PW03: guesses in parallel are counted before they are judged.
func TestPW03ParallelGuesses(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	type try struct {
		b    *browser
		form url.Values
	}
	var tries []try
	for i := range 64 {
		b := w.browser(addr(i))
		tries = append(tries, try{b, b.form(b.flow(nil), "ann", "guess"+strconv.Itoa(i))})
	}
	var wg sync.WaitGroup
	for _, x := range tries {
		wg.Go(func() { x.b.post("/login", x.form) })
	}
	wg.Wait()
	limited := w.meter.counts["password!account_limit"]
	if judged := w.meter.counts["password!wrong"]; judged != 5 || limited != 59 {
		t.Errorf("%d judged, %d limited", judged, limited)
	}
}

// PW08: fields that are not ours do not make another bucket.
func TestPW08ExtraFieldsChangeNothing(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	for i := range 6 {
		b := w.browser(addr(i))
		form := b.form(b.flow(nil), "ann", "wrong")
		form.Set("email", strconv.Itoa(i)+"@x.test")
		form.Set("device", strconv.Itoa(i))
		wantWrong(t, b.post("/login", form))
	}
	if w.refusedBy() != "account" {
		t.Errorf("row %q", w.refusedBy())
	}
}

// PW06: one password at many accounts from many addresses.
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

// A request about one person is not met by another, and nobody is signed in by trying.
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

// DS01: a full queue answers 503 with a time, charges nobody and hashes nothing.
func TestDS01FullQueue(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	w.hasher.full = true
	for _, who := range []string{"ann", "nobody"} {
		for range 20 {
			rec := w.browser(here).signIn(who, "wrong")
			if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "2" {
				t.Fatalf("%d %v", rec.Code, rec.Header())
			}
			if !strings.Contains(rec.Body.String(), `name="password"`) {
				t.Error("not the sign-in page")
			}
		}
	}
	w.hasher.full = false
	for range 4 {
		wantWrong(t, w.browser(here).signIn("ann", "wrong"))
	}
	wantIn(t, w.browser(here).signIn("ann", right))
	if len(w.failures.all) != 4 {
		t.Errorf("%d failures counted", len(w.failures.all))
	}
}

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
