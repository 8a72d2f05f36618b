package app

import (
	"context"
	"strings"

	"github.com/jedan-auth/jedan-auth/consent"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// apps shows a person's consents to their own pages.
type apps struct {
	consents *consent.Module
	words    *bridge
}

// Apps implements account.Apps.
func (a *apps) Apps(ctx context.Context, cur *session.Current) ([]web.AppRow, error) {
	all, err := a.consents.Standing(ctx, cur.Person.ID)
	if err != nil {
		return nil, err
	}
	var rows []web.AppRow
	for _, s := range all {
		client, err := a.words.provider.Clients().ByRow(ctx, s.Client)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		row := web.AppRow{ID: s.Client.String(), ClientName: client.Name(), ClientHost: client.Home(), Agent: client.Demands.Agent, Since: s.Since, Until: s.Until}
		for _, scope := range s.Scopes {
			if strings.HasPrefix(scope, core.DetailPrefix) {
				continue // a hash; what it stood for is with the grants
			}
			row.Scopes = append(row.Scopes, web.ConsentScope{Name: scope})
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// End implements account.Apps.
func (a *apps) End(ctx context.Context, cur *session.Current, app storage.ID) (string, error) {
	client, err := a.words.provider.Clients().ByRow(ctx, app)
	if err != nil {
		return "", err
	}
	return client.Name(), a.consents.End(ctx, cur.Person.ID, app, client.ClientID)
}
