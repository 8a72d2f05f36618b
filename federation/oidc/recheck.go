package oidc

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

var _ federation.Rechecker = (*connector)(nil)

// Recheck implements federation.Rechecker by the refresh token that is kept (OpenID Connect Core section 12). The provider's word about the person is
// that it takes the token, and the ID token that it may give with it, which must be about the same one. nil: there is nothing to ask with.
func (c *connector) Recheck(ctx context.Context, key string, tokens *federation.Tokens) (*federation.Identity, error) {
	if tokens == nil || tokens.Refresh == "" {
		return nil, nil //nolint:nilnil // the contract's word for "it cannot be asked"
	}
	if rest := c.c.template.rest; rest > 0 && c.now().Sub(issuedAt(tokens.ID)) < rest {
		return nil, nil //nolint:nilnil // the same
	}
	t := &attempt{c: c}
	var err error
	if t.m, err = c.discover(ctx); err != nil {
		return nil, err
	}
	no, err := t.exchange(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.Refresh}})
	if no == "invalid_grant" {
		refusal := refuse("oidc_refresh.grant", "a refresh token that counts", "one that does not", "grant")
		refusal.Person = true
		return nil, refusal
	}
	if err != nil {
		return nil, err
	}
	preset(&t.tokens.Refresh, tokens.Refresh)
	preset(&t.tokens.Scope, tokens.Scope)
	return t.refreshed(ctx, key, tokens)
}

// issuedAt is when an ID token that we have kept was made: it was verified when it came.
func issuedAt(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	claims, err := keys.DecodeClaims(raw)
	if err != nil {
		return time.Time{}
	}
	at, _ := keys.NumericDate(claims["iat"])
	return at
}

// refreshed judges what came of the refresh.
func (t *attempt) refreshed(ctx context.Context, key string, old *federation.Tokens) (*federation.Identity, error) {
	if err := judge(ctx, t, rowsRefresh()); err != nil {
		return nil, err
	}
	if t.tokens.ID == "" {
		return &federation.Identity{Key: key, Tokens: t.still(old)}, nil
	}
	if err := judge(ctx, t, append(rowsRefreshed(), t.c.c.template.rows()...)); err != nil {
		return nil, err
	}
	if t.c.c.template.key(t) != key {
		return nil, refuse("oidc_refresh.key", "the person who signed in", "another", "subject")
	}
	if err := t.userinfo(ctx); err != nil {
		return nil, err
	}
	return t.identity(), nil
}

func (t *attempt) still(old *federation.Tokens) *federation.Tokens {
	return &federation.Tokens{Access: t.tokens.Access, Refresh: t.tokens.Refresh, ID: old.ID, Scope: t.tokens.Scope, ExpiresAt: t.expiry()}
}

func rowsRefresh() []row {
	return []row{{Name: "oidc_refresh.token_type", Reason: "token_type", Check: checkType}}
}

// rowsRefreshed are about an ID token of a refresh (OpenID Connect Core section 12.2): it is no answer to a request, and has no nonce of one.
func rowsRefreshed() []row {
	return []row{
		{Name: "oidc_refresh.encryption", Reason: "encryption", Check: checkEncryption},
		{Name: "oidc_refresh.signature", Reason: "signature", Check: checkSignature},
		{Name: "oidc_refresh.iss", Reason: "issuer", Check: checkTokenIssuer},
		{Name: "oidc_refresh.aud", Reason: "audience", Check: checkAudience},
		{Name: "oidc_refresh.azp", Reason: "audience", Check: checkAuthorizedParty},
		{Name: "oidc_refresh.time", Reason: "time", Check: checkTime},
		{Name: "oidc_refresh.sub", Reason: "subject", Check: checkSubject},
		{Name: "oidc_refresh.at_hash", Reason: "at_hash", Check: checkHash},
	}
}
