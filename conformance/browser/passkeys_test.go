package browser

import (
	"context"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// openNamed is open with an issuer that browsers take passkeys for.
func openNamed(t *testing.T, options ...testkit.Option) *world {
	t.Helper()
	a := newAcme(t)
	w := &world{t: t, acme: a, chromium: launch(t, acmeHost, a.address())}
	w.Server = testkit.StartNamed(t, options...)
	w.register("maria@example.org")
	return w
}

// device gives a tab an authenticator of Chromium's: one of the device's own, that keeps passkeys and has its user's finger on it.
func (b *tab) device(verifies bool) webauthn.AuthenticatorID {
	b.t.Helper()
	var id webauthn.AuthenticatorID
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		made, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: "ctap2", Ctap2version: "ctap2_1", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: verifies,
			AutomaticPresenceSimulation: true,
		}})
		id = made.AuthenticatorID
		return err
	}))
	return id
}

func (b *tab) verifies(id webauthn.AuthenticatorID, yes bool) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: id, IsUserVerified: yes})
		return err
	}))
}

// held is how many passkeys the authenticator keeps.
func (b *tab) held(id webauthn.AuthenticatorID) int {
	b.t.Helper()
	n := 0
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		all, err := cdp.Call(ctx, target, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: id})
		n = len(all.Credentials)
		return err
	}))
	return n
}

// TestPasskeyOffer: after the password one offer; "Not now" goes on to the application and is remembered.
func TestPasskeyOffer(t *testing.T) {
	w := openNamed(t)
	b := w.tab(t, true)
	b.device(true)
	b.visit(w.authURL())
	w.signIn(b, testkit.Password, "#passkey-later")
	b.press("#passkey-later", "#consent-allow")
	b.press("#consent-allow", "#acme")
	if w.landed(b).Get("code") == "" {
		t.Error("the application got no code")
	}
	b.visit(w.authURL("prompt", "login"))
	w.signIn(b, testkit.Password, "#acme")
	w.landed(b)
}

// TestPasskey: added by the offer, used by the button without typing anything, refused without the finger, told to be forgotten once it is removed.
func TestPasskey(t *testing.T) {
	w := openNamed(t)
	b := w.tab(t, true)
	id := b.device(true)
	b.visit(w.URL + "/login")
	w.signIn(b, testkit.Password, "#passkey-add")
	b.press("#passkey-add", "#home-sign-out")
	if n := b.held(id); n != 1 {
		t.Fatalf("the authenticator keeps %d passkeys", n)
	}
	signOut := func() {
		b.press("#home-sign-out", "#logout-confirm")
		b.press("#logout-confirm", "main .sign.good")
	}
	signOut()
	b.verifies(id, false)
	b.visit(w.URL + "/login")
	b.press("#login-passkey", `[data-trouble="none"]`)
	b.verifies(id, true)
	b.press("#login-passkey", "#home-sign-out")
	b.visit(w.URL + "/account/passkeys")
	b.see("#passkey-add")
	b.press("main .app .actions a", "#passkey-remove")
	b.press("#passkey-remove", "#passkeys-done")
	if b.has("main .app") {
		t.Error("it is still listed")
	}
}

// TestPasskeyAsSecondStep: whoever came in with the password shows the passkey where two factors are needed, and comes back to what they wanted.
func TestPasskeyAsSecondStep(t *testing.T) {
	w := openNamed(t)
	b := w.tab(t, true)
	id := b.device(true)
	b.visit(w.URL + "/login")
	w.signIn(b, testkit.Password, "#passkey-add")
	b.press("#passkey-add", "#home-sign-out")
	b.verifies(id, false)
	b.visit(w.authURL("acr_values", "2"))
	b.press("#mfa-submit", `[data-trouble="none"]`)
	b.verifies(id, true)
	b.press("#mfa-submit", "#consent-allow")
	b.press("#consent-allow", "#acme")
	if w.landed(b).Get("code") == "" {
		t.Error("the application got no code")
	}
}

// TestPasskeyAutofill: the field for the identifier is enough.
func TestPasskeyAutofill(t *testing.T) {
	w := openNamed(t)
	b := w.tab(t, true)
	b.device(true)
	b.visit(w.URL + "/login")
	w.signIn(b, testkit.Password, "#passkey-add")
	b.press("#passkey-add", "#home-sign-out")
	b.press("#home-sign-out", "#logout-confirm")
	b.press("#logout-confirm", "main .sign.good")
	b.visit(w.URL + "/login")
	b.see("#home-sign-out") // Chromium's own takes the first passkey that fits
}

// TestPasskeyPageWithoutScripts: the sign-in page is what it was.
func TestPasskeyPageWithoutScripts(t *testing.T) {
	w := openNamed(t, func(c *app.Config) { c.Sessions.Watched = false })
	b := w.tab(t, false)
	b.visit(w.URL + "/login?" + url.Values{}.Encode())
	b.see("#login-password")
	if shown := ask[bool](b, `document.querySelector("#login-passkey").checkVisibility()`); shown {
		t.Error("a button that needs scripts is shown")
	}
	w.signIn(b, testkit.Password, "#home-sign-out")
}
