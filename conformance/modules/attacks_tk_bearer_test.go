package modules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// bearing is a client that may bring assertions of the other issuer.
func (w *world) bearing(more ...func(*storage.ClientMetadata)) *testkit.RP {
	w.t.Helper()
	m := storage.ClientMetadata{GrantTypes: []string{grantBearer}, RedirectURIs: []string{"https://job.test/cb"}, Scope: "openid email offline_access orders:read orders:write"}
	m.JWTBearer = &storage.JWTBearerPolicy{Issuers: []string{elsewhere}}
	for _, change := range more {
		change(&m)
	}
	return w.Client(m)
}

// vouch brings an assertion.
func (w *world) vouch(rp *testkit.RP, assertion string, changes ...string) *testkit.Answer {
	w.t.Helper()
	return w.Call("/oauth2/token", rp, form(append([]string{"grant_type", grantBearer, "assertion", assertion}, changes...)...))
}

func (w *world) notVouched(row, code string, rp *testkit.RP, assertion string, changes ...string) {
	w.t.Helper()
	w.row(row, func() { w.refused(w.vouch(rp, assertion, changes...), 400, code) })
}

func TestJWTBearer_Person(t *testing.T) {
	w, k := trusting(t, core.MapSub)
	rp := w.bearing()
	a := w.ok(w.vouch(rp, k.sign("ES256", nil, w.said(w.person.Subject))))
	_, claims := w.parts(a.Text("access_token"))
	if claims["sub"] != w.person.Subject || claims["scope"] != "openid email orders:read" || a.JSON["refresh_token"] != nil || a.JSON["id_token"] != nil || claims["auth_time"] != nil {
		t.Errorf("%s %v", a.Body, claims)
	}
	if u := w.ok(w.Userinfo(a.Text("access_token"))); u.Text("email") != w.email {
		t.Errorf("UserInfo: %s", u.Body)
	}
	narrow := w.ok(w.vouch(rp, k.sign("ES256", nil, w.said(w.person.Subject, "aud", w.URL+"/oauth2/token", "auth_time", w.Clock.Now().Add(-time.Hour).Unix())), "scope", "orders:read"))
	if _, c := w.parts(narrow.Text("access_token")); c["scope"] != "orders:read" || c["acr"] != "0" || c["auth_time"] == nil {
		t.Errorf("claims: %v", c)
	}
	if n := len(w.events(rp, "grant.create")); n != 2 || len(w.grants(rp)) != 2 {
		t.Errorf("%d events", n)
	}
	w.must(w.App.Directory.SetState(t.Context(), w.App.Tenant, w.person.ID, storage.PersonLocked, testkit.Operator()))
	w.inactive(rp, a.Text("access_token"))
	w.notVouched("jwt_bearer.subject", "invalid_grant", rp, k.sign("ES256", nil, w.said(w.person.Subject)))
	w.notVouched("jwt_bearer.subject", "invalid_grant", rp, k.sign("ES256", nil, w.said("nobody")))
}

func TestJWTBearer_Email(t *testing.T) {
	w, k := trusting(t, core.MapEmail)
	rp := w.bearing()
	a := w.ok(w.vouch(rp, k.sign("ES256", nil, w.said("theirs", "email", strings.ToUpper(w.email[:1])+w.email[1:], "email_verified", true))))
	if _, claims := w.parts(a.Text("access_token")); claims["sub"] != w.person.Subject {
		t.Errorf("claims: %v", claims)
	}
	unproven, _ := w.somebody()
	w.unverify(unproven)
	for name, c := range map[string]object{
		"not verified there": w.said("theirs", "email", w.email), "false": w.said("theirs", "email", w.email, "email_verified", false),
		"not verified here": w.said("theirs", "email", unproven, "email_verified", true), "nobody": w.said("theirs", "email", "nobody@example.org", "email_verified", true),
		"a user name": w.said("theirs", "email", "maria", "email_verified", true), "sub": w.said(w.person.Subject),
	} {
		t.Run(name, func(*testing.T) { w.notVouched("jwt_bearer.subject", "invalid_grant", rp, k.sign("ES256", nil, c)) })
	}
	w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, k.sign("ES256", nil, w.said("theirs", "email", w.email, "email_verified", "true")))
}

// unverify takes the proof of an address away.
func (w *world) unverify(email string) {
	w.t.Helper()
	p, err := w.App.Directory.ByIdentifier(w.t.Context(), w.App.Tenant, email)
	w.must(err)
	_, err = w.App.Directory.Update(w.t.Context(), w.App.Tenant, p.ID, directory.UpdatePerson{Claims: directory.Claims{"email_verified": false}}, testkit.Operator())
	w.must(err)
}

// A workload proves itself with the token of where it runs, and gets what client credentials would give: nobody's.
func TestJWTBearer_Service(t *testing.T) {
	w, k := trusting(t, core.MapService)
	rp := w.bearing()
	const job = "repo:acme/shop:ref:main"
	a := w.ok(w.vouch(rp, k.sign("ES256", nil, w.said(job))))
	_, claims := w.parts(a.Text("access_token"))
	if claims["sub"] != rp.ID || claims["scope"] != "orders:read" || claims["gid"] != nil || len(w.grants(rp)) != 0 {
		t.Errorf("claims: %v", claims)
	}
	w.refused(w.Userinfo(a.Text("access_token")), 401, "invalid_token")
	w.notVouched("jwt_bearer.scope", "invalid_scope", rp, k.sign("ES256", nil, w.said(job)), "scope", "openid")
	for _, sub := range []string{job + "2", "repo:acme/shop", w.person.Subject, rp.ID, strings.ToUpper(job)} {
		w.notVouched("jwt_bearer.subject", "invalid_grant", rp, k.sign("ES256", nil, w.said(sub)))
	}
}

// TK29: an assertion is verified with the issuer's keys by the algorithms of the configuration, whatever its header says.
func TestTK29_BearerAlgorithms(t *testing.T) {
	w, k := trusting(t, core.MapSub, func(c *core.IssuerConfig) { c.Algorithms = []string{"ES256"} })
	rp := w.bearing()
	claims := func() object { return w.said(w.person.Subject) }
	der, err := x509.MarshalPKIXPublicKey(k.private.Public())
	w.must(err)
	armoured := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	jwk, err := json.Marshal(jose.JSONWebKey{Key: k.private.Public(), KeyID: k.kid})
	w.must(err)
	for _, secret := range [][]byte{armoured, []byte(strings.TrimSpace(string(armoured))), append(armoured, '\n'), der, jwk, k.jwks()} {
		for _, alg := range []string{"HS256", "HS384", "HS512"} {
			w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, symmetric(t, alg, secret, object{"kid": k.kid}, claims()))
		}
	}
	for _, alg := range []string{"none", "None", ""} {
		w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, unsigned(t, object{"alg": alg, "kid": k.kid}, claims()))
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	w.must(err)
	strange := newKey(t, "RS256")
	strange.kid = k.kid
	foreign, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES384, Key: jose.JSONWebKey{Key: p384, KeyID: k.kid}}, nil)
	w.must(err)
	body, err := json.Marshal(claims())
	w.must(err)
	jws, err := foreign.Sign(body)
	w.must(err)
	curve, err := jws.CompactSerialize()
	w.must(err)
	_, rest, _ := strings.Cut(curve, ".")
	for _, token := range []string{curve, segment(t, object{"alg": "ES256", "kid": k.kid}) + "." + rest} {
		w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, token)
	}
	w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, strange.sign("RS256", nil, claims()))
	w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, newKey(t, "ES256").sign("ES256", nil, claims()))
	w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, k.sign("ES384", nil, claims()))
	w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, k.sign("ES256", object{"jwk": json.RawMessage(jwk)}, claims()))
	w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, k.sign("ES256", object{"crit": []string{"x"}, "x": 1}, claims()))
	w.ok(w.vouch(rp, k.sign("ES256", nil, claims())))
}

// TK31: what an assertion is for is nobody's but this server's, and is not what the token is for.
func TestTK31_BearerAudience(t *testing.T) {
	w, k := trusting(t, core.MapSub)
	w.Resource("https://api.example/tk31", nil)
	rp := w.bearing(func(m *storage.ClientMetadata) { m.Resources = []string{"https://api.example/tk31"} })
	for _, aud := range []any{
		[]string{w.URL + "/oauth2/token", "https://evil.example"}, []string{w.URL, w.URL + "/oauth2/token"}, "https://evil.example", w.URL + "/", w.URL + "/oauth2/par", []string{}, rp.ID,
		"https://shop.example", strings.ToUpper(w.URL),
	} {
		row := "jwt_bearer.audience"
		if list, ok := aud.([]string); ok && len(list) == 0 {
			row = "jwt_bearer.assertion"
		}
		w.notVouched(row, "invalid_grant", rp, k.sign("ES256", nil, w.said(w.person.Subject, "aud", aud)))
	}
	for _, aud := range []any{w.URL, w.URL + "/oauth2/token", []string{w.URL}} {
		a := w.ok(w.vouch(rp, k.sign("ES256", nil, w.said(w.person.Subject, "aud", aud)), "resource", "https://api.example/tk31", "scope", "orders:read"))
		if _, claims := w.parts(a.Text("access_token")); claims["aud"] != "https://api.example/tk31" {
			t.Errorf("aud %v", claims["aud"])
		}
	}
	w.notVouched("jwt_bearer.resource", "invalid_target", rp, k.sign("ES256", nil, w.said(w.person.Subject)), "resource", "https://other.example")
}

func TestJWTBearerAttack_Claims(t *testing.T) {
	w, k := trusting(t, core.MapSub)
	rp := w.bearing()
	now := w.Clock.Now()
	for name, changes := range map[string][]any{
		"no jti": {"jti", nil}, "long jti": {"jti", strings.Repeat("j", 257)}, "no exp": {"exp", nil}, "expired": {"exp", now.Add(-2 * time.Minute).Unix()}, "no sub": {"sub", nil},
		"no aud": {"aud", nil}, "other issuer": {"iss", "https://evil.example"}, "no iss": {"iss", nil}, "nbf": {"nbf", now.Add(time.Hour).Unix()}, "iat": {"iat", now.Add(time.Hour).Unix()},
		"sub of a wrong type": {"sub", 1}, "iss list": {"iss", []string{elsewhere}},
	} {
		t.Run(name, func(*testing.T) {
			w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, k.sign("ES256", nil, w.said(w.person.Subject, changes...)))
		})
	}
	w.notVouched("jwt_bearer.lifetime", "invalid_grant", rp, k.sign("ES256", nil, w.said(w.person.Subject, "exp", now.Add(100*365*24*time.Hour).Unix())))
	w.notVouched("jwt_bearer.assertion", "invalid_request", rp, "")
	for _, token := range []string{"x", "a.b.c", strings.Repeat("a", 20<<10)} {
		w.notVouched("jwt_bearer.assertion", "invalid_grant", rp, token)
	}
	for _, scope := range []string{"orders:write", "offline_access", "profile", "openid jedan:admin"} {
		w.notVouched("jwt_bearer.scope", "invalid_scope", rp, k.sign("ES256", nil, w.said(w.person.Subject)), "scope", scope)
	}
	// A client that is not registered for it, and one whose policy was taken away behind the rules.
	w.refused(w.vouch(w.Client(storage.ClientMetadata{}), k.sign("ES256", nil, w.said(w.person.Subject))), 400, "unauthorized_client")
	w.behind(rp, func(m *storage.ClientMetadata) { m.JWTBearer = nil })
	w.notVouched("jwt_bearer.policy", "unauthorized_client", rp, k.sign("ES256", nil, w.said(w.person.Subject)))
}

// An assertion works once, with whatever client, in sequence and in a race; what was refused for another reason is not used up.
func TestJWTBearerAttack_Replay(t *testing.T) {
	w, k := trusting(t, core.MapSub)
	rp, other := w.bearing(), w.bearing()
	once := k.sign("ES256", nil, w.said(w.person.Subject))
	w.notVouched("jwt_bearer.scope", "invalid_scope", rp, once, "scope", "orders:write")
	w.ok(w.vouch(rp, once))
	w.notVouched("jwt_bearer.once", "invalid_grant", rp, once)
	w.notVouched("jwt_bearer.once", "invalid_grant", other, once)
	jti := storage.NewID(w.Clock.Now()).String()
	w.ok(w.vouch(rp, k.sign("ES256", nil, w.said(w.person.Subject, "jti", jti))))
	w.notVouched("jwt_bearer.once", "invalid_grant", rp, k.sign("ES256", nil, w.said(w.person.Subject, "jti", jti, "nonce", "x")))
	for range 6 {
		raced := k.sign("ES256", nil, w.said(w.person.Subject))
		var won atomic.Int64
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				if a := w.vouch([]*testkit.RP{rp, other}[i%2], raced); a.Status == http.StatusOK {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("won %d times", won.Load())
		}
	}
}
