package oidc

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// nonces are those that a provider's servers gave last (RFC 9449 section 8), by origin.
type nonces struct {
	mu sync.Mutex
	of map[string]string
}

const maxNonce = 512

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (n *nonces) get(address string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.of[origin(address)]
}

// keep takes a new one; an origin is a provider's own endpoint, of which there are few.
func (n *nonces) keep(address string, answer *fetch.Response) (given bool) {
	nonce := answer.Header.Get("DPoP-Nonce")
	if nonce == "" || len(nonce) > maxNonce {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of == nil {
		n.of = map[string]string{}
	}
	n.of[origin(address)] = nonce
	return true
}

// wantsNonce says that the answer refuses the proof for its nonce alone: once more, with the one that it gave (RFC 9449 sections 8 and 9).
func wantsNonce(answer *fetch.Response) bool {
	var no struct {
		Error string `json:"error"`
	}
	if answer.OK() {
		return false
	}
	return json.Unmarshal(answer.Body, &no) == nil && no.Error == "use_dpop_nonce" || strings.Contains(answer.Header.Get("WWW-Authenticate"), `"use_dpop_nonce"`)
}

// prove adds the proof of a request (RFC 9449 section 4.2). token is the access token that goes with it, if any.
func (c *connector) prove(h http.Header, method, address, token string) error {
	if !c.c.DPoP {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	u.RawQuery, u.Fragment = "", ""
	claims := map[string]any{"jti": random(), "htm": method, "htu": u.String(), "iat": c.now().Unix()}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if nonce := c.nonces.get(address); nonce != "" {
		claims["nonce"] = nonce
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: c.c.keys.dpop}, &jose.SignerOptions{
		ExtraHeaders: map[jose.HeaderKey]any{jose.HeaderType: "dpop+jwt", "jwk": jose.JSONWebKey{Key: c.c.keys.dpop.Public()}},
	})
	if err != nil {
		return err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return err
	}
	proof, err := jws.CompactSerialize()
	h.Set("DPoP", proof)
	return err
}

// thumbprint names the key that tokens will be bound to (RFC 9449 section 10).
func (c *connector) thumbprint() (string, error) {
	key := jose.JSONWebKey{Key: c.c.keys.dpop.Public()}
	sum, err := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}
