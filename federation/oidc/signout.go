package oidc

import (
	"context"
	"net/url"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

var (
	_ federation.LogoutStarter        = (*connector)(nil)
	_ federation.FrontchannelReceiver = (*connector)(nil)
)

// maxHintURL is up to what length an ID token goes into an address.
const maxHintURL = 1500

// StartLogout implements federation.LogoutStarter (OpenID Connect RP-Initiated Logout section 2).
func (c *connector) StartLogout(ctx context.Context, g federation.Goodbye) (*federation.Departure, error) {
	m, err := c.discover(ctx)
	if err != nil {
		return nil, err
	}
	if m.EndSession == "" {
		return nil, nil //nolint:nilnil // the contract's word for "there is no such place"
	}
	if !c.fit(m.EndSession) {
		return nil, away(errs.New(errs.Invalid, "The end session endpoint is not https."))
	}
	u, err := url.Parse(m.EndSession)
	if err != nil {
		return nil, away(err)
	}
	q := url.Values{"client_id": {c.c.ClientID}}
	if g.Tokens != nil && g.Tokens.ID != "" {
		q.Set("id_token_hint", g.Tokens.ID)
	}
	if g.ReturnTo != "" {
		q.Set("post_logout_redirect_uri", g.ReturnTo)
		q.Set("state", g.State)
	}
	if len(q.Get("id_token_hint")) > maxHintURL {
		return &federation.Departure{URL: m.EndSession, Form: q}, nil
	}
	for name, values := range u.Query() {
		if !q.Has(name) {
			q[name] = values
		}
	}
	u.RawQuery = q.Encode()
	return &federation.Departure{URL: u.String()}, nil
}

// ReadFrontchannel implements federation.FrontchannelReceiver (OpenID Connect Front-Channel Logout section 3). Both parameters are needed: the
// session is found by its name there, and by nothing that the browser has.
func (c *connector) ReadFrontchannel(query url.Values) (*federation.LogoutNotice, error) {
	switch sid := query.Get("sid"); {
	case !c.c.Frontchannel:
		return nil, errs.New(errs.NotFound, "This upstream's pages end no sessions.")
	case !c.c.template.names(c.c, query.Get("iss")):
		return nil, refuse("oidc_frontchannel.iss", "this provider as iss", "another, or none", "issuer")
	case sid == "" || len(sid) > 1024:
		return nil, refuse("oidc_frontchannel.sid", "a session as sid", "none, or a longer one", "session")
	default:
		return &federation.LogoutNotice{Session: sid}, nil
	}
}
