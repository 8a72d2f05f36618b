package modules

import (
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestOIDCC_CodeReuse(t *testing.T) { reuse(t, 0) }

func TestOIDCC_CodeReuse30Seconds(t *testing.T) { reuse(t, 30*time.Second) }

func reuse(t *testing.T, later time.Duration) {
	t.Helper()
	each(t, codeVariants(), clocked(t), func(t *testing.T, s *suite) {
		code := s.login().Get("code")
		first := s.exchange(code)
		s.ok(s.Userinfo(first.Text("access_token")))
		s.Clock.Advance(later)
		s.refused(s.Redeem(s.rp, code, "code_verifier", ""), 400, "invalid_grant")
		if u := s.Userinfo(first.Text("access_token")); u.Status < 400 || u.Status >= 500 {
			t.Errorf("the first access token still works: %d", u.Status)
		}
	})
}

func TestOIDCC_RefreshToken(t *testing.T) {
	each(t, codeVariants(), clocked(t), func(t *testing.T, s *suite) {
		enter := func(rp *testkit.RP) *testkit.Answer {
			s.rp = rp
			a := s.exchange(s.finish(s.visit(s.url("scope", "openid offline_access", "prompt", "consent"))).Get("code"))
			if entropy(a.Text("refresh_token")) < 96 {
				t.Fatalf("refresh token %q", a.Text("refresh_token"))
			}
			return a
		}
		one := s.rp
		two := s.types(storage.ClientMetadata{RefreshIDToken: true}, "code", "code id_token", "code token", "code id_token token")
		a, b := enter(one), enter(two)
		s.Clock.Advance(2 * time.Second)
		a2 := s.tokenAnswer(s.Refresh(one, a.Text("refresh_token"), "scope", "openid offline_access"))
		s.ok(s.Userinfo(a2.Text("access_token")))
		if a2.JSON["id_token"] != nil {
			t.Error("an ID token that nobody asked for")
		}
		b2 := s.tokenAnswer(s.Refresh(two, b.Text("refresh_token")))
		s.ok(s.Userinfo(b2.Text("access_token")))
		before, after := s.idToken(b, two), s.idToken(b2, two)
		for _, name := range []string{"iss", "sub", "aud", "azp", "auth_time"} {
			if before[name] != after[name] {
				t.Errorf("%s: %v, then %v", name, before[name], after[name])
			}
		}
		if before["iat"] == after["iat"] || after["nonce"] != nil {
			t.Errorf("the new ID token: %v", after)
		}
		newest := b2.Text("refresh_token")
		if newest == "" {
			newest = b.Text("refresh_token")
		}
		s.refused(s.Refresh(one, newest), 400, "invalid_grant")
		s.ok(s.Refresh(two, newest))
	})
}

// Without offline_access there is no refresh token, unless the client is registered for online ones, which end with the session.
func TestOIDCC_RefreshTokenOnline(t *testing.T) {
	w := open(t)
	plain, online := w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{Online: true})
	if a := w.tokens(plain, "scope", "openid email"); a.JSON["refresh_token"] != nil {
		t.Errorf("answer %s", a.Body)
	}
	b := w.Browser()
	lasting := w.ok(w.Redeem(online, b.Authorize(w.AuthURL(online, "scope", "openid offline_access"), w.email).Get("code")))
	bound := w.ok(w.Redeem(online, b.Authorize(w.AuthURL(online, "scope", "openid"), w.email).Get("code")))
	w.ok(w.Refresh(online, bound.Text("refresh_token")))
	b.Get("/oauth2/logout").Submit()
	w.refused(w.Refresh(online, bound.Text("refresh_token")), 400, "invalid_grant")
	w.ok(w.Refresh(online, lasting.Text("refresh_token")))
}
