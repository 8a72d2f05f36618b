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
	m      *Module
	token  string
	code   *storage.Code
	person *storage.Person
}

// row is one rule of a link; what it received says nothing of the link itself.
type row = verdict.Row[*opened]

// rows is the table of checks of a link, in order. Whatever refuses, the answer is the same (PW14); which one it was is in the log.
func rows() []row {
	return []row{
		{Name: "recovery.link", Check: knownLink},
		{Name: "recovery.person", Check: itsPerson},
		{Name: "recovery.bound", Check: unchanged},
	}
}

var errEnded = errs.New(errs.NotFound, "This link works no longer.")

// open judges a link. errs.NotFound whatever is wrong with it.
func (m *Module) open(ctx context.Context, token string) (*opened, error) {
	o := &opened{m: m, token: token}
	refused, err := verdict.Judge(ctx, m.d.Logger, "recovery", "", o, rows())
	switch {
	case err != nil:
		return nil, err
	case refused != nil:
		return nil, errEnded
	}
	return o, nil
}

// knownLink wants a link that was sent, is the newest, unused and not too old.
func knownLink(ctx context.Context, o *opened) (expected, received string, err error) {
	o.code, err = o.m.d.Codes.Find(ctx, purpose, o.token)
	return "a link that stands", "", err
}

// itsPerson wants an account that may sign in.
func itsPerson(ctx context.Context, o *opened) (expected, received string, err error) {
	o.person, err = o.m.d.People.PersonByID(ctx, o.m.d.Tenant, o.code.Person)
	if err == nil && o.person.State != storage.PersonActive {
		received = string(o.person.State)
	}
	return "an active account", received, err
}

// unchanged wants the token that was sent, and password and address as they were then.
func unchanged(_ context.Context, o *opened) (expected, received string, err error) {
	if !o.m.d.Codes.Linked(o.code, o.token, onetime.Bound(o.person)) {
		received = "another token, or a changed account"
	}
	return "the token that was sent, for the account as it was", received, nil
}
