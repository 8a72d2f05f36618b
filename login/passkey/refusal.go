package passkey

import (
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/web"
)

// refusal is why a row did not pass; nil passes.
type refusal struct {
	expected, received string // received is redacted
	reason             string // code for audit and metrics; empty: nothing was tried
	problem            string // what the page says
	unknown            bool   // the browser should forget the credential
	expired            bool   // start again at the application
	err                error  // an error page
}

func (r *refusal) verdict(name string) verdict.Verdict {
	if r == nil {
		return verdict.Pass(name, "")
	}
	return verdict.Refuse(name, r.expected, r.received)
}

// not refuses with the one answer to what did not prove anything.
func not(expected, received, reason string) *refusal {
	return &refusal{expected: expected, received: received, reason: reason, problem: web.ProblemPasskey}
}

func failed(expected string, err error) *refusal {
	return &refusal{expected: expected, received: "an error", err: err}
}

// row is one rule of a ceremony.
type row struct {
	name  string
	check func(m *Module, a *attempt) *refusal
}

// judge applies the rows in order; the first that refuses ends it.
func (m *Module) judge(table string, rows []row, a *attempt) *refusal {
	var verdicts []verdict.Verdict
	for _, row := range rows {
		r := row.check(m, a)
		verdicts = append(verdicts, r.verdict(row.name))
		if r == nil {
			continue
		}
		verdict.Log(a.c.Request.Context(), m.d.Logger, table, verdicts, httpx.ErrorID(a.c))
		return r
	}
	return nil
}

// report counts a sign-in that was refused.
func (m *Module) report(a *attempt, r *refusal) {
	if r.reason == "" {
		return
	}
	fail := audit.Refusal{Tenant: m.d.Steps.Tenant(), IP: httpx.ClientIP(a.c), Reason: r.reason}
	if a.person != nil {
		fail.Person = a.person.ID
	}
	m.d.Failures.Add(fail)
	m.d.Meter.AuthRequest(kind, "refused")
	m.d.Meter.FailedLogin(kind, r.reason)
}
