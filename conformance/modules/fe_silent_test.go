package modules

import (
	"net/url"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// TestFE_Silent: with prompt=none somebody is asked for where the sign-in page would have led them by itself, without a screen; whatever else comes of it, the
// application hears it and nobody sees a page.
func TestFE_Silent(t *testing.T) {
	w := newFE(t, nil)
	none := func(b *testkit.Browser, more ...string) *testkit.Page {
		return b.Get(w.AuthURL(w.rp, append([]string{"prompt", "none"}, more...)...))
	}
	hears := func(what string, p *testkit.Page) {
		t.Helper()
		if p.Location == nil || p.Location.Host != "app.test" || p.Params().Get("error") != "login_required" {
			t.Errorf("%s: %d %v\n%.300s", what, p.Status, p.Location, p.Body)
		}
	}
	hears("nobody is led there", none(w.Browser()))
	w.signedIn(w.Browser())
	w.must(w.change("corp", func(d *federation.Draft) {
		d.Settings.Clients, d.Settings.Home = []string{w.rp.ID}, federation.Home{Always: true}
	}))
	away := func(b *testkit.Browser, more ...string) *url.URL {
		t.Helper()
		p := none(b, more...)
		if p.Location == nil || p.Location.Query().Get("prompt") != "none" {
			t.Fatalf("not asked without a screen: %v", p.Location)
		}
		return p.Location
	}
	b := w.Browser()
	w.up.claims = map[string]any{"sub": "sub-2", "email": "other@upstream.example"}
	hears("nobody's account", w.back(b, "corp", w.up.visit(away(b))))
	w.up.claims = nil
	b = w.Browser()
	if code := w.back(b, "corp", w.up.visit(away(b))).Params().Get("code"); code == "" {
		t.Error("somebody who is signed in there is not here")
	}
	b = w.Browser()
	to := away(b)
	hears("nobody there", w.back(b, "corp", url.Values{"error": {"login_required"}, "state": {to.Query().Get("state")}, "iss": {w.up.url()}}))
	b = w.Browser()
	q := w.up.visit(away(b))
	q.Set("iss", "https://evil.test")
	hears("a mix-up", w.back(b, "corp", q))
	b = w.Browser()
	q = w.up.visit(away(b))
	w.up.http.Close()
	hears("an upstream that is away", w.back(b, "corp", q))
	w.Restart()
	hears("an upstream that was never asked", none(w.Browser()))
}
