package modules

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// metadataMembers are the members of RFC 8414 and OpenID that the suite knows and this server may publish; any other is a warning there.
func metadataMembers() []string {
	return strings.Fields(`issuer authorization_endpoint token_endpoint userinfo_endpoint revocation_endpoint introspection_endpoint end_session_endpoint jwks_uri
		scopes_supported response_types_supported response_modes_supported grant_types_supported acr_values_supported subject_types_supported
		id_token_signing_alg_values_supported userinfo_signing_alg_values_supported request_object_signing_alg_values_supported
		token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_methods_supported
		introspection_endpoint_auth_signing_alg_values_supported revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported
		display_values_supported claim_types_supported claims_supported claims_locales_supported ui_locales_supported code_challenge_methods_supported
		prompt_values_supported claims_parameter_supported request_parameter_supported request_uri_parameter_supported require_request_uri_registration
		device_authorization_endpoint backchannel_authentication_endpoint backchannel_token_delivery_modes_supported
		backchannel_authentication_request_signing_alg_values_supported backchannel_user_code_parameter_supported authorization_response_iss_parameter_supported service_documentation op_policy_uri op_tos_uri
		pushed_authorization_request_endpoint require_pushed_authorization_requests require_signed_request_object
		request_object_encryption_alg_values_supported request_object_encryption_enc_values_supported authorization_signing_alg_values_supported
		authorization_encryption_alg_values_supported authorization_encryption_enc_values_supported id_token_encryption_alg_values_supported
		id_token_encryption_enc_values_supported userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported
		introspection_signing_alg_values_supported introspection_encryption_alg_values_supported introspection_encryption_enc_values_supported
		dpop_signing_alg_values_supported tls_client_certificate_bound_access_tokens mtls_endpoint_aliases
		backchannel_logout_supported backchannel_logout_session_supported frontchannel_logout_supported frontchannel_logout_session_supported`)
}

func TestOIDCC_DiscoveryEndpointVerification(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t))
	a := w.ok(w.Get("/.well-known/openid-configuration"))
	if a.Header.Get("Content-Type") != "application/json" || a.JSON["issuer"] != w.URL {
		t.Errorf("%v %v", a.Header, a.JSON["issuer"])
	}
	var doc map[string]json.RawMessage
	w.must(json.Unmarshal([]byte(a.Body), &doc))
	for name, raw := range doc {
		if !slices.Contains(metadataMembers(), name) {
			t.Errorf("member %s", name)
		}
		var text string
		var list []string
		var flag bool
		switch {
		case strings.HasSuffix(name, "_endpoint") || strings.HasSuffix(name, "_uri") || name == "issuer":
			w.must(json.Unmarshal(raw, &text))
			if u, err := url.Parse(text); err != nil || u.Scheme != "https" || !strings.HasPrefix(text, w.URL) || u.RawQuery != "" || u.Fragment != "" {
				t.Errorf("%s: %s", name, text)
			}
		case strings.HasSuffix(name, "_parameter_supported") || strings.HasPrefix(name, "require_") || strings.Contains(name, "channel_logout_"):
			w.must(json.Unmarshal(raw, &flag))
		case strings.HasSuffix(name, "_supported"):
			if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 || slices.Contains(list, "none") != slices.Contains([]string{"prompt_values_supported", "token_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported"}, name) {
				t.Errorf("%s: %s", name, raw)
			}
		}
	}
	for name, value := range map[string]string{
		"subject_types_supported": "public", "id_token_signing_alg_values_supported": "RS256", "request_object_signing_alg_values_supported": "RS256",
		"response_types_supported": "code", "grant_types_supported": "refresh_token", "scopes_supported": "openid", "token_endpoint_auth_methods_supported": "client_secret_post",
		"code_challenge_methods_supported": "S256", "claims_supported": "sub", "acr_values_supported": "1",
	} {
		if !slices.Contains(members(a.JSON, name), value) {
			t.Errorf("%s lacks %s", name, value)
		}
	}
	if !slices.Contains(members(a.JSON, "grant_types_supported"), "implicit") || a.JSON["request_parameter_supported"] != true || a.JSON["request_uri_parameter_supported"] != true {
		t.Errorf("document %s", a.Body)
	}
	token := regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]+$`)
	for _, s := range members(a.JSON, "scopes_supported") {
		if !token.MatchString(s) {
			t.Errorf("scope %q", s)
		}
	}
	locale := regexp.MustCompile(`^[a-z]{2}(-[A-Z]{2})?$`)
	for _, l := range members(a.JSON, "ui_locales_supported") {
		if !locale.MatchString(l) {
			t.Errorf("locale %q", l)
		}
	}
	if b := w.ok(w.Get("/.well-known/oauth-authorization-server")); b.Body != a.Body {
		t.Error("RFC 8414's document is another")
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/jwks.json"} {
		d := w.Get(path, "Origin", "https://anybody.test")
		if d.Header.Get("Access-Control-Allow-Origin") != "*" || d.Header.Get("Access-Control-Allow-Credentials") != "" || d.Header.Get("Etag") == "" || !strings.Contains(d.Header.Get("Cache-Control"), "max-age=") {
			t.Errorf("%s: %v", path, d.Header)
		}
		if again := w.Get(path, "If-None-Match", d.Header.Get("Etag")); again.Status != 304 {
			t.Errorf("%s: %d to a conditional request", path, again.Status)
		}
	}
}

// What is advertised works, and what is not advertised is refused.
func TestJW20_DiscoveryIsReality(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t))
	doc := w.ok(w.Get("/.well-known/openid-configuration")).JSON
	endpoint := func(name string) string {
		path, ok := strings.CutPrefix(doc[name].(string), w.URL)
		if !ok || !strings.HasPrefix(w.URL, "https://") {
			t.Errorf("%s: %v", name, doc[name])
		}
		return path
	}
	for _, name := range []string{"authorization_endpoint", "end_session_endpoint", "jwks_uri", "userinfo_endpoint"} {
		if a := w.Get(endpoint(name)); a.Status == 404 || a.Status == 405 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	for _, name := range []string{"token_endpoint", "introspection_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint", "device_authorization_endpoint", "backchannel_authentication_endpoint"} {
		w.unknown(w.Call(endpoint(name), nil, form()))
	}
	rp := w.types(storage.ClientMetadata{ResponseModes: members(doc, "response_modes_supported"), Scope: strings.Join(members(doc, "scopes_supported"), " ")}, members(doc, "response_types_supported")...)
	for _, rt := range members(doc, "response_types_supported") {
		if q := w.Browser().Authorize(w.AuthURL(rp, "response_type", rt), w.email); q.Has("error") || q.Get("state") == "" {
			t.Errorf("response type %s: %v", rt, q)
		}
	}
	for _, mode := range members(doc, "response_modes_supported") {
		w.refusedTo(w.Get(w.AuthURL(rp, "response_mode", mode, "prompt", "none")), rp, mode, "login_required")
	}
	for _, grant := range members(doc, "grant_types_supported") {
		a := w.Call("/oauth2/token", rp, form("grant_type", grant))
		if (a.Text("error") == "unsupported_grant_type") != (grant == "implicit") { // implicit has no token endpoint
			t.Errorf("grant type %s: %s", grant, a.Body)
		}
	}
	for _, grant := range []string{"password", "urn:ietf:params:oauth:grant-type:saml2-bearer", "urn:ietf:params:oauth:grant-type:jwt-bearer"} {
		w.refused(w.Call("/oauth2/token", rp, form("grant_type", grant)), 400, "unsupported_grant_type")
	}
	for _, prompt := range append(members(doc, "prompt_values_supported"), "create") {
		a := w.Get(w.AuthURL(rp, "prompt", prompt))
		if refused := a.Location().Query().Get("error") == "invalid_request"; refused != (prompt == "create") {
			t.Errorf("prompt %s: %s", prompt, a.Header.Get("Location"))
		}
	}
	for _, value := range append(members(doc, "display_values_supported"), "hologram") {
		a := w.Get(w.AuthURL(rp, "display", value))
		if refused := a.Location().Query().Get("error") == "invalid_request"; refused != (value == "hologram") {
			t.Errorf("display %s: %s", value, a.Header.Get("Location"))
		}
	}
	for _, s := range members(doc, "scopes_supported") {
		w.begins(w.AuthURL(rp, "scope", "openid "+s))
	}
	w.algorithms(doc)
	w.methods(doc)
	w.requestAlgorithms(doc)
	for _, name := range []string{"registration_endpoint", "check_session_iframe"} {
		if doc[name] != nil {
			t.Errorf("%s is advertised", name)
		}
	}
	for _, path := range []string{"/oauth2/register", "/oauth2/check_session"} {
		if a := w.Raw("POST", path, "", "Content-Type", testkit.FormType, "Accept", "application/json"); a.Status != 404 {
			t.Errorf("%s is served but not advertised: %d", path, a.Status)
		}
	}
}

// algorithms signs ID tokens and UserInfo with each that is advertised.
func (w *world) algorithms(doc object) {
	w.t.Helper()
	algs := members(doc, "id_token_signing_alg_values_supported")
	for _, alg := range algs {
		rp := w.Client(storage.ClientMetadata{IDTokenSignedResponseAlg: alg, UserinfoSignedRespAlg: alg})
		a := w.tokens(rp)
		w.idToken(a, rp)
		u := w.ok(w.Userinfo(a.Text("access_token")))
		header, claims := w.parts(u.Body)
		if u.Header.Get("Content-Type") != "application/jwt" || header["alg"] != alg || claims["iss"] != w.URL || claims["aud"] != rp.ID || claims["email"] != w.email {
			w.t.Errorf("%s: userinfo %v %v", alg, header, claims)
		}
	}
	if !slices.Equal(algs, members(doc, "userinfo_signing_alg_values_supported")) {
		w.t.Error("userinfo is signed by other algorithms")
	}
	for _, alg := range []string{"none", "HS256", "RS512", "ES384", "ES256K"} {
		if slices.Contains(algs, alg) || w.registers(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}, IDTokenSignedResponseAlg: alg}) {
			w.t.Errorf("%s was registered", alg)
		}
	}
}

// methods authenticates clients by each method and algorithm that is advertised.
func (w *world) methods(doc object) {
	w.t.Helper()
	for _, method := range members(doc, "token_endpoint_auth_methods_supported") {
		switch method {
		case "none":
			w.tokens(w.public(storage.ClientMetadata{}))
		case "private_key_jwt", "client_secret_jwt":
			for _, alg := range members(doc, "token_endpoint_auth_signing_alg_values_supported") {
				if rp := w.machine(storage.ClientMetadata{TokenEndpointAuthMethod: "client_secret_jwt"}); strings.HasPrefix(alg, "HS") {
					w.ok(w.assert(symmetric(w.t, alg, []byte(rp.Secret), nil, w.claims(rp))))
					continue
				}
				rp, k := w.asserting(alg)
				w.ok(w.assert(k.sign(alg, nil, w.claims(rp))))
			}
		default:
			rp := w.machine(storage.ClientMetadata{TokenEndpointAuthMethod: method})
			if f := form(); method == "client_secret_post" {
				w.ok(w.credentials(form("client_id", rp.ID, "client_secret", rp.Secret)))
			} else {
				w.ok(w.credentials(f, basic(rp.ID, rp.Secret)))
			}
		}
	}
	w.proofAlgorithms(members(doc, "dpop_signing_alg_values_supported"))
	for _, method := range []string{"tls_client_auth", "self_signed_tls_client_auth"} { // this server asks for no certificates
		if slices.Contains(members(doc, "token_endpoint_auth_methods_supported"), method) || w.registers(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}, TokenEndpointAuthMethod: method}) {
			w.t.Errorf("%s was registered", method)
		}
	}
}
