package modules

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// registering is a provider that takes registrations, and says what the test wants of them.
func registering(t *testing.T, w *feWorld, status int, answer map[string]any) (o *socialOP, asked func() (map[string]any, string)) {
	o = newSocialOP(t, w.Clock.Now, nil)
	var (
		body map[string]any
		auth string
	)
	o.set(func(o *socialOP) {
		o.meta = map[string]any{"registration_endpoint": o.url() + "/register"}
		o.register = func(r *http.Request, said map[string]any) (int, map[string]any) {
			body, auth = said, r.Header.Get("Authorization")
			return status, answer
		}
	})
	return o, func() (map[string]any, string) { return body, auth }
}

func given() map[string]any {
	return map[string]any{"client_id": "jedan", "client_secret": "upstream-secret", "client_secret_expires_at": 0, "token_endpoint_auth_method": "client_secret_basic"}
}

// TestFE_Register: a new connector makes itself known at its provider, and is one like any other then.
func TestFE_Register(t *testing.T) {
	w := newSocial(t)
	o, asked := registering(t, w, http.StatusCreated, given())
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "client_id": nil, "client_secret": nil, "register": true, "initial_access_token": "first", "offline": true, "frontchannel_logout": true})
	body, auth := asked()
	if uris, _ := body["redirect_uris"].([]any); len(uris) != 1 || uris[0] != w.URL+"/federation/corp/callback" || auth != "Bearer first" {
		t.Error(body, auth)
	}
	for name, want := range map[string]any{
		"token_endpoint_auth_method": "client_secret_basic", "backchannel_logout_uri": w.URL + "/federation/corp/backchannel", "frontchannel_logout_uri": w.URL + "/federation/corp/frontchannel",
		"frontchannel_logout_session_required": true, "application_type": "web",
	} {
		if body[name] != want {
			t.Errorf("%s: %v", name, body[name])
		}
	}
	if grants, _ := body["grant_types"].([]any); !slices.Equal(grants, []any{"authorization_code", "refresh_token"}) {
		t.Error(body)
	}
	_, page := w.by("corp", o)
	w.subject(page)
	row, err := w.App.Connectors.ByName(t.Context(), "corp")
	if err != nil || strings.Contains(row.Settings, "upstream-secret") || strings.Contains(row.Settings, "first") || strings.Contains(row.Settings, "register") || !strings.Contains(row.Settings, `"client_id":"jedan"`) {
		t.Error("not what an operator would have written, or a secret is not sealed: ", row.Settings, err)
	}
	err = w.change("corp", func(d *federation.Draft) { configure(d, "register", true) })
	if !errs.Is(err, errs.Invalid) {
		t.Error("registered again: ", err)
	}
}

// TestFE_RegisterByKey: a provider that knows us by a key is given it.
func TestFE_RegisterByKey(t *testing.T) {
	w := newSocial(t)
	answer := given()
	delete(answer, "client_secret")
	answer["token_endpoint_auth_method"] = "private_key_jwt"
	o, asked := registering(t, w, http.StatusOK, answer)
	w.provider("corp", "oidc", map[string]any{
		"issuer": o.url(), "client_id": nil, "client_secret": nil, "register": true, "token_endpoint_auth_method": "private_key_jwt", "dpop": true, "encrypted_id_token": true,
		"id_token_signed_response_algs": []string{"ES256", "PS256"}, "signed_userinfo": true, "request_uri": true, "response_type": "code id_token",
	})
	body, _ := asked()
	jwks, _ := body["jwks"].(map[string]any)
	set, _ := jwks["keys"].([]any)
	if len(set) != 3 { // one that signs, two that it may encrypt to
		t.Fatal(body)
	}
	for _, one := range set {
		if k, _ := one.(map[string]any); k["d"] != nil || k["kid"] == "" {
			t.Error("a private key went out, or one without a name")
		}
	}
	first, _ := set[0].(map[string]any)
	if kids := w.published("corp").Keys; !slices.ContainsFunc(kids, func(k jose.JSONWebKey) bool { return k.KeyID == first["kid"] }) {
		t.Error("another key is used than the provider was given")
	}
	for name, want := range map[string]any{
		"id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "ES256", "request_object_signing_alg": "ES256", "dpop_bound_access_tokens": true, "id_token_encrypted_response_alg": "ECDH-ES",
	} {
		if body[name] != want {
			t.Errorf("%s: %v", name, body[name])
		}
	}
}

// TestFE_RegisterRefused: what does not fit is told to the operator, and there is no connector.
func TestFE_RegisterRefused(t *testing.T) {
	w := newSocial(t)
	for name, c := range map[string]struct {
		check  string
		status int
		change map[string]any
	}{
		"a refusal":        {"oidc_registration.answer", http.StatusBadRequest, map[string]any{"error": "invalid_redirect_uri"}},
		"an unknown error": {"oidc_registration.answer", http.StatusForbidden, map[string]any{"error": "canary"}},
		"no id":            {"oidc_registration.client_id", http.StatusCreated, map[string]any{"client_id": ""}},
		"a long id":        {"oidc_registration.client_id", http.StatusCreated, map[string]any{"client_id": strings.Repeat("x", 256)}},
		"an id in two":     {"oidc_registration.client_id", http.StatusCreated, map[string]any{"client_id": "a\nb"}},
		"another method":   {"oidc_registration.method", http.StatusCreated, map[string]any{"token_endpoint_auth_method": "client_secret_post"}},
		"no secret":        {"oidc_registration.secret", http.StatusCreated, map[string]any{"client_secret": ""}},
		"one that ends":    {"oidc_registration.secret", http.StatusCreated, map[string]any{"client_secret_expires_at": 1900000000}},
		"another type":     {"oidc_registration.answer", http.StatusCreated, map[string]any{"client_id": 7}},
	} {
		answer := given()
		maps.Copy(answer, c.change)
		o, _ := registering(t, w, c.status, answer)
		err := w.tryProvider("corp", "oidc", map[string]any{"issuer": o.url(), "client_id": nil, "client_secret": nil, "register": true})
		no, is := errors.AsType[*federation.Refusal](err)
		if !errs.Is(err, errs.Invalid) || !is || no.Check != c.check || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.App.Connectors.ByName(t.Context(), "corp"); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: there is a connector (%v)", name, err)
		}
	}
	none := newSocialOP(t, w.Clock.Now, nil)
	for name, config := range map[string]map[string]any{
		"no endpoint":       {"issuer": none.url(), "client_id": nil, "client_secret": nil, "register": true},
		"a client_id":       {"issuer": none.url(), "client_secret": nil, "register": true},
		"a token for none":  {"issuer": none.url(), "initial_access_token": "x"},
		"nothing to go by":  {"issuer": none.url(), "client_id": nil, "client_secret": nil},
		"a misspelt member": {"issuer": none.url(), "client_id": nil, "client_secret": nil, "register": true, "offlin": true},
	} {
		if err := w.tryProvider("corp", "oidc", config); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
