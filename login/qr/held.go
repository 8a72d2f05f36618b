package qr

import (
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/session"
)

// unlessHeld goes on where the phone's session is good enough to speak for its person. One that is not is proved anew first, and leads back to the link.
func (a *try) unlessHeld(next func() error) error {
	if !a.speaks() {
		return a.again()
	}
	if a.m.d.Rules == nil {
		return next()
	}
	lack, acr := a.m.d.Rules.Vouch(a.c.Request.Context(), a.cur, a.asker.Client)
	switch lack {
	case policy.Nothing:
		return next()
	case policy.Class:
		best, err := a.m.d.StepUp.Reach(a.c.Request.Context(), a.cur.Session, a.cur.Person)
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

// speaks wants a session that is not doubted, was proved not long ago and after what is asked for, and does not itself stand on another device's word.
func (a *try) speaks() bool {
	s := a.cur.Session
	switch {
	case session.Distrusted(s), a.m.d.Now().Sub(s.AuthTime) > a.m.c.Fresh, s.AuthTime.Before(a.asker.After):
		return false
	}
	return !slices.Contains(s.AMR, assurance.Channel)
}

// again has the person sign in, though they are, and come back.
func (a *try) again() error {
	return a.m.d.Steps.Back(a.c, linkPath(a.token), url.Values{"prompt": {"login"}})
}
