package session

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A cookie's value is base64url of: format, key version (2, big endian), tenant (16), body, HMAC (32). What it is for is part of what is signed,
// not of the value, so that neither cookie passes for the other.
const (
	formatCookie = 0x01
	headSize     = 1 + 2 + 16
	macSize      = 32
	maxCookie    = 512 // characters
)

const (
	kindSession = "cookie session"
	kindBrowser = "cookie browser"
)

func (m *Manager) sign(kind string, tenant storage.ID, body []byte) string {
	version, mac := m.d.Ring.MAC(keys.Sessions, []byte(kind), tenant[:], body)
	b := make([]byte, 0, headSize+len(body)+macSize)
	b = append(b, formatCookie)
	b = binary.BigEndian.AppendUint16(b, uint16(version)) //nolint:gosec // key versions are below 65536
	b = append(append(append(b, tenant[:]...), body...), mac...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// verify returns the body of a cookie that sign made for this kind and tenant.
func (m *Manager) verify(kind string, tenant storage.ID, value string) ([]byte, bool) {
	c, ok := parseCookie(value)
	if !ok || c.tenant != tenant {
		return nil, false
	}
	return c.body, m.d.Ring.VerifyMAC(keys.Sessions, c.version, c.mac, []byte(kind), tenant[:], c.body)
}

// parsed is a cookie of the right form; nothing about it is proved.
type parsed struct {
	version   int
	tenant    storage.ID
	body, mac []byte
}

func parseCookie(value string) (parsed, bool) {
	if len(value) > maxCookie || strings.ContainsAny(value, "\r\n") { // the decoder would skip line ends
		return parsed{}, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(b) < headSize+macSize || b[0] != formatCookie {
		return parsed{}, false
	}
	c := parsed{version: int(binary.BigEndian.Uint16(b[1:3])), body: b[headSize : len(b)-macSize], mac: b[len(b)-macSize:]}
	copy(c.tenant[:], b[3:headSize])
	return c, true
}
