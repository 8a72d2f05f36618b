package federation

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// tokenRoom is how long an upstream's token must still count when it is handed out.
const tokenRoom = 30 * time.Second

// UpstreamTokens are a person's at an upstream, renewed there if need be. errs.NotFound when there are none, errs.Forbidden where they are not kept, errs.Unavailable
// when they are over and it does not renew them now.
func (m *Module) UpstreamTokens(ctx context.Context, person storage.ID, connector string) (*Tokens, error) {
	from, err := m.d.Registry.ByName(ctx, connector)
	if err != nil {
		return nil, err
	}
	if !from.Settings.Tokens {
		return nil, errs.New(errs.Forbidden, "The tokens of this connector are not kept.")
	}
	l, err := m.latest(ctx, person, from.Row.ID)
	if err != nil {
		return nil, err
	}
	tokens, err := m.counting(l)
	if err != nil || tokens != nil {
		return tokens, err
	}
	if err := m.recheckOnce(ctx, l); err != nil {
		return nil, err
	}
	if l, err = m.d.Store.LinkByID(ctx, m.d.Tenant, l.ID); err != nil {
		return nil, err
	}
	if tokens, err = m.counting(l); err == nil && tokens == nil {
		err = errs.New(errs.NotFound, "The tokens of this connector are over, and cannot be renewed.")
	}
	return tokens, err
}

// latest is the link by which the person last signed in.
func (m *Module) latest(ctx context.Context, person, connector storage.ID) (*storage.Link, error) {
	all, err := m.d.Store.LinksOf(ctx, m.d.Tenant, person)
	if err != nil {
		return nil, err
	}
	var last *storage.Link
	for i := range all {
		if all[i].Connector == connector && (last == nil || all[i].UsedAt.After(last.UsedAt)) {
			last = &all[i]
		}
	}
	if last == nil {
		return nil, errs.New(errs.NotFound, "The person has no such sign-in.")
	}
	return last, nil
}

// counting are the link's tokens if they still count; nil when there are none.
func (m *Module) counting(l *storage.Link) (*Tokens, error) {
	_, tokens, err := m.unsealed(l)
	if err != nil || tokens == nil || tokens.Access == "" || !tokens.ExpiresAt.IsZero() && !tokens.ExpiresAt.After(m.d.Now().Add(tokenRoom)) {
		return nil, err
	}
	return tokens, nil
}
