package register

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

const maxClientID = 128

// Options are what a registration has beside its metadata.
type Options struct {
	ClientID string // chosen by the operator; empty: generated
	Secret   string // chosen by the operator; empty: generated, if the client's authentication has a secret
	Disabled bool
	Actor    Actor

	self *selfRegistration // nil: an operator registers
}

// selfRegistration is what bounds a registration over the network.
type selfRegistration struct {
	initial *storage.InitialAccess // the token that allows it; nil: anybody may
	most    int                    // clients that registered themselves
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
	r.settle(&c.Metadata)
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
	g := &Registered{Client: c, Secret: shown, Warnings: warnings(&c.Metadata)}
	if o.self != nil {
		g.Access = r.giveAccess(c)
		err = r.insertSelf(ctx, c, o.self, ev)
	} else {
		err = taken(r.d.Store.InsertClient(ctx, c, ev), "This client_id is taken.")
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// insertSelf spends one use of the initial access token in the transaction that inserts the client: a registration that fails costs nothing.
func (r *Registrar) insertSelf(ctx context.Context, c *storage.Client, self *selfRegistration, ev *storage.AuditEvent) error {
	if self.initial == nil {
		return r.d.Store.InsertRegistered(ctx, c, self.most, ev)
	}
	return r.d.Store.InTx(ctx, func(ctx context.Context) error {
		spent, err := r.d.Store.SpendInitialAccess(ctx, r.d.Tenant, self.initial.ID, r.d.Now())
		if err != nil {
			return err
		}
		if !spent {
			return core.InvalidToken("an initial access token with a use left", "one without")
		}
		return r.d.Store.InsertRegistered(ctx, c, self.most, ev)
	})
}

// firstSecret gives c a secret if its authentication needs one.
func (r *Registrar) firstSecret(ctx context.Context, c *storage.Client, chosen string) (shown string, err error) {
	weak := c.Metadata.WeakSecret
	c.Metadata.WeakSecret = false
	switch {
	case !hasSecret(&c.Metadata) && chosen != "":
		return "", refuse("token_endpoint_auth_method", "must be client_secret_basic, client_secret_post or client_secret_jwt for a client with a secret")
	case !hasSecret(&c.Metadata):
		return "", nil
	}
	s, err := r.newSecret(ctx, c, chosen, weak)
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
