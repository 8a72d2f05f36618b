package dpop

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/testkit/testjws"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// oneKey is a ring with one key.
type oneKey struct{}

func (oneKey) MAC(_ string, parts ...[]byte) (int, []byte) {
	mac := hmac.New(sha256.New, []byte("key"))
	mac.Write(bytes.Join(parts, []byte{0}))
	return 1, mac.Sum(nil)
}

func (k oneKey) VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool {
	_, want := k.MAC(purpose, parts...)
	return version == 1 && hmac.Equal(mac, want)
}

func at() time.Time { return time.Unix(1_795_000_000, 0) }

func verifier(nonce bool) *Verifier {
	return New(Deps{
		Ring: oneKey{}, Bases: []string{"https://id.test"}, Skew: time.Minute, Nonce: nonce, Now: at, Log: func(context.Context, string, []verdict.Verdict) {},
	})
}

func ask(v *Verifier, proof string) (*core.Proof, error) {
	r := &http.Request{Method: http.MethodPost, Header: http.Header{"Dpop": {proof}}}
	return v.Judge(context.Background(), &core.ProofRequest{HTTP: r, Path: "/oauth2/token", Client: &core.Client{Client: &storage.Client{}}, Answer: http.Header{}})
}

// goodProof is a proof by a new key.
func goodProof(t testing.TB, nonce string) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	claims := fmt.Sprintf(`{"jti":"j","htm":"POST","htu":"https://id.test/oauth2/token","iat":%d,"nonce":%q}`, at().Unix(), nonce)
	if nonce == "" {
		claims = strings.Replace(claims, `,"nonce":""`, "", 1)
	}
	jws, err := signer.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	s, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGoodProofs(t *testing.T) {
	if p, err := ask(verifier(false), goodProof(t, "")); err != nil || !core.IsThumbprint(p.JKT) {
		t.Fatal(p, err)
	}
	v := verifier(true)
	if _, err := ask(v, goodProof(t, "")); err == nil {
		t.Error("no nonce was needed")
	}
	if _, err := ask(v, goodProof(t, v.nonces.issue())); err != nil {
		t.Error(err)
	}
}

// Whatever is accepted is a signed JWT of our type with a public key and the claims of this request; nothing makes it panic.
func FuzzProof(f *testing.F) {
	good := goodProof(f, "")
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(good + "=")
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"dpop+jwt","alg":"none","jwk":{"kty":"EC"}}`)) + "." + parts[1] + ".")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}}`)) + "." + parts[1] + "." + parts[2])
	f.Fuzz(func(t *testing.T, proof string) {
		p, err := ask(verifier(false), proof)
		if err != nil {
			return
		}
		raw, _ := base64.RawURLEncoding.DecodeString(strings.Split(proof, ".")[0])
		var h struct {
			Typ, Alg string
			JWK      map[string]any
		}
		if err := json.Unmarshal(raw, &h); err != nil || !strings.EqualFold(strings.TrimPrefix(strings.ToLower(h.Typ), "application/"), "dpop+jwt") || h.JWK["d"] != nil || !core.IsThumbprint(p.JKT) {
			t.Errorf("%q: %+v %v", proof, h, err)
		}
		if strings.Count(proof, ".") != 2 {
			t.Errorf("%q was accepted", proof)
		}
	})
}

// ledger remembers.
type ledger map[string]bool

// SpendOnce implements storage.Replays.
func (l ledger) SpendOnce(_ context.Context, r *storage.Replay) (bool, error) {
	fresh := !l[string(r.Hash)]
	l[string(r.Hash)] = true
	return fresh, nil
}

// DeleteExpiredReplays implements storage.Replays.
func (ledger) DeleteExpiredReplays(context.Context, time.Time, int) (int64, error) { return 0, nil }

// FuzzSignedProof: whatever the holder of a key signs, what is taken is a proof for this request, made just now, and only once.
func FuzzSignedProof(f *testing.F) {
	header := `{"typ":"dpop+jwt","alg":"EdDSA","jwk":` + testjws.JWK() + `}`
	good := fmt.Sprintf(`{"jti":"j","htm":"POST","htu":"https://id.test/oauth2/token","iat":%d}`, at().Unix())
	nonce := verifier(true).nonces.issue()
	for _, s := range []string{
		good, strings.Replace(good, "https://id.test", "HTTPS://ID.test:443", 1), strings.Replace(good, "/token", "/token?x#y", 1), strings.Replace(good, "/token", "/%74oken", 1), strings.Replace(good, "POST", "post", 1),
		strings.Replace(good, `"j"`, `"`+strings.Repeat("j", 257)+`"`, 1), strings.Replace(good, `"iat":`, `"iat":1`, 1), strings.Replace(good, `"iat"`, `"nonce":"`+nonce+`","iat"`, 1), strings.Replace(good, `"iat"`, `"nonce":"AAEAAAAA","iat"`, 1),
		strings.Replace(good, `"iat"`, `"exp":1,"iat"`, 1), strings.Replace(good, `"iat"`, `"ath":1,"iat"`, 1), `{}`, `[]`,
	} {
		f.Add(header, s)
	}
	for _, h := range []string{strings.Replace(header, "dpop+jwt", "DPoP+JWT", 1), strings.Replace(header, `"x":`, `"d":"AA","x":`, 1), strings.Replace(header, `"EdDSA"`, `"none"`, 1), strings.Replace(header, `"typ"`, `"crit":["exp"],"typ"`, 1)} {
		f.Add(h, good)
	}
	f.Fuzz(func(t *testing.T, header, text string) {
		for _, needed := range []bool{false, true} {
			v := verifier(needed)
			v.d.Replays = ledger{}
			p, err := ask(v, testjws.Under(header, text))
			if err != nil {
				if code := core.AsRefusal(err).Err.CodeField; code != http.StatusBadRequest && code != http.StatusUnauthorized {
					t.Errorf("%q: %v", text, err)
				}
				continue
			}
			var in map[string]any
			if err := json.Unmarshal([]byte(text), &in); err != nil || in["htm"] != "POST" || in["jti"] == nil || needed && in["nonce"] != nonce {
				t.Errorf("taken: %q", text)
			}
			if off := in["iat"].(float64) - float64(at().Unix()); !needed && (off > 61 || off < -121) { //nolint:forcetypeassert // a panic is a finding
				t.Errorf("taken: %q", text)
			}
			if err := v.Spend(t.Context(), p); err != nil {
				t.Error(err)
			}
			if err := v.Spend(t.Context(), p); err == nil {
				t.Errorf("taken twice: %q", text)
			}
		}
	})
}

// FuzzNonce: a nonce is good in the one spelling in which it was made.
func FuzzNonce(f *testing.F) {
	v := verifier(true)
	good := v.nonces.issue()
	for _, s := range []string{good, good + "=", good[:len(good)-1], "", base64.RawURLEncoding.EncodeToString(make([]byte, nonceLen))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v.nonces.ours(s) != (s == good) {
			t.Errorf("%q", s)
		}
	})
}
