package keys

import (
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// maxOwnToken bounds our own tokens, which may carry many claims.
const maxOwnToken = 64 << 10

// Verify checks a token of our own and returns its claims as they were signed. The key is found by kid and must be published; the token's algorithm
// must be the key's and one of algs. typ, unless empty, must be the token's media type. Lifetimes are the caller's to check. Every refusal is
// errs.Invalid. Nothing is cached: the caller may keep the answer for a token, but must then ask whether the key (kid) is still good.
func (s *Set) Verify(token string, algs []string, typ string) (claims []byte, kid string, err error) {
	c, err := splitCompact(token, maxOwnToken)
	if err != nil {
		return nil, "", err
	}
	st := s.state.Load()
	h, ok := st.byHeader[c.header]
	if !ok {
		if h, err = st.readHeader(c.header); err != nil {
			return nil, "", err
		}
	}
	alg := h.signer.row.Algorithm
	switch {
	case !h.signer.published(s.deps.Now()):
		return nil, "", errs.New(errs.Invalid, "The token's key is not published.")
	case !slices.Contains(algs, alg):
		return nil, "", errs.New(errs.Invalid, "The token's algorithm is not accepted here.")
	case typ != "" && !sameType(typ, h.typ):
		return nil, "", errs.New(errs.Invalid, "The token is of another type.")
	case !h.signer.verify([]byte(c.input), c.signature):
		return nil, "", errs.New(errs.Invalid, "The token's signature is wrong.")
	}
	return c.payload, h.signer.row.KeyID, nil
}

// Published reports whether the key signs or verifies now: false once it was revoked or has expired.
func (s *Set) Published(kid string) bool {
	k, ok := s.state.Load().byKID[kid]
	return ok && k.published(s.deps.Now())
}

// readHeader is the slow way, for a media type that is not encoded ahead.
func (st *setState) readHeader(encoded string) (headerOf, error) {
	h, err := parseHeader(encoded)
	if err != nil {
		return headerOf{}, err
	}
	k, ok := st.byKID[h.KeyID]
	if !ok || encrypts(k.row.Algorithm) {
		return headerOf{}, errs.New(errs.Invalid, "The token's key is unknown.")
	}
	if k.row.Algorithm != h.Algorithm {
		return headerOf{}, errs.New(errs.Invalid, "The token's algorithm is not its key's.")
	}
	return headerOf{k, h.Type}, nil
}
