package social

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
)

var _ federation.Rechecker = (*connector)(nil)

// early is how long before its end a token is renewed.
const early = 30 * time.Second

// Recheck implements federation.Rechecker: the user endpoint is asked again with the token that is kept, which is renewed first where it has run out.
// nil: there is nothing to ask with.
func (c *connector) Recheck(ctx context.Context, key string, tokens *federation.Tokens) (*federation.Identity, error) {
	if tokens == nil || tokens.Access == "" {
		return nil, nil //nolint:nilnil // the contract's word for "it cannot be asked"
	}
	t := &attempt{c: c, tokens: tokenAnswer{Access: tokens.Access, Type: "Bearer", Refresh: tokens.Refresh, Scope: tokens.Scope}}
	over := !tokens.ExpiresAt.IsZero() && !c.now().Before(tokens.ExpiresAt.Add(-early))
	switch {
	case over && tokens.Refresh == "":
		return nil, nil //nolint:nilnil // that an old token is not taken says nothing about the person
	case over:
		if err := t.renew(ctx); err != nil {
			return nil, err
		}
	}
	id, err := t.known(ctx)
	if no, is := errors.AsType[*federation.Refusal](err); is && no.Check == checkToken && !over && tokens.Refresh != "" {
		if err := t.renew(ctx); err != nil {
			return nil, err
		}
		over = true
		id, err = t.known(ctx)
	}
	if err != nil {
		return nil, err
	}
	if id.Key != key {
		return nil, refuse("social_recheck.key", "the person who signed in", "another", "subject")
	}
	if !over {
		id.Tokens.ExpiresAt = tokens.ExpiresAt
	}
	return id, nil
}

// renew uses the refresh token (RFC 6749 section 6). A new one replaces it; without one it stays.
func (t *attempt) renew(ctx context.Context) error {
	old := t.tokens
	no, err := t.exchange(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}})
	if no {
		refusal := refuse("social_recheck.grant", "a refresh token that counts", "one that does not", "grant")
		refusal.Person = true
		return refusal
	}
	if err != nil {
		return err
	}
	preset(&t.tokens.Refresh, old.Refresh)
	preset(&t.tokens.Scope, old.Scope)
	return nil
}
