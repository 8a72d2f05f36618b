package core

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxAssertion bounds another issuer's token in bytes.
const maxAssertion = 16 << 10

// Issuers are the other issuers whose tokens count here.
type Issuers struct {
	named  map[string]*issuer
	remote RemoteKeys
	people storage.PersonReader
	emails EmailFinder
	tenant storage.ID
	now    func() time.Time
	skew   time.Duration
}

type issuer struct {
	IssuerConfig
	own *KeySet // nil: at JWKSURI
}

// EmailFinder finds the person with a verified address; errs.NotFound.
type EmailFinder interface {
	PersonByEmail(ctx context.Context, tenant storage.ID, email string) (*storage.Person, error)
}

// IssuersDeps is what NewIssuers needs.
type IssuersDeps struct {
	Remote RemoteKeys // nil: issuers with jwks_uri are never believed
	People storage.PersonReader
	Emails EmailFinder
	Tenant storage.ID
	Now    func() time.Time
}

// NewIssuers reads the configuration.
func NewIssuers(c Config, d IssuersDeps) (*Issuers, error) {
	out := &Issuers{named: map[string]*issuer{}, remote: d.Remote, people: d.People, emails: d.Emails, tenant: d.Tenant, now: d.Now, skew: c.ClockSkew}
	for _, ic := range c.TrustedIssuers {
		i := &issuer{IssuerConfig: ic}
		if ic.JWKS != "" {
			set, err := ParseKeySet(json.RawMessage(ic.JWKS))
			if err != nil {
				return nil, err
			}
			i.own = set
		}
		out.named[ic.Issuer] = i
	}
	return out, nil
}

// Foreign reports whether a token claims to be of an issuer of the configuration. Nothing of it is verified.
func (s *Issuers) Foreign(token string) bool { return s.named[unverifiedIssuer(token)] != nil }

// Assertion is a token of another issuer: signature, issuer and times are right. Its audience is still to be judged.
type Assertion struct {
	Issuer    string
	Subject   string
	ID        string // jti, or ""
	Type      string // typ of the header, or ""
	Audience  []string
	IssuedAt  time.Time // zero: not said
	ExpiresAt time.Time
	AuthTime  time.Time // zero: not said
	Scopes    []string  // what a token made of it may have
	Audiences []string  // those that the configuration takes for token exchange
	MayAct    map[string]any
	Act       map[string]any

	email    string
	verified bool
	from     *issuer
}

// Read verifies a token of one of the allowed issuers. refuse makes the refusal in the caller's words.
func (s *Issuers) Read(ctx context.Context, token string, allowed []string, refuse func(expected, received string) *Refusal) (*Assertion, error) {
	from := s.named[unverifiedIssuer(token)]
	if from == nil || !slices.Contains(allowed, from.Issuer) {
		return nil, refuse("an issuer that the client's registration names", "another or none")
	}
	h, raw, err := s.verify(ctx, from, token)
	if err != nil {
		return nil, unlessOurs(err, refuse("a signature by the issuer's keys", "another"))
	}
	m, err := keys.DecodeClaims(raw)
	if err != nil {
		return nil, refuse("well-formed claims", "others")
	}
	c := &claimReader{m: m}
	a := &Assertion{
		Issuer: c.text("iss"), Subject: c.text("sub"), ID: c.text("jti"), Type: h.Type, Audience: c.list("aud"), IssuedAt: c.time("iat"),
		ExpiresAt: c.time("exp"), AuthTime: c.time("auth_time"), Scopes: from.Scopes, Audiences: from.Audiences, MayAct: c.object("may_act"), Act: c.object("act"),
		email: c.text("email"), verified: c.flag("email_verified"), from: from,
	}
	nbf, now := c.time("nbf"), s.now()
	switch {
	case c.bad:
		return nil, refuse("claims of the right types", "others")
	case a.Issuer != from.Issuer || a.Subject == "" || len(a.Subject) > 255 || len(a.Audience) == 0 || len(a.ID) > 256:
		return nil, refuse("iss, sub and aud", "fewer, or longer ones")
	case a.ExpiresAt.IsZero() || !now.Before(a.ExpiresAt.Add(s.skew)):
		return nil, refuse("an unexpired token", "one without exp or expired")
	case nbf.After(now.Add(s.skew)) || a.IssuedAt.After(now.Add(s.skew)) || a.AuthTime.After(now.Add(s.skew)):
		return nil, refuse("nbf, iat and auth_time not in the future", "one in the future")
	}
	return a, nil
}

func (s *Issuers) verify(ctx context.Context, from *issuer, token string) (keys.Header, []byte, error) {
	if from.own != nil {
		return keys.VerifyWith(from.own.Signing, token, from.Algorithms)
	}
	if s.remote == nil {
		return keys.Header{}, nil, errs.New(errs.Invalid, "This server fetches nothing.")
	}
	if h, err := keys.ReadHeader(token); err != nil || !slices.Contains(from.Algorithms, h.Algorithm) {
		return keys.Header{}, nil, errs.New(errs.Invalid, "The token's algorithm is not accepted here.")
	}
	set, err := s.remote.KeySet(ctx, from.JWKSURI)
	if err != nil {
		return keys.Header{}, nil, err
	}
	h, raw, err := keys.VerifyWith(set.Signing, token, from.Algorithms)
	if err == nil {
		return h, raw, nil
	}
	return keys.VerifyWith(s.remote.Renew(ctx, from.JWKSURI, set).Signing, token, from.Algorithms)
}

// unlessOurs lets a failure of ours through and refuses everything else.
func unlessOurs(err error, refusal *Refusal) error {
	if code := errs.CodeOf(err); code == errs.Invalid || code == errs.NotFound {
		return refusal
	}
	return err
}

// Person returns whom the token is about: nil for a service that is listed. errs.NotFound for nobody here.
func (s *Issuers) Person(ctx context.Context, a *Assertion) (*storage.Person, error) {
	nobody := errs.New(errs.NotFound, "There is no such person.")
	switch a.from.Subject {
	case MapSub:
		return s.people.PersonBySubject(ctx, s.tenant, a.Subject)
	case MapEmail:
		if a.email == "" || !a.verified {
			return nil, nobody
		}
		return s.emails.PersonByEmail(ctx, s.tenant, a.email)
	}
	if slices.Contains(a.from.Services, a.Subject) {
		return nil, nil //nolint:nilnil // a service is nobody
	}
	return nil, nobody
}

// unverifiedIssuer reads the iss of a token only to find the issuer whose keys will judge it.
func unverifiedIssuer(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxAssertion {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var c struct {
		Iss string `json:"iss"`
	}
	if json.Unmarshal(raw, &c) != nil {
		return ""
	}
	return c.Iss
}
