package core

import (
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Prefixes of our tokens, for secret scanners.
const (
	PrefixAccess  = "jda_"
	PrefixRefresh = "jdr_"
	PrefixCode    = "jdc_"
)

// Signer signs and verifies with the server's own keys.
type Signer interface {
	Sign(alg, typ string, claims []byte) (string, error)
	Verify(token string, algs []string, typ string) (claims []byte, kid string, err error)
	// Published reports whether the key is still published and not revoked.
	Published(kid string) bool
}

// Ring holds the symmetric keys.
type Ring interface {
	MAC(purpose string, parts ...[]byte) (version int, mac []byte)
	VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool
	Current(purpose string) (version int, key []byte)
	Version(purpose string, v int) (key []byte, ok bool)
}

// Tokens writes and reads access tokens, codes and refresh tokens. Nothing here touches the database.
type Tokens struct {
	issuer string
	tenant storage.ID
	signer Signer
	ring   Ring
	now    func() time.Time
	box    opaqueBox
}

// NewTokens returns the token formats for one issuer.
func NewTokens(issuer string, tenant storage.ID, signer Signer, ring Ring, now func() time.Time) *Tokens {
	return &Tokens{issuer: issuer, tenant: tenant, signer: signer, ring: ring, now: now, box: opaqueBox{ring: ring, tenant: tenant}}
}

// Issuer is the issuer identifier.
func (t *Tokens) Issuer() string { return t.issuer }

// accessAlgs are the algorithms that our JWT access tokens may carry.
func accessAlgs() []string { return []string{"ES256", "EdDSA", "RS256", "PS256"} }

// MintAccess writes an access token: a JWT with typ at+jwt (RFC 9068), or a sealed handle.
func (t *Tokens) MintAccess(a *AccessToken) (string, error) {
	a.Issuer = t.issuer
	if a.Opaque {
		return t.box.seal(a), nil
	}
	return t.signer.Sign(a.Alg, "at+jwt", appendClaims(make([]byte, 0, 512), a))
}

// ParseAccess reads an access token of ours and checks its signature or seal, issuer and times. It does not ask whether it was revoked.
func (t *Tokens) ParseAccess(token string) (*AccessToken, error) {
	if len(token) > 8192 {
		return nil, InvalidToken("at most 8192 bytes", "more")
	}
	a, err := t.open(token)
	if err != nil {
		return nil, err
	}
	if a.Issuer != t.issuer {
		return nil, InvalidToken("our issuer", "another")
	}
	if !t.now().Before(a.ExpiresAt) {
		return nil, InvalidToken("an unexpired token", "an expired one")
	}
	return a, nil
}

func (t *Tokens) open(token string) (*AccessToken, error) {
	if strings.HasPrefix(token, PrefixAccess) {
		a, err := t.box.open(token)
		if err != nil {
			return nil, err
		}
		a.Issuer = t.issuer
		return a, nil
	}
	raw, kid, err := t.signer.Verify(token, accessAlgs(), "at+jwt")
	if err != nil {
		return nil, InvalidToken("a JWT of ours", "another")
	}
	a, err := decodeAccess(raw)
	if err == nil {
		a.KeyID = kid
	}
	return a, err
}

func decodeAccess(raw []byte) (*AccessToken, error) {
	if a, ok := readOwn(raw); ok {
		return a, nil
	}
	return decodeGeneral(raw)
}

// decodeGeneral reads claims in whatever form.
func decodeGeneral(raw []byte) (*AccessToken, error) {
	m, err := keys.DecodeClaims(raw)
	if err != nil {
		return nil, InvalidToken("well-formed claims", "others")
	}
	c := claimReader{m: m}
	a := &AccessToken{
		ID: c.id("jti"), Issuer: c.text("iss"), Subject: c.text("sub"), ClientID: c.text("client_id"), Audience: c.list("aud"),
		Scopes: strings.Fields(c.text("scope")), IssuedAt: c.time("iat"), ExpiresAt: c.time("exp"), AuthTime: c.time("auth_time"),
		ACR: c.text("acr"), Grant: c.id("gid"), Session: c.id("sid"), Cnf: c.cnf("cnf"),
		AMR: c.list("amr"), Details: c.details("authorization_details"), Act: c.act("act"), ActGrant: c.id("agid"), Exchanged: c.flag("xch"),
	}
	if c.bad || a.ID.IsZero() || a.Subject == "" || a.ClientID == "" {
		return nil, InvalidToken("complete claims", "incomplete ones")
	}
	return a, nil
}

// KeyStands reports whether the key that signed a JWT seen before still counts: one that was revoked since makes its tokens worthless at once. Keys of handles are only
// ever replaced.
func (t *Tokens) KeyStands(a *AccessToken) bool {
	return a.Opaque || t.signer.Published(a.KeyID)
}
