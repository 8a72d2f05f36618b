package app

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/kerberos"
	"github.com/jedan-auth/jedan-auth/federation/ldap"
	"github.com/jedan-auth/jedan-auth/federation/oidc"
	"github.com/jedan-auth/jedan-auth/federation/samlsp"
	"github.com/jedan-auth/jedan-auth/federation/social"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/storage"
)

// connectorKinds lists the protocols that upstreams may speak.
func (a *App) connectorKinds(keeps samlsp.Keeper) []federation.Kind {
	directory := ldap.New(ldap.Deps{Dialer: a.Fetch, Resolver: net.DefaultResolver, Log: a.Log, Now: a.Now})
	tickets := kerberos.New(kerberos.Deps{Tenant: a.Tenant, Replays: a.DB, Now: a.Now})
	return []federation.Kind{oidc.New(a.Fetch, a.Now), social.New(a.Fetch, a.Now), directory, tickets, samlsp.Kind{Deps: samlsp.Deps{
		Issuer: a.Config.Issuer, Tenant: a.Tenant, Fetcher: documents{a.Fetch}, Keeper: keeps, Resolver: documents{a.Fetch}, Replays: a.DB, Failures: undecrypted{a}, Now: a.Now,
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

// warnAhead is how long before its end a certificate is warned of.
const warnAhead = 30 * 24 * time.Hour

// warnOfExpiry says which certificates of connectors end soon: nobody signs in by them after that.
func (s *server) warnOfExpiry(ctx context.Context) error {
	soon, err := s.Upstreams.Expiring(ctx, s.Now().Add(warnAhead))
	for _, e := range soon {
		s.Log.WarnContext(ctx, "a connector's certificate ends soon", slog.String("connector", e.Connector), slog.String("which", e.What), slog.Time("ends", e.At))
		s.metrics.SecurityEvent("connector.expiring", audit.Warning)
	}
	return err
}

// keeper keeps identity providers' metadata.
type keeper struct{ a *App }

const (
	keptFor   = 365 * 24 * time.Hour // what does not say when it ends
	keptAnew  = 24 * time.Hour       // an unchanged copy is written again after this
	keptAbout = "saml metadata "
)

// Keep implements samlsp.Keeper. A copy that is the same is not written again for a day.
func (k keeper) Keep(ctx context.Context, name, url string, body []byte, until time.Time) error {
	now := k.a.Now()
	old, err := k.a.DB.DocumentByName(ctx, k.a.Tenant, keptAbout+name)
	if err == nil && old.URL == url && bytes.Equal(old.Body, body) && now.Sub(old.KeptAt) < keptAnew {
		return nil
	}
	if until.IsZero() {
		until = now.Add(keptFor)
	}
	err = k.a.DB.KeepDocument(ctx, &storage.Document{Tenant: k.a.Tenant, Name: keptAbout + name, URL: url, Body: body, KeptAt: now, ExpiresAt: until})
	if err != nil { // the document itself has come
		k.a.Log.WarnContext(ctx, "a copy of an identity provider's metadata was not kept", slog.String("connector", name), slog.Any("error", err))
	}
	return nil
}

// Kept implements samlsp.Keeper.
func (k keeper) Kept(ctx context.Context, name, url string) ([]byte, error) {
	d, err := k.a.DB.DocumentByName(ctx, k.a.Tenant, keptAbout+name)
	if err == nil && d.URL != url {
		err = errs.New(errs.NotFound, "")
	}
	if err != nil {
		return nil, err
	}
	k.a.Log.WarnContext(ctx, "an identity provider's metadata cannot be had: the last good copy stands in", slog.String("connector", name), slog.Time("kept", d.KeptAt))
	return d.Body, nil
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
	a.Upstreams = federation.NewRegistry(a.DB, a.Feed, a.Ring, a.Tenant, a.Log, a.connectorKinds(keeper{a})...)
	a.Connectors = &federation.Manager{Registry: a.Upstreams, Store: a.DB, Ring: a.Ring, Audit: a.Audit, Tenant: a.Tenant, Issuer: a.Config.Issuer, Title: cmp.Or(a.Config.Theme.ProductName, defaultProduct), Now: a.Now}
	a.Syncs = &federation.Syncs{
		Registry: a.Upstreams, Store: a.DB, People: a.Directory, Groups: a.Groups, Ring: a.Ring, Audit: a.Audit, Log: a.Log, Tenant: a.Tenant,
		Now: a.Now,
	}
	return nil
}
