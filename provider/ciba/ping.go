package ciba

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
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

// Deliver implements outbox.Handler. What the endpoint answers but 5xx is final: redirects are not followed, and a client that says no is not asked
// again. It polls anyway if it wants.
func (p *Pings) Deliver(ctx context.Context, m outbox.Message) error {
	var n ping
	if err := json.Unmarshal(m.Payload, &n); err != nil {
		return outbox.Permanent(err)
	}
	client, err := p.Clients.ByRow(ctx, n.Client)
	switch {
	case errs.Is(err, errs.NotFound):
		return gone("The client is not registered any more.")
	case err != nil:
		return err
	case client.Disabled || client.Metadata.BackchannelNotification == "":
		return gone("The client has no notification endpoint any more.")
	case !p.Now().Before(n.Until):
		return gone("The request has expired.")
	}
	body := struct {
		ID string `json:"auth_req_id"`
	}{n.ID}
	answer, err := p.Post.PostJSON(ctx, client.Metadata.BackchannelNotification, body, http.Header{"Authorization": {"Bearer " + n.Token}})
	if errors.Is(err, fetch.ErrRefused) {
		return outbox.Permanent(err)
	}
	if err != nil || answer.OK() {
		return err
	}
	failed := errs.New(errs.Unavailable, fmt.Sprintf("The notification endpoint answered %d.", answer.Status))
	if answer.Status >= http.StatusInternalServerError || answer.Status == http.StatusTooManyRequests {
		return failed
	}
	return outbox.Permanent(failed)
}

func gone(why string) error { return outbox.Permanent(errs.New(errs.Invalid, why)) }
