package app

import (
	"context"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/oidc"
)

// connectorKinds lists the protocols that upstreams may speak.
func (a *App) connectorKinds() []federation.Kind {
	return []federation.Kind{oidc.New(a.Fetch, a.Now)}
}

func (a *App) openConnectors(context.Context) error {
	a.Upstreams = federation.NewRegistry(a.DB, a.Feed, a.Ring, a.Tenant, a.Log, a.connectorKinds()...)
	a.Connectors = &federation.Manager{Registry: a.Upstreams, Store: a.DB, Ring: a.Ring, Audit: a.Audit, Tenant: a.Tenant, Now: a.Now}
	return nil
}
