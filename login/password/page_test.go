package password

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func TestWithoutAFlowOneBeginsThatLeadsHome(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	rec := b.get("/login")
	to := rec.Header().Get("Location")
	if rec.Code != http.StatusSeeOther || !strings.HasPrefix(to, issuer+"/login?flow=") {
		t.Fatalf("%d %s", rec.Code, to)
	}
	sealed := strings.TrimPrefix(to, issuer+"/login?flow=")
	if rec := b.post("/login", b.form(sealed, "ann", right)); rec.Header().Get("Location") != issuer+"/" {
		t.Errorf("led to %s", rec.Header().Get("Location"))
	}
	if b.signedIn() == nil {
		t.Error("nobody is signed in")
	}
}

func TestStaleAndForeignFlowsShowNoForm(t *testing.T) {
	w := newWorld(t, Config{})
	b, other := w.browser(here), w.browser(here)
	sealed := b.flow(nil)
	for _, path := range []string{"/login?flow=", "/login/account?flow="} {
		if rec := other.get(path + sealed); rec.Code != http.StatusBadRequest || strings.Contains(rec.Body.String(), "login-password") {
			t.Errorf("%s foreign: %d", path, rec.Code)
		}
		if rec := b.get(path + "nonsense"); rec.Code != http.StatusBadRequest {
			t.Errorf("%s forged: %d", path, rec.Code)
		}
	}
	w.clock.Add(time.Hour)
	if rec := b.get("/login?flow=" + sealed); rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "Start again at") {
		t.Errorf("stale: %d", rec.Code)
	}
}

// PW01: the page before the attempt knows nobody either.
func TestThePageIsTheSameForEveryHint(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	known := b.get("/login?flow=" + b.flow(url.Values{"login_hint": {"ann"}})).Body.String()
	unknown := b.get("/login?flow=" + b.flow(url.Values{"login_hint": {"zzz"}})).Body.String()
	if !strings.Contains(known, `value="ann"`) || !strings.Contains(unknown, `value="zzz"`) || len(known) != len(unknown) {
		t.Errorf("%d and %d bytes", len(known), len(unknown))
	}
}

// WB02: what strangers send is escaped, and what cannot be an identifier is not shown.
func TestWB02HintsAreEscaped(t *testing.T) {
	w := newWorld(t, Config{})
	b := w.browser(here)
	attack := `"><script>alert(1)</script>`
	page := b.get("/login?flow=" + b.flow(url.Values{"login_hint": {attack}, "ui_locales": {"../../etc/passwd"}, "display": {attack}})).Body.String()
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "passwd") {
		t.Errorf("not escaped: %s", page)
	}
	for _, hint := range []string{"a\x1bb", strings.Repeat("a", 600)} {
		if page := b.get("/login?flow=" + b.flow(url.Values{"login_hint": {hint}})).Body.String(); strings.Contains(page, hint) {
			t.Errorf("hint shown: %q", hint)
		}
	}
	rec := b.signIn(attack, "wrong")
	if strings.Contains(rec.Body.String(), "<script>alert") {
		t.Error("the identifier is not escaped")
	}
}

func TestReauthenticationKeepsThePersonVisible(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	w.person("eve", "new:"+right)
	b := w.browser(here)
	wantIn(t, b.signIn("ann", right))
	for name, params := range map[string]url.Values{"prompt": {"prompt": {"login consent"}}, "max_age": {"max_age": {"0"}}} {
		sealed := b.flow(params)
		page := b.get("/login?flow=" + sealed).Body.String()
		if !strings.Contains(page, `value="ann@acme.test"`) || !strings.Contains(page, "readonly") || !strings.Contains(page, `id="step-back"`) {
			t.Errorf("%s: %s", name, page)
		}
		if page := b.get("/login?flow=" + sealed + "&step=back").Body.String(); strings.Contains(page, "ann@acme.test") || strings.Contains(page, "readonly") {
			t.Errorf("%s: stepping back shows %s", name, page)
		}
	}
	if page := b.get("/login?flow=" + b.flow(url.Values{"prompt": {"consent"}})).Body.String(); strings.Contains(page, "ann@acme.test") {
		t.Error("another account was asked for, and ann is filled in")
	}
	w.subject = "ann"
	if page := b.get("/login?flow=" + b.flow(nil)).Body.String(); !strings.Contains(page, "ann@acme.test") {
		t.Error("the request names ann, and she is not shown")
	}
	w.subject = "eve"
	if page := b.get("/login?flow=" + b.flow(url.Values{"prompt": {"login"}})).Body.String(); strings.Contains(page, "ann@acme.test") || strings.Contains(page, "eve@") {
		t.Error("somebody else's request shows a name")
	}
}

// prompt=login is met by a new authentication, in a new session.
func TestReauthenticationRenewsAuthTime(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	wantIn(t, b.signIn("ann", right))
	before := b.signedIn().Session
	w.clock.Add(10 * time.Minute)
	sealed := b.flow(url.Values{"prompt": {"login"}})
	wantWrong(t, b.post("/login", b.form(sealed, "ann", "wrong")))
	if cur := b.signedIn(); cur == nil || cur.Session.ID != before.ID {
		t.Error("a wrong password ended the session")
	}
	wantIn(t, b.post("/login", b.form(sealed, "ann", right)))
	if after := b.signedIn().Session; !after.AuthTime.After(before.AuthTime) || after.ID == before.ID {
		t.Errorf("auth_time %v after %v", after.AuthTime, before.AuthTime)
	}
}

func TestAccountChooser(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	sealed := b.flow(nil)
	if rec := b.get("/login/account?flow=" + sealed); rec.Header().Get("Location") != issuer+"/login?flow="+sealed {
		t.Errorf("nobody to choose: %s", rec.Header().Get("Location"))
	}
	wantIn(t, b.post("/login", b.form(sealed, "ann", right)))
	page := b.get("/login/account?flow=" + sealed)
	if !strings.Contains(page.Body.String(), `id="account-1"`) || !strings.Contains(page.Body.String(), "ann@acme.test") {
		t.Fatalf("chooser: %d %s", page.Code, page.Body)
	}
	form := url.Values{"flow": {sealed}, "csrf": {hidden(t, page.Body.String(), "csrf")}, "account": {"1"}}
	rec := b.post("/login/account", form)
	wantIn(t, rec)
	at, err := url.Parse(rec.Header().Get("Location"))
	must(t, err)
	fl, err := w.flows.Open(sealed, browserID(b))
	must(t, err)
	if _, err := w.flows.VerifyStep(at.Query().Get("step"), "account", fl.ID); err != nil {
		t.Errorf("step: %v", err)
	}
	if _, err := w.flows.VerifyStep(at.Query().Get("step"), "login", fl.ID); err == nil {
		t.Error("choosing an account passes for a sign-in")
	}
	form.Set("account", "other")
	to, err := url.Parse(b.post("/login/account", form).Header().Get("Location"))
	must(t, err)
	other, err := w.flows.Open(to.Query().Get("flow"), browserID(b))
	if err != nil || !other.Beside || other.ID != fl.ID || to.Path != "/login" || to.Query().Get("step") != "back" {
		t.Errorf("another account: %s %v", to, err)
	}
	for _, choice := range []string{"", "0", "2", "-1", "1e0"} {
		form.Set("account", choice)
		if rec := b.post("/login/account", form); rec.Code != http.StatusBadRequest {
			t.Errorf("account %q: %d", choice, rec.Code)
		}
	}
}

// A chooser that is older than the session would choose somebody who was not shown.
func TestTheChooserIsBoundToWhatItShowed(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	w.person("eve", "new:"+right)
	b := w.browser(here)
	wantIn(t, b.signIn("ann", right))
	sealed := b.flow(nil)
	token := hidden(t, b.get("/login/account?flow="+sealed).Body.String(), "csrf")
	wantIn(t, b.signIn("eve", right))
	for _, csrf := range []string{token, "", "made up"} {
		if rec := b.post("/login/account", url.Values{"flow": {sealed}, "csrf": {csrf}, "account": {"1"}}); rec.Code != http.StatusForbidden {
			t.Errorf("%q: %d", csrf, rec.Code)
		}
	}
}

// A person who is locked while they type does not get in.
func TestLockedMeanwhile(t *testing.T) {
	w := newWorld(t, Config{})
	p := w.person("ann", "new:"+right)
	b := w.browser(here)
	wantIn(t, b.signIn("ann", right))
	w.store.mu.Lock()
	p.State = storage.PersonLocked
	w.store.mu.Unlock()
	if b.signedIn() != nil {
		t.Error("still signed in")
	}
	wantWrong(t, b.signIn("ann", right))
}
