package passkey

import (
	"context"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// After is a passkey after another factor: who has one can step up with it, and is not asked for it only because they have it. internal/app sets
// Module once there is one; the two need each other.
type After struct {
	Store  storage.PasskeyReader
	On     bool // people may have passkeys here
	Module *Module
}

// Kind implements login.Second.
func (s *After) Kind() string { return kind }

// Offer implements login.Second.
func (s *After) Offer(ctx context.Context, p *storage.Person, first login.Proof) (*login.Offer, error) {
	if !s.On || first.ByKey() {
		return nil, nil
	}
	own, err := s.Store.PasskeysOf(ctx, p.Tenant, p.ID)
	if err != nil || len(own) == 0 {
		return nil, err
	}
	return &login.Offer{Able: true, Signed: true, ACR: best(own)}, nil
}

// best is the class of the strongest of a person's passkeys.
func best(own []storage.Passkey) string {
	acr := assurance.Phr
	for i := range own {
		if own[i].Hardware {
			acr = assurance.Phrh
		}
	}
	return acr
}

// Verify implements login.Second: the table of a sign-in, for the person who has shown the first factor.
func (s *After) Verify(c *gin.Context, h *login.Half, form url.Values) (login.Outcome, error) {
	m, a := s.Module, asserting(c, form)
	a.step, a.bound, a.half = h.Step, boundToFlow(h.Step), h
	if r := m.judge("passkey as second factor", secondRows(), a); r != nil {
		return login.Outcome{Reason: r.reason}, r.err
	}
	p := proof(a)
	return login.Outcome{OK: true, AMR: p.AMR, ACR: p.ACR}, nil
}

// secondRows is the table of a sign-in without what the second step has judged already, and with its person.
func secondRows() []row {
	return slices.Concat(from("assertion.shape", "assertion.state"), []row{
		{"assertion.half", sameAsFirst},
	}, from("assertion.once", "assertion.count"))
}

// from is a part of the table of a sign-in, both ends included.
func from(first, last string) []row {
	all := rows()
	at := func(name string) int { return slices.IndexFunc(all, func(r row) bool { return r.name == name }) }
	return all[at(first) : at(last)+1]
}

// sameAsFirst wants a passkey of the person who has shown the first factor (MF08).
func sameAsFirst(_ *Module, a *attempt) *refusal {
	if a.person.ID != a.half.Person.ID {
		return not("a passkey of the person who has shown the first factor", "somebody else's", "other_person")
	}
	return nil
}
