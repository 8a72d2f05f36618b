package register

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Error codes of RFC 7591 section 3.2.2 about software statements.
const (
	CodeStatement  = "invalid_software_statement"
	CodeUnapproved = "unapproved_software_statement"
)

// maxStatement bounds a statement in bytes; it is kept with the client.
const maxStatement = 16 << 10

// statements believes those whom the operator named, and nobody else.
type statements struct {
	trusted []StatementsConfig
	remote  core.RemoteKeys
	now     func() time.Time
}

// read verifies a statement and returns its claims (RFC 7591 section 2.3).
func (s *statements) read(ctx context.Context, token string) (map[string]any, error) {
	bad := problem(CodeStatement, "software_statement", "must be a JWT that its issuer signed, and that is valid now")
	if _, err := keys.ReadHeader(token); err != nil || len(token) > maxStatement {
		return nil, bad
	}
	said, ok := unproven(token)
	if !ok {
		return nil, bad
	}
	from, ok := s.issuer(text(said, "iss"))
	if !ok {
		return nil, problem(CodeUnapproved, "software_statement", "must be from an issuer that this server trusts")
	}
	set, err := s.keys(ctx, from)
	if err != nil {
		return nil, err
	}
	_, raw, err := keys.VerifyWith(set.Signing, token, core.AssertionAlgs())
	if err != nil && from.JWKSURI != "" {
		_, raw, err = keys.VerifyWith(s.remote.Renew(ctx, from.JWKSURI, set).Signing, token, core.AssertionAlgs())
	}
	if err != nil {
		return nil, bad
	}
	claims, err := keys.DecodeClaims(raw)
	if err != nil || text(claims, "iss") != from.Issuer || !s.current(claims) {
		return nil, bad
	}
	return claims, nil
}

func (s *statements) issuer(name string) (StatementsConfig, bool) {
	for _, t := range s.trusted {
		if t.Issuer == name && name != "" {
			return t, true
		}
	}
	return StatementsConfig{}, false
}

func (s *statements) keys(ctx context.Context, from StatementsConfig) (*core.KeySet, error) {
	if from.JWKSURI == "" {
		return core.ParseKeySet([]byte(from.JWKS))
	}
	return s.remote.KeySet(ctx, from.JWKSURI)
}

// current reads exp and nbf if they are there; a statement without them has no end.
func (s *statements) current(claims map[string]any) bool {
	now := s.now()
	for name, good := range map[string]func(time.Time) bool{"exp": now.Before, "nbf": func(t time.Time) bool { return !t.After(now) }} {
		v, there := claims[name]
		if !there {
			continue
		}
		n, ok := v.(json.Number)
		f, err := n.Float64()
		if !ok || err != nil || f < 0 || f > 1<<40 || !good(time.Unix(int64(f), 0)) {
			return false
		}
	}
	return true
}

// unproven reads the claims of a token only to find whose keys will judge it.
func unproven(token string) (map[string]any, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, false
	}
	claims, err := keys.DecodeClaims(raw)
	return claims, err == nil
}

// over lays what a statement says over what the client says: the statement wins (RFC 7591 section 2.3).
func over(given, statement map[string]any) map[string]any {
	out := maps.Clone(given)
	for name, v := range statement {
		switch name {
		case "iss", "sub", "aud", "iat", "exp", "nbf", "jti", "software_statement":
		default:
			out[name] = v
		}
	}
	return out
}
