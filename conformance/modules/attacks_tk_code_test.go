package modules

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// dead wants everything of a token answer to be worthless.
func (w *world) dead(rp *testkit.RP, a *testkit.Answer) {
	w.t.Helper()
	if rp.Secret != "" {
		if i := w.Introspect(rp, a.Text("access_token")); strings.TrimSpace(i.Body) != `{"active":false}` {
			w.t.Errorf("access token still active: %s", i.Body)
		}
	}
	if u := w.Userinfo(a.Text("access_token")); u.Status != 401 || u.Text("error") != "invalid_token" {
		w.t.Errorf("userinfo still answers: %d %s", u.Status, u.Body)
	}
	if r := a.Text("refresh_token"); r != "" {
		w.refused(w.Refresh(rp, r), 400, "invalid_grant")
	}
}

// alive wants a token answer to count.
func (w *world) alive(rp *testkit.RP, a *testkit.Answer) {
	w.t.Helper()
	w.ok(w.Userinfo(a.Text("access_token")))
	if rp.Secret == "" {
		return
	}
	if i := w.ok(w.Introspect(rp, a.Text("access_token"))); i.JSON["active"] != true {
		w.t.Errorf("not active: %s", i.Body)
	}
}

func TestTK01_CodeSingleUse(t *testing.T) {
	w := open(t)
	for _, rp := range []*testkit.RP{w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{AccessTokenFormat: "opaque"}), w.public(storage.ClientMetadata{})} {
		code := w.code(rp, "scope", "openid email offline_access")
		first := w.ok(w.Redeem(rp, code))
		w.alive(rp, first)
		w.row("code.unused", func() { w.refused(w.Redeem(rp, code), 400, "invalid_grant") })
		w.dead(rp, first)
		if n := len(w.events(rp, "grant.reuse")); n != 1 {
			t.Errorf("%d events of reuse", n)
		}
	}
}

func TestTK03_CodeBoundToClient(t *testing.T) {
	w := open(t)
	a, b, public := w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{}), w.public(storage.ClientMetadata{})
	for _, owner := range []*testkit.RP{a, public} {
		code := w.code(owner)
		w.row("code.client", func() { w.refused(w.Redeem(b, code), 400, "invalid_grant") })
		w.row("client.same_id", func() { w.refused(w.Redeem(b, code, "client_id", owner.ID), 401, "invalid_client") })
		if owner == a {
			w.row("code.client", func() { w.refused(w.Redeem(public, code), 400, "invalid_grant") })
			w.refused(w.Redeem(&testkit.RP{ID: a.ID, Redirect: a.Redirect}, code), 401, "invalid_client")
		}
		w.ok(w.Redeem(owner, code)) // nobody else could use it or end it
	}
}

func TestTK04_CodeExpiry(t *testing.T) {
	w := alone(t)
	rp := w.Client(storage.ClientMetadata{})
	fresh, old, older := w.code(rp), w.code(rp), w.code(rp)
	w.Clock.Advance(50 * time.Second)
	w.ok(w.Redeem(rp, fresh))
	w.Clock.Advance(11 * time.Second)
	w.row("code.unexpired", func() { w.refused(w.Redeem(rp, old), 400, "invalid_grant") })
	w.Clock.Advance(540 * time.Second)
	w.row("code.unexpired", func() { w.refused(w.Redeem(rp, older), 400, "invalid_grant") })
	young := w.code(rp)
	w.Restart()
	w.row("code.unexpired", func() { w.refused(w.Redeem(rp, older), 400, "invalid_grant") })
	w.ok(w.Redeem(rp, young))
}

// A code is worth nothing once its grant or its person is not.
func TestTK04_CodeOfAnEndedGrant(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	ctx := context.Background()
	code := w.code(rp)
	for _, g := range w.grants(rp) {
		_, err := w.App.DB.RevokeGrant(ctx, storage.RevokeGrant{Tenant: w.App.Tenant, Grant: g.ID, Now: w.App.Now(), Reason: "test"}, nil)
		w.must(err)
	}
	w.row("code.live", func() { w.refused(w.Redeem(rp, code), 400, "invalid_grant") })
	code = w.code(rp)
	w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonLocked, testkit.Operator()))
	w.row("code.live", func() { w.refused(w.Redeem(rp, code), 400, "invalid_grant") })
}

func TestTK05_RedirectAtToken(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb", "https://app.test/other"}})
	code := w.code(rp)
	for _, uri := range []string{"", "https://app.test/other", "https://app.test/cb/", "https://app.test/CB", "https://evil.test/cb", "https://app.test/cb?x"} {
		w.row("code.redirect_uri", func() { w.refused(w.Redeem(rp, code, "redirect_uri", uri), 400, "invalid_grant") })
	}
	w.ok(w.Redeem(rp, code))
}

func TestTK23_PasswordGrantOff(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	for _, grant := range []string{"password", "urn:ietf:params:oauth:grant-type:jwt-bearer", "implicit", "Authorization_Code"} {
		w.refused(w.Call("/oauth2/token", rp, form("grant_type", grant, "username", w.email, "password", testkit.Password)), 400, "unsupported_grant_type")
	}
	w.refused(w.Call("/oauth2/token", rp, form("username", w.email, "password", testkit.Password)), 400, "invalid_request")
	w.refused(w.Call("/oauth2/token", rp, form("grant_type", "authorization_code")), 400, "invalid_request")
	for _, grant := range []string{"client_credentials", "urn:ietf:params:oauth:grant-type:device_code"} {
		w.refused(w.Call("/oauth2/token", rp, form("grant_type", grant)), 400, "unauthorized_client")
	}
	if types := members(w.Get("/.well-known/openid-configuration").JSON, "grant_types_supported"); slices.Contains(types, "password") {
		t.Error("advertised")
	}
	w.tokens(rp)
}

func TestTK43_ConsumedCodeByAnother(t *testing.T) {
	w := open(t)
	a, b := w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{})
	code := w.code(a, "scope", "openid email offline_access")
	tokens := w.ok(w.Redeem(a, code))
	w.row("code.client", func() { w.refused(w.Redeem(b, code), 400, "invalid_grant") })
	w.alive(a, tokens) // a stranger's replay logs nobody out
	w.ok(w.Refresh(a, tokens.Text("refresh_token")))
	forged := code[:len(code)-2] + "AA"
	w.row("code.authentic", func() { w.refused(w.Redeem(a, forged), 400, "invalid_grant") })
	for _, text := range []string{"x", "jdc_", "jdc_AAAA", tokens.Text("refresh_token"), tokens.Text("access_token"), code + "A", " " + code, strings.ToUpper(code)} {
		w.row("code.authentic", func() { w.refused(w.Redeem(a, text), 400, "invalid_grant") })
	}
	w.alive(a, tokens)
}
