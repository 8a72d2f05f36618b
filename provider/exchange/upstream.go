package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// UpstreamToken is an access token of another service, for that service's own API.
type UpstreamToken struct {
	Access    string
	ExpiresAt time.Time // zero: it did not say
	Scope     string
}

// Upstream has the tokens that other services gave for a person: errs.NotFound when there are none, errs.Forbidden when they are not kept, errs.Unavailable when they
// are over and cannot be renewed now.
type Upstream interface {
	UpstreamToken(ctx context.Context, person storage.ID, connector string) (*UpstreamToken, error)
}

// Connector begins the audience that stands for an upstream.
const Connector = "urn:jedan-auth:connector:"

func isConnector(audience string) bool { return strings.HasPrefix(audience, Connector) }

// upstreamTarget wants one upstream that the registration names, and nothing else beside: what its tokens are for and may do is its own affair.
func (r *request) upstreamTarget(named []string) error {
	name := strings.TrimPrefix(named[0], Connector)
	switch {
	case len(named) != 1 || len(r.Form["resource"]) > 0:
		return core.InvalidTarget("A connector is the only target of a request, as audience.", "more, or a resource")
	case r.g.Upstream == nil || !slices.Contains(r.policy.Connectors, name):
		return core.InvalidTarget("The client may not have tokens of this connector.", "another")
	case r.subject.person == nil || r.subject.issuer != "":
		return core.InvalidTarget("Tokens of a connector are had with a person's token of this server.", "another")
	case r.Form.Get("scope") != "" || r.Form.Get("authorization_details") != "":
		return core.InvalidTarget("Tokens of a connector have the scope that it gave them.", "a scope of the request")
	}
	r.connector = name
	return nil
}

// upstream hands out an upstream's token, once that is on record.
func (g *Grant) upstream(ctx context.Context, r *request) (*core.TokenResponse, error) {
	t, err := g.Upstream.UpstreamToken(ctx, r.subject.person.ID, r.connector)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
		return nil, core.InvalidTarget("There is no token of this connector for this person.", "none")
	}
	if err != nil {
		return nil, err
	}
	ev := g.Audit.Row(ctx, g.Tenant, audit.Event{
		Type: audit.TokenExchange, Severity: audit.Notice, ActorKind: audit.Client, Actor: r.Client.ClientID, Client: r.Client.ClientID, Target: "person:" + r.subject.person.ID.String(),
		Reason: "upstream", Data: map[string]any{"connector": r.connector, "subject_client": r.subject.client},
	})
	if err := g.Events.AppendAudit(ctx, ev); err != nil {
		return nil, err
	}
	out := &core.TokenResponse{AccessToken: t.Access, TokenType: core.TypeBearer, IssuedType: core.TokenTypeAccess, Scope: t.Scope, ExpiresIn: -1}
	if !t.ExpiresAt.IsZero() {
		out.ExpiresIn = max(0, int64(t.ExpiresAt.Sub(g.Now())/time.Second))
	}
	return out, nil
}
