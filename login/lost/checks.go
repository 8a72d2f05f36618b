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
	m        *Module
	token    string
	code     *storage.Code
	person   *storage.Person
	recovery *storage.Recovery // nil: it has not begun, or an administrator made the link
}

// row is one rule of a link; what it received says nothing of the link itself.
type row = verdict.Row[*opened]

// tables are the checks of each link, in order.
type tables struct{ start, set, cancel []row }

// rows are the tables: of the link by which a recovery begins, of the one that sets a new password, and of the one that cancels.
func rows() tables {
	return tables{
		start: []row{
			{Name: "lost_start.link", Check: knownStart},
			{Name: "lost_start.person", Check: mayRecover},
			{Name: "lost_start.bound", Check: unchangedStart},
		},
		set: []row{
			{Name: "lost_set.link", Check: knownSet},
			{Name: "lost_set.person", Check: mayBeSet},
			{Name: "lost_set.recovery", Check: ready},
			{Name: "lost_set.bound", Check: unchangedSet},
		},
		cancel: []row{
			{Name: "lost_cancel.recovery", Check: stands},
			{Name: "lost_cancel.link", Check: signed},
		},
	}
}

var errEnded = errs.New(errs.NotFound, "This link works no longer.")

// judge applies a table. errs.NotFound whatever is wrong; which row it was is in the log.
func (m *Module) judge(ctx context.Context, table []row, token string) (*opened, error) {
	o := &opened{m: m, token: token}
	refused, err := verdict.Judge(ctx, m.d.Logger, "recovery without factors", "", o, table)
	switch {
	case err != nil:
		return nil, err
	case refused != nil:
		return nil, errEnded
	}
	return o, nil
}

const standsExpected = "a link that stands"

// knownStart wants a link that was sent, is the newest, unused and not too old.
func knownStart(ctx context.Context, o *opened) (expected, received string, err error) {
	o.code, err = o.m.d.Codes.Find(ctx, purposeStart, o.token)
	return standsExpected, "", err
}

// knownSet wants such a link that came at the end of the wait, or from an administrator.
func knownSet(ctx context.Context, o *opened) (expected, received string, err error) {
	if o.code, err = o.m.d.Codes.Find(ctx, purposeSet, o.token); errs.Is(err, errs.NotFound) {
		o.code, err = o.m.d.Codes.Find(ctx, purposeHelp, o.token)
	}
	return standsExpected, "", err
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
func mayRecover(ctx context.Context, o *opened) (expected, received string, err error) {
	received, err = o.m.find(ctx, o)
	if err == nil && received == "" && o.person.Admin {
		received = "an administrator"
	}
	return "an active account, no administrator's", received, err
}

// mayBeSet is that at the end of a recovery. An administrator's link serves everybody who may sign in.
func mayBeSet(ctx context.Context, o *opened) (expected, received string, err error) {
	if o.code.Purpose == purposeSet {
		return mayRecover(ctx, o)
	}
	received, err = o.m.find(ctx, o)
	return "an active account", received, err
}

// ready wants a recovery that has waited, is not cancelled, and is of the address that it began with.
func ready(ctx context.Context, o *opened) (expected, received string, err error) {
	const waited = "a recovery that has waited and stands"
	if o.code.Purpose != purposeSet {
		return waited, "", nil
	}
	o.recovery, err = o.m.d.Store.RecoveryByID(ctx, o.m.d.Tenant, o.code.Flow, o.m.d.Now())
	switch {
	case err != nil:
		return waited, "", err
	case !o.m.c.On():
		received = "switched off"
	case o.m.d.Now().Before(o.recovery.ReadyAt):
		received = "one that waits"
	case o.recovery.Person != o.person.ID || !bytes.Equal(o.recovery.EmailHash, o.person.EmailHash):
		received = "that of another account or address"
	}
	return waited, received, nil
}

func unchangedStart(_ context.Context, o *opened) (expected, received string, err error) {
	return o.m.unchanged(o)
}

func unchangedSet(_ context.Context, o *opened) (expected, received string, err error) {
	return o.m.unchanged(o)
}

// unchanged wants the token that was sent, and password and address as they were then.
func (m *Module) unchanged(o *opened) (expected, received string, err error) {
	if !o.m.d.Codes.Linked(o.code, o.token, onetime.Bound(o.person)) {
		received = "another token, or a changed account"
	}
	return "the token that was sent, for the account as it was", received, nil
}

// stands wants a recovery that can still be cancelled.
func stands(ctx context.Context, o *opened) (expected, received string, err error) {
	id, _, _, ok := parseCancel(o.token)
	if !ok {
		return "a recovery that stands", "no token", nil
	}
	o.recovery, err = o.m.d.Store.RecoveryByID(ctx, o.m.d.Tenant, id, o.m.d.Now())
	return "a recovery that stands", "", err
}

// signed wants the token that went to the channels of its account.
func signed(_ context.Context, o *opened) (expected, received string, err error) {
	if !o.m.cancels(o.token, o.recovery) {
		received = "another token"
	}
	return "the token that was sent", received, nil
}
