package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

// signer is a relying party's ES256 key. It writes as little as a client library would at its best, since it runs beside what is measured.
type signer struct {
	private   *ecdsa.PrivateKey
	jwk       string
	assertion string // headers, as base64url
	proof     string
}

func newSigner() (*signer, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	jwk := fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":%q,"y":%q}`, base64url(point[1:33]), base64url(point[33:])) // members in the order of RFC 7638
	return &signer{
		private: private, jwk: jwk, assertion: base64url([]byte(`{"alg":"ES256","typ":"JWT"}`)), proof: base64url([]byte(`{"alg":"ES256","jwk":` + jwk + `,"typ":"dpop+jwt"}`)),
	}, nil
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwks is the public key as a registration has it.
func (s *signer) jwks() json.RawMessage { return json.RawMessage(`{"keys":[` + s.jwk + `]}`) }

// thumbprint is RFC 7638's.
func (s *signer) thumbprint() string {
	sum := sha256.Sum256([]byte(s.jwk))
	return base64url(sum[:])
}

func (s *signer) sign(header, claims string) (string, error) {
	text := header + "." + base64url([]byte(claims))
	digest := sha256.Sum256([]byte(text))
	der, err := ecdsa.SignASN1(rand.Reader, s.private, digest[:])
	if err != nil {
		return "", err
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return "", err
	}
	var raw [64]byte
	sig.R.FillBytes(raw[:32])
	sig.S.FillBytes(raw[32:])
	return text + "." + base64url(raw[:]), nil
}

// clientAssertion says who the client is (RFC 7523), once.
func (s *signer) clientAssertion(clientID, issuer string, now time.Time) (string, error) {
	return s.sign(s.assertion, fmt.Sprintf(`{"iss":%q,"sub":%q,"aud":%q,"jti":%q,"iat":%d,"exp":%d}`, clientID, clientID, issuer, rand.Text(), now.Unix(), now.Unix()+60))
}

// dpop is a proof for one POST (RFC 9449).
func (s *signer) dpop(uri string, now time.Time) (string, error) {
	return s.sign(s.proof, fmt.Sprintf(`{"jti":%q,"htm":"POST","htu":%q,"iat":%d}`, rand.Text(), uri, now.Unix()))
}
