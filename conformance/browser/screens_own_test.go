package browser

import (
	"net/http"
	"net/url"

	"github.com/chromedp/chromedp"

	"github.com/jedan-auth/jedan-auth/storage"
)

// own goes past a signed-in person's own pages, and those that answer apps without a browser.
func (g *gallery) own(w *world, b *tab, show func(name string)) {
	b.visit(w.URL + "/")
	b.see("#home-sign-out")
	show("home")
	b.visit(w.URL + "/account/password")
	b.see("#password-submit")
	show("password")
	b.visit(w.URL + "/account/apps")
	b.see("section.app")
	show("apps")
	b.press(`button[id^="end-"]`, "#apps-ended")
	show("apps-ended")
	g.account(w, b, show)
	g.decoupled(w, b, show)
	g.device(w, b, show)
}

// account is the rest of the pages beside the menu, and what they answer.
func (g *gallery) account(w *world, b *tab, show func(name string)) {
	for _, page := range []struct {
		name string
		sees chromedp.CSS
	}{
		{"profile", "#profile-submit"}, {"sessions", "#everywhere-submit"}, {"activity", "#activity"}, {"export", "#export-submit"}, {"delete", "#erase-submit"},
	} {
		b.visit(w.URL + "/account/" + page.name)
		b.see(page.sees)
		show(page.name)
	}
	b.press("#erase-submit", "#erase-confirm-error")
	show("delete-refused")
	b.visit(w.URL + "/account/profile")
	b.enter("#profile-picture", " no address")
	b.press("#profile-submit", "#profile-picture-error")
	show("profile-refused")
}

// decoupled is an app that asks elsewhere (CIBA).
func (g *gallery) decoupled(w *world, b *tab, show func(name string)) {
	b.visit(w.URL + "/account/approvals")
	b.see("#approvals-again")
	show("approvals-empty")
	const grant = "urn:openid:params:grant-type:ciba"
	bank := w.Client(storage.ClientMetadata{ClientName: "Acme Bank", ClientURI: acmeURL, RedirectURIs: []string{}, GrantTypes: []string{grant}})
	asked := w.Call("/oauth2/bc-authorize", bank, url.Values{"scope": {"openid email"}, "login_hint": {w.email}, "binding_message": {"W4SCT"}})
	if asked.Status != http.StatusOK {
		w.t.Fatalf("the app could not ask: %d %s", asked.Status, asked.Body)
	}
	b.visit(w.URL + "/account/approvals")
	b.see(`main a[href*="/account/approvals/"]`)
	show("approvals")
	b.press(`main a[href*="/account/approvals/"]`, "#approval-message")
	show("approval")
	b.press("#consent-allow", "main .sign.good")
	show("approval-done")
}

// device is one without a browser (RFC 8628).
func (g *gallery) device(w *world, b *tab, show func(name string)) {
	const grant = "urn:ietf:params:oauth:grant-type:device_code"
	tv := w.Client(storage.ClientMetadata{
		ClientName: "Acme TV", RedirectURIs: []string{}, GrantTypes: []string{grant, "refresh_token"},
		TokenEndpointAuthMethod: "none",
	})
	begun := w.Call("/oauth2/device_authorization", tv, url.Values{"scope": {"openid email"}})
	b.visit(w.URL + "/device")
	b.see("#device-submit")
	show("device")
	b.enter("#device-user-code", "BBBB-BBBB")
	b.press("#device-submit", "[role=alert]")
	show("device-unknown")
	b.do(chromedp.Navigate(w.URL + "/device"))
	b.enter("#device-user-code", begun.Text("user_code"))
	b.press("#device-submit", "#device-code-shown")
	show("device-ask")
	b.press("#consent-allow", "main .sign.good")
	show("device-done")
}
