package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/login/required"
)

// guarded is a server with terms to accept, and a rule that lets people trust their browser.
func guarded(t *testing.T) *world {
	t.Helper()
	a := newAcme(t)
	w := &world{t: t, acme: a, chromium: launch(t, acmeHost, a.address())}
	w.Server = testkit.Start(t, func(c *app.Config) {
		c.Terms = required.Terms{Version: "2026-11", URL: acmeURL + "/terms"}
		c.Sessions.Idle = 300 * time.Hour
		c.Attributes = attributes.Config{
			{Name: "team", Label: "Team", Type: attributes.Choice, Choices: []string{"Sales", "Support"}, Required: true, Edit: attributes.Person},
			{Name: "parking", Label: "Parking permit", Type: attributes.Boolean, Edit: attributes.Person},
		}
		c.Policy.Rules = []policy.Rule{{Name: "browsers can be trusted", When: `request.act == "sign_in"`, Then: policy.Then{Remember: policy.For(30 * 24 * time.Hour)}}}
	})
	w.register("maria@example.org")
	return w
}

// TestGuarded: terms, a second factor, a trusted browser, everything lost, the wait, a cancellation and a recovery, with scripts and without.
func TestGuarded(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %v", scripts), func(t *testing.T) {
			w := guarded(t)
			w.guardedWay(w.tab(t, scripts), func(string) {})
		})
	}
}

// guardedWay is the whole way; show is told of each screen.
func (w *world) guardedWay(b *tab, show func(name string)) {
	w.t.Helper()
	b.visit(w.URL + "/login")
	w.signIn(b, testkit.Password, "#terms-link")
	show("terms")
	b.press("#required-submit", "#attribute-team")
	show("profile-missing")
	w.tellTeam(b)
	b.visit(w.URL + "/account/profile")
	b.do(chromedp.SetValue(chromedp.CSS("#attribute-parking"), "true"))
	b.press("#profile-submit", "#profile-saved")
	show("profile")
	w.switching(b, show)
	key := w.addKey(b)
	b.visit(w.URL + "/login")
	w.signIn(b, testkit.Password, "#mfa-trust")
	show("second-step")
	w.typeCode(b, key, true)
	b.visit(w.URL + "/account/sessions")
	b.see("#distrust-submit")
	show("sessions-trusted")
	b.visit(w.URL + "/login")
	w.signIn(b, testkit.Password, "#home-sign-out") // no second step
	b.visit(w.URL + "/account/sessions")
	b.press("#distrust-submit", "body:not(:has(#distrust-submit)) #everywhere-submit")
	if b.has("#distrust-submit") {
		w.t.Error("a browser is trusted still")
	}
	w.losing(b, show)
}

func (w *world) tellTeam(b *tab) {
	w.t.Helper()
	b.press("#required-submit", "#attribute-team-error")
	b.do(chromedp.SetValue(chromedp.CSS("#attribute-team"), "Support"))
	b.press("#required-submit", "#home-sign-out")
}

// switching adds somebody else beside who is signed in, goes back and forth, and signs them out.
func (w *world) switching(b *tab, show func(name string)) {
	w.t.Helper()
	const second = "ana@example.org"
	w.Person(second)
	b.visit(w.URL + "/")
	b.press("#home-accounts", "#account-other")
	b.press("#account-other", "#login-identifier")
	b.enter("#login-identifier", second)
	b.enter("#login-password", testkit.Password)
	b.press("#login-submit", "#terms-link")
	b.press("#required-submit", "#attribute-team")
	w.tellTeam(b)
	b.press("#home-accounts", "#account-2")
	show("accounts")
	b.press("#account-2", "#home-sign-out")
	b.press("#home-accounts", "#account-leave-2")
	b.press("#account-leave-2", "form:not(:has(#account-2)) #account-1")
	if b.has("#account-2") {
		w.t.Error("whoever was signed out is among the accounts")
	}
	b.press("#account-1", "#home-sign-out")
}

// addKey adds an authenticator app and returns its key.
func (w *world) addKey(b *tab) string {
	w.t.Helper()
	b.visit(w.URL + "/account/security")
	b.press("#factor-add", "#enrol-key")
	key := strings.ReplaceAll(b.text("#enrol-key"), " ", "")
	b.enter("#mfa-code", testkit.TOTP(key, w.Clock.Now()))
	b.press("#mfa-submit", "#factor-add")
	return key
}

func (w *world) typeCode(b *tab, key string, trust bool) {
	w.t.Helper()
	w.NextStep()
	b.enter("#mfa-code", testkit.TOTP(key, w.Clock.Now()))
	if trust {
		b.do(chromedp.Click(chromedp.CSS("#mfa-trust"), chromedp.NodeVisible))
	}
	b.press("#mfa-submit", "#home-sign-out")
}

// losing is the way of somebody who has lost the app: a recovery that another browser cancels, and one that comes to its end.
func (w *world) losing(b *tab, show func(name string)) {
	w.t.Helper()
	b.visit(w.URL + "/login")
	w.signIn(b, testkit.Password, "#mfa-lost")
	b.press("#mfa-lost", "#lost-submit")
	show("lost")
	b.press("#lost-submit", "#note-next")
	show("lost-sent")
	b.visit(w.linked("/recovery/lost/start"))
	b.see("#lost-start")
	show("lost-start")
	b.press("#lost-start", "#lost-ready")
	show("lost-waiting")
	b.visit(w.linked("/recovery/lost/cancel"))
	b.see("#lost-cancel")
	show("lost-cancel")
	b.press("#lost-cancel", "#note-next")
	show("lost-cancelled")

	b.visit(w.URL + "/recovery/lost")
	b.enter("#recovery-identifier", w.email)
	b.press("#lost-submit", "#note-next")
	b.visit(w.linked("/recovery/lost/start"))
	b.press("#lost-start", "#lost-ready")
	w.Clock.Advance(24 * time.Hour)
	if err := w.App.RecoverDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	b.visit(w.linked("/recovery/lost/set"))
	b.see("#lost-set")
	show("lost-set")
	const next = "another battery for the horse"
	b.enter("input[name=new_password]", next)
	b.press("#lost-set", "#note-next")
	show("lost-done")
	b.visit(w.URL + "/login")
	w.signIn(b, next, "#home-sign-out") // the lost factor asks no more
}

// linked is the link of a kind in the newest mail that has one, "" for none.
func (w *world) linked(kind string) string {
	w.t.Helper()
	for _, m := range slices.Backward(w.Mails(w.email)) {
		if strings.HasPrefix(m.Link(), w.URL+kind) {
			return m.Link()
		}
	}
	return ""
}
