package drills

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	drainDelay  = time.Second
	stopsWithin = 15 * time.Second
	together    = 5 // processes that start at once
)

// balancer sends requests to the nodes that say they are ready, as a proxy with a health check does.
type balancer struct {
	*cluster
	ready []atomic.Bool
	stop  chan struct{}
	done  sync.WaitGroup
}

func newBalancer(c *cluster) *balancer {
	b := &balancer{cluster: c, ready: make([]atomic.Bool, len(c.nodes)), stop: make(chan struct{})}
	for i := range c.nodes {
		b.ready[i].Store(true)
		b.done.Go(func() { b.watch(i) })
	}
	return b
}

// watch asks ten times a second, and goes by one refusal.
func (b *balancer) watch(i int) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-tick.C:
			status, err := b.nodes[i].readiness()
			b.ready[i].Store(err == nil && status == http.StatusOK)
		}
	}
}

func (b *balancer) rest() {
	close(b.stop)
	b.done.Wait()
}

// traffic is people who keep on renewing, asking and signing in, each over connections of their own, as long as their node is in service.
type traffic struct {
	*balancer
	l      *ledger
	hash   string
	failed atomic.Int64
	done   atomic.Int64 // requests
	wg     sync.WaitGroup
}

// visitor lives lives at node i while the balancer sends anybody there. Lives that end because the node left service are no failure; a request
// that was sent and got no answer is.
func (tr *traffic) visitor(i, n int) {
	w := &worker{load: &load{t: tr.t, l: tr.l, hash: tr.hash, stop: make(chan struct{})}, hand: newHand(tr.l, tr.nodes[i], tr.hash), rnd: settings{seed: uint64(n)}.choices(6)} //nolint:gosec // a small number
	defer w.hand.rest()
	p, err := w.newPerson(fmt.Sprintf("visitor%d@example.org", n))
	if err != nil {
		tr.fail(err)
		return
	}
	v := w.newVisit(p)
	for k := 0; tr.ready[i].Load() && err == nil; k++ {
		err = w.authorization(v)
		tr.done.Add(1)
		if err == nil && k%8 == 7 && tr.ready[i].Load() { // password hashes in the middle of the stop
			v = w.newVisit(p)
		}
	}
	if err != nil && !tr.turnedAway(i, err) {
		tr.fail(err)
	}
}

// turnedAway tells whether a request was never taken, by a node that had said that it takes none: a balancer sends that one elsewhere.
func (tr *traffic) turnedAway(i int, err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) && !tr.ready[i].Load()
}

func (tr *traffic) fail(err error) {
	tr.failed.Add(1)
	tr.t.Error(err)
}

func TestDrainOnSQLite(t *testing.T)   { drainUnderLoad(t, onSQLite) }
func TestDrainOnPostgres(t *testing.T) { drainUnderLoad(t, onPostgres) }

// drainUnderLoad stops a server that is being used (RL14): readiness says no first, then it goes on for the drain delay, and nobody who came before
// the balancer knew is left without an answer.
func drainUnderLoad(t *testing.T, kind string) {
	c := newCluster(t, kind, append(patientTokens(), "JEDAN_SHUTDOWN__DRAIN_DELAY="+drainDelay.String())...).boot(size(kind))
	tr := &traffic{balancer: newBalancer(c), l: newLedger(), hash: cheapHash(t)}
	for n := range 12 {
		tr.wg.Go(func() { tr.visitor(n%len(c.nodes), n) })
	}
	(&load{t: t, l: tr.l}).await(100)
	begun := time.Now()
	p := tr.stopWithHeldRequests(c.nodes[0])
	took := time.Since(begun)
	tr.balancer.rest()        // first, or what it asked just before would put a node back into service
	for i := range tr.ready { // the others go out of service the gentle way
		tr.ready[i].Store(false)
	}
	tr.wg.Wait()
	if w := <-p.last; w.Event != "stopped" || p.err != nil {
		t.Errorf("the server did not end well: %+v %v", w, p.err)
	}
	if took < drainDelay || took > stopsWithin {
		t.Errorf("it took %v to stop", took)
	}
	t.Logf("%d authorizations, %d answers, %d failed, stopped after %v", tr.done.Load(), tr.l.count(), tr.failed.Load(), took.Round(time.Millisecond))
	c.nodes[0].start()
	c.inspect(tr.l, c.nodes[0], marks{}, tr.l.marks(), 0, settings{}.choices(7))
}

// stopWithHeldRequests stops a server while requests are in the middle of their bodies. They end when nobody else is let in any more, and are answered.
func (tr *traffic) stopWithHeldRequests(x *node) *process {
	tr.t.Helper()
	h := newHand(tr.l, x, tr.hash)
	defer h.rest()
	i := aGrant(tr.t, h)
	g, c := tr.l.grant(i)
	tr.l.do(func() { tr.l.grants[i].renewing = true })
	v := newVolley(tr.t, []*node{x}, 4, settings{}.choices(9))
	last := v.hold("/oauth2/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {g.last()}, "client_id": {c.clientID}, "client_secret": {c.secret},
	})
	p := x.current()
	if err := p.terminate(); err != nil {
		tr.t.Fatal(err)
	}
	x.awaitClosed()
	for n, l := range v.lanes {
		v.write(l, last)
		a := v.read(n)
		if a.status != http.StatusOK {
			tr.t.Errorf("a request in the middle of the stop: %v", a)
			continue
		}
		h.renewed(i, a)
	}
	<-p.ended
	return p
}

// awaitClosed returns when the node lets nobody in. Whoever answers at its address long after that is another program that was given its port.
func (x *node) awaitClosed() {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); time.Since(begun) < drainDelay+stopsWithin/2; <-tick.C {
		conn, err := net.Dial("tcp", x.address())
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// A second server on one SQLite file is refused by the name of the first. Its attempt leaves the first alone.
func TestASecondServerIsRefusedByName(t *testing.T) {
	c := newCluster(t, onSQLite).boot(1)
	second := &node{cluster: c, name: "second"}
	p := second.launch()
	w := p.begin(second)
	<-p.ended
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{fmt.Sprint("process ", c.nodes[0].current().cmd.Process.Pid), host, "jedan-auth.db"} {
		if w.Event != "refused" || !strings.Contains(w.Error, part) {
			t.Errorf("%q does not name %q", w.Error, part)
		}
	}
	if p.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("exit code %d", p.cmd.ProcessState.ExitCode())
	}
	c.nodes[0].awaitReady()
}

func TestFiveServersStartAtOnceOnSQLite(t *testing.T)   { startTogether(t, onSQLite, 1) }
func TestFiveServersStartAtOnceOnPostgres(t *testing.T) { startTogether(t, onPostgres, together) }

// startTogether starts servers on an empty folder, and database, at the same time. As many as may serve do, the others are refused by name, and what
// they made together is one whole: tokens of one are good at the other.
func startTogether(t *testing.T, kind string, serving int) {
	c := newCluster(t, kind)
	for i := range together {
		c.nodes = append(c.nodes, &node{cluster: c, name: string(rune('a' + i))})
	}
	words := make([]word, together)
	var wg sync.WaitGroup
	for i, x := range c.nodes {
		p := x.launch()
		wg.Go(func() { words[i] = p.begin(x) })
	}
	wg.Wait()
	var up []*node
	for i, w := range words {
		switch {
		case w.Event == "ready":
			up = append(up, c.nodes[i])
		case w.Event != "refused" || !strings.Contains(w.Error, "Another server runs on"):
			t.Errorf("server %d: %+v\n%s", i, w, c.nodes[i].log())
		}
	}
	if len(up) != serving {
		t.Fatalf("%d of %d serve, want %d", len(up), together, serving)
	}
	l := newLedger()
	h := newHand(l, up[0], cheapHash(t))
	defer h.rest()
	g := aGrant(t, h)
	for _, x := range up {
		x.awaitReady()
		other := newHand(l, x, "")
		if err := other.renew(g); err != nil {
			t.Errorf("server %s does not know the others' tokens: %v", x.name, err)
		}
		other.rest()
	}
	c.nodes = up
	c.inspect(l, up[len(up)-1], marks{}, marks{}, 0, settings{}.choices(8))
}

// aGrant takes a new person through to tokens of a new client.
func aGrant(t *testing.T, h *hand) int {
	t.Helper()
	p, err := h.newPerson("first@example.org")
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.newClient(client{rotates: true, audited: true})
	if err != nil {
		t.Fatal(err)
	}
	g, err := h.authorize(h.newVisit(p), c, true)
	if err == nil {
		err = h.redeem(g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}
