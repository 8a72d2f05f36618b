package modules

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const nextPassword = "a phrase of their own choosing"

// require asks a person for actions, as an operator does.
func (w *world) require(p *storage.Person, names ...string) {
	w.t.Helper()
	_, err := w.App.Directory.Require(w.t.Context(), w.App.Tenant, p.ID, directory.Requirements{Ask: names}, testkit.Operator())
	w.must(err)
}

// mustFirst wants the page for an action, and that no client has heard anything.
func (w *world) mustFirst(p *testkit.Page, action string) {
	w.t.Helper()
	_, form := p.Form()
	if p.Location != nil || p.URL.Path != "/login/required" || form.Get("action") != action {
		w.t.Fatalf("%s was to be asked for: status %d on %s, form %v, location %v\n%.300s", action, p.Status, p.URL.Path, form.Get("action"), p.Location, p.Body)
	}
}

// shut wants that a browser gets nothing that acts for its person: no answer for a client, and no page behind the gate.
func (w *world) shut(b *testkit.Browser, rp *testkit.RP, action string) {
	w.t.Helper()
	if q := b.Get(w.AuthURL(rp, "prompt", "none")).Params(); q.Get("error") != "interaction_required" || q.Has("code") {
		w.t.Errorf("prompt=none: %v", q)
	}
	w.mustFirst(b.Get(w.AuthURL(rp)), action)
	leaves := func(path string) bool { // by those who do not accept the terms, or say more
		return (action == "accept_terms" || action == "complete_profile") && (path == "/account/export" || path == "/account/delete")
	}
	routes, err := w.App.Routes()
	w.must(err)
	n := 0
	for _, r := range routes {
		path := strings.ReplaceAll(r.Path, ":id", "018f0000-0000-7000-8000-000000000000")
		if r.Method != http.MethodGet || r.Kind != "page" || path == "/account/email/keep" || leaves(path) || path != "/" && path != "/device" && !strings.HasPrefix(path, "/account") {
			continue
		}
		n++
		w.mustFirst(b.Get(path), action)
	}
	if n < 15 {
		w.t.Errorf("only %d pages were looked at", n)
	}
	for _, path := range []string{"/account/delete", "/account/export", "/account/sessions", "/account/password", "/device", "/device/decide"} {
		if leaves(path) {
			continue
		}
		r := b.Post(path, url.Values{"csrf": {"x"}, "confirm": {w.email}, "action": {"everywhere"}})
		w.mustFirst(r, action)
	}
}

// A password that somebody else chose opens nothing but the page on which it is changed; what is set must be new, is not another's to set, and ends every
// other session.
func TestRequired_PasswordChange(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{})
	b, elsewhere := w.Browser(), w.Browser()
	before := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp), w.email).Get("code")))
	elsewhere.Authorize(w.AuthURL(rp), w.email)
	w.require(w.person, storage.RequireChangePassword)
	w.ok(w.Userinfo(before.Text("access_token"))) // nothing ends
	w.shut(b, rp, "change_password")

	p := b.Get(w.AuthURL(rp))
	if p.Submit("action", "accept_terms", "version", ""); w.passwordOpens(w.email, nextPassword) {
		t.Error("another action set a password")
	}
	if p.SubmitRaw("new_password", nextPassword, "csrf", "forged").Status != http.StatusForbidden {
		t.Error("a forged form was taken")
	}
	for name, wrong := range map[string]string{"the old one": testkit.Password, "none": "", "a short one": "short"} {
		if r := p.Submit("new_password", wrong); r.Status != http.StatusBadRequest || !r.HasID("required-password-error") {
			t.Errorf("%s: %d", name, r.Status)
		}
	}
	w.Clock.Advance(6 * time.Minute) // an open browser is not the person: who it is is proved anew before a password is set without the old one
	stale := p.Submit("new_password", nextPassword)
	if !stale.HasID("login-password") {
		t.Fatalf("a session of six minutes set a password: %s", stale.URL.Path)
	}
	p = stale.SignIn(w.email, testkit.Password)
	w.mustFirst(p, "change_password")
	q := p.Submit("new_password", nextPassword).Allow().Params()
	after := w.ok(w.Redeem(rp, q.Get("code")))
	if !w.passwordOpens(w.email, nextPassword) || w.passwordOpens(w.email, testkit.Password) {
		t.Error("the password is not the new one")
	}
	w.ok(w.Userinfo(after.Text("access_token")))
	if r := elsewhere.Get(w.AuthURL(rp, "prompt", "none")).Params(); r.Get("error") != "login_required" {
		t.Errorf("another session lives on: %v", r)
	}
	if b.Get("/account").URL.Path != "/account" {
		t.Error("the gate stays shut")
	}
}

// A temporary password is one of these from the start.
func TestRequired_TemporaryPassword(t *testing.T) {
	w := alone(t, cheap)
	hash, err := w.App.Hasher.Hash(t.Context(), testkit.Password)
	w.must(err)
	_, err = w.App.Directory.Create(t.Context(), w.App.Tenant, directory.NewPerson{
		Claims: directory.Claims{"email": "new@example.org"}, PasswordHash: hash, Temporary: true,
	}, testkit.Operator())
	w.must(err)
	b := w.Browser()
	p := b.Get("/login").SignIn("new@example.org", testkit.Password)
	w.mustFirst(p, "change_password")
	if p = p.Submit("new_password", nextPassword); p.Status != http.StatusOK || p.URL.Path != "/" {
		t.Errorf("%d %s", p.Status, p.URL.Path)
	}
}

func (w *world) passwordOpens(email, password string) bool {
	w.t.Helper()
	p, err := w.App.Directory.ByIdentifier(w.t.Context(), w.App.Tenant, email)
	w.must(err)
	ok, _, err := w.App.Hasher.Verify(w.t.Context(), p.PasswordHash, password)
	w.must(err)
	return ok
}

// terms asks everybody for a version.
func terms(version string) testkit.Option {
	return func(c *app.Config) {
		cheap(c)
		c.Terms.Version, c.Terms.URL = version, "https://example.org/terms"
	}
}

// Everybody accepts each version once, and nobody one that they were not shown; tokens of before live on.
func TestRequired_Terms(t *testing.T) {
	w := alone(t, terms("2026-01"))
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	p := b.Get(w.AuthURL(rp, "prompt", "select_account", "scope", "openid email offline_access")).SignIn(w.email, testkit.Password)
	w.mustFirst(p, "accept_terms")
	w.shut(b, rp, "accept_terms")
	for _, own := range []string{"/account/export", "/account/delete"} { // whoever does not accept can take their data along, and leave
		if r := b.Get(own); r.Status != http.StatusOK || r.URL.Path != own || !p.HasID("terms-"+own[len("/account/"):]) {
			t.Errorf("%s: %d on %s", own, r.Status, r.URL.Path)
		}
	}
	if r := p.Submit("version", "2025-07"); r.URL.Path != "/login/required" || w.accepted() != "" {
		t.Errorf("a version that was not shown is accepted: %q", w.accepted())
	}
	old := w.ok(w.Redeem(rp, p.Submit().Allow().Params().Get("code")))
	if w.accepted() != "2026-01" {
		t.Errorf("accepted: %q", w.accepted())
	}
	if home := b.Get("/account"); !home.HasID("home-terms") || !strings.Contains(home.Body, "2026-01") {
		t.Error("/account does not show what was accepted")
	}
	evs, err := w.App.DB.AuditEvents(t.Context(), w.App.Tenant, storage.AuditFilter{Type: "user.terms_accept", Limit: 9})
	w.must(err)
	if len(evs) != 1 || w.detail(evs[0]).Data["version"] != "2026-01" {
		t.Errorf("events: %d", len(evs))
	}

	w.App.Config.Terms.Version = "2026-11" // what a restart reads
	w.Restart()
	w.ok(w.Refresh(rp, old.Text("refresh_token")))
	w.shut(b, rp, "accept_terms")
	if r := p.Submit("version", "2026-01"); r.URL.Path != "/login/required" { // the form of before
		t.Errorf("%s", r.URL.Path)
	}
	if got := b.Get(w.AuthURL(rp)).Submit().Allow().Code(); got == "" || w.accepted() != "2026-11" {
		t.Errorf("code %q, accepted %q", got, w.accepted())
	}
}

func (w *world) accepted() string {
	w.t.Helper()
	p, err := w.App.DB.PersonByID(w.t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	return p.TermsVersion
}

// An address is proved by a code that went there, for this sign-in, before any client hears of it.
func TestRequired_Email(t *testing.T) {
	w := alone(t, cheap, func(c *app.Config) { c.Account.VerifyEmail = true })
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	if q := b.Authorize(w.AuthURL(rp), w.email); q.Get("code") == "" { // proved already
		t.Fatalf("%v", q)
	}
	w.require(w.person, storage.RequireVerifyEmail)
	w.shut(b, rp, "verify_email")
	p := b.Get(w.AuthURL(rp)).Submit("send", "1")
	code := w.Mail(w.email).Code()
	for range 5 {
		if r := p.Submit("code", "0000000"); r.Status != http.StatusForbidden {
			t.Fatalf("a wrong code: %d", r.Status)
		}
	}
	if r := p.Submit("code", code); r.Status != http.StatusForbidden {
		t.Fatalf("the right code after five wrong ones: %d", r.Status)
	}
	p = p.Submit("send", "1")
	if other := b.Get(w.AuthURL(rp)); other.Submit("send", "", "code", w.Mail(w.email).Code()).Status != http.StatusForbidden {
		t.Error("a code of another sign-in counts")
	}
	code = w.Mail(w.email).Code()
	if got := p.Submit("code", code).Allow().Code(); got == "" {
		t.Error("the code does not lead on")
	}
	own, err := w.App.DB.PersonByID(t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	claims, err := w.App.Directory.Claims(own)
	w.must(err)
	if !claims.Bool("email_verified") || len(own.Required) != 0 {
		t.Errorf("%v %v", claims["email_verified"], own.Required)
	}
}
