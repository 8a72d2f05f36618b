package drills

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What is promised of a server whose providers hang (issue 5): the medians of hung to healthy.
const (
	hungP95 = 1.10
	hungCPU = 1.05
)

// hung is one server whose providers hang and recover, all together.
type hung struct {
	*cluster
	out          *outside
	road         *http.Transport
	full         bool // the machine is the drill's own, and times count
	rate         int  // things that are begun in a second
	app, machine client
	refreshToken string
	people       []hungPerson
	phones       []hungPerson
	ahead        time.Duration // of the server's clock

	dying atomic.Bool
	mu    sync.Mutex
	now   *hungWindow
	until time.Time // the end of a long hang
	turn, newcomers, ring, addresses,
	lost int
	access string
	asked  map[string]int    // messages by recipient
	owed   map[string]int    // those that the server said it sends
	seen   map[string]string // the providers' phase at each sign-in, by its address
}

// Phases of the providers.
const (
	phaseWell    = "well"
	phaseHung    = "hung"
	phaseReborn  = "hung since the server's start"
	phaseBetween = "between"
)

func TestHungProvidersOnSQLite(t *testing.T)   { hungProviders(t, onSQLite, "silent", accepting) }
func TestHungProvidersOnPostgres(t *testing.T) { hungProviders(t, onPostgres, "silent", accepting) }
func TestHungProvidersDroppingOnSQLite(t *testing.T) {
	hungProviders(t, onSQLite, "dropping", dropping)
}
func TestHungProvidersDroppingOnPostgres(t *testing.T) {
	hungProviders(t, onPostgres, "dropping", dropping)
}

// hungProviders: the mail server, the gateway for text messages and every feed hang together, in every other of a row of windows, and once more for long while the
// server is killed. Requests must not feel it. Every message arrives afterwards, and each verdict names the feeds that it had to do without.
func hungProviders(t *testing.T, kind, how string, make func(*testing.T) *outside) {
	set := readSettings(t)
	h := &hung{full: os.Getenv("JEDAN_HUNG") != "", rate: number(t, "JEDAN_HUNG_RATE", 16), asked: map[string]int{}, owed: map[string]int{}, seen: map[string]string{}}
	length, count, last := time.Second, 4, 2*time.Second
	if h.full {
		length, count = time.Duration(number(t, "JEDAN_HUNG", 30))*time.Second, 10
		last = time.Duration(number(t, "JEDAN_HUNG_LAST", 20*int(length.Seconds()))) * time.Second
	}
	begun := time.Now()
	h.out = make(t)
	h.cluster = newCluster(t, kind, append(patientTokens(), h.out.environ(h.full)...)...).boot(1)
	h.road = h.nodes[0].road()
	h.begin(phaseBetween)
	h.fill(h.rate * int((time.Duration(count)*length + last).Seconds()))
	h.grant()
	h.feedsAnswer()
	var windows []*hungWindow
	for i := range count {
		windows = append(windows, h.window(i%2 == 1, length))
	}
	long := h.lastHang(last)
	arrived := h.check()
	p95, cpu := medians(windows)
	set.report(t, run{drill: "providers that hang, " + how, database: kind, begun: begun, size: fmt.Sprintf("%d windows of %v, then %v with a kill -9", count, length, last),
		figures: fmt.Sprintf("hung/healthy: p95 %.2f, processor time a request %.2f (%s; long hang %.1f ms and %.2f ms); %s; %d requests lost to the kill",
			p95, cpu, spread(windows), millis(long.p95()), millis(long.each()), arrived, h.lost)})
	if h.full && (p95 >= hungP95 || cpu >= hungCPU) {
		t.Errorf("p95 %.3f, processor time %.3f of what they are while all is well", p95, cpu)
	}
}

// window is one of the alternating ones. What a hung one leaves is delivered before the next begins.
func (h *hung) window(hang bool, length time.Duration) *hungWindow {
	h.t.Helper()
	if !hang {
		return h.logged(h.load(phaseWell, length, false))
	}
	h.out.hang()
	w := h.load(phaseHung, length, false)
	h.out.heal()
	h.arrive()
	h.feedsAnswer()
	return h.logged(w)
}

func (h *hung) logged(w *hungWindow) *hungWindow {
	h.t.Logf("%s: %d requests, p50 %v, p95 %v, %v of processor time each", w.phase, len(w.took), percentile(w.took, 0.5), w.p95(), w.each())
	if h.t.Failed() {
		h.t.Fatal(h.nodes[0].log())
	}
	return w
}

// lastHang kills the server in the middle, and starts it again while the providers still hang. What it returns was measured after that.
func (h *hung) lastHang(length time.Duration) *hungWindow {
	h.t.Helper()
	h.out.hang()
	h.mu.Lock()
	h.until = time.Now().Add(length)
	h.mu.Unlock()
	h.logged(h.load(phaseHung, length/2, true))
	h.nodes[0].start()
	h.sendClock(h.ahead) // it was in the memory of the dead
	w := h.logged(h.load(phaseReborn, length/2, false))
	h.out.heal()
	h.dieDelivering()
	h.arrive()
	return w
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }

// dieDelivering kills the server once more while it delivers what has waited.
func (h *hung) dieDelivering() {
	h.t.Helper()
	for had, end := len(h.out.messages()), time.Now().Add(patience); len(h.out.messages()) == had; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatal("nothing is delivered")
		}
	}
	h.nodes[0].current().kill()
	h.nodes[0].start()
	h.sendClock(h.ahead) // it was in the memory of the dead
}

// longer reports that the providers hang on for so long that what is short-lived would be pointless when they are well.
func (h *hung) longer() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until) > shortLived
}

// later moves the server's clock: pauses between attempts are not waited for.
func (h *hung) later(d time.Duration) {
	h.t.Helper()
	h.ahead += d
	h.sendClock(d)
}

// medians are of the ratios between neighbours: what drifts, such as the size of tables, falls out.
func medians(all []*hungWindow) (p95, cpu float64) {
	var slow, dear []float64
	for i := 1; i < len(all); i++ {
		well, hang := all[i-1], all[i]
		if well.phase == phaseHung {
			well, hang = hang, well
		}
		slow = append(slow, hang.p95().Seconds()/well.p95().Seconds())
		dear = append(dear, hang.each().Seconds()/max(well.each().Seconds(), 1e-9))
	}
	return median(slow), median(dear)
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	if n := len(all); n%2 == 0 {
		return (all[n/2-1] + all[n/2]) / 2
	}
	return all[len(all)/2]
}

// spread is what the windows have in common.
func spread(all []*hungWindow) string {
	requests, slow, dear := 0, []float64{}, []float64{}
	for _, w := range all {
		requests += len(w.took)
		if w.phase == phaseWell {
			slow, dear = append(slow, millis(w.p95())), append(dear, millis(w.each()))
		}
	}
	return fmt.Sprintf("healthy %.1f ms and %.2f ms over %d requests", median(slow), median(dear), requests)
}
