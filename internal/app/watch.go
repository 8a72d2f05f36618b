package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
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

// reloadOnHangup reads certificates and keys again at SIGHUP. Other settings need a restart.
func (s *server) reloadOnHangup(ctx context.Context, certificates *httpx.Certificates) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			s.reloadKeys(ctx)
			if certificates != nil {
				if err := certificates.Reload(); err != nil {
					s.Log.ErrorContext(ctx, "certificates not read again", "error", err)
				}
			}
			if err := s.adoptConnectors(ctx); err != nil {
				s.Log.ErrorContext(ctx, "files of connectors not read again", "error", err)
			}
			s.Log.InfoContext(ctx, "reloaded certificates, keys and connectors")
		}
	}
}
