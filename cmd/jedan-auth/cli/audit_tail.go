package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	tailEvery = 500 * time.Millisecond
	// tailOverlap is how far back each look goes: ids of several processes are not committed in order.
	tailOverlap = 10 * time.Second
)

func (c *cli) auditTail() *cobra.Command {
	var e *eventFlags
	cmd := c.verb("tail [flags]", "Print events as they happen, until interrupted", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		f, err := e.filter(c.Now())
		if err != nil {
			return err
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			err := c.tail(ctx, a, e, f)
			if errors.Is(err, context.Canceled) || ctx.Err() != nil {
				return nil // how a tail ends
			}
			return err
		})
	})
	e = addEvents(cmd)
	cmd.Long = "Print events as they happen, a line each, until interrupted; with --since those since then first. With --output json or yaml a line is JSON."
	return cmd
}

// tail looks again and again; seen holds what the overlap brings a second time.
func (c *cli) tail(ctx context.Context, a *app.App, e *eventFlags, f storage.AuditFilter) error {
	if f.Since.IsZero() {
		f.Since = a.Now()
	}
	seen := map[storage.ID]time.Time{}
	ticker := time.NewTicker(tailEvery)
	defer ticker.Stop()
	for {
		looked := a.Now()
		err := eachEvent(ctx, a, f, func(ev audit.Event) error {
			if _, known := seen[ev.ID]; known {
				return nil
			}
			seen[ev.ID] = ev.Time
			return c.printEvent(e.shown(ev))
		})
		if err != nil {
			return err
		}
		if back := looked.Add(-tailOverlap); back.After(f.Since) {
			f.Since = back
		}
		for id, at := range seen {
			if at.Before(f.Since) {
				delete(seen, id)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// printEvent writes one line.
func (c *cli) printEvent(ev audit.Event) error {
	if c.format(asTable) != asTable {
		return json.NewEncoder(c.Stdout).Encode(ev)
	}
	actor := ev.ActorKind
	if ev.Actor != "" {
		actor += ":" + ev.Actor
	}
	line := fmt.Sprintf("%s %-8s %s %s by %s", ev.Time.UTC().Format(time.RFC3339), ev.Severity, ev.Type, ev.Outcome, actor)
	for _, part := range [][2]string{{"on", ev.Target}, {"client", ev.Client}, {"because", ev.Reason}, {"from", ipText(ev)}, {"with", ev.Device}} {
		if part[1] != "" {
			line += " " + part[0] + " " + part[1]
		}
	}
	_, err := fmt.Fprintln(c.Stdout, printableLine(line))
	return err
}

func ipText(ev audit.Event) string {
	if !ev.IP.IsValid() {
		return ""
	}
	return ev.IP.String()
}
