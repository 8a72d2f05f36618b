package cli

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) grants() *cobra.Command {
	return group("grants", "What people authorized and tokens stand on: list, show, revoke", c.grantsList(), c.grantsShow(), c.grantsRevoke())
}

// grantView is a grant as it is printed, without anything of its tokens.
type grantView struct {
	ID        storage.ID      `json:"id"`
	ClientID  string          `json:"client_id"`
	Person    storage.ID      `json:"person"`
	Session   storage.ID      `json:"session,omitzero"`
	Live      bool            `json:"live"`
	Scopes    []string        `json:"scopes"`
	Resources []string        `json:"resources,omitempty"`
	Details   json.RawMessage `json:"authorization_details,omitempty"`
	Refresh   bool            `json:"refresh_token"`
	Offline   bool            `json:"offline_access"`
	ACR       string          `json:"acr,omitempty"`
	AuthTime  time.Time       `json:"auth_time,omitzero"` // unknown where another issuer vouched
	CreatedAt time.Time       `json:"created_at"`
	UsedAt    *time.Time      `json:"used_at,omitempty"`
	Uses      int64           `json:"uses"` // access tokens counted
	ExpiresAt time.Time       `json:"expires_at"`
	RevokedAt *time.Time      `json:"revoked_at,omitempty"`
	Reason    string          `json:"reason,omitempty"`
}

// clientNames finds client_ids by row, each once.
type clientNames map[storage.ID]string

// of is the client_id, or "deleted" for a client that is gone.
func (n clientNames) of(ctx context.Context, a *app.App, id storage.ID) (string, error) {
	if name, ok := n[id]; ok {
		return name, nil
	}
	row, err := a.DB.ClientByID(ctx, a.Tenant, id)
	switch {
	case errs.Is(err, errs.NotFound):
		n[id] = "deleted"
	case err != nil:
		return "", err
	default:
		n[id] = row.ClientID
	}
	return n[id], nil
}

func (n clientNames) view(ctx context.Context, a *app.App, g *storage.Grant) (grantView, error) {
	name, err := n.of(ctx, a, g.Client)
	return grantView{
		ID: g.ID, ClientID: name, Person: g.Person, Session: g.Session, Live: g.Live(a.Now()), Scopes: g.Scopes, Resources: g.Resources,
		Details: json.RawMessage(g.Details), Refresh: g.Refresh,
		Offline: g.Offline, ACR: g.ACR, AuthTime: moment(g.AuthTime), CreatedAt: moment(g.CreatedAt), UsedAt: utc(g.UsedAt), Uses: g.Uses,
		ExpiresAt: moment(g.ExpiresAt), RevokedAt: utc(g.RevokedAt), Reason: g.Reason,
	}, err
}

// ownerFlags narrow a listing to a person and a client.
type ownerFlags struct{ user, client string }

func addOwner(cmd *cobra.Command) *ownerFlags {
	o := &ownerFlags{}
	cmd.Flags().StringVar(&o.user, "user", "", "of this `person`: id, mail address, user name or subject")
	cmd.Flags().StringVar(&o.client, "client", "", "of this `client_id`")
	return o
}

// find turns the flags into rows; zero ids mean any.
func (o *ownerFlags) find(ctx context.Context, a *app.App) (person, client storage.ID, err error) {
	if o.user != "" {
		p, err := findPerson(ctx, a, o.user)
		if err != nil {
			return person, client, err
		}
		person = p.ID
	}
	if o.client != "" {
		row, err := findClient(ctx, a, o.client)
		if err != nil {
			return person, client, err
		}
		client = row.ID
	}
	return person, client, nil
}

// grantFilter says which grants are meant.
type grantFilter struct {
	person, client storage.ID
	ended          bool // also those that ended
}

func (c *cli) grantsOf(ctx context.Context, a *app.App, p *pageFlags, f grantFilter) ([]grantView, error) {
	out, names := []grantView{}, clientNames{}
	fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.Grant, error) {
		return a.DB.Grants(ctx, a.Tenant, f.person, f.client, after, limit)
	}
	err := each(ctx, c, p, fetch, func(g *storage.Grant) storage.ID { return g.ID }, func(g *storage.Grant) (bool, error) {
		if !f.ended && !g.Live(a.Now()) {
			return false, nil
		}
		v, err := names.view(ctx, a, g)
		out = append(out, v)
		return true, err
	})
	return out, err
}

func findGrant(ctx context.Context, a *app.App, text string) (*storage.Grant, error) {
	id, err := storage.ParseID(text)
	if err != nil {
		return nil, usagef("a grant is named by its id")
	}
	g, err := a.DB.GrantByID(ctx, a.Tenant, id)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "There is no such grant.", err)
	}
	return g, err
}
