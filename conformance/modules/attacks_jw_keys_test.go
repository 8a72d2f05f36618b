package modules

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// registers reports whether an operator could register this.
func (w *world) registers(m storage.ClientMetadata) bool {
	w.t.Helper()
	_, err := w.App.Registrar.Create(context.Background(), m, register.Options{Actor: registrarActor()})
	return err == nil
}

// weakKeys are sets that no client may have.
func weakKeys(t *testing.T) map[string]string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(n *big.Int, e string, more string) string {
		return `{"keys":[{"kty":"RSA","n":"` + base64.RawURLEncoding.EncodeToString(n.Bytes()) + `","e":"` + e + `"` + more + `}]}`
	}
	short := new(big.Int).Rsh(private.N, 1024)
	short.SetBit(short, 0, 1)
	d := base64.RawURLEncoding.EncodeToString(private.D.Bytes())
	full, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private, KeyID: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"RSA of 1024 bits": set(short, "AQAB", ""), "exponent 1": set(private.N, "AQ", ""), "exponent 2": set(private.N, "Ag", ""), "exponent 0": set(private.N, "AA", ""),
		"even modulus": set(new(big.Int).Sub(private.N, big.NewInt(1)), "AQAB", ""), "d": set(private.N, "AQAB", `,"d":"`+d+`"`), "p": set(private.N, "AQAB", `,"p":"`+d+`"`),
		"q": set(private.N, "AQAB", `,"q":"`+d+`"`), "a private key": string(full),
		"one id twice": strings.Replace(set(private.N, "AQAB", `,"kid":"x"`), `]}`, `,{"kty":"RSA","kid":"x","e":"AQAB","n":"`+base64.RawURLEncoding.EncodeToString(private.N.Bytes())+`"}]}`, 1),
	}
}

func TestJW14_PublishedKeys(t *testing.T) {
	w := alone(t)
	rp := w.Client(storage.ClientMetadata{})
	kids := func() []string {
		a := w.ok(w.Get("/.well-known/jwks.json"))
		if !strings.Contains(a.Header.Get("Cache-Control"), "max-age=") || a.Header.Get("Etag") == "" {
			t.Errorf("headers %v", a.Header)
		}
		var raw struct{ Keys []map[string]any }
		w.must(json.Unmarshal([]byte(a.Body), &raw))
		var out []string
		for _, k := range raw.Keys {
			for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth", "priv"} {
				if k[secret] != nil {
					t.Errorf("private member %s", secret)
				}
			}
			kid, _ := k["kid"].(string)
			if kid == "" || slices.Contains(out, kid) || k["kty"] == "oct" {
				t.Errorf("key %v", k)
			}
			out = append(out, kid)
		}
		for _, k := range w.published().Keys {
			sum, err := k.Thumbprint(crypto.SHA256)
			w.must(err)
			if k.KeyID != base64.RawURLEncoding.EncodeToString(sum) || !k.IsPublic() || !k.Valid() {
				t.Errorf("key %s is not named by its thumbprint", k.KeyID)
			}
		}
		return out
	}
	first := w.Get("/.well-known/jwks.json")
	if again := w.Get("/.well-known/jwks.json", "If-None-Match", first.Header.Get("Etag")); again.Status != 304 || again.Body != "" {
		t.Errorf("conditional request: %d", again.Status)
	}
	before := kids()
	old := w.tokens(rp)
	oldHeader, _ := w.parts(old.Text("id_token"))
	if !slices.Contains(before, oldHeader["kid"].(string)) {
		t.Error("a token's key is not published")
	}
	every, ahead := w.App.Config.Keys.RotateEvery, w.App.Config.Keys.PublishAhead
	w.Clock.Advance(every - ahead/2)
	w.must(w.App.Keys.Tick(context.Background()))
	published := kids()
	if len(published) <= len(before) {
		t.Fatalf("no key was published ahead: %d, then %d", len(before), len(published))
	}
	header, _ := w.parts(w.tokens(rp).Text("id_token"))
	if header["kid"] != oldHeader["kid"] {
		t.Error("a key signs as soon as it is published")
	}
	w.Clock.Advance(ahead + time.Minute)
	w.must(w.App.Keys.Tick(context.Background()))
	header, _ = w.parts(w.tokens(rp).Text("id_token"))
	if header["kid"] == oldHeader["kid"] || !slices.Contains(published, header["kid"].(string)) {
		t.Errorf("kid %v signs; published before were %v", header["kid"], published)
	}
	if now := kids(); !slices.Contains(now, oldHeader["kid"].(string)) {
		t.Error("the old key is gone while its tokens may still count")
	}
	w.verified(old.Text("id_token"), jose.RS256)
}

func TestJW15_Userinfo(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{Scope: "openid email files"})
	a := w.tokens(rp, "scope", "openid email")
	token := a.Text("access_token")
	post := func(body string, header ...string) *testkit.Answer {
		return w.Raw("POST", "/oauth2/userinfo", body, append([]string{"Content-Type", testkit.FormType}, header...)...)
	}
	inForm := form("access_token", token).Encode()
	for name, good := range map[string]*testkit.Answer{
		"GET": w.Userinfo(token), "POST form": post(inForm), "POST header": w.Raw("POST", "/oauth2/userinfo", "", "Authorization", "Bearer "+token),
		"POST header and type": post("", "Authorization", "Bearer "+token),
	} {
		if w.ok(good); good.Text("sub") != w.person.Subject || good.Text("email") != w.email {
			t.Errorf("%s: %s", name, good.Body)
		}
	}
	w.refused(w.Userinfo(w.tokens(rp, "scope", "files").Text("access_token")), 403, "insufficient_scope")
	for _, bad := range []string{a.Text("id_token"), token + "x", token[:len(token)-2], "jda_AAAA", w.code(rp, "scope", "openid"), "x"} {
		w.refused(w.Userinfo(bad), 401, "invalid_token")
	}
	w.refused(w.Get("/oauth2/userinfo?"+inForm), 400, "invalid_request")
	w.refused(w.Get("/oauth2/userinfo?"+inForm, "Authorization", "Bearer "+token), 400, "invalid_request")
	w.refused(post(inForm, "Authorization", "Bearer "+token), 400, "invalid_request")
	w.refused(post(inForm+"&"+inForm), 400, "invalid_request")
	if none := w.Userinfo(""); none.Status != 401 || !strings.HasPrefix(none.Header.Get("WWW-Authenticate"), "Bearer ") || none.JSON["error"] != nil {
		t.Errorf("no token: %d %v", none.Status, none.Header)
	}
	// A token for another resource is none for this one, though its person, scope and signature are right.
	_, claims := w.parts(token)
	sign := func(aud any) string {
		claims["aud"] = aud
		s, err := w.App.Keys.Sign("ES256", "at+jwt", []byte(claimsOf(t, claims)))
		w.must(err)
		return s
	}
	w.ok(w.Userinfo(sign(w.URL)))
	for _, aud := range []any{"https://api.test/", []string{"https://api.test/", rp.ID}, w.URL + "/", rp.ID} {
		w.refused(w.Userinfo(sign(aud)), 401, "invalid_token")
	}
	for name, change := range map[string]object{"expired": {"exp": 1}, "no exp": {"exp": nil}, "another issuer": {"iss": "https://evil.test"}, "no jti": {"jti": nil}, "no grant": {"gid": nil}, "odd sub": {"sub": 1}} {
		s, err := w.App.Keys.Sign("ES256", "at+jwt", []byte(claimsOf(t, with(with(claims, object{"aud": w.URL}), change))))
		w.must(err)
		if u := w.Userinfo(s); u.Status != 401 {
			t.Errorf("%s: %d %s", name, u.Status, u.Body)
		}
	}
	for _, typ := range []string{"JWT", "logout+jwt", ""} {
		s, err := w.App.Keys.Sign("ES256", typ, []byte(claimsOf(t, with(claims, object{"aud": w.URL}))))
		w.must(err)
		w.refused(w.Userinfo(s), 401, "invalid_token")
	}
	w.ok(w.Call("/oauth2/revoke", rp, form("token", token)))
	w.refused(w.Userinfo(token), 401, "invalid_token")
	other := w.tokens(rp, "scope", "openid").Text("access_token")
	w.ok(w.Userinfo(other))
	w.must(w.App.Directory.SetState(context.Background(), w.App.Tenant, w.person.ID, storage.PersonDisabled, testkit.Operator()))
	w.refused(w.Userinfo(other), 401, "invalid_token")
}

func TestJW16_HashesAndNonce(t *testing.T) {
	w := open(t)
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		rp := w.types(storage.ClientMetadata{IDTokenSignedResponseAlg: alg}, "code id_token token", "code", "id_token")
		q := w.Browser().Authorize(w.AuthURL(rp, "response_type", "code id_token token", "nonce", "n-"+alg), w.email)
		header, _ := w.parts(q.Get("id_token"))
		front := w.idTokenText(q.Get("id_token"), rp)
		if header["alg"] != alg || front["nonce"] != "n-"+alg || front["at_hash"] != leftHalf(alg, q.Get("access_token")) || front["c_hash"] != leftHalf(alg, q.Get("code")) {
			t.Errorf("%s: front channel %v %v", alg, header, front)
		}
		a := w.ok(w.Redeem(rp, q.Get("code")))
		back := w.idToken(a, rp)
		if back["nonce"] != "n-"+alg || back["at_hash"] != leftHalf(alg, a.Text("access_token")) || back["sub"] != front["sub"] || back["auth_time"] != front["auth_time"] {
			t.Errorf("%s: back channel %v", alg, back)
		}
		if c, ok := back["c_hash"]; ok && c != leftHalf(alg, q.Get("code")) {
			t.Errorf("%s: c_hash %v", alg, c)
		}
		alone := w.idTokenText(w.Browser().Authorize(w.AuthURL(rp, "response_type", "id_token"), w.email).Get("id_token"), rp)
		if alone["at_hash"] != nil || alone["c_hash"] != nil {
			t.Errorf("%s: hashes of nothing: %v", alg, alone)
		}
	}
}

func TestJW19_ProtocolClaimsStay(t *testing.T) {
	w := open(t)
	ctx := context.Background()
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "cnf", "acr", "amr", "act", "client_id", "azp", "nonce", "at_hash", "c_hash", "s_hash", "sid", "auth_time", "scope", "gid"} {
		if _, err := w.App.Directory.Create(ctx, w.App.Tenant, directory.NewPerson{Claims: directory.Claims{"username": "u-" + name, name: "x"}}, testkit.Operator()); err == nil {
			t.Errorf("a person with the claim %s was made", name)
		}
		if _, err := w.App.Directory.Update(ctx, w.App.Tenant, w.person.ID, directory.UpdatePerson{Claims: directory.Claims{name: "x"}}, testkit.Operator()); err == nil {
			t.Errorf("the claim %s was set", name)
		}
	}
	rp := w.Client(storage.ClientMetadata{})
	ask := object{}
	for _, name := range []string{"iss", "aud", "exp", "client_id", "cnf", "act", "azp"} {
		ask[name] = object{"essential": true, "value": "https://evil.test"}
	}
	a := w.tokens(rp, "claims", claimsOf(t, object{"id_token": ask, "userinfo": ask}))
	claims := w.idToken(a, rp)
	u := w.ok(w.Userinfo(a.Text("access_token")))
	for _, o := range []object{claims, u.JSON} {
		if text := claimsOf(t, o); strings.Contains(text, "evil.test") || o["cnf"] != nil || o["act"] != nil || o["sub"] != w.person.Subject {
			t.Errorf("got %s", text)
		}
	}
	if _, err := w.App.Directory.Update(ctx, w.App.Tenant, w.person.ID, directory.UpdatePerson{Claims: directory.Claims{"nickname": "new"}}, testkit.Operator()); err != nil {
		t.Error(err)
	}
}
