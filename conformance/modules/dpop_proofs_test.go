package modules

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// badProof is a proof for the token endpoint that one row refuses.
type badProof struct {
	row  string
	make func(w *world, k *key) string
}

func (w *world) tokenProof(k *key, changes ...any) string {
	return w.proof(k, "/oauth2/token", changes...)
}

// headed is a good proof but for its header.
func headed(changes ...any) func(w *world, k *key) string {
	return func(w *world, k *key) string {
		return k.sign("ES256", changed(object{"typ": "dpop+jwt", "jwk": k.jwk()}, changes...), w.proofClaims("/oauth2/token"))
	}
}

// claimed is a good proof but for its claims.
func claimed(changes ...any) func(w *world, k *key) string {
	return func(w *world, k *key) string { return w.tokenProof(k, changes...) }
}

// withKey is a good proof but for the key in its header.
func withKey(jwk func(k *key) object) func(w *world, k *key) string {
	return func(w *world, k *key) string {
		return k.sign("ES256", object{"typ": "dpop+jwt", "jwk": jwk(k)}, w.proofClaims("/oauth2/token"))
	}
}

// by signs with a new key of another algorithm.
func by(alg string) func(w *world, k *key) string {
	return func(w *world, k *key) string {
		other := newKey(k.t, alg)
		return other.sign(alg, object{"typ": "dpop+jwt", "jwk": other.jwk()}, w.proofClaims("/oauth2/token"))
	}
}

func unsignedProof(alg string) func(w *world, k *key) string {
	return func(w *world, k *key) string {
		return unsigned(k.t, object{"alg": alg, "typ": "dpop+jwt", "jwk": k.jwk()}, w.proofClaims("/oauth2/token"))
	}
}

func textProof(s string) func(*world, *key) string { return func(*world, *key) string { return s } }

// read is a JSON object.
func read(t *testing.T, raw string) object {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func badProofs() map[string]badProof {
	bad := map[string]badProof{
		"no JWT":             {"dpop.well_formed", textProof("proof")},
		"dots":               {"dpop.well_formed", textProof("..")},
		"two, with a comma":  {"dpop.well_formed", func(w *world, k *key) string { return w.tokenProof(k) + "," + w.tokenProof(k) }},
		"too long":           {"dpop.one_header", textProof(strings.Repeat("a", 7000))},
		"crit":               {"dpop.well_formed", headed("crit", []string{"x"})},
		"jku":                {"dpop.well_formed", headed("jku", "https://evil.test/jwks")},
		"x5c":                {"dpop.well_formed", headed("x5c", []string{"AA=="})},
		"no alg":             {"dpop.well_formed", headed("alg", "")},
		"no typ":             {"dpop.typ", headed("typ", "x")},
		"typ JWT":            {"dpop.typ", headed("typ", "JWT")},
		"none":               {"dpop.alg", unsignedProof("none")},
		"NoNe":               {"dpop.alg", unsignedProof("NoNe")},
		"RS256":              {"dpop.alg", by("RS256")},
		"ES384":              {"dpop.alg", headed("alg", "ES384")},
		"no key":             {"dpop.key", withKey(func(*key) object { return nil })},
		"private key":        {"dpop.key", withKey(func(k *key) object { return changed(k.jwk(), "d", point(make([]byte, 32))) })},
		"symmetric key":      {"dpop.key", withKey(func(*key) object { return object{"kty": "oct", "k": "c2VjcmV0"} })},
		"key off its curve":  {"dpop.key", withKey(func(k *key) object { return read(k.t, offCurve()) })},
		"key to encrypt":     {"dpop.key", withKey(func(k *key) object { return changed(k.jwk(), "use", "enc") })},
		"key of another alg": {"dpop.key", withKey(func(k *key) object { return changed(k.jwk(), "alg", "ES384") })},
		"RSA key for ES256":  {"dpop.key", withKey(func(k *key) object { return newKey(k.t, "RS256").jwk() })},
		"another's key":      {"dpop.signature", withKey(func(k *key) object { return newKey(k.t, "ES256").jwk() })},
		"damaged":            {"dpop.signature", func(w *world, k *key) string { p := w.tokenProof(k); return p[:len(p)-8] + "AAAAAAAA" }},
		"symmetric": {"dpop.alg", func(w *world, k *key) string {
			public, err := json.Marshal(k.jwk())
			w.must(err)
			return symmetric(k.t, "HS256", public, object{"typ": "dpop+jwt", "jwk": k.jwk()}, w.proofClaims("/oauth2/token"))
		}},
	}
	for name, changes := range badClaims() {
		bad[name] = changes
	}
	return bad
}

func badClaims() map[string]badProof {
	out := map[string]badProof{
		"htm PUT":    {"dpop.method", claimed("htm", "PUT")},
		"htm post":   {"dpop.method", claimed("htm", "post")},
		"htu, other": {"dpop.uri", claimed("htu", "https://evil.test/oauth2/token")},
	}
	for name, v := range map[string][]any{
		"no jti": {"jti", nil}, "empty jti": {"jti", ""}, "long jti": {"jti", strings.Repeat("j", 257)}, "jti 1": {"jti", 1}, "no htm": {"htm", nil},
		"no htu": {"htu", nil}, "no iat": {"iat", nil}, "iat as text": {"iat", "now"}, "iat -1": {"iat", -1}, "nonce 1": {"nonce", 1},
		"iat of the year 30000": {"iat", int64(1) << 40}, "exp as text": {"exp", "x"},
	} {
		out[name] = badProof{"dpop.signature", claimed(v...)}
	}
	for name, path := range map[string]string{"userinfo": "/oauth2/userinfo", "slash": "/oauth2/token/", "none": "", "case": "/OAUTH2/token", "above": "/oauth2/token/..", "user": "@"} {
		out["htu, "+name] = badProof{"dpop.uri", func(w *world, k *key) string {
			htu := w.URL + path
			if path == "@" {
				htu = strings.Replace(w.URL, "://", "://me@", 1) + "/oauth2/token"
			}
			return w.tokenProof(k, "htu", htu)
		}}
	}
	for name, ago := range map[string]time.Duration{"5 minutes old": 5 * time.Minute, "an hour old": time.Hour, "5 minutes ahead": -5 * time.Minute, "an hour ahead": -time.Hour} {
		out[name] = badProof{"dpop.time", func(w *world, k *key) string { return w.tokenProof(k, "iat", w.Clock.Now().Add(-ago).Unix()) }}
	}
	out["expired"] = badProof{"dpop.time", func(w *world, k *key) string { return w.tokenProof(k, "exp", w.Clock.Now().Add(-5*time.Minute).Unix()) }}
	out["not yet"] = badProof{"dpop.time", func(w *world, k *key) string { return w.tokenProof(k, "nbf", w.Clock.Now().Add(5*time.Minute).Unix()) }}
	return out
}
