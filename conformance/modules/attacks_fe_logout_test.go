package modules

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// logoutToken is a logout token of the upstream, changed; a nil value removes a claim.
func (w *feWorld) logoutToken(changes map[string]any) string {
	w.t.Helper()
	now := w.Clock.Now().Unix()
	claims := map[string]any{
		"iss": w.up.url(), "aud": "jedan", "iat": now, "exp": now + 120, "jti": "jti-" + time.Now().String(), "sub": "sub-1",
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		w.t.Fatal(err)
	}
	return signed(w.t, w.up.key, jose.ES256, "k1", payload)
}

func (w *feWorld) backchannel(token string) int {
	w.t.Helper()
	resp, err := w.HTTP.PostForm(w.URL+"/federation/corp/backchannel", url.Values{"logout_token": {token}})
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// in says that the browser is signed in.
func in(b *testkit.Browser) bool { return !b.Get("/account/logins").HasID("login-submit") }

// TestFE_BackchannelLogout: what ends there ends here, with what was issued on it, at once; and nothing else does.
func TestFE_BackchannelLogout(t *testing.T) {
	w := newFE(t, nil)
	w.Person("maria@example.org")
	local := w.Browser()
	local.Authorize(w.AuthURL(w.rp), "maria@example.org")
	signIn := func(sub, sid string) (*testkit.Browser, string, string) {
		w.up.set(func(u *upstream) {
			u.claims = map[string]any{"sub": sub, "sid": sid, "email": sub + "@upstream.example"}
		})
		b := w.Browser()
		tokens := w.Redeem(w.rp, w.through(b).Allow().Params().Get("code"))
		return b, tokens.Text("access_token"), tokens.Text("refresh_token")
	}
	first, access, _ := signIn("sub-1", "sid-1")
	second, _, _ := signIn("sub-1", "sid-2")
	other, _, _ := signIn("sub-2", "sid-3")
	if status := w.backchannel(w.logoutToken(map[string]any{"sub": nil, "sid": "sid-1"})); status != http.StatusOK {
		t.Fatal(status)
	}
	if in(first) || !in(second) || !in(other) || !in(local) {
		t.Errorf("one session there: %v %v %v %v", in(first), in(second), in(other), in(local))
	}
	if got := w.Introspect(w.rp, access); got.JSON["active"] != false {
		t.Error("an access token outlives the session that it was issued in")
	}
	if status := w.backchannel(w.logoutToken(map[string]any{"sid": "sid-3"})); status != http.StatusOK || !in(other) {
		t.Errorf("somebody's session was ended in another's name: %d", status)
	}
	if status := w.backchannel(w.logoutToken(nil)); status != http.StatusOK || in(second) || !in(other) || !in(local) {
		t.Errorf("all sessions of somebody there: %d %v %v %v", status, in(second), in(other), in(local))
	}
	if status := w.backchannel(w.logoutToken(map[string]any{"sub": "sub-nobody-knows"})); status != http.StatusOK || !in(other) {
		t.Errorf("nobody's: %d", status)
	}
}

// TestFE_BackchannelRefused: each is one change away from a message that counts.
func TestFE_BackchannelRefused(t *testing.T) {
	w := newFE(t, nil)
	b := w.Browser()
	w.signedIn(b)
	ago := func(d time.Duration) int64 { return w.Clock.Now().Add(-d).Unix() }
	for name, c := range map[string]struct {
		check  string
		change map[string]any
	}{
		"iss":           {"oidc_logout.iss", map[string]any{"iss": "https://other.example"}},
		"aud":           {"oidc_logout.aud", map[string]any{"aud": "another"}},
		"iat":           {"oidc_logout.time", map[string]any{"iat": ago(time.Hour)}},
		"iat absent":    {"oidc_logout.time", map[string]any{"iat": nil}},
		"exp":           {"oidc_logout.time", map[string]any{"exp": ago(5 * time.Minute)}},
		"events":        {"oidc_logout.events", map[string]any{"events": map[string]any{"x": map[string]any{}}}},
		"events absent": {"oidc_logout.events", map[string]any{"events": nil}},
		"nonce":         {"oidc_logout.nonce", map[string]any{"nonce": "x"}},
		"jti":           {"oidc_logout.jti", map[string]any{"jti": nil}},
		"nobody":        {"oidc_logout.who", map[string]any{"sub": nil}},
	} {
		mark := w.Log.Mark()
		if status := w.backchannel(w.logoutToken(c.change)); status != http.StatusBadRequest || !in(b) {
			t.Errorf("%s: %d", name, status)
		}
		if got := w.Log.Refused(mark); len(got) == 0 || got[0] != c.check {
			t.Errorf("%s: refused by %v", name, got)
		}
	}
	forged := newUpstream(t, w.Clock.Now)
	other := &feWorld{Server: w.Server, t: t, up: &upstream{t: t, http: w.up.http, key: forged.key}, rp: w.rp}
	mark := w.Log.Mark()
	if status := w.backchannel(other.logoutToken(nil)); status != http.StatusBadRequest || !in(b) || strings.Join(w.Log.Refused(mark), "") != "oidc_logout.signature" {
		t.Errorf("another's key: %d %v", status, w.Log.Refused(mark))
	}
	token := w.logoutToken(map[string]any{"sub": "sub-of-nobody"})
	if first, again := w.backchannel(token), w.backchannel(token); first != http.StatusOK || again != http.StatusBadRequest {
		t.Errorf("a message came twice: %d, %d", first, again)
	}
	if status := w.backchannel(w.logoutToken(nil)); status != http.StatusOK || in(b) {
		t.Errorf("the message that counts: %d", status)
	}
}
