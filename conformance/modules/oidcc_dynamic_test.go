package modules

import (
	"net/http"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// dynamic is a relying party of the suite that registers itself, for each response type.
func dynamic(t *testing.T, module func(t *testing.T, w *world, responseType string, grants []string)) {
	t.Helper()
	w := newWorld(t, testkit.StartTLS(t, anybody))
	for _, v := range variants() {
		if v.mode == "form_post" {
			continue
		}
		t.Run(v.responseType, func(t *testing.T) {
			grants := []string{}
			if v.returns("code") {
				grants = append(grants, "authorization_code")
			}
			if v.returns("id_token") || v.returns("token") {
				grants = append(grants, "implicit")
			}
			module(t, newWorld(t, w.For(t)), v.responseType, grants)
		})
	}
}

// TestOIDCC_Server with a client that registered itself as the suite's does: keys by value, any authentication, no scope named.
func TestOIDCC_ServerWithDynamicClient(t *testing.T) {
	dynamic(t, func(t *testing.T, w *world, responseType string, grants []string) {
		key := newKey(t, "RS256")
		for _, method := range []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"} {
			a := w.enrol("", object{
				"grant_types": grants, "response_types": []string{responseType}, "token_endpoint_auth_method": method, "jwks": key.jwks(),
			})
			secret := method == "client_secret_basic" || method == "client_secret_post"
			if (a.JSON["client_secret"] != nil) != secret || (a.JSON["client_secret_expires_at"] != nil) != secret || a.JSON["client_id_issued_at"] == nil {
				t.Errorf("%s: %s", method, a.Body)
			}
			for name, want := range map[string]any{
				"token_endpoint_auth_method": method, "subject_type": "public", "application_type": "web", "scope": "openid profile email address phone offline_access",
			} {
				if a.JSON[name] != want {
					t.Errorf("%s is %v", name, a.JSON[name])
				}
			}
			changes := []string{"response_type", responseType, "scope", "openid profile email address phone", "nonce", "n-0123456789"}
			if method != "none" {
				changes = append(changes, "code_challenge", "", "code_challenge_method", "")
			}
			if q := w.Browser().Authorize(w.AuthURL(w.rpOf(a), changes...), w.email); q.Has("error") {
				t.Errorf("%s: %v", method, q)
			}
			if gone := w.send(http.MethodDelete, a.Text("registration_client_uri"), a.Text("registration_access_token"), nil); gone.Status != http.StatusNoContent {
				t.Errorf("unregister: %d", gone.Status)
			}
		}
	})
}

func TestOIDCC_RedirectURIRegFrag(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, anybody))
	w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"redirect_uris": []string{"https://suite.test/test/a/alias/callback#foobar"}})), "invalid_redirect_uri")
}

func TestOIDCC_3rdPartyInitLogin(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, anybody))
	const uri = "https://suite.test/test/a/alias/initiate_login"
	a := w.enrol("", object{"initiate_login_uri": uri})
	if a.Text("initiate_login_uri") != uri {
		t.Errorf("registered: %s", a.Body)
	}
	if read := w.ok(w.send("GET", a.Text("registration_client_uri"), a.Text("registration_access_token"), nil)); read.Text("initiate_login_uri") != uri || read.Header.Get("Content-Type") != "application/json" {
		t.Errorf("read: %s", read.Body)
	}
}

func TestOIDCC_3rdPartyInitLoginNonHTTPS(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, anybody))
	w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"initiate_login_uri": "http://suite.test/test/a/alias/initiate_login"})), "invalid_client_metadata")
}

func TestOIDCC_RegistrationPolicyAndTosURI(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, anybody))
	rp := w.rpOf(w.enrol("", object{"policy_uri": "https://suite.test/login.html", "tos_uri": "https://suite.test/tos.html"}))
	page := w.Browser().Get(w.AuthURL(rp, "scope", "openid"))
	_, links := w.seen(page.Body)
	for _, want := range []string{"https://suite.test/login.html", "https://suite.test/tos.html"} {
		found := false
		for _, l := range links {
			found = found || l == want
		}
		if !found {
			t.Errorf("the sign-in page has no link to %s: %v", want, links)
		}
	}
}
