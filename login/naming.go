package login

import (
	"context"
	"time"
)

// What an account is named for, each counted by itself.
const (
	NamedLogin    = "login"
	NamedMail     = "mail_sign_in"
	NamedSignup   = "signup"
	NamedRecovery = "recovery"
	NamedCode     = "code"
)

// Naming bounds how often an account is named by browsers that it does not know, whether there is such an account or not (limits.Limits, counted by all
// nodes together where there is Redis). It stands before the counters of attempts, which know more and remember longer.
type Naming interface {
	// Take counts one. wait above zero: it is not to be judged; so long until the next one.
	Take(ctx context.Context, act, identifier string) (wait time.Duration)
	// Give takes one back that was no failure.
	Give(ctx context.Context, act, identifier string)
}

// Named counts that somebody names an account; wait above zero refuses.
func (m *Module) Named(ctx context.Context, act, identifier string) (wait time.Duration) {
	if m.d.Naming == nil {
		return 0
	}
	return m.d.Naming.Take(ctx, act, identifier)
}

// Unnamed takes back one that was no failure.
func (m *Module) Unnamed(ctx context.Context, act, identifier string) {
	if m.d.Naming != nil {
		m.d.Naming.Give(ctx, act, identifier)
	}
}
