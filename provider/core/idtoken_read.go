package core

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// OwnIDToken is an ID token of ours that has not expired.
type OwnIDToken struct {
	Subject   string
	Audience  []string
	ExpiresAt time.Time
	AuthTime  time.Time
	Grant     storage.ID // zero: the client was not registered for token exchange when it was issued
}

// ReadOwnIDToken verifies an ID token that somebody presents as one, not as a hint: an expired one is refused. Other JWTs of ours lack an audience, an
// end or a grant. Every refusal is refuse's.
func ReadOwnIDToken(signer Signer, issuer, token string, now time.Time, refuse func(expected, received string) *Refusal) (*OwnIDToken, error) {
	bad := refuse("an unexpired ID token of ours", "another text")
	if len(token) > 8192 {
		return nil, bad
	}
	raw, _, err := signer.Verify(token, idTokenAlgs(), "JWT")
	if err != nil {
		return nil, bad
	}
	m, err := keys.DecodeClaims(raw)
	if err != nil {
		return nil, bad
	}
	c := claimReader{m: m}
	t := &OwnIDToken{Subject: c.text("sub"), Audience: c.list("aud"), ExpiresAt: c.time("exp"), AuthTime: c.time("auth_time"), Grant: c.id("gid")}
	if c.bad || c.text("iss") != issuer || t.Subject == "" || len(t.Audience) == 0 || !now.Before(t.ExpiresAt) || t.AuthTime.IsZero() {
		return nil, bad
	}
	return t, nil
}
