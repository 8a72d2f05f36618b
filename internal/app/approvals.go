package app

import (
	"context"

	"github.com/jedan-auth/jedan-auth/account"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/provider/ciba"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// approvals shows a person's backchannel requests to their own pages.
type approvals struct {
	requests *ciba.Endpoint
	words    *bridge
}

// Approvals implements account.Approvals.
func (a *approvals) Approvals(ctx context.Context, cur *session.Current) ([]account.Approval, error) {
	found, err := a.requests.List(ctx, cur.Person.ID)
	if err != nil {
		return nil, err
	}
	var out []account.Approval
	for i := range found {
		shown, err := a.show(ctx, &found[i], cur)
		if err != nil {
			return nil, err
		}
		out = append(out, *shown)
	}
	return out, nil
}

// Approval implements account.Approvals.
func (a *approvals) Approval(ctx context.Context, cur *session.Current, id storage.ID) (*account.Approval, error) {
	found, err := a.requests.Find(ctx, cur.Person.ID, id)
	if err != nil {
		return nil, err
	}
	if a.requests.Lacks(ctx, found, cur.Session, cur.Person) == policy.Leave { // no other sign-in would help
		return nil, errs.New(errs.Forbidden, "A rule of this server does not allow it.")
	}
	return a.show(ctx, found, cur)
}

// Decide implements account.Approvals.
func (a *approvals) Decide(ctx context.Context, cur *session.Current, id storage.ID, allow bool, on []string) (bool, error) {
	found, err := a.requests.Find(ctx, cur.Person.ID, id)
	if err != nil {
		return false, err
	}
	if !allow {
		return a.requests.Decide(ctx, found, cur.Session, cur.Person, nil)
	}
	shown, err := a.scopes(found, cur)
	if err != nil {
		return false, err
	}
	return a.requests.Decide(ctx, found, cur.Session, cur.Person, core.Chosen(shown, on))
}

func (a *approvals) scopes(found *ciba.Approval, cur *session.Current) ([]web.ConsentScope, error) {
	return a.words.AskedScopes(cur.Person, found.Waiting.Scopes)
}

func (a *approvals) show(ctx context.Context, found *ciba.Approval, cur *session.Current) (*account.Approval, error) {
	scopes, err := a.scopes(found, cur)
	if err != nil {
		return nil, err
	}
	m := found.Client.Metadata
	return &account.Approval{
		ID: found.ID, ClientName: found.Client.Name(), Host: found.Client.Home(), Verified: m.FirstParty, Message: found.Waiting.Message, Scopes: scopes,
		From: found.Waiting.IP, At: found.At, Until: found.Until, Weak: a.requests.Lacks(ctx, found, cur.Session, cur.Person) != policy.Nothing, PolicyURI: m.PolicyURI, TosURI: m.TosURI,
	}, nil
}
