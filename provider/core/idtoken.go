package core

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// IDToken is what an ID token is made of (OpenID Connect Core section 2).
type IDToken struct {
	Grant       *storage.Grant
	Client      *Client
	IssuedAt    time.Time
	ExpiresAt   time.Time
	AccessToken string         // for at_hash; empty: none
	Code        string         // for c_hash; empty: none
	State       string         // for s_hash (FAPI 1.0 Advanced section 5.1); empty: none
	Claims      map[string]any // of the person, already chosen
}

// MintIDToken writes an ID token. Protocol claims cannot be overridden by the person's.
func (t *Tokens) MintIDToken(ctx context.Context, i *IDToken) (string, error) {
	m := make(map[string]any, len(i.Claims)+12)
	for k, v := range i.Claims {
		m[k] = v
	}
	alg, g := i.Client.IDTokenAlg(), i.Grant
	m["iss"], m["sub"], m["aud"] = t.issuer, g.Subject, i.Client.ClientID
	m["iat"], m["exp"] = i.IssuedAt.Unix(), i.ExpiresAt.Unix()
	m["auth_time"], m["acr"] = g.AuthTime.Unix(), g.ACR
	if len(g.AMR) > 0 {
		m["amr"] = g.AMR
	}
	if !g.Session.IsZero() {
		m["sid"] = g.SessionID().String()
	}
	if i.Client.MayUse(GrantTokenExchange) { // it names what a token made of it hangs on
		m["gid"] = g.ID.String()
	}
	setText(m, "nonce", g.Nonce)
	setText(m, "at_hash", halfHash(alg, i.AccessToken))
	setText(m, "c_hash", halfHash(alg, i.Code))
	setText(m, "s_hash", halfHash(alg, i.State))
	body, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	token, err := t.signer.Sign(alg, "JWT", body)
	if err != nil {
		return "", err
	}
	return i.Client.IDTokenEncryption().Nest(ctx, i.Client, token)
}

func setText(m map[string]any, name, value string) {
	if value != "" {
		m[name] = value
	}
}

// halfHash is the left half of the hash that belongs to the ID token's algorithm (OpenID Connect Core section 3.1.3.6); Ed25519 hashes with SHA-512.
func halfHash(alg, value string) string {
	if value == "" {
		return ""
	}
	if alg == "EdDSA" {
		h := sha512.Sum512([]byte(value))
		return base64.RawURLEncoding.EncodeToString(h[:32])
	}
	h := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(h[:16])
}
