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
