package register

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestRegistrationsThatBreakARule(t *testing.T) {
	w := newWorld(t)
	negative, seconds := -1, 86401
	cases := map[string]struct {
		change       func(m *storage.ClientMetadata)
		code, member string
	}{
		"javascript":  {func(m *storage.ClientMetadata) { m.RedirectURIs[0] = "javascript:alert(1)" }, CodeRedirectURI, "redirect_uris[0]"},
		"second":      {func(m *storage.ClientMetadata) { m.RedirectURIs = append(m.RedirectURIs, "https://a.test/#") }, CodeRedirectURI, "redirect_uris[1]"},
		"twice":       {func(m *storage.ClientMetadata) { m.RedirectURIs = append(m.RedirectURIs, m.RedirectURIs[0]) }, CodeRedirectURI, "redirect_uris[1]"},
		"too many":    {func(m *storage.ClientMetadata) { m.RedirectURIs = make([]string, 51) }, CodeRedirectURI, "redirect_uris"},
		"none":        {func(m *storage.ClientMetadata) { m.RedirectURIs = nil }, CodeRedirectURI, "redirect_uris"},
		"private web": {func(m *storage.ClientMetadata) { m.RedirectURIs[0] = "com.example:/cb" }, CodeRedirectURI, "redirect_uris[0]"},
		"implicit http": {func(m *storage.ClientMetadata) {
			m.RedirectURIs[0], m.ResponseTypes = "http://127.0.0.1/cb", []string{"id_token"}
		}, CodeRedirectURI, "redirect_uris[0]"},
		"logout": {func(m *storage.ClientMetadata) { m.PostLogoutRedirectURIs = []string{"javascript:x"} }, CodeMetadata, "post_logout_redirect_uris[0]"},
		"grant": {func(m *storage.ClientMetadata) {
			m.GrantTypes = []string{"urn:ietf:params:oauth:grant-type:saml2-bearer"}
		}, CodeMetadata, "grant_types[0]"},
		"password":      {func(m *storage.ClientMetadata) { m.GrantTypes = []string{"password"} }, CodeMetadata, "grant_types[0]"},
		"refresh alone": {func(m *storage.ClientMetadata) { m.GrantTypes = []string{"refresh_token"} }, CodeMetadata, "grant_types"},
		"code for none": {func(m *storage.ClientMetadata) {
			m.GrantTypes, m.ResponseTypes = []string{"client_credentials"}, []string{"code"}
		}, CodeMetadata, "response_types[0]"},
		"hybrid": {func(m *storage.ClientMetadata) {
			m.GrantTypes, m.ResponseTypes = []string{"authorization_code"}, []string{"code id_token"}
		}, CodeMetadata, "response_types[0]"},
		"implicit for none": {func(m *storage.ClientMetadata) {
			m.GrantTypes, m.ResponseTypes = []string{"authorization_code", "implicit"}, []string{"code"}
		}, CodeMetadata, "grant_types"},
		"response type": {func(m *storage.ClientMetadata) { m.ResponseTypes = []string{"code none"} }, CodeMetadata, "response_types[0]"},
		"two spaces": {func(m *storage.ClientMetadata) {
			m.GrantTypes, m.ResponseTypes = []string{"authorization_code", "implicit"}, []string{"code  id_token"}
		}, CodeMetadata, "response_types[0]"},
		"same response": {func(m *storage.ClientMetadata) { m.ResponseTypes = []string{"code token", "token code"} }, CodeMetadata, "response_types[1]"},
		"mode":          {func(m *storage.ClientMetadata) { m.ResponseModes = []string{"web_message"} }, CodeMetadata, "response_modes[0]"},
		"method":        {func(m *storage.ClientMetadata) { m.TokenEndpointAuthMethod = "spnego" }, CodeMetadata, "token_endpoint_auth_method"},
		"public alone": {func(m *storage.ClientMetadata) {
			m.TokenEndpointAuthMethod, m.GrantTypes = "none", []string{"client_credentials"}
		}, CodeMetadata, "token_endpoint_auth_method"},
		"bound, token": {func(m *storage.ClientMetadata) {
			m.DPoPBound, m.GrantTypes, m.ResponseTypes = true, []string{"implicit"}, []string{"id_token token"}
		}, CodeMetadata, "dpop_bound_access_tokens"},
		"pkce of a secret": {func(m *storage.ClientMetadata) { m.PKCEOptional = true }, CodeMetadata, "jedan_pkce_optional"},
		"pkce of a native": {func(m *storage.ClientMetadata) {
			m.PKCEOptional, m.TokenEndpointAuthMethod, m.ApplicationType, m.RedirectURIs = true, "none", "native", []string{"http://127.0.0.1/cb"}
		}, CodeMetadata, "jedan_pkce_optional"},
		"pkce and none": {func(m *storage.ClientMetadata) {
			m.PKCEOptional, m.RequirePKCE, m.TokenEndpointAuthMethod = true, true, "none"
		}, CodeMetadata, "jedan_pkce_optional"},
		"pkce under a profile": {func(m *storage.ClientMetadata) {
			m.PKCEOptional, m.Profile, m.TokenEndpointAuthMethod = true, "oauth2.1", "none"
		}, CodeMetadata, "jedan_pkce_optional"},
		"default":         {func(m *storage.ClientMetadata) { m.DefaultResource = "https://api.test" }, CodeMetadata, "jedan_default_resource"},
		"no certificates": {func(m *storage.ClientMetadata) { m.CertificateBound = true }, CodeMetadata, "tls_client_certificate_bound_access_tokens"},
		"subject":         {func(m *storage.ClientMetadata) { m.TLSSubjectDN = "CN=a" }, CodeMetadata, "tls_client_auth_subject_dn"},
		"no keys":         {func(m *storage.ClientMetadata) { m.TokenEndpointAuthMethod = "private_key_jwt" }, CodeMetadata, "jwks"},
		"alg for basic":   {func(m *storage.ClientMetadata) { m.TokenEndpointAuthSignAlg = "ES256" }, CodeMetadata, "token_endpoint_auth_signing_alg"},
		"type":            {func(m *storage.ClientMetadata) { m.ApplicationType = "browser" }, CodeMetadata, "application_type"},
		"none alg":        {func(m *storage.ClientMetadata) { m.IDTokenSignedResponseAlg = "none" }, CodeMetadata, "id_token_signed_response_alg"},
		"symmetric":       {func(m *storage.ClientMetadata) { m.IDTokenSignedResponseAlg = "HS256" }, CodeMetadata, "id_token_signed_response_alg"},
		"userinfo alg":    {func(m *storage.ClientMetadata) { m.UserinfoSignedRespAlg = "none" }, CodeMetadata, "userinfo_signed_response_alg"},
		"access alg":      {func(m *storage.ClientMetadata) { m.AccessTokenAlg = "ES512" }, CodeMetadata, "jedan_access_token_alg"},
		"oct":             {func(m *storage.ClientMetadata) { m.JWKS = json.RawMessage(`{"keys":[{"kty":"oct","k":"AAAA"}]}`) }, CodeMetadata, "jwks"},
		"no set":          {func(m *storage.ClientMetadata) { m.JWKS = json.RawMessage(`[]`) }, CodeMetadata, "jwks"},
		"html name":       {func(m *storage.ClientMetadata) { m.ClientName = "a\u202eb" }, CodeMetadata, "client_name"},
		"control":         {func(m *storage.ClientMetadata) { m.ClientName = "a\nb" }, CodeMetadata, "client_name"},
		"zero width":      {func(m *storage.ClientMetadata) { m.ClientName = "Goo\u200bgle" }, CodeMetadata, "client_name"},
		"blank":           {func(m *storage.ClientMetadata) { m.ClientName = " " }, CodeMetadata, "client_name"},
		"padded":          {func(m *storage.ClientMetadata) { m.ClientName = "a " }, CodeMetadata, "client_name"},
		"10 KB":           {func(m *storage.ClientMetadata) { m.ClientName = strings.Repeat("a", 10<<10) }, CodeMetadata, "client_name"},
		"bad utf8":        {func(m *storage.ClientMetadata) { m.ClientName = "a\xff" }, CodeMetadata, "client_name"},
		"logo":            {func(m *storage.ClientMetadata) { m.LogoURI = "data:image/svg+xml,x" }, CodeMetadata, "logo_uri"},
		"policy":          {func(m *storage.ClientMetadata) { m.PolicyURI = "javascript:x" }, CodeMetadata, "policy_uri"},
		"tos":             {func(m *storage.ClientMetadata) { m.TosURI = "http://app.test/" }, CodeMetadata, "tos_uri"},
		"home":            {func(m *storage.ClientMetadata) { m.ClientURI = "https://u:p@app.test/" }, CodeMetadata, "client_uri"},
		"initiate":        {func(m *storage.ClientMetadata) { m.InitiateLoginURI = "http://app.test/" }, CodeMetadata, "initiate_login_uri"},
		"contact":         {func(m *storage.ClientMetadata) { m.Contacts = []string{"a\x00"} }, CodeMetadata, "contacts[0]"},
		"contacts":        {func(m *storage.ClientMetadata) { m.Contacts = make([]string, 11) }, CodeMetadata, "contacts"},
		"scope":           {func(m *storage.ClientMetadata) { m.Scope = "openid \"x" }, CodeMetadata, "scope"},
		"scope twice":     {func(m *storage.ClientMetadata) { m.Scope = "a a" }, CodeMetadata, "scope"},
		"scope spaces":    {func(m *storage.ClientMetadata) { m.Scope = "a  b" }, CodeMetadata, "scope"},
		"scopes":          {func(m *storage.ClientMetadata) { m.Scope = manyScopes() }, CodeMetadata, "scope"},
		"resource":        {func(m *storage.ClientMetadata) { m.Resources = []string{"https://api.test"} }, CodeMetadata, "jedan_resources[0]"},
		"resource form":   {func(m *storage.ClientMetadata) { m.Resources = []string{"api"} }, CodeMetadata, "jedan_resources[0]"},
		"pairwise":        {func(m *storage.ClientMetadata) { m.SubjectType = "secret" }, CodeMetadata, "subject_type"},
		"max age":         {func(m *storage.ClientMetadata) { m.DefaultMaxAge = &negative }, CodeMetadata, "default_max_age"},
		"acr":             {func(m *storage.ClientMetadata) { m.DefaultACRValues = []string{"a b"} }, CodeMetadata, "default_acr_values[0]"},
		"seconds":         {func(m *storage.ClientMetadata) { m.AccessTokenSeconds = seconds }, CodeMetadata, "jedan_access_token_seconds"},
		"id seconds":      {func(m *storage.ClientMetadata) { m.IDTokenSeconds = seconds }, CodeMetadata, "jedan_id_token_seconds"},
		"refresh":         {func(m *storage.ClientMetadata) { m.RefreshSeconds = negative }, CodeMetadata, "jedan_refresh_token_seconds"},
		"details":         {func(m *storage.ClientMetadata) { m.DetailTypes = []string{"payment"} }, CodeMetadata, "authorization_details_types[0]"},
		"introspection":   {func(m *storage.ClientMetadata) { m.IntrospectionSignedRespAlg = "none" }, CodeMetadata, "introspection_signed_response_alg"},
		"encryption":      {func(m *storage.ClientMetadata) { m.IntrospectionEncryptedRespAlg = "dir" }, CodeMetadata, "introspection_encrypted_response_alg"},
		"enc alone":       {func(m *storage.ClientMetadata) { m.IntrospectionEncryptedRespEnc = "A128GCM" }, CodeMetadata, "introspection_encrypted_response_enc"},
		"format":          {func(m *storage.ClientMetadata) { m.AccessTokenFormat = "paseto" }, CodeMetadata, "jedan_access_token_format"},
	}
	for name, c := range cases {
		m := base()
		c.change(&m)
		_, err := w.Create(t.Context(), m, Options{Actor: operator()})
		p, ok := AsProblem(err)
		if !ok || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if p.Code != c.code || p.Member != c.member || errs.MessageOf(err) == "" {
			t.Errorf("%s: got %s %s (%s)", name, p.Code, p.Member, p.Rule)
		}
	}
	if all, err := w.db.Clients(t.Context(), w.tenant, storage.ID{}, 10); err != nil || len(all) != 0 {
		t.Errorf("refused registrations left %d clients behind (%v)", len(all), err)
	}
}

func manyScopes() string {
	var b strings.Builder
	for i := range 101 {
		b.WriteString(strings.Repeat("s", i+1) + " ")
	}
	return strings.TrimSpace(b.String())
}

func TestRegistrationsThatHold(t *testing.T) {
	w := newWorld(t)
	if _, err := w.CreateResource(t.Context(), Resource{Identifier: "https://api.test"}, operator()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(m *storage.ClientMetadata){
		"smallest": func(*storage.ClientMetadata) {},
		"machine":  func(m *storage.ClientMetadata) { m.RedirectURIs, m.GrantTypes = nil, []string{"client_credentials"} },
		"public":   func(m *storage.ClientMetadata) { m.TokenEndpointAuthMethod = "none" },
		"native": func(m *storage.ClientMetadata) {
			m.ApplicationType, m.TokenEndpointAuthMethod, m.RedirectURIs = "native", "none", []string{"com.example.app:/cb", "http://127.0.0.1/cb"}
		},
		"hybrid":   func(m *storage.ClientMetadata) { m.ResponseTypes = []string{"code id_token", "token code id_token"} },
		"resource": func(m *storage.ClientMetadata) { m.Resources = []string{"https://api.test"} },
		"names":    func(m *storage.ClientMetadata) { m.ClientName = "نرم\u200cافزار 👩\u200d💻 <b>Acme</b>" },
		"all endpoints": func(m *storage.ClientMetadata) {
			m.IDTokenSignedResponseAlg, m.UserinfoSignedRespAlg = "EdDSA", "PS256"
		},
		"null jwks": func(m *storage.ClientMetadata) { m.JWKS = json.RawMessage("null") },
	} {
		m := base()
		change(&m)
		if _, err := w.Create(t.Context(), m, Options{Actor: operator()}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeysMustFitTheirAlgorithm(t *testing.T) {
	w := newWorld(t)
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  any
		alg  string
		good bool
	}{{&p256.PublicKey, "", true}, {&p256.PublicKey, "ES256", true}, {&p256.PublicKey, "RS256", false}, {&p384.PublicKey, "", false}, {ed, "EdDSA", true}, {ed, "ES256", false}} {
		m := base()
		m.TokenEndpointAuthMethod, m.TokenEndpointAuthSignAlg = "private_key_jwt", c.alg
		if m.JWKS, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: c.key, KeyID: "a"}}}); err != nil {
			t.Fatal(err)
		}
		_, err := w.Create(t.Context(), m, Options{Actor: operator()})
		if p, _ := AsProblem(err); (err == nil) != c.good || err != nil && p.Member != "jwks" {
			t.Errorf("%T for %q: %v", c.key, c.alg, err)
		}
	}
	m := base()
	m.TokenEndpointAuthMethod = "private_key_jwt"
	if m.JWKS, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p256, KeyID: "private"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create(t.Context(), m, Options{Actor: operator()}); err == nil {
		t.Error("a private key was registered")
	}
}

func TestEveryRuleHasItsName(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		if seen[r.name] || r.check == nil {
			t.Errorf("rule %q", r.name)
		}
		seen[r.name] = true
	}
}
