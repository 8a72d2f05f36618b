package login

import (
	"context"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

// secondAnswer is what the browser sees of a refusal.
type secondAnswer int

const (
	secondError   secondAnswer = iota // an error page
	secondExpired                     // start again at the application
	secondBegin                       // back to the first step
	secondMissing                     // enter the code
	secondWait                        // come back later
	secondWrong                       // the one answer to every code that does not count
)

// secondRefusal is why a row did not pass; nil passes.
type secondRefusal struct {
	as                 secondAnswer
	expected, received string // received is redacted
	reason             string // code for audit and metrics; empty: no code was tried
	wait               time.Duration
	err                error
}

// secondRow is one rule of the second step.
type secondRow struct {
	name  string
	check func(ctx context.Context, m *Module, a *secondTry) *secondRefusal
}

// rows is the table of checks of the second step, in order. Nothing that the browser says of what was proved before counts, but the signed token.
func rows() []secondRow {
	return []secondRow{
		{"mfa.csrf", secondCSRF},
		{"mfa.flow", secondFlow},
		{"mfa.first", secondFirst},
		{"mfa.factor", secondFactor},
		{"mfa.form", secondForm},
		{"mfa.named", secondNamed},
		{"mfa.allowance", secondAllowance},
		{"mfa.code", secondCode},
	}
}

// judgeSecond applies the rows in order; the first that refuses ends it.
func (m *Module) judgeSecond(a *secondTry) ([]verdict.Verdict, *secondRefusal) {
	return m.judgeBy(rows(), a)
}

func (m *Module) judgeBy(table []secondRow, a *secondTry) ([]verdict.Verdict, *secondRefusal) {
	var verdicts []verdict.Verdict
	for _, row := range table {
		r := row.check(a.c.Request.Context(), m, a)
		if r != nil {
			return append(verdicts, verdict.Refuse(row.name, r.expected, r.received)), r
		}
		verdicts = append(verdicts, verdict.Pass(row.name, ""))
	}
	return verdicts, nil
}

// secondCSRF wants the token of our own form in this browser (SE02).
func secondCSRF(_ context.Context, m *Module, a *secondTry) *secondRefusal {
	if err := m.d.Forms.Check(a.c, mfaPurpose, a.form); err != nil {
		return &secondRefusal{expected: "the form's token in this browser", received: "another or none", err: err}
	}
	return nil
}

// secondFlow wants a flow that is open, of this browser and not stale.
func secondFlow(_ context.Context, m *Module, a *secondTry) *secondRefusal {
	st, err := m.Open(a.c, a.form.Get("flow"))
	if errs.Is(err, errs.Invalid) {
		return &secondRefusal{as: secondExpired, expected: "an open flow of this browser", received: "another or none", err: err}
	}
	if err != nil {
		return undecided("an open flow of this browser", err)
	}
	a.step = st
	return nil
}

// secondFirst wants the first factor to be proved: by the token of this flow's first step, or by the session that is stepped up (MF08).
func secondFirst(ctx context.Context, m *Module, a *secondTry) *secondRefusal {
	const expected = "a proved first factor"
	h, err := m.half(ctx, a.step, a.form.Get("step"))
	if errs.Is(err, errs.NotFound) {
		return &secondRefusal{as: secondBegin, expected: expected, received: "none", err: err}
	}
	if err != nil {
		return undecided(expected, err)
	}
	a.half = h
	return nil
}

// secondFactor wants a factor that this person has: the method that a form names is only a choice among those (MF08).
func secondFactor(ctx context.Context, m *Module, a *secondTry) *secondRefusal {
	const expected = "a factor of this person"
	all, err := m.d.Second.offers(ctx, a.half.Person, a.half.First)
	if err != nil {
		return undecided(expected, err)
	}
	at := slices.IndexFunc(all, func(o offered) bool { return o.Kind() == a.form.Get("factor") })
	if at < 0 {
		return &secondRefusal{as: secondBegin, expected: expected, received: "another or none"}
	}
	a.all, a.factor = all, all[at]
	return nil
}

// secondForm wants something to judge: an empty form is no try.
func secondForm(_ context.Context, _ *Module, a *secondTry) *secondRefusal {
	field := FieldCode
	if a.factor.Signed {
		field = FieldCredential
	}
	if a.form.Get(field) == "" {
		return &secondRefusal{as: secondMissing, expected: "a code, or a signature", received: "an empty field"}
	}
	return nil
}

// secondNamed counts how often codes of this account are asked for or tried, on all nodes together and without the database.
func secondNamed(ctx context.Context, m *Module, a *secondTry) *secondRefusal {
	if wait := m.Named(ctx, NamedCode, a.half.Person.ID.String()); wait > 0 {
		return &secondRefusal{as: secondWait, expected: "requests left for this account", received: "none left", wait: wait}
	}
	return nil
}

// secondAllowance counts the try before it is judged, for person and kind, durably: no new flow, browser or restart gives another (MF02).
func secondAllowance(ctx context.Context, m *Module, a *secondTry) *secondRefusal {
	const expected = "tries left for this factor"
	s, p := m.d.Second, a.half.Person
	if a.factor.Signed {
		return nil
	}
	cmd := storage.TakeTry{
		Tenant: p.Tenant, Person: p.ID, Kind: a.factor.Kind(), Now: s.d.Now(), Free: s.c.Free, First: s.c.First, Longest: s.c.Longest,
	}
	ev := s.d.Audit.Row(ctx, p.Tenant, audit.Event{
		Type: audit.FactorLock, Severity: audit.Warning, Target: "person:" + p.ID.String(), Outcome: audit.Failure, Reason: cmd.Kind,
	})
	ok, wait, err := s.d.Tries.TakeTry(ctx, cmd, ev)
	switch {
	case err != nil:
		return undecided(expected, err)
	case !ok:
		return &secondRefusal{as: secondWait, expected: expected, received: "none", reason: cmd.Kind + "_limit", wait: wait}
	}
	return nil
}

// secondCode wants a code that the factor takes, once.
func secondCode(_ context.Context, _ *Module, a *secondTry) *secondRefusal {
	const expected = "a code that is right and unused"
	out, err := a.factor.Verify(a.c, a.half, a.form)
	switch {
	case err != nil:
		return undecided(expected, err)
	case !out.OK:
		return &secondRefusal{as: secondWrong, expected: expected, received: out.Reason, reason: a.factor.Kind() + "_" + out.Reason}
	}
	a.outcome = out
	return nil
}

func undecided(expected string, err error) *secondRefusal {
	return &secondRefusal{expected: expected, received: "an error", err: err}
}

// reportSecond counts a code that was refused.
func (m *Module) reportSecond(a *secondTry, r *secondRefusal) {
	if r.reason == "" {
		return
	}
	d, kind := m.d.Second.d, a.factor.Kind()
	d.Failures.Add(audit.Refusal{Tenant: m.d.Tenant, Person: a.half.Person.ID, IP: httpx.ClientIP(a.c), Reason: r.reason})
	d.Meter.AuthRequest(kind, "refused")
	d.Meter.FailedLogin(kind, r.reason)
}
