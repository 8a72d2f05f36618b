package drills

import (
	"net/http"
	"slices"
	"sync"

	"github.com/jedan-auth/jedan-auth/storage"
)

// fact is what the parent knows about one thing that it asked for.
type fact int

const (
	never    fact = iota // it was not asked for: it must not be there
	asked                // it was asked for and not fully answered: either way is right
	answered             // it must be there
)

// ledger is what the parent asked for and was fully answered. Rows are values, so that a copy is a snapshot; each row has one writer at a time.
type ledger struct {
	mu      sync.Mutex
	people  []person
	clients []client
	visits  []visit
	consent map[[2]int]fact // by person and client
	grants  []grant
	answers int           // received in full
	more    chan struct{} // gets something with each answer while somebody listens
}

type person struct {
	email, subject string
	id             storage.ID
	made           fact
}

type client struct {
	clientID, secret string
	id               storage.ID
	made             fact
	rotates, audited bool
}

// visit is a sign-in in one browser.
type visit struct {
	person  int
	jar     http.CookieJar
	login   fact
	session storage.ID // of the last sign-in that was answered
	logout  fact
}

// grant is one authorization and everything after it.
type grant struct {
	visit, client int
	offline       bool
	code          string // as received; empty: not received
	redeem        fact
	lost          bool // it was redeemed, and the answer with the tokens was lost
	access        string
	tokens        []string // refresh tokens in the order in which they were received
	renewing      bool     // a refresh with the last one was asked for and not answered
	renewals      int      // answered
	revoke        fact
	deny          fact // revocation of the access token in denied
	denied        string
	reuse         fact // the code or an old token was shown again, which ends the grant
}

func newLedger() *ledger { return &ledger{consent: map[[2]int]fact{}, more: make(chan struct{}, 1)} }

// do changes a row under the lock.
func (l *ledger) do(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// got changes rows because of an answer that was received in full.
func (l *ledger) got(change func()) {
	l.do(func() {
		change()
		l.answers++
	})
	select {
	case l.more <- struct{}{}:
	default: // one is waiting already
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answers
}

// snapshot is the ledger as it stands.
func (l *ledger) snapshot() *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := newLedger()
	s.people, s.clients, s.visits, s.grants, s.answers = slices.Clone(l.people), slices.Clone(l.clients), slices.Clone(l.visits), slices.Clone(l.grants), l.answers
	for k, v := range l.consent {
		s.consent[k] = v
	}
	for i := range s.grants {
		s.grants[i].tokens = slices.Clone(s.grants[i].tokens)
	}
	for i := range s.visits {
		s.visits[i].jar = cloneJar(s.visits[i].jar)
	}
	return s
}

// dead reports whether the grant must have ended, and whether it may have.
func (l *ledger) dead(g *grant) (must, may bool) {
	logout := never
	if !g.offline {
		logout = l.visits[g.visit].logout
	}
	for _, f := range []fact{g.revoke, g.reuse, logout} {
		must, may = must || f == answered, may || f != never
	}
	return must, may
}

// last is the refresh token that counts, as far as the parent knows.
func (g *grant) last() string {
	if len(g.tokens) == 0 {
		return ""
	}
	return g.tokens[len(g.tokens)-1]
}
