package modules

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// known are the claims that an ID token may have beside those asked for.
func known() []string {
	return []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash", "nbf", "jti", "sid"}
}

func TestOIDCC_Server(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		claims, access := s.tokens(s.login())
		if claims["nonce"] != "nonce-0123456789" {
			t.Errorf("nonce %v", claims["nonce"])
		}
		for name := range claims {
			if !slices.Contains(known(), name) {
				t.Errorf("claim %s", name)
			}
		}
		if access != "" {
			u := s.ok(s.Userinfo(access))
			if u.Text("sub") != claims["sub"] || len(u.JSON) != 1 {
				t.Errorf("userinfo %s", u.Body)
			}
		}
	})
}

func TestOIDCC_ServerClientSecretPost(t *testing.T) {
	w := open(t)
	for _, v := range codeVariants() {
		rp := w.types(storage.ClientMetadata{TokenEndpointAuthMethod: "client_secret_post"}, v.responseType)
		s := &suite{world: w, v: v, rp: rp, b: w.Browser()}
		code := s.login().Get("code")
		a := w.Call("/oauth2/token", nil, form("grant_type", "authorization_code", "code", code, "redirect_uri", rp.Redirect, "client_id", rp.ID, "client_secret", rp.Secret))
		s.idToken(s.tokenAnswer(a), rp)
	}
}

func TestOIDCC_ResponseTypeMissing(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		mode := s.v.mode
		if mode == "fragment" {
			mode = "query"
		}
		var q url.Values
		s.row("authorize.response_type", func() { q = s.refusedTo(get(s.b, s.url("response_type", "")), s.rp, mode, "invalid_request") })
		if q.Get("state") != "state-ABCdef123" {
			t.Errorf("state %q", q.Get("state"))
		}
	})
}

func TestOIDCC_UserinfoGet(t *testing.T) {
	userinfo(t, func(s *suite, access string) *testkit.Answer { return s.Userinfo(access) })
}

func TestOIDCC_UserinfoPostHeader(t *testing.T) {
	userinfo(t, func(s *suite, access string) *testkit.Answer {
		return s.Raw("POST", "/oauth2/userinfo", "", "Authorization", "Bearer "+access)
	})
}

func TestOIDCC_UserinfoPostBody(t *testing.T) {
	userinfo(t, func(s *suite, access string) *testkit.Answer {
		return s.Raw("POST", "/oauth2/userinfo", form("access_token", access).Encode(), "Content-Type", testkit.FormType)
	})
}

func userinfo(t *testing.T, ask func(s *suite, access string) *testkit.Answer) {
	t.Helper()
	all(t, func(t *testing.T, s *suite) {
		claims, access := s.tokens(s.login())
		if access == "" {
			return // id_token alone has nothing to ask with
		}
		if u := s.ok(ask(s, access)); u.Text("sub") != claims["sub"] || u.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v %s", u.Header, u.Body)
		}
	})
}

func TestOIDCC_EnsureRequestWithoutNonceSucceedsForCodeFlow(t *testing.T) {
	withoutNonce := slices.DeleteFunc(variants(), func(v variant) bool { return v.returns("id_token") })
	each(t, withoutNonce, open, func(t *testing.T, s *suite) {
		if claims, _ := s.tokens(s.login("nonce", "")); claims["nonce"] != nil {
			t.Errorf("nonce %v", claims["nonce"])
		}
	})
}

func TestOIDCC_EnsureRequestWithoutNonceFails(t *testing.T) {
	withNonce := slices.DeleteFunc(variants(), func(v variant) bool { return !v.returns("id_token") })
	each(t, withNonce, open, func(t *testing.T, s *suite) {
		s.row("authorize.nonce", func() {
			if q := s.refusedTo(get(s.b, s.url("nonce", "")), s.rp, "fragment", "invalid_request"); q.Get("state") != "state-ABCdef123" {
				t.Errorf("state %q", q.Get("state"))
			}
		})
		s.login()
	})
}

// An ID token needs the openid scope (OpenID Connect Core section 3.2.2.1).
func TestOIDCC_EnsureRequestWithoutOpenIDFails(t *testing.T) {
	withID := slices.DeleteFunc(variants(), func(v variant) bool { return !v.returns("id_token") })
	each(t, withID, open, func(t *testing.T, s *suite) {
		s.row("authorize.openid", func() { s.refusedTo(get(s.b, s.url("scope", "email")), s.rp, "fragment", "invalid_scope") })
	})
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	a := w.tokens(rp, "scope", "email")
	if a.JSON["id_token"] != nil || a.Text("scope") != "email" {
		t.Errorf("plain OAuth: %s", a.Body)
	}
}

func TestOIDCC_AlternateHappyFlow(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		long := strings.Repeat("aZ09-._~", 16)
		nonce := strings.Repeat("aZ09-._~", 5) + "x-."
		to := s.url("scope", "email openid", "state", long, "nonce", nonce)
		base, query, _ := strings.Cut(to, "?")
		parts := strings.Split(query, "&")
		slices.Reverse(parts)
		q := s.finish(s.visit(base + "?" + strings.Join(parts, "&")))
		s.success(q)
		claims, access := s.tokens(q)
		if q.Get("state") != long || claims["nonce"] != nonce || (claims["email"] != nil) != (access == "") {
			t.Errorf("state %q, claims %v", q.Get("state"), claims)
		}
	})
}

func TestOIDCC_EnsureRequestWithUnknownParameterSucceeds(t *testing.T) {
	all(t, func(_ *testing.T, s *suite) { s.tokens(s.login("extra", "foobar")) })
}

func TestOIDCC_EnsurePostRequestSucceeds(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		_, query, _ := strings.Cut(s.url(), "?")
		a := s.b.Raw("POST", "/oauth2/authorize", query, "Content-Type", testkit.FormType, "Origin", "https://suite.test")
		if a.Status != 303 {
			t.Fatalf("status %d", a.Status)
		}
		q := s.finish(s.b.Get(a.Header.Get("Location")))
		s.success(q)
		s.tokens(q)
	})
}

func TestOIDCC_EnsureRegisteredRedirectURI(t *testing.T) {
	all(t, func(_ *testing.T, s *suite) {
		s.row("authorize.redirect_uri", func() {
			s.page(get(s.b, s.url("redirect_uri", s.rp.Redirect+"/x7Yq")), 400, "invalid_request", "suite.test")
		})
	})
}

func TestOIDCC_EnsureRequestWithValidPKCESucceeds(t *testing.T) {
	each(t, codeVariants(), open, func(_ *testing.T, s *suite) {
		q := s.login("code_challenge", testkit.Challenge(testkit.Verifier), "code_challenge_method", "S256")
		s.idToken(s.tokenAnswer(s.Redeem(s.rp, q.Get("code"))), s.rp)
	})
}
