package core

import (
	"context"
	"crypto"
)

// HasKey reports whether a public key is one of the client's registered ones. For keys by reference, what the client publishes now counts too, asked
// for at most once a minute.
func (c *Client) HasKey(ctx context.Context, pub crypto.PublicKey) (bool, error) {
	set, err := c.Keys(ctx)
	if err != nil || set == nil {
		return false, err
	}
	if set.has(pub) || c.own != nil {
		return set.has(pub), nil
	}
	newer := c.remote.Renew(ctx, c.Metadata.JWKSURI, set)
	return newer != set && newer.has(pub), nil
}

func (s *KeySet) has(pub crypto.PublicKey) bool {
	for _, k := range s.Signing.Keys {
		if same, ok := k.Key.(interface{ Equal(x crypto.PublicKey) bool }); ok && same.Equal(pub) {
			return true
		}
	}
	return false
}
