package modules

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// ruled is a world with rules, in which the network is what X-Forwarded-For says.
func ruled(t *testing.T, rules ...policy.Rule) *world {
	t.Helper()
	return alone(t, free, func(c *app.Config) {
		c.Proxies = []string{"127.0.0.0/8"}
		c.Policy.Rules = rules
	})
}

func rule(name, when string, then policy.Then) policy.Rule {
	return policy.Rule{Name: name, When: when, Then: then}
}

// wide is a client that may ask for every scope.
func (w *world) wide() *testkit.RP {
	w.t.Helper()
	return w.Client(storage.ClientMetadata{Scope: "openid profile email phone address groups offline_access", GrantTypes: []string{"authorization_code", "refresh_token"}})
}

func (w *world) told(p *testkit.Page, code string) {
	w.t.Helper()
	if p.Location == nil || p.Params().Get("error") != code || p.Code() != "" {
		w.t.Errorf("want %s at the client, got %d on %s: %.300s", code, p.Status, p.URL, p.Body)
	}
}

// What a session has not got is asked for, and whoever cannot have it ends at the client, with no code.
func TestPolicy_Authorize(t *testing.T) {
	w := ruled(t,
		rule("two", `"phone" in request.scopes`, policy.Then{ACR: "2"}),
		rule("fresh", `"address" in request.scopes`, policy.Then{MaxAge: policy.For(15 * time.Minute)}),
		rule("never", `"groups" in request.scopes`, policy.Then{Deny: true}),
		rule("keys", `"offline_access" in request.scopes`, policy.Then{Methods: []string{"swk", "hwk"}}),
	)
	rp, b := w.wide(), w.Browser()
	if b.Authorize(w.AuthURL(rp), w.email).Get("code") == "" {
		t.Fatal("no rule applies, and there is no code")
	}
	w.told(b.Get(w.AuthURL(rp, "scope", "openid phone", "prompt", "none")), "login_required")
	p := b.Get(w.AuthURL(rp, "scope", "openid phone"))
	w.told(p.SignIn(w.email, testkit.Password), "unmet_authentication_requirements")
	w.told(b.Get(w.AuthURL(rp, "scope", "openid offline_access")).SignIn(w.email, testkit.Password), "unmet_authentication_requirements")
	w.told(b.Get(w.AuthURL(rp, "scope", "openid groups", "prompt", "none")), "access_denied")
	denied := b.Get(w.AuthURL(rp, "scope", "openid groups"))
	if denied.Status != http.StatusForbidden || denied.URL.Path != "/login/denied" {
		t.Fatalf("not told: %d on %s", denied.Status, denied.URL)
	}
	straight := b.Get("/consent?" + url.Values{"flow": {denied.Query("flow")}}.Encode())
	if straight.HasID("consent-allow") { // the dispatcher asks the rules again after it
		straight = straight.Submit("decision", "allow")
	}
	if straight.Code() != "" {
		t.Error("consent is a way round the rules")
	}
	w.told(denied.Submit("answer", "back"), "access_denied")

	if b.Authorize(w.AuthURL(rp, "scope", "openid address"), w.email).Get("code") == "" {
		t.Error("a fresh sign-in is not enough")
	}
	w.Clock.Advance(16 * time.Minute)
	w.told(b.Get(w.AuthURL(rp, "scope", "openid address", "prompt", "none")), "login_required")
	if p := b.Get(w.AuthURL(rp, "scope", "openid address")); !p.HasID("login-password") || p.SignIn(w.email, testkit.Password).Allow().Code() == "" {
		t.Error("an old sign-in is not renewed")
	}
	w.in(guess(b, w.email, testkit.Password))
	key := b.AddApp()
	w.Clock.Advance(time.Hour)
	w.in(b.Get("/login").SignIn(w.email, testkit.Password).Factor("totp", key.Next()))
	if b.Authorize(w.AuthURL(rp, "scope", "openid phone"), w.email).Get("code") == "" {
		t.Error("two factors are not enough")
	}
}

// A denied sign-in looks like a wrong password, makes no session, and follows network and group.
func TestPolicy_SignIn(t *testing.T) {
	w := ruled(t, rule("office", `request.act == "sign_in" && person.groups.exists(g, g.startsWith("g-")) && !network.within(["192.0.2.0/24"])`, policy.Then{Deny: true}))
	email, other := w.somebody()
	w.group(other)
	away, office := w.Browser(), w.Browser()
	away.HTTP.Transport, office.HTTP.Transport = from{"203.0.113.9", away.HTTP.Transport}, from{"192.0.2.9", office.HTTP.Transport}
	w.wrong(guess(away, email, testkit.Password))
	w.nobody(away)
	w.in(guess(away, w.email, testkit.Password))
	w.in(guess(office, email, testkit.Password))

	// Nor does a second factor open from elsewhere what the first has begun in the office.
	key, moving := office.AddApp(), w.Browser()
	plain := moving.HTTP.Transport
	moving.HTTP.Transport = from{"192.0.2.9", plain}
	p := moving.Half(email)
	moving.HTTP.Transport = from{"203.0.113.9", plain}
	if p = p.Submit("factor", "totp", "code", key.Next()); p.Status != http.StatusForbidden {
		t.Errorf("signed in from elsewhere: %d on %s", p.Status, p.URL)
	}
	w.nobody(moving)
}

// Devices and backchannel requests are no way round the rules, and neither is a form that was shown before they applied.
func TestPolicy_DevicesAndApprovals(t *testing.T) {
	w := ruled(t,
		rule("devices", `request.act == "device" && "email" in request.scopes`, policy.Then{MaxAge: policy.For(time.Minute * 5)}),
		rule("no devices", `request.act == "device" && "profile" in request.scopes`, policy.Then{Deny: true}),
		rule("two", `request.act == "device" && "phone" in request.scopes`, policy.Then{ACR: "2"}),
		rule("approvals", `request.act == "ciba"`, policy.Then{ACR: "2"}),
		rule("no approvals", `request.act == "ciba" && "email" in request.scopes`, policy.Then{Deny: true}),
	)
	rp := w.television()
	b := w.Browser()
	asked := w.wait(rp)
	p := w.device(b, asked.Text("user_code"))
	w.Clock.Advance(6 * time.Minute)
	if again := w.answer(p, "allow"); !again.HasID("login-password") {
		t.Fatalf("an old session allows a device: %d %.300s", again.Status, again.Body)
	}
	w.refused(w.poll(rp, asked), 400, "authorization_pending")
	w.answer(w.device(b, asked.Text("user_code")), "allow")
	w.Clock.Advance(6 * time.Second)
	w.ok(w.poll(rp, asked))

	for _, scope := range []string{"openid profile", "openid phone"} {
		asked = w.wait(rp, "scope", scope)
		p = w.device(b, asked.Text("user_code"))
		if p.HasID("login-password") {
			p = p.SignIn(w.email, testkit.Password)
		}
		if p.Status != http.StatusForbidden || p.HasID("consent-allow") {
			t.Errorf("%s: %d on %s", scope, p.Status, p.URL)
		}
		w.refused(w.poll(rp, asked), 400, "authorization_pending")
	}

	bank := w.bank()
	a := w.ok(w.backchannel(bank, "scope", "openid"))
	page := w.waiting(b)
	if page.HasID("consent-allow") {
		t.Error("one factor may allow it")
	}
	action, f := page.Form("decision", "allow")
	if p := b.Post(action, f); p.Status != http.StatusForbidden {
		t.Errorf("one factor allows it: %d", p.Status)
	}
	w.refused(w.askFor(w.Server, bank, a), 400, "authorization_pending")
	w.ok(w.backchannel(bank, "scope", "openid email"))
	_, links := w.seen(b.Get("/account/approvals").Body)
	denied := 0
	for _, l := range links {
		if strings.HasPrefix(l, "/account/approvals/") && b.Get(l).Status == http.StatusForbidden {
			denied++
		}
	}
	if denied != 1 {
		t.Errorf("%d requests are denied by a rule, want 1: %v", denied, links)
	}
}

// Sensitive acts want what the rules say, and a session lasts as long as they say, from its first factor on.
func TestPolicy_SessionsAndAccount(t *testing.T) {
	w := ruled(t,
		rule("acts", `request.act == "account"`, policy.Then{MaxAge: policy.For(2 * time.Minute)}),
		rule("short", `request.act == "sign_in"`, policy.Then{Idle: policy.For(10 * time.Minute), Absolute: policy.For(time.Hour)}),
	)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	if p := b.Get("/account/security").Submit("action", "add"); p.Key() == "" {
		t.Errorf("a fresh sign-in: %d on %s", p.Status, p.URL.Path)
	}
	page := b.Get("/account/security")
	w.Clock.Advance(3 * time.Minute)
	if p := page.Submit("action", "add"); p.Key() != "" || !p.HasID("login-password") {
		t.Errorf("after three minutes: %d on %s", p.Status, p.URL.Path)
	}
	for range 6 {
		w.Clock.Advance(9 * time.Minute)
		if b.Get("/account/security").URL.Path != "/account/security" {
			t.Fatal("it ends while it is used")
		}
	}
	w.Clock.Advance(9 * time.Minute)
	over := func() {
		t.Helper()
		if p := b.Get("/account/security"); p.URL.Path != "/login" {
			t.Errorf("still signed in: %d on %s", p.Status, p.URL.Path)
		}
	}
	over() // an hour is over
	w.in(guess(b, w.email, testkit.Password))
	w.Clock.Advance(11 * time.Minute)
	over() // unused
}

// MF09: a trusted browser stands in for a second factor of one person, in one browser, until the password changes, the person or a rule says otherwise, or it is over.
func TestMF09_TrustedBrowser(t *testing.T) {
	w := ruled(t, rule("remember", `request.act == "sign_in" && !network.within(["198.51.100.0/24"])`, policy.Then{Remember: policy.For(30 * 24 * time.Hour)}))
	b, rp := w.Browser(), w.Client(storage.ClientMetadata{})
	w.in(guess(b, w.email, testkit.Password))
	key := b.AddApp()
	p := w.Browser().Half(w.email)
	if !p.HasID("mfa-trust") {
		t.Fatal("it is not offered")
	}
	w.in(b.Half(w.email).Factor("totp", key.Next()))
	if p := b.Half(w.email); p.URL.Path != "/login/mfa" {
		t.Error("trusted without being asked to")
	}
	w.in(b.Half(w.email).Submit("factor", "totp", "code", key.Next(), "trust", "1"))
	w.in(guess(b, w.email, testkit.Password))
	if evs := w.factorEvents("browser.trust"); len(evs) != 1 {
		t.Errorf("%d events", len(evs))
	}
	if told := w.subjects(w.email); told[len(told)-1] != "Einem Browser wird vertraut" { // an attacker with one code must not do so in silence
		t.Errorf("told %q", told)
	}
	// What a client is told is what was proved: one factor. Two are still asked for where they are wanted.
	w.told(b.Get(w.AuthURL(rp, "acr_values", "2", "prompt", "none")), "login_required")
	if p := b.Get(w.AuthURL(rp, "acr_values", "2")); !p.HasID("mfa-code") {
		t.Errorf("no step-up: %s", p.URL)
	}
	// A wrong code trusts nothing, another browser and another person are not trusted, nor is the browser from where the rule does not hold.
	other := w.Browser()
	w.denied(other.Half(w.email).Submit("factor", "totp", "code", "000000", "trust", "1"))
	other.Half(w.email)
	email, _ := w.somebody()
	w.in(guess(other, email, testkit.Password))
	other.AddApp()
	elsewhere := w.Browser()
	elsewhere.Jar.SetCookies(b.Get("/login").URL, b.Jar.Cookies(b.Get("/login").URL))
	elsewhere.HTTP.Transport = &editing{elsewhere.HTTP.Transport, func(r *http.Request) {
		r.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1")
	}}
	elsewhere.Half(w.email) // the cookie was copied
	b.Half(email)
	plain := b.HTTP.Transport
	b.HTTP.Transport = from{"198.51.100.9", plain}
	b.Half(w.email)
	b.HTTP.Transport = plain
	w.in(guess(b, w.email, testkit.Password))

	page := b.Get("/account/sessions")
	if !page.HasID("distrust-submit") || !strings.Contains(page.Body, "without a second step: 1") {
		t.Fatalf("not shown: %.500s", page.Body)
	}
	page.Submit("distrust", "1")
	if b.Get("/account/sessions").HasID("distrust-submit") {
		t.Error("still trusted")
	}
	w.in(b.Half(w.email).Submit("factor", "totp", "code", key.Next(), "trust", "1"))
	w.Clock.Advance(29 * 24 * time.Hour)
	w.in(guess(b, w.email, testkit.Password))
	w.Clock.Advance(2 * 24 * time.Hour)
	w.in(b.Half(w.email).Submit("factor", "totp", "code", key.Next(), "trust", "1"))
	w.in(guess(b, w.email, testkit.Password))
	w.must(w.App.Directory.SetPassword(t.Context(), w.App.Tenant, w.person.ID, w.person.PasswordHash, storage.ID{}, testkit.Operator()))
	b.Half(w.email)
}

// Without a rule nothing is offered, and what a form says of trust means nothing.
func TestMF09_NotOffered(t *testing.T) {
	w, key, b := secured(t)
	if p := b.Half(w.email); p.HasID("mfa-trust") {
		t.Error("it is offered")
	}
	w.in(b.Half(w.email).Submit("factor", "totp", "code", key.Next(), "trust", "1"))
	b.Half(w.email)
}
