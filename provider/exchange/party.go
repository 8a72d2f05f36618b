package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// party is whom a presented token is about: a person, or a client itself.
type party struct {
	sub      string // as the token has it; of a client: its client_id
	client   string // client_id that the token was issued to; "" for another issuer's
	issuer   string // the other issuer; "": ours
	grant    *storage.Grant
	person   *storage.Person
	scopes   []string
	audience []string
	details  string
	cnf      core.Binding
	expires  time.Time
	authTime time.Time
	acr      string
	amr      []string
	act      map[string]any
	mayAct   map[string]any
}

func (p *party) kind() string {
	if p.person != nil {
		return audit.Person
	}
	return audit.Client
}

// id is what the party is known by in our own records.
func (p *party) id() string {
	if p.person != nil {
		return p.person.ID.String()
	}
	return p.sub
}

func (p *party) grantID() storage.ID {
	if p.grant == nil {
		return storage.ID{}
	}
	return p.grant.ID
}

// unacceptable is RFC 8693 section 2.2.2's answer to a token that is invalid for any reason, or unacceptable by policy.
func unacceptable(expected, received string) *core.Refusal {
	return core.InvalidRequest("A token of the request is invalid, or may not be used by this client.", expected, received)
}

// read verifies a presented token of ours and says whom it is about.
func (g *Grant) read(ctx context.Context, c *core.Client, token, kind string) (*party, error) {
	if kind == core.TokenTypeID {
		return g.readID(ctx, c, token)
	}
	if kind == core.TokenTypeJWT && strings.HasPrefix(token, core.PrefixAccess) {
		return nil, unacceptable("a JWT", "a handle")
	}
	v, err := g.Verifier.Verify(ctx, token)
	if err != nil {
		return nil, refused(err)
	}
	p := &party{
		sub: v.Subject, client: v.ClientID, grant: v.Grant, person: v.Person, scopes: v.Scopes, audience: v.Audience, details: v.Details, cnf: v.Cnf,
		expires: v.ExpiresAt, authTime: v.AuthTime, acr: v.ACR, amr: v.AMR,
	}
	if v.Grant != nil && v.AMR == nil {
		p.amr = v.Grant.AMR
	}
	p.act, err = decodeAct(v.Act)
	return p, err
}

// readID reads an ID token of ours that was issued to this very client.
func (g *Grant) readID(ctx context.Context, c *core.Client, token string) (*party, error) {
	t, err := core.ReadOwnIDToken(g.Signer, g.Tokens.Issuer(), token, g.Now(), unacceptable)
	if err != nil {
		return nil, err
	}
	if len(t.Audience) != 1 || t.Audience[0] != c.ClientID || t.Grant.IsZero() {
		return nil, unacceptable("an ID token that was issued to this client for token exchange", "another")
	}
	grant, person, err := g.Live.Grant(ctx, t.Grant)
	if err != nil {
		return nil, refused(err)
	}
	if grant.Client != c.ID || grant.Subject != t.Subject {
		return nil, unacceptable("the grant of the ID token", "another")
	}
	return &party{
		sub: t.Subject, client: c.ClientID, grant: grant, person: person, scopes: grant.Scopes, audience: grant.Resources, details: grant.Details,
		expires: t.ExpiresAt, authTime: t.AuthTime, acr: grant.ACR, amr: grant.AMR,
	}, nil
}

// readForeign reads a JWT of another issuer and makes the grant that the new token hangs on. It is ours to end from then on.
func (g *Grant) readForeign(ctx context.Context, r *request, token string) (*party, error) {
	a, err := g.Issuers.Read(ctx, token, r.policy.Issuers, unacceptable)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(a.Audience, func(aud string) bool { return slices.Contains(a.Audiences, aud) }) {
		return nil, unacceptable("an audience of the configuration", "another")
	}
	person, err := g.Issuers.Person(ctx, a)
	if errs.Is(err, errs.NotFound) {
		return nil, unacceptable("a token about somebody who is known here", "another")
	}
	if err != nil {
		return nil, err
	}
	p := &party{
		sub: r.Client.ClientID, issuer: a.Issuer, person: person, scopes: a.Scopes, expires: a.ExpiresAt, authTime: a.AuthTime, act: onlyActors(a.Act), mayAct: a.MayAct,
	}
	if person == nil {
		return p, nil
	}
	p.sub = g.Subjects.Of(r.Client, person)
	p.grant, err = g.vouched(ctx, r.Client, person, a, token)
	return p, err
}

// vouched is the one grant of another issuer's token, however often that is exchanged.
func (g *Grant) vouched(ctx context.Context, c *core.Client, person *storage.Person, a *core.Assertion, token string) (*storage.Grant, error) {
	sum := sha256.Sum256([]byte(token))
	made, _, err := g.Vouching.Grant(ctx, &core.Vouched{
		Kind: "exchange", Client: c, Person: person, Assertion: a, Once: hex.EncodeToString(sum[:]), Scopes: within(a.Scopes, c.Scopes), ExpiresAt: a.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	grant, _, err := g.Live.Grant(ctx, made.ID)
	return grant, refusedOr(err)
}

// refused tells the client nothing but that the token is unacceptable, unless the failure is ours.
func refused(err error) error {
	r := core.AsRefusal(err)
	if r.Err.CodeField >= 500 {
		return err
	}
	return unacceptable(r.Expected, r.Received)
}

func refusedOr(err error) error {
	if err == nil {
		return nil
	}
	return refused(err)
}

// within keeps what is in both lists, in the order of the first.
func within(list, also []string) []string {
	out := []string{}
	for _, s := range list {
		if slices.Contains(also, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
