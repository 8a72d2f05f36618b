package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

func TestFlows(t *testing.T) {
	w := open(t)
	n := 0
	for _, scripts := range []bool{true, false} {
		for name, flow := range map[string]func(*world, *tab){
			"allow": allow, "cancel": cancelled, "error page": errorPage, "sign out": signOut, "sign out by the application": signOutByApp, "expired": expired,
			"account chooser": chooser, "form_post": func(w *world, b *tab) { formPost(w, b, scripts) },
		} {
			t.Run(fmt.Sprintf("%s, scripts %t", name, scripts), func(t *testing.T) {
				n++
				w := w.with(t, fmt.Sprintf("person%d@example.org", n))
				flow(w, w.tab(t, scripts))
			})
		}
	}
}

// TestSetup: the link makes the first administrator, once.
func TestSetup(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %t", scripts), func(t *testing.T) {
			w := open(t)
			link, err := w.App.SetupLink(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b := w.tab(t, scripts)
			b.setUp(link)
			b.press("#setup-home", "#home-sign-out")
			b.visit(link)
			b.see("main details") // an error page
			if b.has("#setup-email") {
				t.Error("the link works twice")
			}
		})
	}
}

// setUp fills in the page of the set-up link, the first time with a password that is too short.
func (b *tab) setUp(link string) {
	b.t.Helper()
	b.visit(link)
	b.enter("#setup-email", "admin@acme.example")
	b.enter("#setup-name", "Ada Admin")
	b.enter("#setup-password", "too short")
	b.press("#setup-submit", "#setup-password-error")
	if kept := b.value("#setup-email"); kept != "admin@acme.example" {
		b.t.Errorf("the address is %q after a mistake elsewhere", kept)
	}
	b.enter("#setup-password", testkit.Password)
	b.press("#setup-submit", "#setup-home")
}

// allow: a wrong password, the right one, consent, tokens; the next time the browser is sent back at once.
func allow(w *world, b *tab) {
	b.visit(w.authURL())
	w.signIn(b, "not the password at all", "[role=alert]")
	if b.value("#login-identifier") != w.email || b.value("#login-password") != "" {
		w.t.Error("after a mistake the address is kept and the password is not")
	}
	w.signIn(b, testkit.Password, "#consent-allow")
	b.press("#consent-allow", "#acme")
	got := w.landed(b)
	if got.method != http.MethodGet || got.Get("state") != "state-1" || got.Get("iss") != w.URL {
		w.t.Errorf("the application got %v", got)
	}
	if a := w.Redeem(w.rp, got.Get("code")); a.Status != http.StatusOK || a.Text("id_token") == "" || a.Text("refresh_token") == "" {
		w.t.Errorf("the code is answered %d", a.Status)
	}
	b.visit(w.authURL("prompt", "none"))
	if again := w.landed(b); again.Get("code") == "" {
		w.t.Errorf("the second time: %v", again)
	}
}

func cancelled(w *world, b *tab) {
	b.visit(w.authURL("prompt", "consent", "scope", "openid address"))
	w.signIn(b, testkit.Password, "#consent-deny")
	b.press("#consent-deny", "#acme")
	if got := w.landed(b); got.Get("error") != "access_denied" || got.Get("state") != "state-1" {
		w.t.Errorf("the application got %v", got)
	}
}

// errorPage: a redirect URI that is not registered leads nowhere, and the page says under which number to ask.
func errorPage(w *world, b *tab) {
	b.visit(w.authURL("redirect_uri", "https://evil.example/cb"))
	b.see("main details")
	if b.has("#acme") || !strings.HasPrefix(ask[string](b, "location.href"), w.URL) {
		w.t.Error("an unregistered redirect URI was followed")
	}
	b.press("main summary", "#error-code")
	if b.text("#error-code") != "invalid_request" || !strings.Contains(w.Log.String(), b.text("#error-id")) {
		w.t.Errorf("error %q with the number %q", b.text("#error-code"), b.text("#error-id"))
	}
	if links := ask[int](b, `[...document.links].filter(a => a.hostname.endsWith("evil.example")).length`); links != 0 {
		w.t.Error("the page links to where it would not go")
	}
}

// signOut is the person's own: asked first, then done, and the next request asks for the password.
func signOut(w *world, b *tab) {
	b.visit(w.authURL("prompt", "consent"))
	w.signIn(b, testkit.Password, "#consent-allow")
	b.visit(w.URL + "/")
	b.press("#home-sign-out", "#logout-confirm")
	b.press("#logout-confirm", "main .sign.good")
	b.visit(w.authURL("prompt", "none"))
	if got := w.landed(b); got.Get("error") != "login_required" {
		w.t.Errorf("after signing out the application got %v", got)
	}
}

func signOutByApp(w *world, b *tab) {
	b.visit(w.authURL("prompt", "consent"))
	w.signIn(b, testkit.Password, "#consent-allow")
	b.press("#consent-allow", "#acme")
	a := w.Redeem(w.rp, w.landed(b).Get("code"))
	q := url.Values{"id_token_hint": {a.Text("id_token")}, "post_logout_redirect_uri": {acmeURL + "/bye"}, "state": {"bye-1"}}
	b.visit(w.URL + "/oauth2/logout?" + q.Encode())
	if got := w.landed(b); got.path != "/bye" || got.Get("state") != "bye-1" {
		w.t.Errorf("the application got %v", got)
	}
	q.Del("id_token_hint")
	q.Set("client_id", w.rp.ID)
	b.visit(w.authURL())
	w.signIn(b, testkit.Password, "#acme")
	w.landed(b)
	b.visit(w.URL + "/oauth2/logout?" + q.Encode())
	b.press("#logout-confirm", "#acme")
	if got := w.landed(b); got.path != "/bye" {
		w.t.Errorf("after the question the application got %v", got)
	}
}

// expired: a sign-in page that another browser began gives no code, and a way on.
func expired(w *world, b *tab) {
	other := w.Browser().Get(w.authURL())
	b.visit(other.URL.String())
	b.see("main h1")
	if b.has("#login-password") {
		w.t.Error("somebody else's sign-in goes on")
	}
}

// chooser: who is signed in may go on as somebody else.
func chooser(w *world, b *tab) {
	b.visit(w.authURL("prompt", "consent"))
	w.signIn(b, testkit.Password, "#consent-allow")
	b.visit(w.authURL("prompt", "select_account"))
	b.press("#account-other", "#login-password")
	if b.value("#login-identifier") != "" {
		w.t.Error("somebody else is greeted with the first one's name")
	}
	b.visit(w.authURL("prompt", "select_account"))
	b.press("#account-1", "#consent-allow")
}

// formPost: the answer comes as a form, by itself or by the button.
func formPost(w *world, b *tab, scripts bool) {
	b.visit(w.authURL("response_mode", "form_post", "prompt", "consent"))
	w.signIn(b, testkit.Password, "#consent-allow")
	if scripts {
		b.press("#consent-allow", "#acme")
	} else {
		b.press("#consent-allow", "#form-post-continue")
		b.press("#form-post-continue", "#acme")
	}
	got := w.landed(b)
	if got.method != http.MethodPost || got.Get("state") != "state-1" {
		w.t.Errorf("the application got %v", got)
	}
	if a := w.Redeem(w.rp, got.Get("code")); a.Status != http.StatusOK {
		w.t.Errorf("the code is answered %d", a.Status)
	}
}
