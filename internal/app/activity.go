package app

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// activity shows people their own audit events.
type activity struct {
	*App
	words *bridge
}

// Activity implements account.Activity.
func (a *activity) Activity(ctx context.Context, person, before storage.ID, limit int) ([]audit.Event, error) {
	return a.Audit.OfPerson(ctx, a.DB, a.Tenant, person, before, limit)
}

// AppName implements account.Activity.
func (a *activity) AppName(ctx context.Context, clientID string) string {
	c, err := a.words.clientNamed(ctx, clientID)
	if err != nil {
		return ""
	}
	return c.Name()
}
