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
	r, err := c.ReadLogoutRequest(ctx, Message{Method: m.Method, Query: m.Query, Form: m.Form})
	if err != nil {
		return nil, err
	}
	return &federation.Leaving{Subject: r.Subject, Sessions: r.Sessions, Answer: func(ctx context.Context, done bool) (*federation.Departure, error) {
		return c.AnswerLogout(ctx, r, done)
	}}, nil
}

var _ federation.LogoutAnswered = (*Connector)(nil)

// StartLogout implements federation.LogoutStarter.
func (c *Connector) StartLogout(ctx context.Context, g federation.Goodbye) (*federation.Departure, error) {
	d, err := c.BeginLogout(ctx, g.Subject, g.Session, g.State)
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // the contract's word for "there is no such place"
	}
	return d, err
}

// AnsweredLogout implements federation.LogoutAnswered.
func (c *Connector) AnsweredLogout(ctx context.Context, m federation.BrowserMessage, kept []byte, state string) error {
	return c.CompleteLogout(ctx, Message{Method: m.Method, Query: m.Query, Form: m.Form}, Sent{ID: string(kept), RelayState: state})
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
