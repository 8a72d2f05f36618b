package modules

import (
	"net/url"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/contest"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
)

// upstreamOf is the connector of a name, as the broker has it.
func upstreamOf[C federation.Connector](w *feWorld, name string) C {
	w.t.Helper()
	ready, err := w.App.Upstreams.ByName(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	c, ok := ready.Connector.(C)
	if !ok {
		w.t.Fatalf("%s is %T", name, ready.Connector)
	}
	return c
}

// redirecting is a connector of the server beside a fake whose browsers come back by a redirect.
func (w *feWorld) redirecting(name, key string, visit func(*url.URL) url.Values, away func()) contest.Redirecting {
	return contest.Redirecting{
		Connector: upstreamOf[federation.Redirector](w, name), Callback: w.URL + "/federation/" + name + "/callback", Key: key, Now: w.Clock.Now, Away: away,
		Visit: func(to *url.URL, _ url.Values) (string, url.Values) { return "GET", visit(to) },
	}
}

// TestFE_Contract: every kind keeps what the broker relies on.
func TestFE_Contract(t *testing.T) {
	t.Run("oidc", func(t *testing.T) {
		contest.Redirector(t, func(t *testing.T) contest.Redirecting {
			w := newFE(t, nil)
			return w.redirecting("corp", w.up.url()+"\nsub-1", w.up.visit, w.up.http.Close)
		})
	})
	t.Run("oauth2", func(t *testing.T) {
		contest.Redirector(t, func(t *testing.T) contest.Redirecting {
			w := newSocial(t)
			s := newOAuthService(t, "/oauth2/authorize", "/api/oauth2/token", "/api/users/@me")
			s.older, s.said = true, map[string]any{"id": "80351110224678912", "username": "nelly", "email": "nelly@acme.example", "verified": true}
			w.provider("discord", "oauth2", map[string]any{"template": "discord", "host": s.http.URL, "token_endpoint_auth_method": "client_secret_post"})
			return w.redirecting("discord", s.http.URL+"\n80351110224678912", s.visit, s.http.Close)
		})
	})
	t.Run("saml", func(t *testing.T) {
		contest.Redirector(t, func(t *testing.T) contest.Redirecting {
			w, idp := samlWorld(t, nil)
			return contest.Redirecting{
				Connector: upstreamOf[federation.Redirector](w, "uni"), Callback: w.URL + "/saml/uni/acs", Now: w.Clock.Now,
				Visit: func(to *url.URL, _ url.Values) (string, url.Values) { return "POST", idp.visit(to) },
			}
		})
	})
	t.Run("ldap", func(t *testing.T) {
		contest.Checker(t, func(t *testing.T) contest.Typed {
			w := newLDAP(t, ldaptest.Options{}, nil)
			entry(w.dir, "alice", nil)
			return contest.Typed{
				Connector: upstreamOf[federation.PasswordChecker](w.feWorld, "corp"), Name: "alice", Password: there, Key: "entryUUID:uuid-alice",
				Asked: func() int { return len(w.dir.PersonBinds()) }, Away: w.dir.Stop,
			}
		})
	})
}
