package app

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/consent"
	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/provider"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/logo"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// bridge tells the screens of other features what the provider knows: features never import features.
type bridge struct {
	issuer   string
	base     string // path of the issuer
	provider *provider.Module
	saml     *samlidp.Apps
	people   *directory.Directory

	attributes *attributes.Set
	words      *core.Vocabulary
}

// ClientDisplay implements login.Clients.
func (b *bridge) ClientDisplay(ctx context.Context, _ storage.ID, clientID string) (login.Client, error) {
	c, err := b.provider.Clients().ByClientID(ctx, clientID)
	if errs.Is(err, errs.NotFound) {
		return b.samlDisplay(ctx, clientID)
	}
	if err != nil {
		return login.Client{}, err
	}
	m := c.Metadata
	return login.Client{
		Name: c.Name(), LogoURI: b.logo(c), PolicyURI: m.PolicyURI, TosURI: m.TosURI, Host: firstHost(m.RedirectURIs), StartURL: c.StartURL(b.issuer),
		Verified: m.FirstParty, FirstParty: m.FirstParty,
	}, nil
}

// ClientByID implements consent.Registry.
func (b *bridge) ClientByID(ctx context.Context, _, id storage.ID) (*storage.Client, error) {
	c, err := b.client(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.Client, nil
}

// ClientStart implements consent.Starts.
func (b *bridge) ClientStart(ctx context.Context, tenant storage.ID, clientID string) (name, start string, err error) {
	c, err := b.ClientDisplay(ctx, tenant, clientID)
	return c.Name, c.StartURL, err
}

// StartURL implements federation.Applications.
func (b *bridge) StartURL(ctx context.Context, clientID string) (string, error) {
	c, err := b.ClientDisplay(ctx, storage.ID{}, clientID)
	return c.StartURL, err
}

// clientNamed finds a client, or a SAML application as one, by what flows, policies and events call it.
func (b *bridge) clientNamed(ctx context.Context, clientID string) (*core.Client, error) {
	c, err := b.provider.Clients().ByClientID(ctx, clientID)
	if !errs.Is(err, errs.NotFound) {
		return c, err
	}
	a, err := b.saml.ByID(ctx, clientID)
	if err != nil {
		return nil, err
	}
	return a.Client(), nil
}

// client finds a client, or a SAML application as one, by its row.
func (b *bridge) client(ctx context.Context, id storage.ID) (*core.Client, error) {
	c, err := b.provider.Clients().ByRow(ctx, id)
	if !errs.Is(err, errs.NotFound) {
		return c, err
	}
	a, err := b.saml.ByRow(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.Client(), nil
}

// RequiredPerson implements login.Subjects.
func (b *bridge) RequiredPerson(ctx context.Context, fl *flow.Flow) (func(*storage.Person) bool, error) {
	if samlidp.Owns(fl) { // it is about whoever signs in
		return nil, nil
	}
	asked, err := b.provider.Asked(ctx, fl)
	if err != nil {
		return nil, err
	}
	return asked.Person, nil
}

// ConsentView implements consent.Requests.
func (b *bridge) ConsentView(ctx context.Context, fl *flow.Flow, cur *session.Current) (consent.View, error) {
	if samlidp.Owns(fl) {
		return b.samlConsent(ctx, fl, cur)
	}
	asked, err := b.provider.Asked(ctx, fl)
	if err != nil {
		return consent.View{}, err
	}
	if ok, err := b.provider.Permitted(ctx, asked.Client, cur.Person); err != nil || !ok {
		return consent.View{}, cmp.Or[error](err, errs.New(errs.Forbidden, "This account may not use the app."))
	}
	own, err := b.people.Claims(cur.Person)
	if err != nil {
		return consent.View{}, err
	}
	m := asked.Client.Metadata
	v := consent.View{
		Client: asked.Client.ID, ClientID: asked.Client.ClientID, Name: asked.Client.Name(), LogoURI: b.logo(asked.Client), PolicyURI: m.PolicyURI, TosURI: m.TosURI,
		Host: host(asked.Redirect), Verified: m.FirstParty, Resources: asked.Resources, Binding: asked.Binding, FormAction: asked.FormAction,
	}
	if asked.Client.Demands.Agent {
		v.Agent, v.Until = true, asked.Until
	}
	if m.Described {
		v.Described = host(asked.Client.ClientID)
	}
	details := map[string]core.Detail{}
	for _, d := range asked.Details {
		details[d.Key()] = d
	}
	for _, s := range asked.Scopes {
		if d, ok := details[s]; ok {
			v.Scopes = append(v.Scopes, consent.Scope{Name: s, Titles: d.Titles, Lines: d.Rest, Risky: d.Risky, Once: d.Once})
			continue
		}
		v.Scopes = append(v.Scopes, consent.Scope{Name: s, Optional: b.optional(s), Detail: b.detail(own, s), Risky: s == "offline_access"})
	}
	return v, nil
}

// logo is where this server shows a client's logo.
func (b *bridge) logo(c *core.Client) string {
	if path := logo.Path(c); path != "" {
		return b.base + path
	}
	return ""
}

// AskedScopes says scopes that a device or a backchannel request asks for, as consent does.
func (b *bridge) AskedScopes(p *storage.Person, scopes []string) ([]web.ConsentScope, error) {
	own, err := b.people.Claims(p)
	if err != nil {
		return nil, err
	}
	var out []web.ConsentScope
	for _, s := range scopes {
		out = append(out, web.ConsentScope{Name: s, Optional: b.optional(s), Checked: true, Detail: b.detail(own, s), Risky: s == "offline_access"})
	}
	return out, nil
}

// Display shows people to themselves.
func (b *bridge) Display(p *storage.Person) (name, identifier string) { return b.people.Display(p) }

// optional scopes are the person's own data and lasting access: a client must work without them. What an API calls its scopes is for the API.
func (b *bridge) optional(scope string) bool {
	scope = strings.TrimPrefix(scope, "claim:")
	return scope != "openid" && b.words.PersonScope(scope)
}

// detail is the data that would be shared, where it is one short text, and attributes that the person may see.
func (b *bridge) detail(own directory.Claims, scope string) string {
	scope = strings.TrimPrefix(scope, "claim:")
	var out []string
	for _, name := range append([]string{detailOf(scope)}, b.attributes.Told(scope)...) {
		if s := own.Form(name); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " · ")
}

func detailOf(scope string) string {
	return map[string]string{"profile": "name", "email": "email", "phone": "phone_number"}[scope]
}

func firstHost(uris []string) string {
	if len(uris) == 0 {
		return ""
	}
	return host(uris[0])
}

func host(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Host
}
