package samlsp

import (
	"context"
	"crypto/x509"
	"sync"
	"time"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

const (
	usualFresh = time.Hour // how long metadata counts that does not say it
	leastFresh = 5 * time.Minute
	mostFresh  = 24 * time.Hour
	retryAfter = time.Minute
	soonAgain  = 10 * time.Second // where nothing is known
)

// idp is what is known of the identity provider.
type idp struct {
	keys                  []*x509.Certificate
	sso, slo, sloResponse map[string]string // addresses by binding
	artifacts             map[int]string    // where they are resolved, by index
	wantSigned            bool
	fresh                 time.Duration // until it is asked again
	validUntil            time.Time     // zero: it does not end
}

// trust keeps the metadata: asked for anew when it is old, and the last good copy until that ends.
type trust struct {
	config Config
	deps   Deps

	mu    sync.Mutex
	last  *idp
	asked time.Time // last time that it was asked for
	got   time.Time // last time that it came
}

func newTrust(ctx context.Context, c Config, d Deps) (*trust, error) {
	t := &trust{config: c, deps: d}
	var err error
	switch {
	case c.IDPMetadata != "":
		t.last, err = t.read(ctx, []byte(c.IDPMetadata))
	case c.IDPMetadataURL == "":
		t.last, err = t.byHand()
	}
	return t, err
}

// byHand is an identity provider that has no metadata.
func (t *trust) byHand() (*idp, error) {
	keys, err := samlxml.Certificates(t.config.IDPCertificates)
	if err != nil {
		return nil, err
	}
	both := func(location string) map[string]string {
		if location == "" {
			return nil
		}
		return map[string]string{saml.HTTPRedirectBinding: location, saml.HTTPPostBinding: location}
	}
	slo := both(t.config.IDPSLOURL)
	return &idp{keys: samlxml.Pinned(keys, t.config.IDPFingerprints), sso: both(t.config.IDPSSOURL), slo: slo, sloResponse: slo}, nil
}

// known is what counts now. errs.Unavailable when there is nothing.
func (t *trust) known(ctx context.Context) (*idp, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.deps.Now()
	if t.config.IDPMetadataURL != "" && t.due(now) {
		if err := t.renew(ctx, now); err != nil && !t.live(now) {
			return nil, errs.Wrap(errs.Unavailable, "The identity provider's metadata cannot be had.", err)
		}
	}
	if !t.live(now) {
		return nil, errs.New(errs.Unavailable, "The identity provider's metadata has ended.")
	}
	return t.last, nil
}

func (t *trust) live(now time.Time) bool {
	return t.last != nil && (t.last.validUntil.IsZero() || now.Before(t.last.validUntil))
}

// due says whether to ask: not again and again.
func (t *trust) due(now time.Time) bool {
	if !t.live(now) {
		return t.asked.IsZero() || now.Sub(t.asked) >= soonAgain
	}
	return now.Sub(t.got) >= t.last.fresh && now.Sub(t.asked) >= retryAfter
}

// renew asks for the document, whether or not the one who needs it first stays. One that does not count changes nothing. Where nothing is known yet, the
// last good copy stands in: it is judged as the document itself would be.
func (t *trust) renew(ctx context.Context, now time.Time) error {
	ctx, t.asked = context.WithoutCancel(ctx), now
	raw, err := t.deps.Fetcher.Document(ctx, t.config.IDPMetadataURL)
	if err != nil {
		return t.recall(ctx, err)
	}
	if err := t.take(ctx, raw, now); err != nil {
		return t.recall(ctx, err)
	}
	return nil
}

// take puts a document that counts in the place of what is known, and keeps it.
func (t *trust) take(ctx context.Context, raw []byte, now time.Time) error {
	read, err := t.read(ctx, raw)
	if err != nil {
		return err
	}
	t.last, t.got = read, now
	if t.deps.Keeper == nil {
		return nil
	}
	return t.deps.Keeper.Keep(ctx, t.deps.Name, t.config.IDPMetadataURL, raw, read.validUntil)
}

// refresh asks now, whatever is known.
func (t *trust) refresh(ctx context.Context) error {
	if t.config.IDPMetadataURL == "" {
		return errs.New(errs.Invalid, "The identity provider's metadata has no address.")
	}
	raw, err := t.deps.Fetcher.Document(ctx, t.config.IDPMetadataURL)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.take(ctx, raw, t.deps.Now())
}

// recall takes the copy that was kept, and says why if that is none either.
func (t *trust) recall(ctx context.Context, why error) error {
	if t.last != nil || t.deps.Keeper == nil {
		return why
	}
	raw, err := t.deps.Keeper.Kept(ctx, t.deps.Name, t.config.IDPMetadataURL)
	if err != nil {
		return why
	}
	read, err := t.read(ctx, raw)
	if err != nil {
		return why
	}
	t.last = read // and it is due at once
	return nil
}

// read judges a metadata document.
func (t *trust) read(ctx context.Context, raw []byte) (*idp, error) {
	signers, err := samlxml.Certificates(t.config.IDPMetadataCertificates)
	if err != nil {
		return nil, err
	}
	m := &description{config: t.config, signers: signers, now: t.deps.Now()}
	if m.root, err = parse(ctx, samlxml.MetadataOf(raw)); err != nil {
		return nil, err
	}
	if err := judge(ctx, m, rows().metadata); err != nil {
		return nil, err
	}
	return m.idp(), nil
}
