package drills

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// load is workers that live people's lives at the nodes until they are told to rest.
type load struct {
	t       *testing.T
	l       *ledger
	hash    string
	stop    chan struct{}
	workers sync.WaitGroup
}

// startLoad starts n workers, in turn at each node.
func startLoad(c *cluster, l *ledger, hash string, n int, rnd *rand.Rand) *load {
	ld := &load{t: c.t, l: l, hash: hash, stop: make(chan struct{})}
	for i := range n {
		w := &worker{load: ld, hand: newHand(l, c.nodes[i%len(c.nodes)], hash), rnd: rand.New(rand.NewPCG(rnd.Uint64(), rnd.Uint64()))} //nolint:gosec // a drill's choices
		ld.workers.Go(w.run)
	}
	return ld
}

// await waits until the ledger has n answers.
func (ld *load) await(n int) {
	ld.t.Helper()
	end := time.After(patience)
	for ld.l.count() < n {
		select {
		case <-ld.l.more:
		case <-end:
			ld.t.Fatalf("%d answers after %v, want %d", ld.l.count(), patience, n)
		}
	}
}

// rest lets every worker finish what it is at.
func (ld *load) rest() {
	close(ld.stop)
	ld.workers.Wait()
}

// worker lives one life after the other until it loses its server.
type worker struct {
	*load
	*hand
	rnd *rand.Rand
}

func (w *worker) run() {
	defer w.hand.rest()
	for !w.told() {
		err := w.life()
		if errors.Is(err, errGone) {
			return
		}
		if err != nil && !errors.Is(err, errTold) {
			w.t.Error(err)
			return
		}
	}
}

var errTold = errors.New("told to rest")

func (w *worker) told() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

// life is a person who signs in, lets clients in, and maybe leaves.
func (w *worker) life() error {
	p, err := w.newPerson(fmt.Sprintf("p%016x@example.org", w.rnd.Uint64()))
	if err != nil {
		return err
	}
	v := w.newVisit(p)
	for range 1 + w.rnd.IntN(3) {
		if err := w.authorization(v); err != nil {
			return err
		}
	}
	if w.rnd.IntN(2) == 0 {
		return w.logout(v)
	}
	return nil
}

func (w *worker) authorization(v int) error {
	c, err := w.someClient()
	if err != nil {
		return err
	}
	g, err := w.authorize(v, c, w.rnd.IntN(3) > 0)
	if err != nil || w.rnd.IntN(8) == 0 { // a code that nobody redeems
		return err
	}
	steps := []func(int) error{w.redeem}
	for range w.rnd.IntN(5) {
		steps = append(steps, w.renew)
	}
	if w.rnd.IntN(3) == 0 {
		steps = append(steps, w.repeat)
	}
	switch w.rnd.IntN(6) {
	case 0:
		steps = append(steps, w.revoke)
	case 1:
		steps = append(steps, w.deny)
	case 2:
		steps = append(steps, w.again)
	}
	for _, step := range steps {
		if w.told() {
			return errTold
		}
		if err := step(g); err != nil {
			return err
		}
	}
	return nil
}

// again redeems a code once more.
func (w *worker) again(i int) error {
	g, c := w.hand.l.grant(i)
	return w.reuse(i, func() (answer, error) { return w.sendCode(g, c) })
}

// someClient is one that was registered, or a new one.
func (w *worker) someClient() (int, error) {
	if w.rnd.IntN(6) > 0 {
		if c, err := w.knownClient(); err == nil {
			return c, nil
		}
	}
	return w.newClient(client{rotates: w.rnd.IntN(3) > 0, audited: w.rnd.IntN(2) == 0})
}

var errNoClient = errors.New("no client was registered yet")

func (w *worker) knownClient() (int, error) {
	var known []int
	w.hand.l.do(func() {
		for i, c := range w.hand.l.clients {
			if c.made == answered {
				known = append(known, i)
			}
		}
	})
	if len(known) == 0 {
		return 0, errNoClient
	}
	return known[w.rnd.IntN(len(known))], nil
}
