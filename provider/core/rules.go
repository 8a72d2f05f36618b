package core

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Decider decides what the operator's rules want of a sign-in before it answers a client.
type Decider interface {
	Decide(ctx context.Context, q Question) policy.Decision
}

// Question is a session that is to answer a client.
type Question struct {
	Act       string // policy.Authorize, policy.Device or policy.CIBA
	Client    *Client
	Session   *storage.Session
	Person    *storage.Person
	Browser   [16]byte // that asks; zero where no browser is looked at
	Scopes    []string
	Resources []string
	Score     float64 // of the risk of this use of the session
	Doubted   bool    // it is over the threshold
}

// Rules holds sessions to what the operator wants; nil: there are no rules.
type Rules struct {
	Decider Decider
	Now     func() time.Time
}

// Holding is a decision about a session, and what the session has not got of it.
type Holding struct {
	policy.Decision
	Lack policy.Lack
}

// Hold asks the rules about a session.
func (r *Rules) Hold(ctx context.Context, q Question) Holding {
	if r == nil {
		return Holding{}
	}
	d := r.Decider.Decide(ctx, q)
	return Holding{d, d.Lacks(q.Session.ACR, q.Session.AMR, r.Now().Sub(q.Session.AuthTime))}
}
