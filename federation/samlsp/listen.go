package samlsp

import (
	"context"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

var _ federation.LogoutListener = (*Connector)(nil)

// ListenLogout implements federation.LogoutListener.
func (c *Connector) ListenLogout(ctx context.Context, m federation.BrowserMessage) (*federation.Leaving, error) {
	r, err := c.ReadLogoutRequest(ctx, m)
	if err != nil {
		return nil, err
	}
	return &federation.Leaving{Subject: r.Subject, Sessions: r.Sessions, Answer: func(ctx context.Context, done bool) (*federation.Departure, error) {
		return c.AnswerLogout(ctx, r, done)
	}}, nil
}

var _ federation.UnaskedTaker = (*Connector)(nil)

// TakesUnasked implements federation.UnaskedTaker.
func (c *Connector) TakesUnasked() bool { return c.config.AllowIDPInitiated }

var _ federation.LogoutStarter = (*Connector)(nil)

// StartLogout implements federation.LogoutStarter. Where the identity provider has no sign-out for browsers, or did not name the person, there is nowhere to go.
func (c *Connector) StartLogout(ctx context.Context, e federation.Ending) (*federation.Departure, error) {
	if e.Subject == "" {
		return nil, nil //nolint:nilnil // the contract's word for "there is no such place"
	}
	d, err := c.BeginLogout(ctx, e.Subject, e.Session, e.State)
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // as above
	}
	return d, err
}

// CompleteLogout implements federation.LogoutStarter. The relay state is the one that was sent: by it the broker has found what was kept.
func (c *Connector) CompleteLogout(ctx context.Context, kept []byte, m federation.BrowserMessage) error {
	return c.ReadLogoutResponse(ctx, m, Sent{ID: string(kept), RelayState: m.Param("RelayState")})
}

var _ federation.Refresher = (*Connector)(nil)

// Refresh implements federation.Refresher.
func (c *Connector) Refresh(ctx context.Context) error { return c.trust.refresh(ctx) }

var _ federation.Rotator = Kind{}

// Rotate implements federation.Rotator: the next certificate stands in our metadata beside the current one until it is used; the last still decrypts.
func (k Kind) Rotate(name string, secrets map[string]string) (used bool, err error) {
	if secrets["key"] == "" {
		return false, errs.New(errs.Invalid, "This connector has no key of its own.")
	}
	if next := secrets["next_key"]; next != "" {
		secrets["last_key"], secrets["key"] = secrets["key"], next
		delete(secrets, "next_key")
		return true, nil
	}
	pair, err := samlxml.NewPair(name, k.Deps.Now())
	if err != nil {
		return false, err
	}
	secrets["next_key"], err = pair.PEM()
	return false, err
}

var _ federation.Preparer = Kind{}

// Prepare makes a key of ours for a connector that has none.
func (k Kind) Prepare(name string, secrets map[string]string) error {
	if secrets["key"] != "" {
		return nil
	}
	pair, err := samlxml.NewPair(name, k.Deps.Now())
	if err != nil {
		return err
	}
	secrets["key"], err = pair.PEM()
	return err
}
