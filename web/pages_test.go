package web

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestPromisedNames holds the names of the surface page that these screens carry.
func TestPromisedNames(t *testing.T) {
	r := newRenderer(t, Options{BasePath: "/x"})
	for name, c := range map[string]struct {
		page Page
		want []string
	}{
		"login": {LoginPage{Flow: "f1", CSRF: "c1"}, []string{
			`action="/x/login"`, `id="login-identifier" name="identifier" type="text" value="" autocomplete="username webauthn"`,
			`id="login-password" name="password" type="password" value="" autocomplete="current-password"`, `id="login-submit"`,
			`name="csrf" value="c1"`, `name="flow" value="f1"`,
		}},
		"fixed": {LoginPage{Flow: "f1", Identifier: "a@b.example", IdentifierFixed: true}, []string{
			`id="step-back" href="/x/login?flow=f1&amp;step=back"`, `value="a@b.example" autocomplete="username webauthn"`, ` readonly`,
		}},
		"accounts": {AccountPage{Flow: "f1", CSRF: "c1", Accounts: []Account{{3, "A", "a", false}}}, []string{
			`action="/x/login/account"`, `id="account-3" name="account" value="3"`, `id="account-other" name="account" value="other"`,
			`name="csrf" value="c1"`, `name="flow" value="f1"`,
		}},
		"consent": {ConsentPage{Flow: "f1", CSRF: "c1", Scopes: []ConsentScope{{Name: "email", Optional: true, Checked: true}}}, []string{
			`action="/x/consent"`, `id="consent-allow" name="decision" value="allow"`, `id="consent-deny" name="decision" value="deny"`,
			`type="checkbox" role="switch" name="scope" value="email" checked`, `name="csrf" value="c1"`, `name="flow" value="f1"`,
		}},
		"error": {ErrorPage{Code: "invalid_request", ErrorID: "e1"}, []string{`<code id="error-code">invalid_request`, `<code id="error-id">e1`}},
		"logout": {LogoutPage{CSRF: "c1", Hidden: [][2]string{{"state", "s1"}, {"csrf", "forged"}}}, []string{
			`action="/x/oauth2/logout"`, `id="logout-confirm"`, `name="state" value="s1"`, `name="csrf" value="c1"`,
		}},
		"setup": {SetupPage{Token: "t1", CSRF: "c1"}, []string{
			`action="/x/setup"`, `name="token" value="t1"`, `name="csrf" value="c1"`, `autocomplete="new-password"`, `id="setup-email"`, `id="setup-name"`, `id="setup-password"`,
		}},
		"password": {PasswordChangePage{CSRF: "c1"}, []string{
			`action="/x/account/password"`, `name="current_password"`, `name="new_password"`, `name="csrf" value="c1"`,
		}},
	} {
		body := draw(t, r, "/", http.StatusOK, c.page).Body.String()
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s", name, want)
			}
		}
		if strings.Contains(body, "forged") {
			t.Errorf("%s: a hidden field took the place of the page's own", name)
		}
	}
}

func TestPasswordsAreNeverSentBack(t *testing.T) {
	r := newRenderer(t, Options{})
	for _, p := range samples() {
		body := draw(t, r, "/", http.StatusOK, poison(p, "kept")).Body.String()
		for _, tag := range strings.SplitAfter(body, ">") {
			if strings.Contains(tag, `type="password"`) && !strings.Contains(tag, `value=""`) {
				t.Errorf("%T: %s", p, tag)
			}
		}
	}
}

func TestConsentOrder(t *testing.T) {
	p := ConsentPage{Scopes: []ConsentScope{{Name: "r1", Risky: true}, {Name: "o1", Optional: true, Risky: true}, {Name: "a"}, {Name: "o2", Optional: true}, {Name: "b"}}}
	names := func(scopes []ConsentScope) (all string) {
		for _, s := range scopes {
			all += s.Name + " "
		}
		return all
	}
	if required, choices := names(p.Required()), names(p.Choices()); required != "a b r1 " || choices != "o2 o1 " {
		t.Errorf("%s| %s", required, choices)
	}
}

func TestErrorTexts(t *testing.T) {
	r := newRenderer(t, Options{})
	for name, c := range map[string]struct {
		page ErrorPage
		want []string
		not  string
	}{
		"key":       {ErrorPage{Code: "invalid_request", Description: ErrorRedirectURI}, []string{"it has not registered", "You can close this window"}, ErrorRedirectURI},
		"text":      {ErrorPage{Code: "x", Description: "A plain sentence."}, []string{"A plain sentence.", "This link does not work"}, "Back to"},
		"code":      {ErrorPage{Code: "server_error"}, []string{"Something broke on our side", "Nothing is wrong with your account. Try again in a minute."}, "Back to"},
		"unknown":   {ErrorPage{Code: "odd"}, []string{"This link does not work", "incomplete"}, "error.t"},
		"back":      {ErrorPage{BackURL: "https://rp.example/", BackName: "Acme"}, []string{`href="https://rp.example/"`, "Back to <bdi>Acme</bdi>"}, "close this window"},
		"bad link":  {ErrorPage{BackURL: "javascript:alert(1)"}, []string{"close this window"}, "javascript"},
		"throttled": {ErrorPage{RetryAfter: 90 * time.Second}, []string{"Wait 2 minutes, then", `id="error-again" href="?a=b"`}, "close this window"},
	} {
		body := draw(t, r, "/x?a=b", http.StatusBadRequest, c.page).Body.String()
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q in %s", name, want, body)
			}
		}
		if strings.Contains(body, c.not) {
			t.Errorf("%s: %q in %s", name, c.not, body)
		}
	}
}

func TestUnknownProblemKeyStaysOffThePage(t *testing.T) {
	r := newRenderer(t, Options{})
	body := draw(t, r, "/", http.StatusBadRequest, LoginPage{Error: "sql: no rows for maria"}).Body.String()
	if strings.Contains(body, "sql:") || !strings.Contains(body, `role="alert" tabindex="-1" autofocus`) {
		t.Error(body)
	}
	if body := draw(t, r, "/", http.StatusOK, LoginPage{}).Body.String(); strings.Contains(body, "alert") {
		t.Error("an alert without a problem")
	}
}

func TestDisplay(t *testing.T) {
	for in, want := range map[string]string{
		"  Acme \n\t Files  ":     "Acme Files",
		"a\u202eb\u2066c\u200fd":  "abcd",
		"a\x00b\x1bc\u00add":      "abcd",
		"می\u200cخواهم":           "می\u200cخواهم",
		strings.Repeat("é", 70):   strings.Repeat("é", maxName) + "…",
		"bad\xff\xfeutf8":         "bad utf8",
		strings.Repeat("ab ", 40): strings.TrimSpace(strings.Repeat("ab ", 22)[:maxName]) + "…",
		"":                        "",
	} {
		if got := display(in, maxName); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
