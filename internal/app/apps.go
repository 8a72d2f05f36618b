package app

import (
	"cmp"
	"context"
	"strings"

	"github.com/jedan-auth/jedan-auth/consent"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/internal/useragent"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// apps shows a person's consents to their own pages.
type apps struct {
	consents *consent.Module
	words    *bridge
	sessions *session.Manager
}

// Apps implements account.Apps.
func (a *apps) Apps(ctx context.Context, cur *session.Current, lang string) ([]web.AppRow, error) {
	all, err := a.consents.Standing(ctx, cur.Person.ID)
	if err != nil {
		return nil, err
	}
	browsers, err := a.browsers(ctx, cur)
	if err != nil {
		return nil, err
	}
	var rows []web.AppRow
	for _, s := range all {
		client, err := a.words.client(ctx, s.Client) // from memory
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, web.AppRow{
			ID: s.Client.String(), ClientName: client.Name(), ClientHost: client.Home(), Agent: client.Demands.Agent, Since: s.Since, Until: s.Until,
			UsedAt: s.UsedAt, From: browsers[s.Session], Scopes: append(scopesOf(s), a.details(ctx, client, s, lang)...),
		})
	}
	return rows, nil
}

// browsers are those in which the person is signed in.
func (a *apps) browsers(ctx context.Context, cur *session.Current) (map[storage.ID]*web.SessionRow, error) {
	own, err := a.sessions.Own(ctx, cur)
	if err != nil {
		return nil, err
	}
	out := map[storage.ID]*web.SessionRow{}
	for _, s := range own {
		row := &web.SessionRow{}
		row.Browser, row.System = useragent.Parse(s.Agent)
		if s.IP.IsValid() {
			row.Address = s.IP.String()
		}
		out[s.ID] = row
	}
	return out, nil
}

func scopesOf(s consent.Standing) (out []web.ConsentScope) {
	for _, scope := range s.Scopes {
		if !strings.HasPrefix(scope, core.DetailPrefix) { // a hash; what it stands for is with the grants
			out = append(out, web.ConsentScope{Name: scope})
		}
	}
	return out
}

// details are the sentences of what was granted beside scopes.
func (a *apps) details(ctx context.Context, client *core.Client, s consent.Standing, lang string) (out []web.ConsentScope) {
	seen := map[string]bool{}
	for _, raw := range s.Details {
		for _, d := range a.words.provider.Details(ctx, client, raw) {
			if key := d.Key(); !seen[key] {
				seen[key] = true
				out = append(out, web.ConsentScope{Name: d.Type, Title: cmp.Or(d.Titles[lang], d.Titles["en"]), Lines: d.Rest, Risky: d.Risky})
			}
		}
	}
	return out
}

// End implements account.Apps.
func (a *apps) End(ctx context.Context, cur *session.Current, app storage.ID) (string, error) {
	client, err := a.words.client(ctx, app)
	if err != nil {
		return "", err
	}
	return client.Name(), a.consents.End(ctx, cur.Person.ID, app, client.ClientID)
}
