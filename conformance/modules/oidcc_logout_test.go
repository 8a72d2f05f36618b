package modules

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const bye = "https://suite.test/test/a/alias/post_logout_redirect"

// session is a relying party whose person is signed in, for the logout modules.
type session struct {
	*world
	rp   *testkit.RP
	b    *testkit.Browser
	hint string
}

func (w *world) enter() *session {
	w.t.Helper()
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://suite.test/test/a/alias/callback"}, PostLogoutRedirectURIs: []string{bye}})
	b := w.Browser()
	a := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp), w.email).Get("code")))
	return &session{world: w, rp: rp, b: b, hint: a.Text("id_token")}
}

// ask sends the person to the end-session endpoint, and confirms where asked.
func (s *session) ask(pairs ...string) *testkit.Page {
	s.t.Helper()
	p := s.b.Get(s.logoutURL(pairs...))
	if p.Location == nil && p.HasID("logout-confirm") {
		p = p.Submit()
	}
	return p
}

// out wants the person to be signed out.
func (s *session) out() {
	s.t.Helper()
	if got := s.silent(s.b, s.rp); got != "login_required" {
		s.t.Errorf("still signed in: %q", got)
	}
}

// stays wants the browser to stay on a page of ours that says what happened.
func (s *session) stays(p *testkit.Page, status int) {
	s.t.Helper()
	if p.Location != nil || p.Status != status {
		s.t.Errorf("led to %v, status %d", p.Location, p.Status)
	}
	for _, id := range []string{"login-identifier", "login-password", "logout-confirm"} {
		if p.HasID(id) {
			s.t.Errorf("%s on %s", id, p.URL.Path)
		}
	}
	if p.HasID("error-code") != (status != 200) || !strings.Contains(p.Body, "<main") {
		s.t.Errorf("page %.300s", p.Body)
	}
}

func TestOIDCC_RPInitiatedLogoutDiscoveryEndpointVerification(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t))
	if end, _ := w.Get("/.well-known/openid-configuration").JSON["end_session_endpoint"].(string); end != w.URL+"/oauth2/logout" || !strings.HasPrefix(end, "https://") {
		t.Errorf("end_session_endpoint %q", end)
	}
}

func TestOIDCC_RPInitiatedLogout(t *testing.T) {
	s := open(t).enter()
	for _, state := range []string{"0123456789", `!"#$%&'()*+,-./:;<=>?@[\]^_{|}~` + "`"} {
		p := s.ask("id_token_hint", s.hint, "post_logout_redirect_uri", bye, "state", state)
		if p.Location == nil || p.Location.Host != "suite.test" || len(p.Params()) != 1 || p.Params().Get("state") != state {
			t.Errorf("led to %v", p.Location)
		}
		s.out()
	}
}

func TestOIDCC_RPInitiatedLogoutNoState(t *testing.T) {
	s := open(t).enter()
	if p := s.ask("id_token_hint", s.hint, "post_logout_redirect_uri", bye); p.Location == nil || p.Location.String() != bye {
		t.Errorf("led to %v", p.Location)
	}
	s.out()
}

func TestOIDCC_RPInitiatedLogoutNoPostLogoutRedirectURI(t *testing.T) {
	s := open(t).enter()
	s.stays(s.ask("id_token_hint", s.hint, "state", "0123456789"), 200)
	s.out()
}

func TestOIDCC_RPInitiatedLogoutNoParams(t *testing.T) {
	s := open(t).enter()
	if p := s.b.Get(s.logoutURL()); !p.HasID("logout-confirm") {
		t.Errorf("not asked: %s", p.URL.Path)
	}
	s.stays(s.ask(), 200)
	s.out()
}

func TestOIDCC_RPInitiatedLogoutOnlyState(t *testing.T) {
	s := open(t).enter()
	s.stays(s.ask("state", "0123456789"), 200)
	s.out()
}

func TestOIDCC_RPInitiatedLogoutBadPostLogoutRedirectURI(t *testing.T) {
	s := open(t).enter()
	s.stays(s.ask("id_token_hint", s.hint, "post_logout_redirect_uri", "https://suite.test/unregistered", "state", "x"), 400)
}

func TestOIDCC_RPInitiatedLogoutQueryAddedToPostLogoutRedirectURI(t *testing.T) {
	s := open(t).enter()
	s.stays(s.ask("id_token_hint", s.hint, "post_logout_redirect_uri", bye+"?foo=bar", "state", "x"), 400)
}

func TestOIDCC_RPInitiatedLogoutNoIDTokenHint(t *testing.T) {
	s := open(t).enter()
	s.stays(s.ask("post_logout_redirect_uri", bye, "state", "x"), 400)
}

func TestOIDCC_RPInitiatedLogoutModifiedIDTokenHint(t *testing.T) {
	s := open(t).enter()
	_, claims := s.parts(s.hint)
	s.stays(s.ask("id_token_hint", unsigned(t, object{"alg": "none"}, claims), "post_logout_redirect_uri", bye, "state", "x"), 400)
}

func TestOIDCC_RPInitiatedLogoutBadIDTokenHint(t *testing.T) {
	s := open(t).enter()
	_, claims := s.parts(s.hint)
	swapped := with(claims, object{"iss": claims["aud"], "aud": claims["iss"]})
	for _, bad := range []string{
		symmetric(t, "HS256", []byte(s.rp.Secret), nil, swapped), symmetric(t, "HS256", []byte(s.rp.Secret), nil, claims), newKey(t, "RS256").sign("RS256", nil, claims),
	} {
		s.stays(s.ask("id_token_hint", bad, "post_logout_redirect_uri", bye, "state", "x"), 400)
	}
}
