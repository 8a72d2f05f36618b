package password

import (
	"context"
	"net/http"

	pw "github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/web"
)

// fieldNew is in the form of who changes a directory's password, beside those of the sign-in page: the same table judges both.
const fieldNew = "new_password"

// changeElsewhere replaces the password, which is then tried.
func (m *Module) changeElsewhere(ctx context.Context, a *attempt) *refusal {
	const expected = "a new password that the directory takes"
	next := a.form.Get(fieldNew)
	if _, err := pw.Normalise(next); err != nil || next == "" {
		return &refusal{as: answerChange, expected: expected, received: "none, or no text", reason: "elsewhere", problem: web.FieldPasswordMissing}
	}
	changed, problem, err := m.d.Elsewhere.Change(ctx, a.step.Flow.Client, a.typed(), next)
	switch {
	case err != nil:
		return failed(expected, err)
	case changed:
		a.password = next
	case problem != "":
		return &refusal{as: answerChange, expected: expected, received: "another", reason: "elsewhere", problem: problem}
	default:
		return quietly(expected, "no right to change it", "wrong")
	}
	return nil
}

// typed is the attempt as a directory sees it.
func (a *attempt) typed() Typed {
	return Typed{Username: a.identifier, Password: a.password, Known: a.known, Name: a.name}
}

// askNew asks for the old password once more, which is kept nowhere, and for a new one.
func (m *Module) askNew(a *attempt, problem string) error {
	page, err := m.d.Steps.Page(a.c, a.step)
	if err != nil {
		return err
	}
	out := web.DirectoryPasswordPage{
		Lang: page.Lang, Flow: page.Flow, CSRF: page.CSRF, Identifier: a.identifier, ClientName: page.ClientName, FormAction: page.FormAction,
		Challenge: m.d.Steps.Wanted(a.c, a.asked()),
	}
	if problem != "" {
		out.Errors = map[string]string{fieldNew: problem}
	}
	m.d.Steps.Render(a.c, http.StatusForbidden, out)
	return nil
}
