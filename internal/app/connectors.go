package app

import (
	"context"
	"net"
	"net/http"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap"
	"github.com/jedan-auth/jedan-auth/federation/oidc"
	"github.com/jedan-auth/jedan-auth/federation/samlsp"
	"github.com/jedan-auth/jedan-auth/federation/social"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// connectorKinds lists the protocols that upstreams may speak.
func (a *App) connectorKinds() []federation.Kind {
	directory := ldap.New(ldap.Deps{Dialer: a.Fetch, Resolver: net.DefaultResolver, Log: a.Log, Now: a.Now})
	return []federation.Kind{oidc.New(a.Fetch, a.Now), social.New(a.Fetch, a.Now), directory, samlsp.Kind{Deps: samlsp.Deps{
		Issuer: a.Config.Issuer, Tenant: a.Tenant, Fetcher: documents{a.Fetch}, Resolver: documents{a.Fetch}, Replays: a.DB, Failures: undecrypted{a}, Now: a.Now,
	}}}
}

// documents gets what identity providers publish, and asks them.
type documents struct{ c *fetch.Client }

// maxMetadata bounds a federation's metadata, in bytes.
const maxMetadata = 4 << 20

// Document implements samlsp.Fetcher.
func (d documents) Document(ctx context.Context, url string) ([]byte, error) {
	doc, err := d.c.Document(ctx, fetch.DocumentRequest{URL: url, MaxBytes: maxMetadata})
	if err != nil {
		return nil, unavailable(err)
	}
	return doc.Body, nil
}

// Post implements samlsp.Resolver.
func (d documents) Post(ctx context.Context, url, contentType string, body []byte) ([]byte, error) {
	answer, err := d.c.Do(ctx, fetch.Request{Method: http.MethodPost, URL: url, Header: http.Header{"Content-Type": {contentType}}, Body: body, MaxBytes: 1 << 20})
	if err != nil {
		return nil, unavailable(err)
	}
	if !answer.OK() {
		return nil, errs.New(errs.Unavailable, "The identity provider refused to resolve a reference.")
	}
	return answer.Body, nil
}

func unavailable(err error) error {
	return errs.Wrap(errs.Unavailable, "The identity provider does not answer as it should.", err)
}

// undecrypted counts assertions that could not be decrypted: many of them are somebody's attempt to decrypt one.
type undecrypted struct{ a *App }

// DecryptionFailed implements samlsp.Failures.
func (u undecrypted) DecryptionFailed(ctx context.Context) {
	u.a.Log.WarnContext(ctx, "an encrypted assertion does not decrypt")
	if m := u.a.feedMeter.m.Load(); m != nil {
		m.FailedLogin("saml", "decryption")
	}
}

func (a *App) openConnectors(context.Context) error {
	a.Upstreams = federation.NewRegistry(a.DB, a.Feed, a.Ring, a.Tenant, a.Log, a.connectorKinds()...)
	a.Connectors = &federation.Manager{Registry: a.Upstreams, Store: a.DB, Ring: a.Ring, Audit: a.Audit, Tenant: a.Tenant, Now: a.Now}
	a.Syncs = &federation.Syncs{
		Registry: a.Upstreams, Store: a.DB, People: a.Directory, Ring: a.Ring, Audit: a.Audit, Log: a.Log, Tenant: a.Tenant, Now: a.Now,
	}
	return nil
}
