package modules

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// jwk is the public key as an object, for a proof's header.
func (k *key) jwk() object {
	k.t.Helper()
	raw, err := json.Marshal(jose.JSONWebKey{Key: k.private.Public()})
	if err != nil {
		k.t.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(raw, &out); err != nil {
		k.t.Fatal(err)
	}
	return out
}

// jkt is the key's thumbprint (RFC 7638).
func (k *key) jkt() string {
	k.t.Helper()
	sum, err := (&jose.JSONWebKey{Key: k.private.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		k.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// changed returns the object with name and value pairs set; nil takes one away.
func changed(o object, changes ...any) object {
	for i := 0; i+1 < len(changes); i += 2 {
		name := changes[i].(string)
		if changes[i+1] == nil {
			delete(o, name)
		} else {
			o[name] = changes[i+1]
		}
	}
	return o
}

// proofClaims are those of a good proof for a POST to a path.
func (w *world) proofClaims(path string, changes ...any) object {
	now := w.Clock.Now()
	return changed(object{"jti": storage.NewID(now).String(), "htm": "POST", "htu": w.URL + path, "iat": now.Unix()}, changes...)
}

// proof is a DPoP proof by an ES256 key.
func (w *world) proof(k *key, path string, changes ...any) string {
	w.t.Helper()
	return k.sign("ES256", object{"typ": "dpop+jwt", "jwk": k.jwk()}, w.proofClaims(path, changes...))
}

// ath is the hash of an access token.
func ath(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// resourceProof is a proof for a GET of UserInfo with a token.
func (w *world) resourceProof(k *key, token string, changes ...any) string {
	w.t.Helper()
	return w.proof(k, "/oauth2/userinfo", append([]any{"htm", "GET", "ath", ath(token)}, changes...)...)
}

// presented asks UserInfo with any scheme and any number of proofs.
func (w *world) presented(scheme, token string, proofs ...string) *testkit.Answer {
	w.t.Helper()
	header := []string{"Authorization", scheme + " " + token}
	for _, p := range proofs {
		header = append(header, "DPoP", p)
	}
	return w.Get("/oauth2/userinfo", header...)
}

// prove posts a form as a client, with any number of proofs.
func (w *world) prove(path string, rp *testkit.RP, f url.Values, proofs ...string) *testkit.Answer {
	w.t.Helper()
	req := w.Request(path, rp, f)
	for _, p := range proofs {
		req.Header["Dpop"] = append(req.Header["Dpop"], p)
	}
	return w.Do(req)
}

// machineToken asks for a client's own token with proofs.
func (w *world) machineToken(rp *testkit.RP, proofs ...string) *testkit.Answer {
	w.t.Helper()
	return w.prove("/oauth2/token", rp, form("grant_type", "client_credentials"), proofs...)
}

// redeemBy exchanges a code with proofs.
func (w *world) redeemBy(rp *testkit.RP, code string, proofs ...string) *testkit.Answer {
	w.t.Helper()
	return w.prove("/oauth2/token", rp, form("grant_type", "authorization_code", "code", code, "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier), proofs...)
}

// refreshBy uses a refresh token with proofs.
func (w *world) refreshBy(rp *testkit.RP, token string, proofs ...string) *testkit.Answer {
	w.t.Helper()
	return w.prove("/oauth2/token", rp, form("grant_type", "refresh_token", "refresh_token", token), proofs...)
}

// keyed wants tokens that are bound to the key, by all who say so.
func (w *world) keyed(a *testkit.Answer, rp *testkit.RP, k *key) string {
	w.t.Helper()
	token := w.ok(a).Text("access_token")
	if a.Text("token_type") != "DPoP" {
		w.t.Errorf("token_type %q", a.Text("token_type"))
	}
	if rp.Secret != "" {
		i := w.ok(w.Introspect(rp, token))
		if cnf, _ := i.JSON["cnf"].(object); cnf["jkt"] != k.jkt() || i.Text("token_type") != "DPoP" {
			w.t.Errorf("introspection: %s", i.Body)
		}
	}
	if strings.Count(token, ".") == 2 {
		_, claims := w.parts(token)
		if cnf, _ := claims["cnf"].(object); cnf["jkt"] != k.jkt() || len(cnf) != 1 {
			w.t.Errorf("claims %v", claims)
		}
	}
	return token
}

// proofAlgorithms makes a proof with each algorithm that is advertised, and some that must not be.
func (w *world) proofAlgorithms(algs []string) {
	w.t.Helper()
	rp := w.machine(storage.ClientMetadata{})
	for _, alg := range algs {
		k := newKey(w.t, alg)
		w.keyed(w.machineToken(rp, k.sign(alg, object{"typ": "dpop+jwt", "jwk": k.jwk()}, w.proofClaims("/oauth2/token"))), rp, k)
	}
	for _, alg := range []string{"RS256", "RS384", "ES384", "none", "HS256"} {
		for _, a := range algs {
			if a == alg {
				w.t.Errorf("%s is advertised", alg)
			}
		}
	}
}

// withNonces is a server on which every proof needs a nonce.
func withNonces(c *app.Config) { c.Tokens.DPoPNonce = "required" }

// together runs n attempts at once and counts those that won.
func together(n int, attempt func(i int) bool) int {
	var won atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			if attempt(i) {
				won.Add(1)
			}
		})
	}
	close(start)
	all.Wait()
	return int(won.Load())
}
