package modules

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const introspectionJWT = "application/token-introspection+jwt"

// introspectAs asks about a token with an Accept header.
func (w *world) introspectAs(rp *testkit.RP, token, accept string) *testkit.Answer {
	w.t.Helper()
	req := w.Request("/oauth2/introspect", rp, form("token", token))
	req.Header.Set("Accept", accept)
	return w.ok(w.Do(req))
}

func TestIntrospectionJWT_Signed(t *testing.T) {
	w := open(t)
	for _, alg := range []string{"", "RS256", "PS256", "ES256", "EdDSA"} {
		var m storage.ClientMetadata
		m.IntrospectionSignedRespAlg = alg
		rp := w.Client(m)
		token := w.tokens(rp).Text("access_token")
		a := w.introspectAs(rp, token, introspectionJWT)
		if a.Header.Get("Content-Type") != introspectionJWT {
			t.Fatalf("Content-Type %s", a.Header.Get("Content-Type"))
		}
		header, _ := w.parts(a.Body)
		if want := map[bool]string{true: "RS256", false: alg}[alg == ""]; header["alg"] != want || header["typ"] != "token-introspection+jwt" {
			t.Errorf("header %v", header)
		}
		claims := w.verified(a.Body, jose.RS256, jose.PS256, jose.ES256, jose.EdDSA)
		if claims["iss"] != w.URL || claims["aud"] != rp.ID || claims["iat"] == nil || claims["sub"] != nil || claims["exp"] != nil || claims["scope"] != nil {
			t.Errorf("claims %v", claims)
		}
		inner, _ := claims["token_introspection"].(object)
		plain := w.Introspect(rp, token).JSON
		if len(inner) == 0 || len(inner) != len(plain) || inner["active"] != true || inner["sub"] != plain["sub"] || inner["exp"] != plain["exp"] {
			t.Errorf("%v, plain it is %v", inner, plain)
		}
		dead := w.verified(w.introspectAs(rp, "jda_AAAA", introspectionJWT).Body, jose.RS256, jose.PS256, jose.ES256, jose.EdDSA)
		if inner, _ := dead["token_introspection"].(object); len(inner) != 1 || inner["active"] != false {
			t.Errorf("of a token that does not count: %v", dead)
		}
	}
}

func TestIntrospectionJWT_Accept(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	token := w.tokens(rp).Text("access_token")
	for accept, jwt := range map[string]bool{
		"": false, "*/*": false, "application/json": false, introspectionJWT + ";q=0": false, "application/json, " + introspectionJWT + ";q=0.5": false, "application/jwt": false,
		introspectionJWT + ", application/json": true, introspectionJWT + ", application/json;q=0.5, */*": true, introspectionJWT + ";q=2": false, "x, " + introspectionJWT: true,
	} {
		if got := w.introspectAs(rp, token, accept).Header.Get("Content-Type"); (got == introspectionJWT) != jwt {
			t.Errorf("Accept %q: %s", accept, got)
		}
	}
	// Errors are JSON, whatever is accepted.
	req := w.Request("/oauth2/introspect", nil, form("token", token))
	req.Header.Set("Accept", introspectionJWT)
	if a := w.Do(req); a.Status != 401 || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestIntrospectionJWT_Encrypted(t *testing.T) {
	w := open(t)
	k := newKey(t, "RS256")
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.private.Public(), KeyID: "enc-1", Use: "enc"}}})
	w.must(err)
	m := storage.ClientMetadata{JWKS: set}
	m.IntrospectionEncryptedRespAlg, m.IntrospectionEncryptedRespEnc = "RSA-OAEP-256", "A256GCM"
	rp := w.Client(m)
	a := w.introspectAs(rp, w.tokens(rp).Text("access_token"), introspectionJWT)
	jwe, err := jose.ParseEncryptedCompact(a.Body, []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A256GCM})
	w.must(err)
	inner, err := jwe.Decrypt(k.private)
	w.must(err)
	claims := w.verified(string(inner), jose.RS256)
	if in, _ := claims["token_introspection"].(object); in["active"] != true || claims["aud"] != rp.ID {
		t.Errorf("claims %v", claims)
	}
	if plain := w.Introspect(rp, "x"); plain.Body != `{"active":false}` {
		t.Errorf("plain: %s", plain.Body)
	}
}

// An introspection answer is no access token, no ID token, no assertion and no hint; those are no introspection answers.
func TestIntrospectionJWTAttack_Confusion(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true})
	s.Change(s.back, func(m *storage.ClientMetadata) { m.IntrospectionSignedRespAlg = "ES256" })
	own := s.ok(s.Redeem(s.back, s.code(s.back, "scope", "openid orders:read")))
	answer := s.introspectAs(s.back, own.Text("access_token"), introspectionJWT).Body
	s.refused(s.Userinfo(answer), 401, "invalid_token")
	s.inactive(s.back, answer)
	for _, kind := range []string{typeAccess, typeID, typeJWT} {
		s.notExchanged("exchange.subject", "invalid_request", s.back, answer, "subject_token_type", kind, "resource", s.stock)
	}
	s.refusedTo(s.Get(s.AuthURL(s.back, "id_token_hint", answer)), s.back, "query", "invalid_request")
	// Whatever a token says about itself stays inside the one claim.
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(answer, ".")[0])
	s.must(err)
	if !strings.Contains(string(header), `"typ":"token-introspection+jwt"`) {
		t.Errorf("header %s", header)
	}
}
