package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) outboxRetry() *cobra.Command {
	return c.verb("retry MESSAGE", "Send a message again that was given up", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			m, err := findMessage(ctx, a, args[0])
			if err != nil {
				return err
			}
			if err := retryMessage(ctx, a, m); err != nil {
				return err
			}
			if m, err = findMessage(ctx, a, args[0]); err != nil {
				return err
			}
			v, err := clientNames{}.messageOf(ctx, a, m)
			if err != nil {
				return err
			}
			return c.show(v)
		})
	})
}

func retryMessage(ctx context.Context, a *app.App, m *storage.OutboxMessage) error {
	ev := a.Audit.Row(ctx, a.Tenant, audit.Event{
		Type: audit.OutboxRetry, Severity: audit.Notice, ActorKind: audit.Operator, Actor: actorID(), Target: "message:" + m.ID.String(), Reason: byOperator,
	})
	again, err := a.DB.RetryOutbox(ctx, a.Tenant, m.ID, a.Now(), ev)
	if err == nil && !again {
		err = errs.New(errs.Conflict, "Only a message that was given up can be sent again; this one is "+string(m.State)+".")
	}
	return err
}
