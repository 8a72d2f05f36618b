package modules

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// joinedBy signs somebody else in in a browser, next to who is there.
func (w *world) joinedBy(b *testkit.Browser, rp *testkit.RP) (email string, person *storage.Person) {
	w.t.Helper()
	email, person = w.somebody()
	p := b.Get(w.AuthURL(rp, "prompt", "select_account")).Submit("account", "other").SignIn(email, testkit.Password)
	w.ok(w.Redeem(rp, p.Allow().Params().Get("code")))
	return email, person
}

// toldOf is the sub that a client hears in a browser without a word to the person; "" for nobody.
func (w *world) toldOf(b *testkit.Browser, rp *testkit.RP) string {
	w.t.Helper()
	q := b.Get(w.AuthURL(rp, "prompt", "none")).Params()
	if q.Get("code") == "" {
		return ""
	}
	return w.ok(w.Userinfo(w.ok(w.Redeem(rp, q.Get("code"))).Text("access_token"))).Text("sub")
}

// Several people are signed in in one browser: a client hears of the one who was chosen, and each leaves alone.
func TestAccounts_Chooser(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp), w.email).Get("code")))
	second, _ := w.joinedBy(b, rp)
	if w.toldOf(b, rp) == w.person.Subject {
		t.Fatal("the first is told of still")
	}
	p := b.Get(w.AuthURL(rp, "prompt", "select_account"))
	if p.URL.Path != "/login/account" || !strings.Contains(p.Body, w.email) || !strings.Contains(p.Body, second) || !p.HasID("account-2") || p.HasID("account-3") {
		t.Fatalf("the chooser: %.800s", p.Body)
	}
	stale := p
	got := w.ok(w.Userinfo(w.ok(w.Redeem(rp, p.Submit("account", "2").Allow().Params().Get("code"))).Text("access_token")))
	if got.Text("sub") != w.person.Subject || w.toldOf(b, rp) != w.person.Subject {
		t.Error("another than the chosen one")
	}
	if r := stale.Submit("account", "2"); r.Status != http.StatusForbidden { // the list is another now
		t.Errorf("a stale list chose somebody: %d", r.Status)
	}
	p = b.Get("/login/account")
	if r := p.Submit("account", "7"); r.Status != http.StatusBadRequest {
		t.Errorf("an account that is not there: %d", r.Status)
	}
	p = p.Submit("sign_out", "2")
	if p.URL.Path != "/login/account" || p.HasID("account-2") || w.toldOf(b, rp) != w.person.Subject {
		t.Errorf("signing one out: %s", p.URL.Path)
	}
	if p = p.Submit("sign_out", "1"); !p.HasID("login-password") || w.toldOf(b, rp) != "" {
		t.Errorf("signing the last one out: %s", p.URL.Path)
	}
}

// Applications that hear of a sign-out in the browser hear of that of one account among several, and only they.
func TestAccounts_LeavingIsTold(t *testing.T) {
	w := alone(t, cheap)
	rp, told := w.Client(storage.ClientMetadata{}), w.fronted("https://suite.test/told")
	b := w.Browser()
	told.signIn(b)
	_, second := w.joinedBy(b, rp)
	p := b.Get("/login/account").Submit("sign_out", "2")
	if frames := framed(t, p); len(frames) != 1 || !strings.HasPrefix(frames[0], "https://suite.test/told?") {
		t.Errorf("frames %v on %s", frames, p.URL)
	}
	p = b.Get(hrefOf(p.Body, "leaving-next"))
	if p.URL.Path != "/login/account" || p.HasID("account-2") || w.toldOf(b, rp) != second.Subject {
		t.Errorf("it ends at %s", p.URL)
	}
	if p = p.Submit("sign_out", "1"); !p.HasID("login-password") || len(framed(t, p)) != 0 {
		t.Errorf("signing the last one out: %s %v", p.URL.Path, framed(t, p))
	}
}

// When the current account leaves, nobody takes its place by themselves: the next sign-in asks who.
func TestAccounts_NobodyMovesUp(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{PostLogoutRedirectURIs: []string{"https://rp.example/bye"}})
	b := w.Browser()
	first := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp), w.email).Get("code")))
	_, second := w.joinedBy(b, rp)
	b.Get("/oauth2/logout").Submit()
	if w.toldOf(b, rp) != "" {
		t.Fatal("somebody took the place of who signed out")
	}
	p := b.Get(w.AuthURL(rp))
	if p.URL.Path != "/login/account" || !strings.Contains(p.Body, w.email) {
		t.Fatalf("nobody is asked who: %s", p.URL.Path)
	}
	p.Submit("account", "1")
	if w.toldOf(b, rp) != w.person.Subject {
		t.Error("the chosen one is not signed in")
	}
	// A client ends the session of its own person, not of who is current (SE09).
	_, third := w.joinedBy(b, rp)
	q := b.Get("/oauth2/logout?id_token_hint=" + first.Text("id_token") + "&post_logout_redirect_uri=https://rp.example/bye")
	if q.Location == nil || !strings.HasPrefix(q.Location.String(), "https://rp.example/bye") {
		t.Fatalf("logout: %d %v", q.Status, q.Location)
	}
	if w.toldOf(b, rp) != third.Subject {
		t.Error("the wrong session ended")
	}
	if p := b.Get("/login/account"); strings.Contains(p.Body, w.email) || second.Subject == third.Subject {
		t.Error("whoever was signed out is among the accounts")
	}
}

// A request about one of them never answers for another (AZ27), and asks which.
func TestAZ27_SeveralAccounts(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	hint := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp), w.email).Get("code"))).Text("id_token")
	w.joinedBy(b, rp)
	if q := b.Get(w.AuthURL(rp, "prompt", "none", "id_token_hint", hint)).Params(); q.Get("error") != "login_required" {
		t.Errorf("%v", q)
	}
	p := b.Get(w.AuthURL(rp, "id_token_hint", hint))
	if p.URL.Path != "/login/account" {
		t.Fatalf("%s", p.URL.Path)
	}
	if r := p.Submit("account", "1"); r.Location != nil { // the current one is not who is asked for
		t.Errorf("answered for another: %v", r.Location)
	}
	sub := w.ok(w.Userinfo(w.ok(w.Redeem(rp, b.Get(w.AuthURL(rp, "id_token_hint", hint)).Submit("account", "2").Allow().Params().Get("code"))).Text("access_token"))).Text("sub")
	if sub != w.person.Subject {
		t.Error("another person than the hinted one")
	}
}

// Whoever may not sign in is no account of the browser (SE07), and one whose session is too old proves who they are.
func TestSE07_SeveralAccounts(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	b.Authorize(w.AuthURL(rp), w.email)
	w.joinedBy(b, rp)
	shown := b.Get("/login/account")
	w.must(w.App.Directory.SetState(t.Context(), w.App.Tenant, w.person.ID, storage.PersonDisabled, testkit.Operator()))
	if r := shown.Submit("account", "2"); r.Status == http.StatusOK && r.URL.Path == "/account" {
		t.Error("a disabled account was chosen")
	}
	if p := b.Get("/login/account"); strings.Contains(p.Body, w.email) {
		t.Error("a disabled account is shown")
	}
	w.Clock.Advance(10 * time.Minute)
	p := b.Get(w.AuthURL(rp, "prompt", "select_account", "max_age", "60")).Submit("account", "1")
	if !p.HasID("login-password") {
		t.Errorf("choosing an account passes for a fresh sign-in: %s", p.URL.Path)
	}
}

// Who is added beside others and shows a second factor leaves them signed in, too; "Not you?" adds nobody (SE01).
func TestAccounts_BesideBySecondFactor(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	email, person := w.somebody()
	own := w.Browser()
	own.Authorize(w.AuthURL(rp), email)
	key := own.AddApp()
	b.Authorize(w.AuthURL(rp), w.email)
	p := b.Get(w.AuthURL(rp, "prompt", "select_account")).Submit("account", "other").SignIn(email, testkit.Password).Factor("totp", key.Next())
	w.ok(w.Redeem(rp, p.Allow().Params().Get("code")))
	if w.toldOf(b, rp) != person.Subject {
		t.Error("the added one is not current")
	}
	if p := b.Get("/login/account"); !strings.Contains(p.Body, w.email) || !strings.Contains(p.Body, email) {
		t.Errorf("somebody is gone: %.600s", p.Body)
	}
	third, _ := w.somebody()
	w.ok(w.Redeem(rp, b.Get(w.AuthURL(rp, "prompt", "login")).Submit("identifier", third, "password", testkit.Password).Allow().Params().Get("code")))
	if p := b.Get("/login/account"); strings.Contains(p.Body, email) || !strings.Contains(p.Body, third) || !strings.Contains(p.Body, w.email) {
		t.Errorf("a sign-in over another's session added somebody: %.900s", p.Body)
	}
}
