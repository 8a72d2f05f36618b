package register

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

const maxClientID = 128

// Options are what a registration has beside its metadata.
type Options struct {
	ClientID string // chosen by the operator; empty: generated
	Secret   string // chosen by the operator; empty: generated, if the client's authentication has a secret
	Disabled bool
	Actor    Actor
}

// Create registers a client. errs.Invalid with a Problem for metadata that breaks a rule; errs.Conflict when the client_id is taken.
func (r *Registrar) Create(ctx context.Context, m storage.ClientMetadata, o Options) (*Registered, error) {
	now := r.d.Now()
	c := &storage.Client{
		Tenant: r.d.Tenant, ID: storage.NewID(now), ClientID: o.ClientID, Metadata: m, Disabled: o.Disabled, CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	if c.ClientID == "" {
		c.ClientID = strings.ToLower(rand.Text())
	}
	if !printable(c.ClientID, maxClientID) {
		return nil, errs.New(errs.Invalid, "A client_id has 1 to 128 printable ASCII characters without spaces.")
	}
	complete(&c.Metadata)
	if err := r.judge(ctx, &c.Metadata, nil); err != nil {
		return nil, err
	}
	shown, err := r.firstSecret(ctx, c, o.Secret)
	if err != nil {
		return nil, err
	}
	ev := r.event(ctx, audit.ClientCreate, c.ClientID, o.Actor, map[string]any{
		"auth_method": c.Metadata.TokenEndpointAuthMethod, "grant_types": c.Metadata.GrantTypes, "first_party": c.Metadata.FirstParty,
		"chosen_secret": o.Secret != "", "weak_secret": c.Metadata.WeakSecret,
	})
	if err := r.d.Store.InsertClient(ctx, c, ev); err != nil {
		return nil, taken(err, "This client_id is taken.")
	}
	return &Registered{Client: c, Secret: shown, Warnings: warnings(&c.Metadata)}, nil
}

// firstSecret gives c a secret if its authentication needs one.
func (r *Registrar) firstSecret(ctx context.Context, c *storage.Client, chosen string) (shown string, err error) {
	weak := c.Metadata.WeakSecret
	c.Metadata.WeakSecret = false
	switch {
	case !hasSecret(&c.Metadata) && chosen != "":
		return "", refuse("token_endpoint_auth_method", "must be client_secret_basic or client_secret_post for a client with a secret")
	case !hasSecret(&c.Metadata):
		return "", nil
	}
	s, err := r.newSecret(ctx, c.ID, chosen, weak)
	if err != nil {
		return "", err
	}
	s.put(c)
	return s.shown, nil
}

func taken(err error, sentence string) error {
	if errs.Is(err, errs.Conflict) {
		return errs.Wrap(errs.Conflict, sentence, err)
	}
	return err
}
