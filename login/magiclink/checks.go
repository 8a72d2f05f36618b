package magiclink

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

// row is one rule; reason is its word for audit and metrics. What it received says nothing of link or code.
type row struct {
	name, reason string
	check        func(ctx context.Context, m *Module, a *try) (expected, received string, err error)
}

// tables are the checks of a link that is looked at, of a code that is typed, and of the use of either, in order.
type tables struct{ link, code, use []row }

func rows() tables {
	return tables{
		link: []row{
			{"mail_link.link", "no_link", knownLink},
			{"mail_link.person", "not_active", itsPerson},
			{"mail_link.bound", "wrong", sentLink},
			{"mail_link.browser", "elsewhere", sameBrowser},
		},
		code: []row{
			{"mail_code.tries", "no_code", countedTry},
			{"mail_code.person", "not_active", itsPerson},
			{"mail_code.code", "wrong", sentCode},
		},
		use: []row{
			{"mail_use.hinted", "other_person", hintedPerson},
			{"mail_use.once", "spent", unspent},
		},
	}
}

// judge applies tables one after the other. reason is empty when all rows passed; which one refused is in the log.
func (m *Module) judge(a *try, all ...[]row) (reason string, err error) {
	ctx := a.c.Request.Context()
	var verdicts []verdict.Verdict
	for _, table := range all {
		for _, r := range table {
			expected, received, err := r.check(ctx, m, a)
			if err != nil && !errs.Is(err, errs.NotFound) {
				return "", err
			}
			if err != nil || received != "" {
				verdict.Log(ctx, m.d.Logger, "sign-in by mail", append(verdicts, verdict.Refuse(r.name, expected, received)), httpx.ErrorID(a.c))
				return r.reason, nil
			}
			verdicts = append(verdicts, verdict.Pass(r.name, ""))
		}
	}
	return "", nil
}

func missing(err error) string {
	if err != nil {
		return "none"
	}
	return ""
}

// knownLink wants a link that was sent, is the newest, unused and not too old.
func knownLink(ctx context.Context, m *Module, a *try) (expected, received string, err error) {
	a.code, err = m.d.Codes.Find(ctx, purpose, a.token)
	return "a link that stands", missing(err), err
}

// countedTry wants a code that stands for this sign-in, and counts the try before it is judged (MF07).
func countedTry(ctx context.Context, m *Module, a *try) (expected, received string, err error) {
	a.code, err = m.d.Codes.Try(ctx, purpose, a.step.Flow.ID, storage.ID{})
	return "a code that stands, and tries left", missing(err), err
}

// itsPerson wants an account that may sign in.
func itsPerson(ctx context.Context, m *Module, a *try) (expected, received string, err error) {
	a.person, err = m.d.People.PersonByID(ctx, m.d.Steps.Tenant(), a.code.Person)
	received = missing(err)
	if err == nil && a.person.State != storage.PersonActive {
		received = string(a.person.State)
	}
	return "an active account", received, err
}

// sentLink wants the token that was sent, and password and address as they were then.
func sentLink(_ context.Context, m *Module, a *try) (expected, received string, err error) {
	if !m.d.Codes.Linked(a.code, a.token, onetime.Bound(a.person)) {
		received = "another token, or a changed account"
	}
	return "the token that was sent, for the account as it was", received, nil
}

// sentCode wants the code that was sent, and password and address as they were then.
func sentCode(_ context.Context, m *Module, a *try) (expected, received string, err error) {
	if !m.d.Codes.Typed(a.code, a.typed, onetime.Bound(a.person)) {
		received = "another code, or a changed account"
	}
	return "the code that was sent, for the account as it was", received, nil
}

// sameBrowser wants the browser that asked, with its sign-in still open (PW19).
func sameBrowser(_ context.Context, m *Module, a *try) (expected, received string, err error) {
	sealed, err := m.d.Codes.Data(a.code)
	if err != nil {
		return "", "", err
	}
	a.step, err = m.d.Steps.Open(a.c, string(sealed))
	if errs.Is(err, errs.Invalid) {
		a.elsewhere, received, err = true, "another", nil
	}
	return "the browser that asked", received, err
}

// hintedPerson wants whom the request is about, if it is about somebody (AZ27): the code of anybody else stays unspent.
func hintedPerson(_ context.Context, m *Module, a *try) (expected, received string, err error) {
	is, err := m.d.Steps.RequiredPerson(a.c, a.step)
	if err == nil && is != nil && !is(a.person) {
		received = "another"
	}
	return "whom the request is about", received, err
}

// unspent spends the code: of many at once one does.
func unspent(ctx context.Context, m *Module, a *try) (expected, received string, err error) {
	done, err := m.d.Codes.Spend(ctx, a.code.ID, nil)
	if err == nil && !done {
		received = "a spent one"
	}
	return "an unused code", received, err
}
