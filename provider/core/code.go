package core

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A code is its grant's id and a MAC over it: a forged one dies before the database, and a grant always has the same one.
const codeLen = 2 + 16 + 32

// Code returns the authorization code of a grant.
func (t *Tokens) Code(grant storage.ID) string {
	version, mac := t.ring.MAC(keys.Codes, []byte("code"), t.tenant[:], grant[:])
	b := make([]byte, 0, codeLen)
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = append(b, grant[:]...)
	return PrefixCode + base64.RawURLEncoding.EncodeToString(append(b, mac...))
}

// ParseCode returns the grant that a code names, if the code is ours.
func (t *Tokens) ParseCode(code string) (storage.ID, bool) {
	b, ok := unwrap(code, PrefixCode, codeLen)
	if !ok {
		return storage.ID{}, false
	}
	grant := storage.ID(b[2:18])
	ok = t.ring.VerifyMAC(keys.Codes, int(binary.BigEndian.Uint16(b)), b[18:], []byte("code"), t.tenant[:], grant[:])
	return grant, ok
}

func unwrap(token, prefix string, length int) ([]byte, bool) {
	if len(token) != len(prefix)+base64.RawURLEncoding.EncodedLen(length) || token[:len(prefix)] != prefix {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token[len(prefix):])
	return b, err == nil
}
