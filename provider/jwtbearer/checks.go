package jwtbearer

import (
	"context"
	"slices"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

func checkPolicy(_ context.Context, r *request) error {
	if p := r.Client.Metadata.JWTBearer; p == nil || len(p.Issuers) == 0 || r.Client.Public() {
		return core.Refuse(fosite.ErrUnauthorizedClient, "The client may not bring assertions.", "a confidential client with jedan_jwt_bearer", "another")
	}
	return nil
}

// checkAssertion is RFC 7523 section 3: signed by an issuer that the registration names, with iss, sub, exp and a jti.
func checkAssertion(ctx context.Context, r *request) (err error) {
	token := r.Form.Get("assertion")
	if token == "" {
		return core.InvalidRequest("The assertion parameter is missing.", "an assertion", "none")
	}
	if r.assertion, err = r.g.Issuers.Read(ctx, token, r.Client.Metadata.JWTBearer.Issuers, core.InvalidGrant); err != nil {
		return err
	}
	if r.assertion.ID == "" {
		return core.InvalidGrant("a jti", "none")
	}
	return nil
}

// checkAudience: the assertion is for this server and for nobody else (TK31).
func checkAudience(_ context.Context, r *request) error {
	aud := r.assertion.Audience
	if len(aud) != 1 || (aud[0] != r.g.Tokens.Issuer() && aud[0] != r.g.Endpoint) {
		return core.InvalidGrant("the issuer or the token endpoint as the only audience", "another")
	}
	return nil
}

// checkLifetime bounds how long the ledger must remember it.
func checkLifetime(_ context.Context, r *request) error {
	if most := r.g.Config.AssertionMax; r.assertion.ExpiresAt.Sub(r.g.Now()) > most+r.g.Config.ClockSkew {
		return core.InvalidGrant("a lifetime of at most "+most.String(), "a longer one")
	}
	return nil
}

// checkSubject finds whom the issuer vouches for; somebody who is unknown, locked or disabled looks like nobody.
func checkSubject(ctx context.Context, r *request) (err error) {
	r.person, err = r.g.Issuers.Person(ctx, r.assertion)
	if errs.Is(err, errs.NotFound) {
		return core.InvalidGrant("a subject that is known here", "another")
	}
	if err == nil && r.person != nil && r.person.State != storage.PersonActive {
		return core.InvalidGrant("an active person", string(r.person.State))
	}
	return err
}

// checkPermitted: another's word opens no client to somebody who may not use it.
func checkPermitted(ctx context.Context, r *request) error {
	if r.person == nil {
		return nil
	}
	return r.g.Live.PersonPermitted(ctx, r.Client, r.person.ID)
}

// checkScope: the configuration says what an issuer's word is good for. A service is no person, and has no scope that means one.
func checkScope(_ context.Context, r *request) error {
	may := func(s string) bool {
		return slices.Contains(r.assertion.Scopes, s) && slices.Contains(r.Client.Scopes, s) && (r.person != nil || !r.g.Vocabulary.PersonScope(s))
	}
	asked := core.Words(r.Form.Get("scope"))
	if len(asked) == 0 { // RFC 6749 section 3.3
		for _, s := range r.Client.Scopes {
			if may(s) {
				r.scopes = append(r.scopes, s)
			}
		}
		return nil
	}
	for _, s := range asked {
		if !may(s) {
			return core.InvalidScope("scopes of the issuer and the client", "another")
		}
		if !slices.Contains(r.scopes, s) {
			r.scopes = append(r.scopes, s)
		}
	}
	return nil
}

func checkResource(_ context.Context, r *request) error {
	r.resources = r.Form["resource"]
	for _, id := range r.resources {
		if !slices.Contains(r.Client.Metadata.Resources, id) {
			return core.InvalidTarget("The resource is not registered for this client.", "another")
		}
	}
	return nil
}

// checkOnce inserts the jti into the ledger: the insert is the check.
func checkOnce(ctx context.Context, r *request) error {
	a := r.assertion
	fresh, err := r.g.Replays.SpendOnce(ctx, core.NewReplay(r.g.Tenant, a.ExpiresAt.Add(2*r.g.Config.ClockSkew), "assertion", a.Issuer, a.ID))
	if err != nil {
		return err
	}
	if !fresh {
		return core.InvalidGrant("an assertion that was not used before", "a used one")
	}
	return nil
}
