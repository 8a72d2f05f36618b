package lost

import (
	"bytes"
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

// opened is a link on its way through its table, whose it is, and the recovery that it belongs to.
type opened struct {
	token    string
	code     *storage.Code
	person   *storage.Person
	recovery *storage.Recovery // nil: it has not begun, or an administrator made the link
}

// row is one rule of a link; what it received says nothing of the link itself.
type row struct {
	name  string
	check func(ctx context.Context, m *Module, o *opened) (expected, received string, err error)
}

// tables are the checks of each link, in order.
type tables struct{ start, set, cancel []row }

// rows are the tables: of the link by which a recovery begins, of the one that sets a new password, and of the one that cancels.
func rows() tables {
	return tables{
		start: []row{
			{"lost_start.link", knownStart},
			{"lost_start.person", mayRecover},
			{"lost_start.bound", unchangedStart},
		},
		set: []row{
			{"lost_set.link", knownSet},
			{"lost_set.person", mayBeSet},
			{"lost_set.recovery", ready},
			{"lost_set.bound", unchangedSet},
		},
		cancel: []row{
			{"lost_cancel.recovery", stands},
			{"lost_cancel.link", signed},
		},
	}
}

var errEnded = errs.New(errs.NotFound, "This link works no longer.")

// judge applies a table. errs.NotFound whatever is wrong; which row it was is in the log.
func (m *Module) judge(ctx context.Context, table []row, token string) (*opened, error) {
	o := &opened{token: token}
	var verdicts []verdict.Verdict
	for _, r := range table {
		expected, received, err := r.check(ctx, m, o)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		if err != nil || received != "" {
			verdict.Log(ctx, m.d.Logger, "recovery without factors", append(verdicts, verdict.Refuse(r.name, expected, received)), "")
			return nil, errEnded
		}
		verdicts = append(verdicts, verdict.Pass(r.name, ""))
	}
	return o, nil
}

func missing(err error) string {
	if err != nil {
		return "none"
	}
	return ""
}

const standsExpected = "a link that stands"

// knownStart wants a link that was sent, is the newest, unused and not too old.
func knownStart(ctx context.Context, m *Module, o *opened) (expected, received string, err error) {
	o.code, err = m.d.Codes.Find(ctx, purposeStart, o.token)
	return standsExpected, missing(err), err
}

// knownSet wants such a link that came at the end of the wait, or from an administrator.
func knownSet(ctx context.Context, m *Module, o *opened) (expected, received string, err error) {
	if o.code, err = m.d.Codes.Find(ctx, purposeSet, o.token); errs.Is(err, errs.NotFound) {
		o.code, err = m.d.Codes.Find(ctx, purposeHelp, o.token)
	}
	return standsExpected, missing(err), err
}

// find reads whose the link is.
func (m *Module) find(ctx context.Context, o *opened) (state string, err error) {
	if o.person, err = m.d.People.PersonByID(ctx, m.d.Tenant, o.code.Person); err != nil {
		return "none", err
	}
	if o.person.State != storage.PersonActive {
		return string(o.person.State), nil
	}
	return "", nil
}

// mayRecover wants an account that may sign in, and no administrator's.
func mayRecover(ctx context.Context, m *Module, o *opened) (expected, received string, err error) {
	received, err = m.find(ctx, o)
	if err == nil && received == "" && o.person.Admin {
		received = "an administrator"
	}
	return "an active account, no administrator's", received, err
}

// mayBeSet is that at the end of a recovery. An administrator's link serves everybody who may sign in.
func mayBeSet(ctx context.Context, m *Module, o *opened) (expected, received string, err error) {
	if o.code.Purpose == purposeSet {
		return mayRecover(ctx, m, o)
	}
	received, err = m.find(ctx, o)
	return "an active account", received, err
}

// ready wants a recovery that has waited, is not cancelled, and is of the address that it began with.
func ready(ctx context.Context, m *Module, o *opened) (expected, received string, err error) {
	const waited = "a recovery that has waited and stands"
	if o.code.Purpose != purposeSet {
		return waited, "", nil
	}
	o.recovery, err = m.d.Store.RecoveryByID(ctx, m.d.Tenant, o.code.Flow, m.d.Now())
	switch {
	case err != nil:
		return waited, missing(err), err
	case !m.c.On():
		received = "switched off"
	case m.d.Now().Before(o.recovery.ReadyAt):
		received = "one that waits"
	case o.recovery.Person != o.person.ID || !bytes.Equal(o.recovery.EmailHash, o.person.EmailHash):
		received = "that of another account or address"
	}
	return waited, received, nil
}

func unchangedStart(_ context.Context, m *Module, o *opened) (expected, received string, err error) {
	return m.unchanged(o)
}

func unchangedSet(_ context.Context, m *Module, o *opened) (expected, received string, err error) {
	return m.unchanged(o)
}

// unchanged wants the token that was sent, and password and address as they were then.
func (m *Module) unchanged(o *opened) (expected, received string, err error) {
	if !m.d.Codes.Linked(o.code, o.token, onetime.Bound(o.person)) {
		received = "another token, or a changed account"
	}
	return "the token that was sent, for the account as it was", received, nil
}

// stands wants a recovery that can still be cancelled.
func stands(ctx context.Context, m *Module, o *opened) (expected, received string, err error) {
	id, _, _, ok := parseCancel(o.token)
	if !ok {
		return "a recovery that stands", "no token", nil
	}
	o.recovery, err = m.d.Store.RecoveryByID(ctx, m.d.Tenant, id, m.d.Now())
	return "a recovery that stands", missing(err), err
}

// signed wants the token that went to the channels of its account.
func signed(_ context.Context, m *Module, o *opened) (expected, received string, err error) {
	if !m.cancels(o.token, o.recovery) {
		received = "another token"
	}
	return "the token that was sent", received, nil
}
