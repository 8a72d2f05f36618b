package keys

import (
	"encoding/base64"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Limits of tokens that others send.
const (
	maxToken  = 16 << 10 // bytes of a compact JWS
	maxHeader = 2 << 10  // bytes of its decoded header
	maxKID    = 256
)

// compact is a JWS in compact serialization (RFC 7515 section 7.1), decoded and not yet verified.
type compact struct {
	header    string // encoded
	input     string // header and payload as they were signed
	payload   []byte
	signature []byte
}

// splitCompact cuts a token at its first two dots, whatever was sent, and decodes payload and signature strictly: a further dot, padding, line breaks
// and loose bits, which would give one token several spellings, are no base64url.
func splitCompact(token string, limit int) (compact, error) {
	if len(token) > limit {
		return compact{}, errs.New(errs.Invalid, "The token is too long.")
	}
	header, rest, ok1 := strings.Cut(token, ".")
	payload, signature, ok2 := strings.Cut(rest, ".")
	if !ok1 || !ok2 {
		return compact{}, errs.New(errs.Invalid, "The token is not a signed JWT in compact form.")
	}
	c := compact{header: header, input: token[:len(header)+1+len(payload)]}
	var err error
	if c.payload, err = decodeSegment(payload); err != nil {
		return compact{}, err
	}
	c.signature, err = decodeSegment(signature)
	return c, err
}

func decodeSegment(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the decoder skips them
		return nil, errs.New(errs.Invalid, "The token is not base64url.")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, errs.New(errs.Invalid, "The token is not base64url.")
	}
	return b, nil
}

// Header is what is used of a JWS header (RFC 7515 section 4.1).
type Header struct {
	Algorithm string
	KeyID     string // empty if absent
	Type      string // empty if absent
}

// parseHeader reads a protected header. Members that bring keys (jwk, jku, x5u, x5c) or change the processing (crit, b64, zip, enc) are refused,
// known or not; other unknown members are ignored.
func parseHeader(encoded string) (Header, error) {
	members, err := headerMembers(encoded, maxHeader)
	if err != nil {
		return Header{}, err
	}
	if _, ok := members["jwk"]; ok {
		return Header{}, errs.New(errs.Invalid, "The token's header has a member that is not accepted: jwk.")
	}
	return readHeader(members)
}

// headerMembers decodes a header and refuses what nobody here ever follows.
func headerMembers(encoded string, limit int) (map[string]any, error) {
	raw, err := decodeSegment(encoded)
	if err != nil {
		return nil, err
	}
	members, err := decodeObject(raw, limit)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"jku", "x5u", "x5c", "crit", "b64", "zip", "enc"} {
		if _, ok := members[name]; ok {
			return nil, errs.New(errs.Invalid, "The token's header has a member that is not accepted: "+name+".")
		}
	}
	return members, nil
}

func readHeader(members map[string]any) (Header, error) {
	var h Header
	for name, dst := range map[string]*string{"alg": &h.Algorithm, "kid": &h.KeyID, "typ": &h.Type} {
		v, present := members[name]
		s, isString := v.(string)
		if present && (!isString || s == "" || len(s) > maxKID || !printable(s)) {
			return Header{}, errs.New(errs.Invalid, "The token's header has a bad value: "+name+".")
		}
		*dst = s
	}
	if h.Algorithm == "" {
		return Header{}, errs.New(errs.Invalid, "The token's header names no algorithm.")
	}
	return h, nil
}

// printable allows ASCII without control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// sameType compares media types as RFC 7515 section 4.1.9 does: without case, and with "application/" understood.
func sameType(a, b string) bool {
	return strings.EqualFold(strings.TrimPrefix(strings.ToLower(a), "application/"), strings.TrimPrefix(strings.ToLower(b), "application/"))
}
