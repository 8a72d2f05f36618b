package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) outboxList() *cobra.Command {
	var (
		p                   *pageFlags
		kind, client, state string
	)
	cmd := c.verb("list [flags]", "List messages, the newest first: the delivery log", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		states := []string{"", string(storage.OutboxWaiting), string(storage.OutboxDelivered), string(storage.OutboxDead)}
		if !slices.Contains(states, state) {
			return usagef("--state must be waiting, delivered or dead")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			f := storage.OutboxFilter{Kind: kind, State: storage.OutboxState(state), Newest: true}
			if client != "" {
				row, err := findClient(ctx, a, client)
				if err != nil {
					return err
				}
				f.Target = row.ID.String()
			}
			out, err := c.messages(ctx, a, p, f)
			if err != nil {
				return err
			}
			return c.list(out, "id", "kind", "client_id", "state", "attempts", "status", "created_at", "next_at", "done_at")
		})
	})
	p = addPage(cmd)
	cmd.Flags().StringVar(&kind, "kind", "", "of this `kind`: backchannel_logout or ciba_ping")
	cmd.Flags().StringVar(&client, "client", "", "to this `client_id`")
	cmd.Flags().StringVar(&state, "state", "", "waiting, delivered or dead")
	return cmd
}

func (c *cli) messages(ctx context.Context, a *app.App, p *pageFlags, f storage.OutboxFilter) ([]messageView, error) {
	out, names := []messageView{}, clientNames{}
	fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.OutboxMessage, error) {
		f.After, f.Limit = after, limit
		return a.DB.Outbox(ctx, a.Tenant, f)
	}
	err := each(ctx, c, p, fetch, func(m *storage.OutboxMessage) storage.ID { return m.ID }, func(m *storage.OutboxMessage) (bool, error) {
		v, err := names.messageOf(ctx, a, m)
		out = append(out, v)
		return true, err
	})
	return out, err
}
