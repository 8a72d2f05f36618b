package dpop

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// proof is a proof as the rows judge it. Each fills in what it found.
type proof struct {
	v *Verifier
	*core.ProofRequest
	needed bool // a nonce is

	jws    *keys.Embedded
	key    *keys.EmbeddedKey
	claims claims
	nonced bool // it carries a nonce of ours, which says when it was made
}

// claims are those of RFC 9449 section 4.2, and the times that any JWT may have.
type claims struct {
	jti, htm, htu, ath, nonce string
	iat, nbf, exp             time.Time
}

// Rows is the table of RFC 9449 section 4.3.
func Rows() []core.Row[proof] {
	return []core.Row[proof]{
		{Name: "dpop.one_header", Check: checkOneHeader},
		{Name: "dpop.well_formed", Check: checkWellFormed},
		{Name: "dpop.typ", Check: checkType},
		{Name: "dpop.alg", Check: checkAlgorithm},
		{Name: "dpop.key", Check: checkKey},
		{Name: "dpop.signature", Check: checkSignature},
		{Name: "dpop.method", Check: checkMethod},
		{Name: "dpop.uri", Check: checkURI},
		{Name: "dpop.nonce", Check: checkNonce},
		{Name: "dpop.time", Check: checkTime},
		{Name: "dpop.access_token", Check: checkToken},
	}
}

// maxProof bounds a proof in bytes: one with an RSA key of 4096 bits has about 2000.
const maxProof = 6 << 10

func checkOneHeader(_ context.Context, p *proof) error {
	if n := headers(p.HTTP); len(n) != 1 || len(n[0]) > maxProof {
		return core.InvalidDPoPProof("one DPoP header of at most 6 KiB", "several or a longer one")
	}
	return nil
}

func checkWellFormed(_ context.Context, p *proof) (err error) {
	if p.jws, err = keys.ParseEmbedded(headers(p.HTTP)[0]); err != nil {
		return core.InvalidDPoPProof("a signed JWT in compact form", "another text")
	}
	return nil
}

func checkType(_ context.Context, p *proof) error {
	if !p.jws.IsType("dpop+jwt") {
		return core.InvalidDPoPProof("the type dpop+jwt", "another or none")
	}
	return nil
}

func checkAlgorithm(_ context.Context, p *proof) error {
	if !slices.Contains(Algs(), p.jws.Algorithm) {
		return core.InvalidDPoPProof(strings.Join(Algs(), ", "), "another algorithm")
	}
	return nil
}

func checkKey(_ context.Context, p *proof) (err error) {
	if p.key, err = p.jws.Key(); err != nil {
		return core.InvalidDPoPProof("a public key that fits the algorithm", "none, a private or another one")
	}
	return nil
}

// checkSignature also reads the claims, which count only from here on.
func checkSignature(_ context.Context, p *proof) error {
	raw, err := p.jws.Verify(p.key)
	if err != nil {
		return core.InvalidDPoPProof("a signature by the key in the header", "another")
	}
	m, err := keys.DecodeClaims(raw)
	if err != nil {
		return core.InvalidDPoPProof("well-formed claims", "others")
	}
	var ok bool
	if p.claims, ok = readClaims(m); !ok {
		return core.InvalidDPoPProof("jti, htm, htu and iat of the right types", "others")
	}
	return nil
}

const maxJTI = 256

func readClaims(m map[string]any) (c claims, ok bool) {
	ok = true
	text := func(name string, required bool) string {
		v, present := m[name]
		s, is := v.(string)
		ok = ok && (is && s != "" || !present && !required)
		return s
	}
	date := func(name string, required bool) time.Time {
		v, present := m[name]
		t, is := keys.NumericDate(v)
		ok = ok && (is || !present && !required)
		return t
	}
	c.jti, c.htm, c.htu, c.ath, c.nonce = text("jti", true), text("htm", true), text("htu", true), text("ath", false), text("nonce", false)
	c.iat, c.nbf, c.exp = date("iat", true), date("nbf", false), date("exp", false)
	return c, ok && len(c.jti) <= maxJTI
}

// checkMethod compares methods, which have case (RFC 9110 section 9.1).
func checkMethod(_ context.Context, p *proof) error {
	if p.claims.htm != p.HTTP.Method {
		return core.InvalidDPoPProof("the method of the request", "another")
	}
	return nil
}

// checkURI compares with the URLs that we publish, never with what the request says of its host.
func checkURI(_ context.Context, p *proof) error {
	htu, ok := normalise(p.claims.htu)
	if !ok || !slices.ContainsFunc(p.v.bases, func(base string) bool { return htu == base+p.Path }) {
		return core.InvalidDPoPProof("the URL of this endpoint", "another")
	}
	return nil
}

// checkNonce takes a nonce of ours where one is needed; where none is, any is ignored.
func checkNonce(_ context.Context, p *proof) error {
	p.nonced = p.claims.nonce != "" && p.v.nonces.ours(p.claims.nonce)
	switch {
	case !p.needed || p.nonced:
		return nil
	case p.claims.nonce == "":
		return core.UseDPoPNonce("none")
	}
	return core.UseDPoPNonce("an old or foreign one")
}

// maxWrong is how wrong the clock of a client may be whose proofs have nonces: its date is not asked for, but says how long the ledger must remember.
const maxWrong = 24 * time.Hour

// checkTime wants a proof that was made just now. A nonce of ours says so better than the client's clock (RFC 9449 section 4.3 item 11).
func checkTime(_ context.Context, p *proof) error {
	now, c, skew := p.v.d.Now(), p.claims, p.v.d.Skew
	switch {
	case p.nonced && p.needed && c.iat.Sub(now).Abs() < maxWrong:
		return nil
	case c.iat.Before(now.Add(-maxAge-skew)) || c.iat.After(now.Add(skew)):
		return core.InvalidDPoPProof("an iat within a minute", "an older or later one")
	case c.nbf.After(now.Add(skew)) || !c.exp.IsZero() && !now.Before(c.exp.Add(skew)):
		return core.InvalidDPoPProof("a proof that is valid now", "one that is not yet or no more")
	}
	return nil
}

// until is when nobody would accept the proof any more, whether they go by its date or by its nonce.
func (p *proof) until() time.Time {
	end := p.claims.iat.Add(maxAge + p.v.d.Skew)
	if good := p.v.d.Now().Add(nonceLife + nonceStep); p.nonced && good.After(end) {
		end = good
	}
	return end.Add(p.v.d.Skew)
}

// checkToken wants the hash of the access token that comes along (RFC 9449 section 7).
func checkToken(_ context.Context, p *proof) error {
	if p.Token == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(p.Token))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(p.claims.ath)) != 1 {
		return core.InvalidDPoPProof("the hash of the access token as ath", "another or none")
	}
	return nil
}
