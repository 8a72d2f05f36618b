package ciba

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// PingKind is the outbox's name for notifications.
const PingKind = "ciba_ping"

// ping is a notification that waits in the outbox, sealed.
type ping struct {
	Client storage.ID `json:"client"`
	ID     string     `json:"auth_req_id"`
	Token  string     `json:"token"`
	Until  time.Time  `json:"until"` // after that there is nothing to fetch
}

// Poster posts JSON to an address that somebody else named (fetch.Client).
type Poster interface {
	PostJSON(ctx context.Context, address string, v any, header http.Header) (*fetch.Response, error)
}

// Pings delivers notifications (section 10.2).
type Pings struct {
	Clients *core.Clients
	Post    Poster
	Now     func() time.Time
}

// Deliver implements outbox.Handler. A client that says no is not asked again: it polls anyway if it wants.
func (p *Pings) Deliver(ctx context.Context, m outbox.Message) error {
	var n ping
	if err := json.Unmarshal(m.Payload, &n); err != nil {
		return outbox.Permanent(err)
	}
	_, to, err := p.Clients.Recipient(ctx, n.Client, func(m *storage.ClientMetadata) string { return m.BackchannelNotification })
	if err != nil {
		return err
	}
	if !p.Now().Before(n.Until) {
		return core.Undeliverable("The request has expired.")
	}
	body := struct {
		ID string `json:"auth_req_id"`
	}{n.ID}
	return core.Delivered(p.Post.PostJSON(ctx, to, body, http.Header{"Authorization": {"Bearer " + n.Token}}))
}
