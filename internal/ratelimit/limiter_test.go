package ratelimit

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_800_000_000, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

func newLimiter(t testing.TB, events int, per time.Duration, maxKeys int) (*Limiter, *clock) {
	t.Helper()
	c := &clock{}
	l, err := New(Config{Events: events, Per: per, MaxKeys: maxKeys, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return l, c
}

func TestBurstThenSustainedRate(t *testing.T) {
	l, c := newLimiter(t, 5, 10*time.Second, 0)
	for i := range 5 {
		if ok, _ := l.Allow("k"); !ok {
			t.Fatalf("event %d of the burst refused", i)
		}
	}
	ok, wait := l.Allow("k")
	if ok || wait != 2*time.Second {
		t.Fatalf("sixth: %v, %v", ok, wait)
	}
	if ok, _ := l.Allow("other"); !ok {
		t.Error("another key was held too")
	}
	c.advance(wait - time.Nanosecond)
	if ok, _ := l.Allow("k"); ok {
		t.Error("allowed a nanosecond early")
	}
	c.advance(time.Nanosecond)
	if ok, _ := l.Allow("k"); !ok {
		t.Error("refused when retryAfter had passed")
	}
}

func TestRefusedEventsDoNotExtendTheWait(t *testing.T) {
	l, _ := newLimiter(t, 1, time.Minute, 0)
	l.Allow("k")
	for range 1000 {
		if ok, wait := l.Allow("k"); ok || wait != time.Minute {
			t.Fatalf("%v %v", ok, wait)
		}
	}
}

func TestCheckDoesNotCount(t *testing.T) {
	l, _ := newLimiter(t, 1, time.Minute, 0)
	for range 10 {
		if ok, _ := l.Check("k"); !ok {
			t.Fatal("Check counted")
		}
	}
	l.Count("k")
	if ok, wait := l.Check("k"); ok || wait != time.Minute {
		t.Errorf("after Count: %v %v", ok, wait)
	}
}

func TestCountIsBoundedByOneWindow(t *testing.T) {
	l, c := newLimiter(t, 2, time.Minute, 0)
	for range 1000 {
		l.Count("k")
	}
	c.advance(30 * time.Second)
	if ok, _ := l.Allow("k"); !ok {
		t.Error("a thousand failures cost more than one window: a stranger can lock a key for long")
	}
}

func TestGiveTakesBackOne(t *testing.T) {
	l, _ := newLimiter(t, 2, time.Minute, 0)
	l.Allow("k")
	l.Allow("k")
	l.Give("k")
	l.Give("never seen")
	if ok, _ := l.Allow("k"); !ok {
		t.Error("what was given back is not there")
	}
	if ok, _ := l.Allow("k"); ok {
		t.Error("more was given back than one")
	}
}

func TestUsed(t *testing.T) {
	l, c := newLimiter(t, 4, 4*time.Second, 0)
	if u := l.Used("k"); u != 0 {
		t.Errorf("of nothing: %v", u)
	}
	l.Allow("k")
	l.Allow("k")
	if u := l.Used("k"); u != 0.5 {
		t.Errorf("of two in four: %v", u)
	}
	for range 9 {
		l.Allow("k")
	}
	if u := l.Used("k"); u != 1 {
		t.Errorf("of all: %v", u)
	}
	c.advance(time.Minute)
	if u := l.Used("k"); u != 0 {
		t.Errorf("after a minute: %v", u)
	}
}

func TestReserveStandsInLine(t *testing.T) {
	l, c := newLimiter(t, 2, 10*time.Second, 0)
	for i, want := range []time.Duration{0, 0, 5 * time.Second, 10 * time.Second} {
		if ok, delay := l.Reserve("k", 10*time.Second); !ok || delay != want {
			t.Errorf("place %d: %v %v", i, ok, delay)
		}
	}
	for range 3 { // who is sent away makes the line no longer
		if ok, delay := l.Reserve("k", 10*time.Second); ok || delay != 5*time.Second {
			t.Errorf("%v %v", ok, delay)
		}
	}
	c.advance(5 * time.Second)
	if ok, delay := l.Reserve("k", 10*time.Second); !ok || delay != 10*time.Second {
		t.Errorf("%v %v", ok, delay)
	}
}

func TestReset(t *testing.T) {
	l, _ := newLimiter(t, 1, time.Minute, 0)
	l.Allow("k")
	l.Reset("k")
	l.Reset("never seen")
	if ok, _ := l.Allow("k"); !ok {
		t.Error("still held")
	}
}

// DS07: a million keys, a bounded map.
func TestMemoryIsBounded(t *testing.T) {
	l, _ := newLimiter(t, 5, time.Minute, 4096)
	for i := range 1_000_000 {
		l.Allow(fmt.Sprintf("user%d", i))
	}
	if n := l.Len(); n > 4096 {
		t.Fatalf("%d keys held", n)
	}
}

// DS07: a flood of fresh keys does not free the one that is held.
func TestFloodKeepsTheStrictOnes(t *testing.T) {
	l, _ := newLimiter(t, 10, time.Hour, 1024)
	for range 10 {
		l.Allow("victim of guessing")
	}
	for i := range 200_000 {
		l.Allow(fmt.Sprintf("noise%d", i))
	}
	if ok, _ := l.Allow("victim of guessing"); ok {
		t.Error("the flood washed out a held key")
	}
}

func TestFullTableStillTakesNewKeys(t *testing.T) {
	l, _ := newLimiter(t, 2, time.Hour, shardCount)
	for i := range 1000 {
		key := fmt.Sprint(i)
		if ok, _ := l.Allow(key); !ok {
			t.Fatalf("a stranger's key %s was refused because the table is full", key)
		}
	}
}

func TestHeapAndMapStayInStep(t *testing.T) {
	l, c := newLimiter(t, 3, time.Second, 64)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		key := fmt.Sprint(rng.IntN(200))
		switch rng.IntN(4) {
		case 0:
			l.Reset(key)
		case 1:
			l.Count(key)
		default:
			l.Allow(key)
		}
		c.advance(time.Duration(rng.IntN(int(50 * time.Millisecond))))
	}
	for i := range l.shards {
		s := &l.shards[i]
		if len(s.keys) != len(s.heap) {
			t.Fatalf("shard %d: %d keys, %d cells", i, len(s.keys), len(s.heap))
		}
		for j, cl := range s.heap {
			if cl.index != j || s.keys[cl.key] != cl {
				t.Fatalf("shard %d: cell %d is out of step", i, j)
			}
			if parent := (j - 1) / 2; j > 0 && s.heap[parent].at > cl.at {
				t.Fatalf("shard %d: heap order broken at %d", i, j)
			}
		}
	}
}

func TestConcurrentEventsAreCountedExactly(t *testing.T) {
	l, _ := newLimiter(t, 100, time.Hour, 0)
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				if ok, _ := l.Allow("k"); ok {
					allowed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 100 {
		t.Errorf("%d allowed", allowed.Load())
	}
}

func TestBadConfigurations(t *testing.T) {
	for _, cfg := range []Config{{}, {Events: 1}, {Events: -1, Per: time.Second}, {Events: 1, Per: time.Second, Burst: -1},
		{Events: 10, Per: 5 * time.Nanosecond}, {Events: 1, Per: time.Second, MaxKeys: -1}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v: accepted", cfg)
		}
	}
}

func TestAddrKey(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7":                    "192.0.2.7",
		"::ffff:192.0.2.7":             "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":         "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::":          "2001:db8:1:2::/64",
		"2001:db8:1:3::1":              "2001:db8:1:3::/64",
		"fe80::1%eth0":                 "fe80::/64",
		"64:ff9b::192.0.2.7":           "192.0.2.7",
		"2002:c000:0207:1234::1":       "192.0.2.7",
		"2002:c000:0207:ffff:ffff::99": "192.0.2.7",
	} {
		if got := AddrKey(netip.MustParseAddr(in)); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	for _, same := range [][2]string{
		{"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.7", "64:ff9b::192.0.2.7"}, {"192.0.2.7", "2002:c000:0207:1234::1"}, {"fe80::1%eth0", "fe80::2"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::"},
	} {
		if AddrTag(netip.MustParseAddr(same[0])) != AddrTag(netip.MustParseAddr(same[1])) {
			t.Errorf("%v have two tags", same)
		}
	}
	for _, other := range [][2]string{{"192.0.2.7", "192.0.2.8"}, {"2001:db8:1:2::1", "2001:db8:1:3::1"}, {"c000:207::", "192.0.2.7"}} {
		if AddrTag(netip.MustParseAddr(other[0])) == AddrTag(netip.MustParseAddr(other[1])) {
			t.Errorf("%v have one tag", other)
		}
	}
	if AddrKey(netip.Addr{}) != "unknown" {
		t.Error("an invalid address needs a key: it must not skip the limit")
	}
}

// DS07: one /64 is one key however often its addresses change.
func TestRotationInsideASubnetIsOneKey(t *testing.T) {
	l, _ := newLimiter(t, 5, time.Minute, 0)
	allowed := 0
	for i := range 1000 {
		b := netip.MustParseAddr("2001:db8::").As16()
		b[8], b[15] = byte(i), byte(i>>8)
		if ok, _ := l.Allow(AddrKey(netip.AddrFrom16(b))); ok {
			allowed++
		}
	}
	if allowed != 5 || l.Len() != 1 {
		t.Errorf("%d allowed, %d keys", allowed, l.Len())
	}
}

func BenchmarkAddrTag(b *testing.B) {
	l, _ := newLimiter(b, 1_000_000, time.Second, 0)
	a := netip.MustParseAddr("192.0.2.7")
	b.ReportAllocs()
	for b.Loop() {
		tag := AddrTag(a)
		l.Allow(string(tag[:]))
	}
}

func BenchmarkAllow(b *testing.B) {
	l, _ := newLimiter(b, 5, time.Minute, 0)
	keys := make([]string, 10_000)
	for i := range keys {
		keys[i] = fmt.Sprint(i)
	}
	i := 0
	for b.Loop() {
		l.Allow(keys[i%len(keys)])
		i++
	}
}
