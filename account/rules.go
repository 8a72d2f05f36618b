package account

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/session"
)

// Rules are what the operator wants of a session that changes an account (internal/policy).
type Rules interface {
	Sensitive(ctx context.Context, cur *session.Current) policy.Lack
}

// held reports whether a session lacks nothing that the operator's rules want; false: another sign-in could help. errs.Forbidden for whom they deny, and for
// whoever has just done what they could.
func (m *Module) held(ctx context.Context, cur *session.Current) (bool, error) {
	if m.d.Rules == nil {
		return true, nil
	}
	lack := m.d.Rules.Sensitive(ctx, cur)
	if lack.Final(m.d.Now().Sub(cur.Session.CreatedAt)) {
		return false, errs.New(errs.Forbidden, "A rule of this server does not allow it with this sign-in.")
	}
	return lack == policy.Nothing, nil
}
