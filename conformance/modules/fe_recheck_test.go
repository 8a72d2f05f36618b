package modules

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// refusal is the check that refused; "" for none.
func refusal(err error) (check string, person bool) {
	if no, ok := errors.AsType[*federation.Refusal](err); ok {
		return no.Check, no.Person
	}
	return "", false
}

// TestFE_RecheckOIDC: the refresh token is used, and what comes of it must be about the same person.
func TestFE_RecheckOIDC(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("google", "oidc", map[string]any{"template": "google", "issuer": o.url(), "hosted_domains": []string{"acme.example"}})
	good := map[string]any{"sub": "sub-1", "hd": "acme.example", "email": "a@acme.example", "email_verified": true}
	key, n := o.url()+"\nsub-1", 0
	ask := func(claims map[string]any, said map[string]any) (*federation.Identity, error) {
		n++
		token := fmt.Sprint("r-", n)
		o.set(func(o *socialOP) {
			o.refreshes[token], o.said = true, said
			o.claims = map[string]any{}
			for _, m := range []map[string]any{good, claims} {
				for k, v := range m {
					o.claims[k] = v
				}
			}
		})
		return w.recheck("google", key, &federation.Tokens{Refresh: token, ID: "before", Scope: "openid"})
	}
	id, err := ask(nil, nil)
	if err != nil || id.Key != key || id.Tokens.Refresh == "r-1" || id.Tokens.Refresh == "" || id.Tokens.Scope != "openid" || id.Tokens.ExpiresAt.IsZero() || id.Profile["email_verified"] != true {
		t.Fatal(id, err)
	}
	if id, err = ask(nil, map[string]any{"refresh_token": ""}); err != nil || id.Tokens.Refresh != "r-2" {
		t.Error("the refresh token does not stay where no new one comes", err)
	}
	if id, err = ask(nil, map[string]any{"id_token": ""}); err != nil || id.Key != key || id.Tokens.ID != "before" {
		t.Error("a refresh without an ID token: ", err)
	}
	for name, c := range map[string]struct {
		claims, said map[string]any
		check        string
	}{
		"sub":       {map[string]any{"sub": "sub-2"}, nil, "oidc_refresh.key"},
		"iss":       {map[string]any{"iss": "https://other.example"}, nil, "oidc_refresh.iss"},
		"aud":       {map[string]any{"aud": "another"}, nil, "oidc_refresh.aud"},
		"azp":       {map[string]any{"azp": "another"}, nil, "oidc_refresh.azp"},
		"exp":       {map[string]any{"exp": w.Clock.Now().Add(-time.Hour).Unix()}, nil, "oidc_refresh.time"},
		"no sub":    {map[string]any{"sub": nil}, nil, "oidc_refresh.sub"},
		"at_hash":   {map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, nil, "oidc_refresh.at_hash"},
		"template":  {map[string]any{"hd": "evil.example"}, nil, "oidc_google.hd"},
		"encrypted": {nil, map[string]any{"id_token": "a.b.c.d.e"}, "oidc_refresh.encryption"},
		"unsigned":  {nil, map[string]any{"id_token": "a.b.c"}, "oidc_refresh.signature"},
		"type":      {nil, map[string]any{"token_type": "mac"}, "oidc_refresh.token_type"},
	} {
		if _, err := ask(c.claims, c.said); err == nil {
			t.Errorf("%s: was taken", name)
		} else if check, _ := refusal(err); check != c.check {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.recheck("google", key, &federation.Tokens{Refresh: "revoked"})
	if check, person := refusal(err); check != "oidc_refresh.grant" || !person {
		t.Error("a token that was revoked: ", err)
	}
	for _, none := range []*federation.Tokens{nil, {}, {Access: "at"}} {
		if id, err := w.recheck("google", key, none); id != nil || err != nil {
			t.Errorf("%v: %v %v", none, id, err)
		}
	}
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"500": func(h http.ResponseWriter, _ *http.Request) bool {
			h.WriteHeader(http.StatusInternalServerError)
			return true
		},
		"client": func(h http.ResponseWriter, _ *http.Request) bool { h.WriteHeader(http.StatusUnauthorized); return true },
		"html":   func(h http.ResponseWriter, _ *http.Request) bool { _, _ = h.Write([]byte("<html>")); return true },
	} {
		o.set(func(o *socialOP) { o.answer = answer })
		if _, err := ask(nil, nil); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.http.Close()
	if _, err := ask(nil, nil); !errs.Is(err, errs.Unavailable) {
		t.Errorf("down: %v", err)
	}
}

// TestFE_RecheckOAuth2: the user endpoint is asked again.
func TestFE_RecheckOAuth2(t *testing.T) {
	w, g := newGitHubWorld(t, map[string]any{"organizations": []string{"acme"}})
	g.set(func(g *fakeGitHub) { g.orgs = []string{"acme"} })
	key, tokens := g.http.URL+"\n583231", &federation.Tokens{Access: "gho_1", Scope: "user:email"}
	id, err := w.recheck("github", key, tokens)
	if err != nil || id.Key != key || id.Tokens.Access != "gho_1" || id.Tokens.Scope != "user:email" {
		t.Fatal(id, err)
	}
	if _, err := w.recheck("github", g.http.URL+"\n1", tokens); err == nil {
		t.Error("another's token")
	} else if check, _ := refusal(err); check != "social_recheck.key" {
		t.Error(err)
	}
	g.set(func(g *fakeGitHub) { g.orgs = nil })
	if check, person := refusal(second(w.recheck("github", key, tokens))); check != "social_github.organization" || !person {
		t.Error("who has left the organization: ", check)
	}
	g.set(func(g *fakeGitHub) { g.revoked = true })
	if check, person := refusal(second(w.recheck("github", key, tokens))); check != "social_user.token" || !person {
		t.Error("a token that was revoked: ", check)
	}
	over := &federation.Tokens{Access: "gho_1", ExpiresAt: w.Clock.Now().Add(-time.Hour)}
	for _, none := range []*federation.Tokens{nil, {}, over} {
		if id, err := w.recheck("github", key, none); id != nil || err != nil {
			t.Errorf("%v: %v %v", none, id, err)
		}
	}
	g.set(func(g *fakeGitHub) { g.down = true })
	if _, err := w.recheck("github", key, tokens); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
	g.http.Close()
	if _, err := w.recheck("github", key, tokens); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }
