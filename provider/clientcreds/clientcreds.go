package clientcreds

import (
	"context"
	"slices"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Counter notes that a token was issued.
type Counter interface {
	Issued(ctx context.Context, c *core.Client, a *core.AccessToken) error
}

// Grant is the client_credentials grant type.
type Grant struct {
	Issuance   *core.Issuance
	Details    core.Details
	Vocabulary *core.Vocabulary
	Tokens     *core.Tokens
	Counter    Counter
	Log        core.RefusalLog
}

// GrantType implements core.GrantType.
func (g *Grant) GrantType() string { return "client_credentials" }

// request is what the rows judge.
type request struct {
	*core.TokenRequest
	g                 *Grant
	scopes, resources []string
	details           string
}

// Rows is the table of the client credentials grant.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "client_credentials.confidential", Check: checkConfidential},
		{Name: "client_credentials.scope", Check: checkScope},
		{Name: "client_credentials.no_person_scope", Check: checkNoPersonScope},
		{Name: "client_credentials.resource", Check: checkResource},
		{Name: "client_credentials.authorization_details", Check: checkDetails},
	}
}

var table = Rows() // made once: a request only reads it

// Serve implements core.GrantType.
func (g *Grant) Serve(ctx context.Context, tr *core.TokenRequest) (*core.TokenResponse, error) {
	r := &request{g: g, TokenRequest: tr}
	vs, err := core.Run(ctx, table, r)
	if err != nil {
		g.Log.Verdicts(ctx, "client_credentials", vs)
		return nil, err
	}
	a, err := g.Issuance.ForRequest(ctx, r.TokenRequest, nil, r.scopes, r.resources)
	if err != nil {
		return nil, err
	}
	a.Details = r.details
	out := core.NewTokenResponse(&a)
	if out.AccessToken, err = g.Tokens.MintAccess(&a); err != nil {
		return nil, err
	}
	if err := g.Counter.Issued(ctx, r.Client, &a); err != nil {
		return nil, err
	}
	return out, nil
}

func checkConfidential(_ context.Context, r *request) error {
	if r.Client.Public() {
		return core.Refuse(fosite.ErrUnauthorizedClient, "Only a confidential client may use this grant type.", "a confidential client", "a public one")
	}
	return nil
}

func checkScope(_ context.Context, r *request) error {
	r.scopes = core.Words(r.Form.Get("scope"))
	if len(r.scopes) == 0 { // RFC 6749 section 3.3: the default is what the client is registered for
		r.scopes = slices.DeleteFunc(slices.Clone(r.Client.Scopes), r.g.Vocabulary.PersonScope)
	}
	for _, s := range r.scopes {
		if !slices.Contains(r.Client.Scopes, s) {
			return core.InvalidScope("registered scopes", "another")
		}
	}
	return nil
}

func checkNoPersonScope(_ context.Context, r *request) error {
	for _, s := range r.scopes {
		if r.g.Vocabulary.PersonScope(s) {
			return core.InvalidScope("scopes that mean no person", s)
		}
	}
	return nil
}

func checkResource(_ context.Context, r *request) error {
	r.resources = r.Client.Named(r.Form["resource"])
	if r.Client.Demands.Resource && len(r.resources) == 0 {
		return core.InvalidTarget("This client must name the resource that it asks for.", "none")
	}
	for _, id := range r.resources {
		if !slices.Contains(r.Client.Metadata.Resources, id) {
			return core.InvalidTarget("The resource is not registered for this client.", "another")
		}
	}
	return nil
}

// checkDetails judges authorization_details (RFC 9396 section 6): a client's own, which nobody is asked about.
func checkDetails(ctx context.Context, r *request) error {
	raw := r.Form.Get("authorization_details")
	if raw == "" {
		return nil
	}
	list, err := r.g.Details.Judge(ctx, r.Client, raw)
	if err != nil {
		return err
	}
	members := make([]map[string]any, 0, len(list))
	for _, d := range list {
		members = append(members, d.Members)
	}
	granted, err := core.CanonicalDetails(members)
	if err == nil {
		r.details, err = core.NarrowDetails("", granted, r.resources)
	}
	return err
}
