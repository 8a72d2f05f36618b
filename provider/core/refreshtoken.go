package core

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A refresh token is key version, grant, generation, a MAC over those with the grant's secret nonce, and an outer MAC over all of it. The outer
// MAC lets a forged one die before the database; the inner one means that neither the key alone nor the database alone can make one.
const (
	refreshInner = 2 + 16 + 8 + 32
	refreshLen   = refreshInner + 32
)

// RefreshToken is a presented refresh token whose outer MAC is right. Its inner MAC is still to be checked against the grant's nonce.
type RefreshToken struct {
	Grant      storage.ID
	Generation int64
	version    int
	inner      []byte
}

// Refresh returns the refresh token of a grant's generation.
func (t *Tokens) Refresh(grant storage.ID, generation int64, nonce []byte) string {
	gen := binary.BigEndian.AppendUint64(nil, uint64(generation))
	for {
		version, inner := t.ring.MAC(keys.Refresh, []byte("refresh"), t.tenant[:], grant[:], gen, nonce)
		b := make([]byte, 0, refreshLen)
		b = binary.BigEndian.AppendUint16(b, uint16(version))
		b = append(b, grant[:]...)
		b = append(b, gen...)
		b = append(b, inner...)
		if v, outer := t.ring.MAC(keys.Refresh, []byte("refresh outer"), t.tenant[:], b); v == version { // else the key was rotated in between
			return PrefixRefresh + base64.RawURLEncoding.EncodeToString(append(b, outer...))
		}
	}
}

// ParseRefresh reads a refresh token and checks that we wrote it.
func (t *Tokens) ParseRefresh(token string) (*RefreshToken, bool) {
	b, ok := unwrap(token, PrefixRefresh, refreshLen)
	if !ok {
		return nil, false
	}
	version := int(binary.BigEndian.Uint16(b))
	if !t.ring.VerifyMAC(keys.Refresh, version, b[refreshInner:], []byte("refresh outer"), t.tenant[:], b[:refreshInner]) {
		return nil, false
	}
	return &RefreshToken{
		Grant: storage.ID(b[2:18]), Generation: int64(binary.BigEndian.Uint64(b[18:26])), version: version, inner: b[26:refreshInner],
	}, true
}

// Matches reports whether the token was made with this nonce of its grant.
func (t *Tokens) Matches(r *RefreshToken, nonce []byte) bool {
	gen := binary.BigEndian.AppendUint64(nil, uint64(r.Generation))
	return t.ring.VerifyMAC(keys.Refresh, r.version, r.inner, []byte("refresh"), t.tenant[:], r.Grant[:], gen, nonce)
}
