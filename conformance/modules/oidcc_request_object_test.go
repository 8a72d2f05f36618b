package modules

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// objectOf is an unsigned request object with everything that the query leaves out.
func (s *suite) objectOf(redirect string) string {
	return unsigned(s.t, object{"alg": "none"}, object{
		"iss": s.rp.ID, "aud": s.URL, "client_id": s.rp.ID, "response_type": s.v.responseType, "redirect_uri": redirect, "scope": "openid", "state": "inside", "nonce": "inside",
	})
}

// The suite skips its modules with unsigned objects where discovery does not list none; refused they are all the same.
func TestOIDCC_UnsignedRequestObject(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		s.row("authorize.request_object", func() {
			q := s.refusedTo(get(s.b, s.url("state", "", "nonce", "", "request", s.objectOf(s.rp.Redirect))), s.rp, s.v.mode, "invalid_request_object")
			if q.Has("state") {
				t.Errorf("state %q from an object that nobody read", q.Get("state"))
			}
		})
	})
}

func TestOIDCC_RequestURI(t *testing.T) {
	all(t, func(_ *testing.T, s *suite) {
		for uri, code := range map[string]string{"https://suite.test/request.jwt": s.unreferred(), "urn:ietf:params:oauth:request_uri:x": "invalid_request_uri"} {
			s.row("authorize.request_object", func() {
				s.refusedTo(get(s.b, s.url("state", "", "nonce", "", "request_uri", uri)), s.rp, s.v.mode, code)
			})
		}
		s.refusedTo(get(s.b, s.url("registration", "{}")), s.rp, s.v.mode, "registration_not_supported")
	})
}

func TestOIDCC_EnsureRequestObjectWithRedirectURI(t *testing.T) {
	all(t, func(_ *testing.T, s *suite) {
		s.row("authorize.redirect_uri", func() {
			to := s.url("redirect_uri", s.rp.Redirect+"_invalid", "request", s.objectOf(s.rp.Redirect))
			s.page(get(s.b, to), 400, "invalid_request", "suite.test")
		})
	})
}

// A registered redirect URI keeps its own query, and ours follows it.
func TestOIDCC_RedirectURIQueryOK(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://suite.test/cb?dummy1=lorem&dummy2=ipsum"}})
	p := w.Browser().Get(w.AuthURL(rp)).SignIn(w.email, testkit.Password).Allow()
	if q := p.Params(); q.Get("dummy1") != "lorem" || q.Get("dummy2") != "ipsum" || q.Get("code") == "" || strings.Count(p.Location.String(), "?") != 1 {
		t.Errorf("led to %s", p.Location)
	}
}
