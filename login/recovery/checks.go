package recovery

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

// opened is a link on its way through the table, and whose it is.
type opened struct {
	token  string
	code   *storage.Code
	person *storage.Person
}

// row is one rule of a link; what it received says nothing of the link itself.
type row struct {
	name  string
	check func(ctx context.Context, m *Module, o *opened) (expected, received string, err error)
}

// rows is the table of checks of a link, in order. Whatever refuses, the answer is the same (PW14); which one it was is in the log.
func rows() []row {
	return []row{
		{"recovery.link", knownLink},
		{"recovery.person", itsPerson},
		{"recovery.bound", unchanged},
	}
}

var errEnded = errs.New(errs.NotFound, "This link works no longer.")

// open judges a link. errs.NotFound whatever is wrong with it.
func (m *Module) open(ctx context.Context, token string) (*opened, error) {
	o := &opened{token: token}
	var verdicts []verdict.Verdict
	for _, r := range rows() {
		expected, received, err := r.check(ctx, m, o)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		if err != nil || received != "" {
			verdict.Log(ctx, m.d.Logger, "recovery", append(verdicts, verdict.Refuse(r.name, expected, received)), "")
			return nil, errEnded
		}
		verdicts = append(verdicts, verdict.Pass(r.name, ""))
	}
	return o, nil
}

// knownLink wants a link that was sent, is the newest, unused and not too old.
func knownLink(ctx context.Context, m *Module, o *opened) (expected, received string, err error) {
	o.code, err = m.d.Codes.Find(ctx, purpose, o.token)
	return "a link that stands", missing(err), err
}

// itsPerson wants an account that may sign in.
func itsPerson(ctx context.Context, m *Module, o *opened) (expected, received string, err error) {
	o.person, err = m.d.People.PersonByID(ctx, m.d.Tenant, o.code.Person)
	received = missing(err)
	if err == nil && o.person.State != storage.PersonActive {
		received = string(o.person.State)
	}
	return "an active account", received, err
}

func missing(err error) string {
	if err != nil {
		return "none"
	}
	return ""
}

// unchanged wants the token that was sent, and password and address as they were then.
func unchanged(_ context.Context, m *Module, o *opened) (expected, received string, err error) {
	if !m.d.Codes.Linked(o.code, o.token, onetime.Bound(o.person)) {
		received = "another token, or a changed account"
	}
	return "the token that was sent, for the account as it was", received, nil
}
