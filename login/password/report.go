package password

import (
	"context"
	"log/slog"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/storage"
)

// alarmTime bounds the write of an alarm: a sign-in page does not wait for it longer.
const alarmTime = 2 * time.Second

// report counts a refused attempt and raises the alarms that it rang.
func (m *Module) report(a *attempt, r *refusal) {
	fail := audit.Refusal{Tenant: m.d.Steps.Tenant(), IP: httpx.ClientIP(a.c), Reason: r.reason}
	if a.person != nil {
		fail.Person = a.person.ID
	}
	fail.Agent, fail.Device, fail.Known = a.c.Request.UserAgent(), a.step.Flow.Browser, a.known
	m.d.Failures.Add(fail)
	m.d.Meter.AuthRequest("password", "refused")
	m.d.Meter.FailedLogin("password", r.reason)
	for _, t := range a.taken {
		if t.in.Alarm(t.key) {
			m.alarm(a, t.limit, fail.Person)
		}
	}
	if r.as == answerWait || r.as == answerOther || r.as == answerTold || r.as == answerChange {
		m.giveBack(a) // no password was tried, or the right one
	}
}

// alarm is a durable event, once for each series of attempts that reached a
// limit. The answer does not depend on it.
func (m *Module) alarm(a *attempt, limit string, person storage.ID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.c.Request.Context()), alarmTime)
	defer cancel()
	e := audit.Event{Type: audit.LoginFailures, Severity: audit.Warning, Outcome: audit.Failure, Reason: limit + "_limit", IP: httpx.ClientIP(a.c)}
	if !person.IsZero() && (limit == "account" || limit == "device") {
		e.Target = "person:" + person.String()
	}
	m.d.Meter.SecurityEvent(e.Type, e.Severity)
	if err := m.d.Events.AppendAudit(ctx, m.d.Audit.Row(ctx, m.d.Steps.Tenant(), e)); err != nil {
		m.d.Logger.ErrorContext(ctx, "an alarm was not written", slog.String("limit", limit), slog.Any("error", err))
	}
}
