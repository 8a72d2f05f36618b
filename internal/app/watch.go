package app

import (
	"context"

	"github.com/jedan-auth/jedan-auth/storage"
)

// watchKeys reads keys again when any process changed them. The feed only rings: its callbacks must be quick.
func (s *server) watchKeys() func(ctx context.Context) {
	ring := make(chan struct{}, 1)
	s.Feed.Subscribe(func(c storage.Change) {
		if c.Kind == storage.ChangeKey || c.Kind == storage.ChangeKeyring || c.Kind == "" {
			select {
			case ring <- struct{}{}:
			default: // one is waiting already
			}
		}
	})
	return func(ctx context.Context) {
		for {
			select {
			case <-ctx.Done():
				return
			case <-ring:
				s.reloadKeys(ctx)
			}
		}
	}
}

func (s *server) reloadKeys(ctx context.Context) {
	if err := s.Ring.Reload(ctx); err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "keyring not read again", "error", err)
	}
	if err := s.Keys.Reload(ctx); err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "signing keys not read again", "error", err)
	}
}
