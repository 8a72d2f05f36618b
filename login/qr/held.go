package qr

import (
	"net/url"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// unlessHeld goes on where the phone's session is good enough to speak for its person. One that is not is proved anew first, and leads back to the link.
func (a *try) unlessHeld(next func() error) error {
	ctx := a.c.Request.Context()
	weak, err := verdict.Judge(ctx, a.m.d.Logger, "sign-in by phone, its session", httpx.ErrorID(a.c), a, rows().session)
	switch {
	case err != nil:
		return err
	case weak != nil:
		return a.again()
	}
	if a.m.d.Rules == nil {
		return next()
	}
	lack, acr := a.m.d.Rules.Vouch(ctx, a.cur, a.asker.Client)
	switch lack {
	case policy.Nothing:
		return next()
	case policy.Class:
		best, err := a.m.d.StepUp.Reach(ctx, a.cur.Session, a.cur.Person)
		if err != nil {
			return err
		}
		if assurance.Meets(best, acr) {
			return a.m.d.Steps.StepUp(a.c, linkPath(a.token))
		}
	case policy.Leave, policy.Method, policy.Fresh:
	}
	if lack.Final(a.m.d.Now().Sub(a.cur.Session.CreatedAt)) {
		return a.rejected()
	}
	return a.again()
}

// again has the person sign in, though they are, and come back.
func (a *try) again() error {
	return a.m.d.Steps.Back(a.c, linkPath(a.token), url.Values{"prompt": {"login"}})
}
