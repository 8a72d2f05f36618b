package cli

import (
	"context"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) audit() *cobra.Command {
	return group("audit", "What happened: list, tail, export, verify", c.auditList(), c.auditTail(), c.auditExport(), c.auditVerify())
}

// eventFlags choose events.
type eventFlags struct {
	kind, actor, target, client, since, until string
	personal                                  bool
}

func addEvents(cmd *cobra.Command) *eventFlags {
	e := &eventFlags{}
	f := cmd.Flags()
	f.StringVar(&e.kind, "type", "", "of this `type`, such as user.login")
	f.StringVar(&e.actor, "actor", "", "by the actor with this `id`")
	f.StringVar(&e.target, "target", "", "on this target, `kind:id`")
	f.StringVar(&e.client, "client", "", "of this `client_id`")
	f.StringVar(&e.since, "since", "", "not before this `time` (RFC 3339), or so long ago, such as 24h")
	f.StringVar(&e.until, "until", "", "before this `time` (RFC 3339), or so long ago")
	f.BoolVar(&e.personal, "personal", false, "also print addresses and devices")
	return e
}

func (e *eventFlags) filter(now time.Time) (f storage.AuditFilter, err error) {
	f = storage.AuditFilter{Type: e.kind, Actor: e.actor, Target: e.target, Client: e.client}
	if f.Since, err = parseTime("--since", e.since, now); err != nil {
		return f, err
	}
	f.Until, err = parseTime("--until", e.until, now)
	return f, err
}

// parseTime reads a moment, or how long ago it was.
func parseTime(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, usagef("%s must be a time such as 2026-11-24T08:00:00Z, or a duration such as 24h", flag)
	}
	return t, nil
}

// shown is the event as it may be printed.
func (e *eventFlags) shown(ev audit.Event) audit.Event {
	if !e.personal {
		ev.IP, ev.Device = netip.Addr{}, ""
	}
	return ev
}

// eachEvent reads events in batches, oldest first unless the filter says otherwise, until f.Limit of them (0: all) were visited.
func eachEvent(ctx context.Context, a *app.App, f storage.AuditFilter, visit func(audit.Event) error) error {
	left := f.Limit
	for {
		f.Limit = batch
		if left > 0 && left < batch {
			f.Limit = left
		}
		rows, err := a.DB.AuditEvents(ctx, a.Tenant, f)
		if err != nil {
			return err
		}
		for _, row := range rows {
			ev, err := a.Audit.Open(row)
			if err != nil {
				return err
			}
			if err := visit(ev); err != nil {
				return err
			}
			f.After = row.ID
		}
		if len(rows) < f.Limit || len(rows) == left {
			return nil
		}
		if left > 0 {
			left -= len(rows)
		}
	}
}

// eventColumns are what a table shows.
func eventColumns() []string {
	return []string{"time", "type", "severity", "actor", "target", "client", "outcome", "reason"}
}
