package modules

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// assertion is a client assertion of RFC 7523.
func (w *world) assertion(rp *testkit.RP, k *key, alg string) url.Values {
	w.t.Helper()
	now := w.Clock.Now()
	return form("client_id", rp.ID, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", k.sign(alg, nil, object{
		"iss": rp.ID, "sub": rp.ID, "aud": w.URL, "jti": fmt.Sprint(now.UnixNano()), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}))
}

// asKeyed calls the token endpoint with an assertion.
func (w *world) asKeyed(rp *testkit.RP, k *key, alg string, more ...string) *testkit.Answer {
	w.t.Helper()
	f := w.assertion(rp, k, alg)
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return w.Call("/oauth2/token", nil, f)
}

// byReference registers a client whose keys are at its own site.
func (w *world) byReference(s *site, k *key) *testkit.RP {
	w.t.Helper()
	return w.rpOf(w.enrol("", object{
		"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": s.json("/client1_jwks", k.jwks()), "grant_types": []string{"authorization_code", "refresh_token"},
	}))
}

func TestOIDCC_RegistrationJwksURI(t *testing.T) {
	s := newSite(t)
	w := alone(t, anybody, s.reachable)
	k := newKey(t, "RS256")
	rp := w.byReference(s, k)
	w.ok(w.asKeyed(rp, k, "RS256", "grant_type", "authorization_code", "code", w.code(rp), "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier))
	w.refused(w.asKeyed(rp, newKey(t, "RS256"), "RS256", "grant_type", "authorization_code", "code", w.code(rp), "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier), 401, "invalid_client")
	if s.count("/client1_jwks") != 1 {
		t.Errorf("fetched %d times", s.count("/client1_jwks"))
	}
}

func TestOIDCC_RefreshTokenRPKeyRotation(t *testing.T) {
	s := newSite(t)
	w := alone(t, anybody, s.reachable)
	k := newKey(t, "RS256")
	rp := w.byReference(s, k)
	a := w.ok(w.asKeyed(rp, k, "RS256", "grant_type", "authorization_code", "code", w.code(rp, "scope", "openid offline_access", "prompt", "consent"), "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier))
	next := newKey(t, "RS256")
	s.json("/client1_jwks", next.jwks())
	w.Clock.Advance(time.Minute)
	b := w.ok(w.asKeyed(rp, next, "RS256", "grant_type", "refresh_token", "refresh_token", a.Text("refresh_token")))
	w.ok(w.Userinfo(b.Text("access_token")))
	w.refused(w.asKeyed(rp, k, "RS256", "grant_type", "refresh_token", "refresh_token", a.Text("refresh_token")), 401, "invalid_client")
}

// A thousand unknown keys cost one fetch, and the old ones serve while the client's site is down or answers nonsense.
func TestJW13_KeysByReference(t *testing.T) {
	s := newSite(t)
	w := alone(t, anybody, s.reachable)
	k := newKey(t, "ES256")
	rp := w.byReference(s, k)
	works := func(when string) {
		t.Helper()
		if a := w.Call("/oauth2/introspect", nil, withParam(w.assertion(rp, k, "ES256"), "token", "x")); a.Status != http.StatusOK {
			t.Errorf("%s: %d %s", when, a.Status, a.Body)
		}
	}
	works("at first")
	w.Clock.Advance(time.Minute)
	for range 100 {
		stranger := newKey(t, "ES256")
		for range 10 {
			w.refused(w.asKeyed(rp, stranger, "ES256", "grant_type", "refresh_token", "refresh_token", "jdr_x"), 401, "invalid_client")
		}
	}
	if n := s.count("/client1_jwks"); n != 2 {
		t.Errorf("fetched %d times for a thousand unknown keys, want the first and one more", n)
	}
	works("after a thousand strangers")
	for name, h := range map[string]http.HandlerFunc{
		"down":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"a page": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"a redirect to here": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, w.URL+"/.well-known/jwks.json", http.StatusFound)
		},
		"a redirect within": func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/other", http.StatusFound) },
		"large": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[],"x":"` + strings.Repeat("x", 1<<20) + `"}`))
		},
		"gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte{0x1f, 0x8b})
		},
		"private": func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = rw.Write([]byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`))
		},
	} {
		s.page("/client1_jwks", h)
		w.Clock.Advance(11 * time.Minute)
		works(name)
	}
	if s.count("/other") != 0 {
		t.Error("a redirect was followed")
	}
}

func withParam(f url.Values, name, value string) url.Values {
	f.Set(name, value)
	return f
}
