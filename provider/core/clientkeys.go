package core

import (
	"context"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// KeySet is a client's public keys, parsed and judged.
type KeySet struct {
	Signing    *jose.JSONWebKeySet // those that may verify what the client signed
	Encryption *jose.JSONWebKeySet // those to which may be encrypted
}

// RemoteKeys finds key sets that clients publish themselves (jwks_uri).
type RemoteKeys interface {
	// KeySet returns the set at a URL, from memory where that is fresh enough.
	KeySet(ctx context.Context, uri string) (*KeySet, error)
	// Renew returns a set that is newer than seen, or seen itself when it is too early to ask again or nobody answers.
	Renew(ctx context.Context, uri string, seen *KeySet) *KeySet
}

// ParseKeySet reads a client's key set; errs.Invalid for one that must not be used.
func ParseKeySet(raw []byte) (*KeySet, error) {
	verify, encrypt, err := keys.ParseKeys(raw)
	if err != nil {
		return nil, err
	}
	return &KeySet{Signing: verify, Encryption: encrypt}, nil
}

// Keys returns the client's keys, whether they were registered by value (jwks) or by reference (jwks_uri); nil without an error when it has none.
func (c *Client) Keys(ctx context.Context) (*KeySet, error) {
	switch {
	case c.own != nil:
		return c.own, nil
	case c.Metadata.JWKSURI == "" || c.remote == nil:
		return nil, nil //nolint:nilnil // a client without keys is no failure
	}
	return c.remote.KeySet(ctx, c.Metadata.JWKSURI)
}

// Verify checks what the client signed (an assertion, a request object) with its keys (keys.VerifyWith). A signature that none of the known keys
// made is tried again with what the client publishes now, at most once a minute: it may have rotated its keys (OpenID Connect Core section 10.1.1).
func (c *Client) Verify(ctx context.Context, token string, algs []string) (keys.Header, []byte, error) {
	set, err := c.Keys(ctx)
	if err != nil {
		return keys.Header{}, nil, err
	}
	if set == nil {
		return keys.Header{}, nil, errs.New(errs.Invalid, "The client has no registered keys.")
	}
	h, claims, err := keys.VerifyWith(set.Signing, token, algs)
	if err == nil || c.own != nil {
		return h, claims, err
	}
	if h, bad := keys.ReadHeader(token); bad != nil || !slices.Contains(algs, h.Algorithm) {
		return keys.Header{}, nil, err // no key could help
	}
	newer := c.remote.Renew(ctx, c.Metadata.JWKSURI, set)
	if newer == set {
		return keys.Header{}, nil, err
	}
	return keys.VerifyWith(newer.Signing, token, algs)
}
