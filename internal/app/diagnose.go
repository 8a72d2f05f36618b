package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

// Opened is an installation that somebody looks at without running it.
type Opened struct {
	Config Config
	DB     *gormdb.DB
	Ring   *keys.Ring
	Tenant storage.ID
	Now    func() time.Time
}

// onlyKept reads kept copies and keeps none: who looks changes nothing.
type onlyKept struct{ keeper }

// Keep implements samlsp.Keeper.
func (onlyKept) Keep(context.Context, string, string, []byte, time.Time) error { return nil }

// Expiring lists the certificates of connectors that end within the time in which a running server warns of them. Identity providers are asked for their metadata.
func (o Opened) Expiring(ctx context.Context) ([]federation.Expiring, error) {
	log := slog.New(slog.DiscardHandler)
	a := &App{Config: o.Config, Log: log, Now: o.Now, DB: o.DB, Ring: o.Ring, Tenant: o.Tenant, Feed: cache.NewFeed(o.Now, log)}
	if err := a.openFetch(ctx); err != nil {
		return nil, errors.New("the settings for outbound requests cannot be used")
	}
	kinds := a.connectorKinds(onlyKept{keeper{a}})
	return federation.NewRegistry(a.DB, a.Feed, a.Ring, a.Tenant, log, kinds...).Expiring(ctx, a.Now().Add(warnAhead))
}
