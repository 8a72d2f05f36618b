package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) outbox() *cobra.Command {
	return group("outbox", "Messages to other servers, such as back-channel logout: list, show, retry", c.outboxList(), c.outboxShow(), c.outboxRetry())
}

// messageView is a message as it is printed. What it says is sealed, and stays so.
type messageView struct {
	ID        storage.ID          `json:"id"`
	Kind      string              `json:"kind"`
	ClientID  string              `json:"client_id,omitempty"`
	State     storage.OutboxState `json:"state"`
	Attempts  int                 `json:"attempts"`
	Status    string              `json:"status,omitempty"` // how the last attempt ended
	CreatedAt time.Time           `json:"created_at"`
	NextAt    *time.Time          `json:"next_at,omitempty"` // of one that waits
	DoneAt    *time.Time          `json:"done_at,omitempty"`
}

// messageOf reads a message; its target is a client's row.
func (n clientNames) messageOf(ctx context.Context, a *app.App, m *storage.OutboxMessage) (messageView, error) {
	v := messageView{ID: m.ID, Kind: m.Kind, State: m.State, Attempts: m.Attempts, Status: m.Status, CreatedAt: moment(m.CreatedAt), DoneAt: utc(m.DoneAt)}
	if m.State == storage.OutboxWaiting {
		v.NextAt = utc(&m.NextAt)
	}
	id, err := storage.ParseID(m.Target)
	if err != nil {
		return v, nil
	}
	v.ClientID, err = n.of(ctx, a, id)
	return v, err
}

func findMessage(ctx context.Context, a *app.App, text string) (*storage.OutboxMessage, error) {
	id, err := storage.ParseID(text)
	if err != nil {
		return nil, usagef("a message is named by its id")
	}
	m, err := a.DB.OutboxByID(ctx, a.Tenant, id)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "There is no such message.", err)
	}
	return m, err
}
