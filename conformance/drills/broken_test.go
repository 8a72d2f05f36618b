package drills

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

const (
	pause    = 10 * time.Millisecond // between tries
	mostTry  = 500
	breakers = 6 // workers at each node
)

// TestKillDatabaseConnections breaks connections to PostgreSQL in the middle of whatever they are at, as an administrator, a restart or a network
// does. Clients that are told to try again do so, and lose nothing: no answer but tokens or "try again", no refusal of an honest retry, and
// afterwards the ledger holds. The one thing that cannot be tried again is a code: its answer may be lost after it was spent.
func TestKillDatabaseConnections(t *testing.T) {
	set := readSettings(t)
	rnd := set.choices(10)
	c := newCluster(t, onPostgres, patientTokens()...)
	direct := c.dsn
	p, dsn := newProxy(t, direct)
	c.dsn = dsn
	c.boot(2)
	l := newLedger()
	stubborn := startStubborn(c, l, cheapHash(t), rnd)
	breaks, begun := 4*set.kills, time.Now()
	for range breaks {
		stubborn.await(l.count() + 1 + rnd.IntN(12))
		<-time.After(time.Duration(rnd.IntN(3000)) * time.Microsecond)
		if rnd.IntN(2) == 0 {
			execute(t, direct, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		} else {
			p.cut()
			p.mend()
		}
	}
	stubborn.rest()
	for _, x := range c.nodes {
		x.awaitReady()
	}
	c.dsn = direct
	found := c.inspect(l, c.nodes[0], marks{}, marks{}, 0, rnd)
	set.report(t, run{drill: "broken connections", database: onPostgres, begun: begun, size: fmt.Sprintf("%d breaks, 2 processes", breaks), figures: fmt.Sprintf(
		"%d answers, %d times told to try again; at the end %s", l.answers, stubborn.again, figures(found))})
	if stubborn.again == 0 {
		t.Error("nothing was ever in the way")
	}
}

// stubborn is load that tries again when it is told to.
type stubborn struct {
	*load
	mu    sync.Mutex
	again int
}

// startStubborn makes people and clients, and then starts workers at every node.
func startStubborn(c *cluster, l *ledger, hash string, rnd *rand.Rand) *stubborn {
	c.t.Helper()
	s := &stubborn{load: &load{t: c.t, l: l, hash: hash, stop: make(chan struct{})}}
	for i := range breakers * len(c.nodes) {
		w := &worker{load: s.load, hand: newHand(l, c.nodes[i%len(c.nodes)], hash), rnd: rand.New(rand.NewPCG(rnd.Uint64(), rnd.Uint64()))} //nolint:gosec // a drill's choices
		p, err := w.newPerson(fmt.Sprintf("stubborn%d@example.org", i))
		if err == nil && i%3 == 0 {
			_, err = w.newClient(client{rotates: i%2 == 0, audited: true})
		}
		if err != nil {
			c.t.Fatal(err)
		}
		w.tolerant = true
		s.workers.Go(func() {
			defer w.hand.rest()
			for err := error(nil); err == nil && !w.told(); {
				if err = s.life(w, p); err != nil && !errors.Is(err, errTold) {
					s.t.Error(err)
				}
			}
		})
	}
	return s
}

// try does something until it is done.
func (s *stubborn) try(w *worker, do func() error) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for range mostTry {
		err := do()
		if !errors.Is(err, errAway) {
			return err
		}
		s.mu.Lock()
		s.again++
		s.mu.Unlock()
		if w.told() {
			return errTold
		}
		<-tick.C
	}
	return errAway
}

func (s *stubborn) life(w *worker, p int) error {
	v := w.newVisit(p)
	for range 1 + w.rnd.IntN(3) {
		if err := s.authorization(w, v); err != nil {
			return err
		}
	}
	return s.try(w, func() error { return w.logout(v) })
}

func (s *stubborn) authorization(w *worker, v int) error {
	c, err := w.knownClient()
	if err != nil {
		return err
	}
	var g int
	err = s.try(w, func() (err error) {
		g, err = w.authorize(v, c, w.rnd.IntN(3) > 0)
		return err
	})
	if err != nil {
		return err
	}
	if err := w.redeem(g); errors.Is(err, errAway) {
		s.mu.Lock()
		s.again++
		s.mu.Unlock()
		return nil // nobody knows whether it is spent; the inspection will see
	} else if err != nil {
		return err
	}
	for range w.rnd.IntN(6) {
		if err := s.try(w, func() error { return w.renew(g) }); err != nil {
			return err
		}
	}
	last := []func(int) error{w.revoke, w.deny, w.again, w.repeat}[w.rnd.IntN(4)]
	return s.try(w, func() error { return last(g) })
}
