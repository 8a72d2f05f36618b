package app

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/consent"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/provider"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
	"github.com/jedan-auth/jedan-auth/web"
)

func (a *App) openSAML(context.Context) error {
	a.SAMLApps = samlidp.NewApps(a.DB, a.Feed, a.Tenant, a.Log)
	a.SAMLKeys = samlidp.NewKeys(samlidp.KeysDeps{
		Store: a.DB, Ring: a.Ring, Audit: a.Audit, Feed: a.Feed, Tenant: a.Tenant, Issuer: a.Config.Issuer, Generate: a.generateKey, Now: a.Now,
	})
	a.SAML = &samlidp.Manager{Store: a.DB, Audit: a.Audit, Fetch: documents{a.Fetch}, Tenant: a.Tenant, Now: a.Now}
	return nil
}

// clientNamed is a stored client, or a SAML application as one.
func (a *App) clientNamed(ctx context.Context, clientID string) (*core.Client, error) {
	row, err := a.DB.ClientByClientID(ctx, a.Tenant, clientID)
	if err == nil {
		return &core.Client{Client: row}, nil
	}
	if saml, also := a.SAMLApps.ByID(ctx, clientID); also == nil {
		return saml.Client(), nil
	}
	return nil, err
}

// SAMLSession implements samlidp.Sessions.
func (s *browserSessions) SAMLSession(c *gin.Context) (*samlidp.SignedIn, error) {
	in, err := s.Current(c)
	if err != nil || in == nil {
		return nil, err
	}
	return &samlidp.SignedIn{Session: in.Session, Person: in.Person, Doubt: in.Doubt.Reason, Denied: in.Doubt.Denied, Score: in.Score}, nil
}

// samlDisplay is what people may know about a SAML application that asks; errs.NotFound for what is none.
func (b *bridge) samlDisplay(ctx context.Context, clientID string) (login.Client, error) {
	a, err := b.saml.ByID(ctx, clientID)
	if err != nil {
		return login.Client{}, err
	}
	return login.Client{Name: a.Row.Title, StartURL: a.Settings.StartURL, Host: a.Host(), Verified: true}, nil
}

// samlConsent is what a SAML application asks. Operators alone register them, so that it is verified who asks.
func (b *bridge) samlConsent(ctx context.Context, fl *flow.Flow, cur *session.Current) (consent.View, error) {
	asked, err := b.provider.SAML().View(ctx, fl)
	if err != nil {
		return consent.View{}, err
	}
	if ok, err := b.provider.SAML().Permitted(ctx, asked.App, cur.Person); err != nil || !ok {
		if err == nil {
			err = errs.New(errs.Forbidden, "This account may not use the app.")
		}
		return consent.View{}, err
	}
	own, err := b.people.Claims(cur.Person)
	if err != nil {
		return consent.View{}, err
	}
	v := consent.View{
		Client: asked.App.Row.ID, ClientID: asked.App.ID(), Name: asked.App.Row.Title, Host: asked.Host, Verified: true, Binding: asked.Binding,
	}
	for _, s := range asked.Scopes {
		v.Scopes = append(v.Scopes, consent.Scope{Name: s, Detail: b.detail(own, s)})
	}
	return v, nil
}

// tiles are the applications that people start here: those of OpenID Connect and behind proxies, and those of SAML.
type tiles struct {
	all      *samlidp.Apps
	provider *provider.Module
	issuer   string
}

// Tiles implements account.Tiles.
func (t tiles) Tiles(ctx context.Context, cur *session.Current) ([]web.AppTile, error) {
	clients, err := t.provider.Tiles(ctx, cur.Person)
	if err != nil {
		return nil, err
	}
	out := make([]web.AppTile, 0, len(clients))
	for _, c := range clients {
		out = append(out, web.AppTile{Title: c.Client.Name(), URL: c.URL})
	}
	saml, err := t.saml(ctx, cur)
	out = append(out, saml...)
	slices.SortStableFunc(out, func(a, b web.AppTile) int { return cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return out, err
}

func (t tiles) saml(ctx context.Context, cur *session.Current) ([]web.AppTile, error) {
	all, err := t.all.All(ctx)
	if err != nil {
		return nil, err
	}
	var out []web.AppTile
	for _, a := range all {
		if !a.Settings.IDPInitiated {
			continue
		}
		ok, err := t.provider.SAML().Permitted(ctx, a, cur.Person)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, web.AppTile{Title: a.Row.Title, URL: t.issuer + a.StartPath()})
		}
	}
	return out, nil
}
