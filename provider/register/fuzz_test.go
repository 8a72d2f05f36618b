package register

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/testkit/testjws"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

func fuzzConfig() Config {
	return Config{
		Mode: ModeOpen, PerHour: 1, MaxClients: 1, Scopes: []string{"openid", "email"}, GrantTypes: []string{"authorization_code", "refresh_token"}, Documents: []string{"*"},
	}
}

// FuzzRegistration: whatever a stranger sends, what is registered of it has no privilege.
func FuzzRegistration(f *testing.F) {
	for _, s := range []string{
		`{"redirect_uris":["https://a.test/cb"]}`, `{"redirect_uris":["https://a.test/cb"],"jedan_first_party":true,"scope":"openid admin","grant_types":["authorization_code"],"JEDAN_FIRST_PARTY":true}`,
		`{"jwks":{"keys":[]},"client_name":null,"contacts":["a"]}`, `[]`,
		`{"redirect_uris":["https://a.test/cb"],"jwks":` + testjws.JWKS() + `,"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"EdDSA","client_name#de":"Ä","grant_types":["authorization_code","refresh_token"]}`,
		`{"redirect_uris":["https://a.test/cb"],"subject_type":"pairwise","id_token_signed_response_alg":"ES256","backchannel_logout_uri":"https://a.test/out","require_pushed_authorization_requests":true,"dpop_bound_access_tokens":true,"authorization_details_types":["a"],"default_max_age":60,"tls_client_auth_san_dns":"a.test"}`, `{"a":{"b":[1,2,{"c":null}]}}`, `{"redirect_uris":[1]}`,
	} {
		f.Add([]byte(s))
	}
	c := fuzzConfig()
	f.Fuzz(func(t *testing.T, raw []byte) {
		given, err := strangers(raw)
		if err != nil {
			return
		}
		m, err := metadataOf(given)
		if err != nil {
			return
		}
		if err := c.fit(&m, nil); err != nil {
			return
		}
		if m.FirstParty || m.Online || m.WeakSecret || m.RefreshIDToken || m.Unvetted || m.Described || m.AccessTokenSeconds != 0 || len(m.Resources) > 0 {
			t.Fatalf("a privilege: %+v", m)
		}
		for _, s := range strings.Fields(m.Scope) {
			if s != "openid" && s != "email" {
				t.Fatalf("scope %q", s)
			}
		}
		complete(&m)
		for _, g := range m.GrantTypes {
			if g != "authorization_code" && g != "refresh_token" && knownGrant(g) {
				t.Fatalf("grant type %q", g)
			}
		}
	})
}

func knownGrant(g string) bool {
	for _, k := range grantTypes() {
		if k == g {
			return true
		}
	}
	return false
}

// FuzzStatement: nothing that was not signed by the one trusted key is believed, and of what that signed only what is valid now.
func FuzzStatement(f *testing.F) {
	const good = `{"iss":"https://authority.test","exp":1795000060,"nbf":1795000000,"software_id":"s","redirect_uris":["https://a.test/cb"],"scope":"openid"}`
	for _, s := range []string{
		good, strings.Replace(good, "1795000060", "1795000000", 1), strings.Replace(good, "authority", "other", 1), strings.Replace(good, `"exp":1795000060`, `"exp":"1795000060"`, 1), strings.Replace(good, `"iss"`, `"software_statement":"x","iss"`, 1),
		`{"iss":"https://authority.test"}`, `{"iss":["https://authority.test"]}`, `[]`, ``,
	} {
		f.Add(s, true)
		f.Add(testjws.EdDSA("JWT", s), false)
	}
	for _, s := range []string{"", "a.b.c", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2F1dGhvcml0eS50ZXN0In0.", "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2F1dGhvcml0eS50ZXN0In0.AAAA"} {
		f.Add(s, false)
	}
	s := &statements{now: func() time.Time { return time.Unix(1_795_000_000, 0) }, trusted: []StatementsConfig{{Issuer: "https://authority.test", JWKS: testjws.JWKS()}}}
	f.Fuzz(func(t *testing.T, text string, sign bool) {
		token := text
		if sign {
			token = testjws.EdDSA("JWT", text)
		}
		claims, err := s.read(t.Context(), token)
		if err != nil {
			if p, ok := AsProblem(err); !ok || p.Code != CodeStatement && p.Code != CodeUnapproved {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		parts := strings.Split(token, ".")
		header, err1 := base64.RawURLEncoding.DecodeString(parts[0])
		payload, err2 := base64.RawURLEncoding.DecodeString(parts[1])
		if err1 != nil || err2 != nil || token != testjws.Under(string(header), string(payload)) || claims["iss"] != "https://authority.test" {
			t.Fatalf("believed: %q", token)
		}
		if exp, ok := claims["exp"]; ok && exp.(json.Number).String() == "1" { //nolint:forcetypeassert // a panic is a finding
			t.Fatalf("expired: %q", payload)
		}
	})
}

// document answers every URL.
type document []byte

func (d document) Get(context.Context, fetch.Request) (*fetch.Response, error) {
	return &fetch.Response{Status: 200, Body: d}, nil
}

// FuzzSectorDocument: a sector counts only if its list has every redirect URI.
func FuzzSectorDocument(f *testing.F) {
	for _, s := range []string{`["https://a.test/cb","https://b.test/cb"]`, `["https://a.test/cb"]`, `["https://a.test/cb",null,"https:\/\/b.test\/cb"]`, `{"redirect_uris":[]}`, `[1]`, `<html>`, `["https://A.test/cb","https://b.test/cb/"]`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m := &storage.ClientMetadata{RedirectURIs: []string{"https://a.test/cb", "https://b.test/cb"}}
		m.SectorIdentifierURI = "https://s.test/list"
		err := checkSector(t.Context(), candidate{ClientMetadata: m, r: &Registrar{d: Deps{Fetch: document(body)}}})
		if _, ok := AsProblem(err); err != nil && !ok {
			t.Fatalf("%q: %v", body, err)
		}
		var list []any
		parsed := json.Unmarshal(body, &list)
		if err == nil && (parsed != nil || !slices.Contains(list, any("https://a.test/cb")) || !slices.Contains(list, any("https://b.test/cb"))) {
			t.Errorf("%q counts", body)
		}
	})
}

// FuzzClientDocument: whatever a document says, the client made of it is public or keyed, unvetted, and named by its URL.
func FuzzClientDocument(f *testing.F) {
	const id = "https://agent.test/agent.json"
	for _, s := range []string{
		`{"client_id":"` + id + `","redirect_uris":["https://agent.test/cb"]}`, `{"client_id":"` + id + `","redirect_uris":["https://agent.test/cb"],"token_endpoint_auth_method":"client_secret_basic"}`,
		`{"client_id":"` + id + `","redirect_uris":["https://agent.test/cb"],"jedan_first_party":true,"grant_types":["client_credentials"]}`, `{"client_id":"https://other.test/"}`, `{`,
	} {
		f.Add([]byte(s))
	}
	d := &Documents{c: fuzzConfig(), r: New(Deps{Now: time.Now})}
	old := &storage.Client{Metadata: storage.ClientMetadata{ClientRegistered: storage.ClientRegistered{Unvetted: true}, ClientDocument: storage.ClientDocument{Described: true}}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if strings.Contains(string(raw), "sector_identifier_uri") {
			return // would be fetched
		}
		c, err := d.read(t.Context(), id, &fetch.Document{Body: raw, Type: "application/json"}, old)
		if err != nil {
			return
		}
		m := c.Metadata
		if c.ClientID != id || hasSecret(&m) || !m.Unvetted || !m.Described || m.FirstParty || len(m.RedirectURIs) == 0 {
			t.Fatalf("%+v", m)
		}
		for _, g := range m.GrantTypes {
			if g != "authorization_code" && g != "refresh_token" {
				t.Fatalf("grant type %q", g)
			}
		}
		if _, err := core.ParseClient(c); err != nil {
			t.Fatalf("a client that cannot be read: %v", err)
		}
	})
}

// FuzzDocumentURL: a client_id that is taken for a document's URL reads the same everywhere and leads to the allowed host.
func FuzzDocumentURL(f *testing.F) {
	for _, s := range []string{"https://a.example.org/x", "https://a.example.org:8443/x", "https://example.org/x", "https://a.example.org.evil.test/x", "https://evil.test/a.example.org", "https://a.example.org@evil.test/", "https://A.example.org/"} {
		f.Add(s)
	}
	d := &Documents{c: Config{Documents: []string{"*.example.org"}}}
	f.Fuzz(func(t *testing.T, s string) {
		if !d.Names(s) {
			return
		}
		host, _, _ := strings.Cut(authority(s), ":")
		if !strings.HasPrefix(s, "https://") || !strings.HasSuffix(host, ".example.org") || strings.ContainsAny(s, "?#@\\ ") || strings.Contains(s, "/../") {
			t.Fatalf("%q", s)
		}
		if _, err := fetch.CheckURL(s, false); err != nil {
			t.Fatalf("%q is named and cannot be fetched: %v", s, err)
		}
	})
}
