package app

import (
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/provider/ciba"
	"github.com/jedan-auth/jedan-auth/provider/logout"
	"github.com/jedan-auth/jedan-auth/storage"
)

// deliveries lists who delivers each kind of message to other servers.
func (s *server) deliveries() map[string]outbox.Handler {
	return map[string]outbox.Handler{
		ciba.PingKind:          s.provider.Pings(s.Fetch),
		logout.BackchannelKind: s.provider.Logouts(s.Fetch),
	}
}

func (s *server) makeOutbox() (err error) {
	s.outbox, err = outbox.New(s.Config.Outbox, outbox.Deps{Store: s.DB, Ring: s.Ring, Meter: s.metrics, Log: s.Log, Now: s.Now}, s.deliveries())
	if err == nil {
		s.Feed.Subscribe(s.outbox.Changed)
	}
	return err
}

// farewell implements storage.Farewell, for the server and for every command.
func (a *App) farewell(tenant storage.ID, gone []storage.Participant) ([]*storage.OutboxMessage, error) {
	return logout.Farewell(a.Ring, a.Now(), tenant, gone)
}
