package keys

import (
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// maxEncrypted bounds a compact JWE of others, in bytes.
const maxEncrypted = 24 << 10

// EncryptedHeader is what is used of a JWE header (RFC 7516 section 4.1).
type EncryptedHeader struct {
	Algorithm  string
	Encryption string
	KeyID      string // empty if absent
}

// IsEncrypted reports whether a text has the five parts of a compact JWE.
func IsEncrypted(token string) bool { return strings.Count(token, ".") == 4 }

// Decrypt opens a compact JWE to one of our encryption keys (RFC 7516 section 7.1), retired ones included until they expire. Compression, passwords,
// symmetric keys and headers that bring keys are refused before anything is computed. What comes out is not yet authentic: anybody may encrypt to us.
// Every refusal is errs.Invalid, with one sentence for whatever went wrong inside.
func (s *Set) Decrypt(token string) ([]byte, EncryptedHeader, error) {
	if len(token) > maxEncrypted {
		return nil, EncryptedHeader{}, errs.New(errs.Invalid, "The token is too long.")
	}
	h, err := parseEncryptedHeader(token)
	if err != nil {
		return nil, h, err
	}
	bad := errs.New(errs.Invalid, "The token cannot be decrypted.")
	jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.KeyAlgorithm(h.Algorithm)}, []jose.ContentEncryption{jose.ContentEncryption(h.Encryption)})
	if err != nil {
		return nil, h, bad
	}
	for _, k := range s.decrypters(h) {
		if plain, err := jwe.Decrypt(k.priv); err == nil {
			return plain, h, nil
		}
	}
	return nil, h, bad
}

// decrypters are our keys that a token may be for: the one it names, or all of its algorithm.
func (s *Set) decrypters(h EncryptedHeader) []*signer {
	now := s.deps.Now()
	var out []*signer
	for _, k := range s.state.Load().byAlg[h.Algorithm] {
		if (h.KeyID == "" || h.KeyID == k.row.KeyID) && k.published(now) && len(out) < maxTried {
			out = append(out, k)
		}
	}
	return out
}

func parseEncryptedHeader(token string) (EncryptedHeader, error) {
	var h EncryptedHeader
	encoded, rest, ok := strings.Cut(token, ".")
	if !ok || strings.Count(rest, ".") != 3 {
		return h, errs.New(errs.Invalid, "The token is not an encrypted JWT in compact form.")
	}
	for part := range strings.SplitSeq(rest, ".") {
		if raw, err := decodeSegment(part); err != nil || len(raw) == 0 {
			return h, errs.New(errs.Invalid, "The token is not an encrypted JWT in compact form.")
		}
	}
	raw, err := decodeSegment(encoded)
	if err != nil {
		return h, err
	}
	members, err := decodeObject(raw, maxHeader)
	if err != nil {
		return h, err
	}
	for _, name := range []string{"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "p2c", "p2s", "iv", "tag"} {
		if _, ok := members[name]; ok {
			return h, errs.New(errs.Invalid, "The token's header has a member that is not accepted: "+name+".")
		}
	}
	for name, dst := range map[string]*string{"alg": &h.Algorithm, "enc": &h.Encryption, "kid": &h.KeyID} {
		v, present := members[name]
		s, isString := v.(string)
		if present && (!isString || s == "" || len(s) > maxKID || !printable(s)) {
			return h, errs.New(errs.Invalid, "The token's header has a bad value: "+name+".")
		}
		*dst = s
	}
	if !encrypts(h.Algorithm) || !slices.Contains(ContentEncryptions(), h.Encryption) {
		return h, errs.New(errs.Invalid, "The token's encryption is not accepted here.")
	}
	return h, nil
}
