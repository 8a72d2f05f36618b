package core

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Binding names the keys that a token is bound to, or that a request proved to hold: SHA-256 thumbprints in base64url. The zero value names none.
type Binding struct {
	JKT string // of a DPoP key (RFC 9449 section 6.1)
	X5T string // of a client certificate (RFC 8705 section 3.1)
}

// Token types of the token endpoint's answer (RFC 6750 section 6.1.1, RFC 9449 section 5).
const (
	TypeBearer = "Bearer"
	TypeDPoP   = "DPoP"
)

// IsZero reports whether there is no key.
func (b Binding) IsZero() bool { return b == Binding{} }

// TokenType is how a token so bound is presented: DPoP, or Bearer also for a certificate (RFC 8705 section 3).
func (b Binding) TokenType() string {
	if b.JKT != "" {
		return TypeDPoP
	}
	return TypeBearer
}

// Proves reports whether the keys held include every key that a token is bound to.
func (b Binding) Proves(bound Binding) bool {
	return proves(b.JKT, bound.JKT) && proves(b.X5T, bound.X5T)
}

func proves(held, bound string) bool {
	return bound == "" || subtle.ConstantTimeCompare([]byte(held), []byte(bound)) == 1
}

// AppendCnf writes the cnf claim's value (RFC 7800 section 3.1).
func (b Binding) AppendCnf(dst []byte) []byte {
	dst = append(dst, '{')
	if b.JKT != "" {
		dst = appendString(append(dst, `"jkt":`...), b.JKT)
	}
	if b.X5T != "" {
		if b.JKT != "" {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `"x5t#S256":`...), b.X5T)
	}
	return append(dst, '}')
}

// Cnf is the binding as a grant keeps it: JSON, or "".
func (b Binding) Cnf() string {
	if b.IsZero() {
		return ""
	}
	return string(b.AppendCnf(nil))
}

// ParseCnf reads what Cnf wrote. A method that it does not know is an error: what is bound in an unknown way must not pass as unbound.
func ParseCnf(cnf string) (Binding, error) {
	if cnf == "" {
		return Binding{}, nil
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(cnf), &m); err != nil {
		return Binding{}, errors.New("core: not a confirmation")
	}
	if b, ok := readCnf(m); ok {
		return b, nil
	}
	return Binding{}, errors.New("core: an unknown confirmation method")
}

func readCnf(m map[string]any) (b Binding, ok bool) {
	for name, v := range m {
		s, _ := v.(string)
		if _, err := thumbprint(s); err != nil {
			return Binding{}, false
		}
		switch name {
		case "jkt":
			b.JKT = s
		case "x5t#S256":
			b.X5T = s
		default:
			return Binding{}, false
		}
	}
	return b, !b.IsZero()
}

// thumbprint decodes a SHA-256 thumbprint.
func thumbprint(s string) ([]byte, error) {
	if len(s) != 43 {
		return nil, errors.New("core: not a thumbprint")
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}

// IsThumbprint reports whether s is a SHA-256 thumbprint in base64url, such as dpop_jkt (RFC 9449 section 10).
func IsThumbprint(s string) bool {
	_, err := thumbprint(s)
	return err == nil
}

// BindGrant ties the refresh tokens of a grant to the keys of the token request that made it, where the client alone would not: those of public
// clients (RFC 9449 section 5, RFC 8705 section 4). They are kept then instead of rotated, unless the registration says otherwise.
func BindGrant(g *storage.Grant, c *Client, b Binding) {
	if !g.Refresh || !c.Public() || b.IsZero() {
		return
	}
	g.Cnf, g.Rotates = b.Cnf(), c.RotatesRefresh(true)
}

// BoundRefresh refuses, as invalid_grant, a refresh whose request does not prove the keys that its grant is tied to.
func BoundRefresh(g *storage.Grant, held Binding) error {
	bound, err := ParseCnf(g.Cnf)
	if err != nil {
		return err
	}
	if !held.Proves(bound) {
		return InvalidGrant("the key that the refresh token is bound to", "another or none")
	}
	return nil
}
