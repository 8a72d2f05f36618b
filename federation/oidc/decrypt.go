package oidc

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// maxEncrypted bounds a token that is encrypted to us, in bytes.
const maxEncrypted = 64 << 10

// checkEncryption opens a token that is encrypted to us: all are where the config says so, none where it does not. Anybody may encrypt to us, so that
// what comes out is judged as if it had come plainly. Whatever goes wrong inside is one and the same refusal.
func checkEncryption(_ context.Context, t *attempt) (expected, received string, err error) {
	switch encrypted := keys.IsEncrypted(t.tokens.ID); {
	case !t.c.c.Encrypted && !encrypted:
		return "", "", nil
	case !t.c.c.Encrypted:
		return "a token that is not encrypted", "one that is", nil
	case !encrypted:
		return "a token that is encrypted to us", "one that is not", nil
	}
	plain, ok := t.c.c.keys.open(t.tokens.ID)
	if !ok {
		received = "another"
	}
	t.tokens.ID = plain
	return "a token that is encrypted to us by RSA-OAEP-256 or ECDH-ES", received, nil
}

// checkMaybeEncrypted opens a logout token, which may come either way (OpenID Connect Back-Channel Logout section 2.4).
func checkMaybeEncrypted(ctx context.Context, t *attempt) (expected, received string, err error) {
	if !t.c.c.Encrypted || !keys.IsEncrypted(t.tokens.ID) {
		return "", "", nil
	}
	return checkEncryption(ctx, t)
}

// open decrypts a compact JWE (RFC 7516 section 7.1).
func (o *ownKeys) open(token string) (string, bool) {
	if len(token) > maxEncrypted || !plainHeader(token) {
		return "", false
	}
	jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.RSA_OAEP_256, jose.ECDH_ES}, []jose.ContentEncryption{jose.A128GCM, jose.A256GCM, jose.A128CBC_HS256, jose.A256CBC_HS512})
	if err != nil {
		return "", false
	}
	for _, k := range o.decrypt {
		if k.Algorithm != jwe.Header.Algorithm || jwe.Header.KeyID != "" && jwe.Header.KeyID != k.KeyID {
			continue
		}
		if plain, err := jwe.Decrypt(k.Key); err == nil {
			return string(plain), true
		}
	}
	return "", false
}

// plainHeader refuses headers that change the processing: compression above all, which makes a small token a large one.
func plainHeader(token string) bool {
	encoded, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return false
	}
	members, err := keys.DecodeClaims(raw)
	if err != nil {
		return false
	}
	for _, name := range []string{"zip", "crit", "jku", "jwk", "x5u", "x5c", "b64"} {
		if _, there := members[name]; there {
			return false
		}
	}
	return true
}
