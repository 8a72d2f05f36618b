package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) consents() *cobra.Command {
	return group("consents", "What people allowed, remembered: list, revoke", c.consentsList(), c.consentsRevoke())
}

// consentView is a remembered consent as it is printed.
type consentView struct {
	ID        storage.ID `json:"id"`
	Person    storage.ID `json:"person"`
	ClientID  string     `json:"client_id"`
	Scopes    []string   `json:"scopes"`
	Declined  []string   `json:"declined,omitempty"`
	Resources []string   `json:"resources,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

func (c *cli) consentsOf(ctx context.Context, a *app.App, p *pageFlags, person, client storage.ID) ([]consentView, error) {
	out, names := []consentView{}, clientNames{}
	fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.Consent, error) {
		return a.DB.ConsentsOf(ctx, a.Tenant, person, client, after, limit)
	}
	err := each(ctx, c, p, fetch, func(row *storage.Consent) storage.ID { return row.ID }, func(row *storage.Consent) (bool, error) {
		name, err := names.of(ctx, a, row.Client)
		out = append(out, consentView{
			ID: row.ID, Person: row.Person, ClientID: name, Scopes: row.Scopes, Declined: row.Declined, Resources: row.Resources,
			CreatedAt: moment(row.CreatedAt), UpdatedAt: moment(row.UpdatedAt),
		})
		return true, err
	})
	return out, err
}
