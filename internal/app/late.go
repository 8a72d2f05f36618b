package app

import (
	"context"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Remembered implements authorize.Consents.
func (l *late) Remembered(ctx context.Context, tenant, person, client storage.ID, scopes, resources []string, binding string) (bool, []string, error) {
	return l.m.Load().Remembered(ctx, tenant, person, client, scopes, resources, binding)
}
