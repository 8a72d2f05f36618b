package limits

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_800_000_000, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

// plain is a keyring that hides nothing, so that tests can read keys.
type plain struct{}

func (plain) Index(table, column string, value []byte) []byte {
	return fmt.Appendf(nil, "%s/%s/%x", table, column, value)
}

func small(burst int) Config {
	r := Rate{Events: 1, Per: time.Second, Burst: burst}
	return Config{Address: Addresses{Token: r, Login: r}, Client: r, Account: r}
}

func mustNew(t testing.TB, c Config, d Deps) (*Limits, *clock) {
	t.Helper()
	at := &clock{}
	if d.Now == nil {
		d.Now = at.now
	}
	d.Ring = plain{}
	l, err := New(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return l, at
}

func allowed(n int, take func(i int) time.Duration) (ok int) {
	for i := range n {
		if take(i) == 0 {
			ok++
		}
	}
	return ok
}

func TestEachKindIsCountedByItself(t *testing.T) {
	l, at := mustNew(t, small(3), Deps{})
	ctx, a, b := t.Context(), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for name, take := range map[string]func(int) time.Duration{
		"address":         func(int) time.Duration { return l.Address(ctx, Token, a) },
		"another address": func(int) time.Duration { return l.Address(ctx, Token, b) },
		"another class":   func(int) time.Duration { return l.Address(ctx, Login, a) },
		"one /64": func(i int) time.Duration {
			return l.Address(ctx, Token, netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i)))
		},
		"no address":               func(int) time.Duration { return l.Address(ctx, Token, netip.Addr{}) },
		"client":                   func(int) time.Duration { return l.Client(ctx, "/oauth2/token", "acme", netip.Addr{}) },
		"another client":           func(int) time.Duration { return l.Client(ctx, "/oauth2/token", "beta", netip.Addr{}) },
		"another endpoint":         func(int) time.Duration { return l.Client(ctx, "/oauth2/par", "acme", netip.Addr{}) },
		"a public client":          func(int) time.Duration { return l.Client(ctx, "/oauth2/token", "acme", a) },
		"the same from elsewhere":  func(int) time.Duration { return l.Client(ctx, "/oauth2/token", "acme", b) },
		"account":                  func(int) time.Duration { return l.Account(ctx, "login", "maria") },
		"the same for another act": func(int) time.Duration { return l.Account(ctx, "recovery", "maria") },
	} {
		if got := allowed(10, take); got != 3 {
			t.Errorf("%s: %d of 10", name, got)
		}
	}
	if wait := l.Address(ctx, Token, a); wait != time.Second {
		t.Errorf("to wait: %v", wait)
	}
	if !l.Pressed(Token, a) || l.Pressed(Token, netip.MustParseAddr("192.0.2.3")) || !l.AccountPressed("login", "maria") || l.AccountPressed("login", "ann") {
		t.Error("who is pressed is wrong")
	}
	l.Forgive(ctx, "login", "maria")
	if wait := l.Account(ctx, "login", "maria"); wait != 0 {
		t.Errorf("what was taken back is counted: %v", wait)
	}
	at.advance(time.Second)
	if wait := l.Address(ctx, Token, a); wait != 0 {
		t.Errorf("after the wait: %v", wait)
	}
}

func TestOffAndDefaults(t *testing.T) {
	l, _ := mustNew(t, Config{Address: Addresses{Token: Rate{Events: -1}}, Client: Rate{Events: -1}, Account: Rate{Events: -1}}, Deps{})
	ctx, a := t.Context(), netip.MustParseAddr("192.0.2.1")
	if got := allowed(20_000, func(int) time.Duration {
		return l.Address(ctx, Token, a) + l.Client(ctx, "e", "c", a) + l.Account(ctx, "login", "x") + l.Address(ctx, Uncounted, a)
	}); got != 20_000 || l.Size() != 0 || l.Pressed(Token, a) || l.AccountPressed("login", "x") {
		t.Errorf("off: %d, %d keys", got, l.Size())
	}
	l.Forgive(ctx, "login", "x")
	// An office of 5,000 people that begins its day within ten minutes, ten pages each.
	at := &clock{}
	l, _ = mustNew(t, Config{}, Deps{Now: at.now})
	for i := range 50_000 {
		at.advance(10 * time.Minute / 50_000)
		if wait := l.Address(ctx, Login, a); wait > 0 {
			t.Fatalf("request %d of the office waits %v", i, wait)
		}
		if l.Pressed(Login, a) {
			t.Fatalf("request %d of the office counts as an attack", i)
		}
	}
}

func TestBadConfigurations(t *testing.T) {
	for name, c := range map[string]Config{
		"network":      {Exempt: []string{"10.0.0.1"}},
		"period":       {Client: Rate{Per: -1}},
		"burst":        {Account: Rate{Burst: -1}},
		"too often":    {Address: Addresses{Token: Rate{Events: 2_000_000_000}}},
		"keys":         {Keys: 3},
		"address.name": {Address: Addresses{Registration: Rate{Burst: -2}}},
	} {
		if err := c.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := New(c, Deps{Now: time.Now}); err == nil {
			t.Errorf("%s: made", name)
		}
	}
	if err := (Config{Address: Addresses{Registration: Rate{Burst: -2}}}).Validate(); err == nil || !strings.Contains(err.Error(), "address.registration") {
		t.Errorf("the setting is not named: %v", err)
	}
	if err := (Config{}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestExempt(t *testing.T) {
	l, _ := mustNew(t, Config{Exempt: []string{"10.0.0.0/8", "::1/128"}}, Deps{})
	for ip, want := range map[string]bool{"10.1.2.3": true, "::1": true, "192.0.2.1": false, "::2": false} {
		if l.Exempt(netip.MustParseAddr(ip)) != want {
			t.Errorf("%s: %v", ip, !want)
		}
	}
	if l.Exempt(netip.Addr{}) {
		t.Error("no address is exempt")
	}
}

func TestClasses(t *testing.T) {
	for path, want := range map[string]Class{
		"/": Authorize, "/oauth2/authorize": Authorize, "/oauth2/token": Token, "/oauth2/introspect": Token, "/oauth2/register/:client": Register,
		"/oauth2/registered": Token, "/login": Login, "/login/mfa": Login, "/loginx": Other, "/recovery/set": Login, "/account": Account, "/account/email": Account,
		"/api/v1/users": Other, "": Other, "/oauth2/logout": Authorize,
	} {
		if got := ClassOf(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	if Class(99).String() != "unknown" || Class(-1).String() != "unknown" {
		t.Error("a class that is none has a name")
	}
}

// DS07: a million addresses, clients and names, a bounded memory.
func TestDS07_MemoryOfLimits(t *testing.T) {
	l, _ := mustNew(t, Config{}, Deps{})
	ctx := t.Context()
	before := alive()
	for i := range uint64(1_000_000) {
		var a [16]byte
		binary.BigEndian.PutUint64(a[:], 0x2001_0db8_0000_0000+i) // another /64 each
		l.Address(ctx, Login, netip.AddrFrom16(a))
		l.Account(ctx, "login", fmt.Sprint(i))
	}
	grown := int64(alive()) - int64(before) //nolint:gosec // far below
	if n := l.Size(); n > 2<<16 {
		t.Errorf("%d keys", n)
	}
	if grown > 2<<16*120 {
		t.Errorf("%d bytes for a million keys of two kinds", grown)
	}
	runtime.KeepAlive(l)
	t.Logf("%d keys of two million take %d KiB", l.Size(), grown>>10)
}

func alive() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// store is a Shared that counts exactly, and can fail.
type store struct {
	mu    sync.Mutex
	keys  map[string]time.Duration // debt
	fail  error
	slow  time.Duration
	asked int
	given int
}

func (s *store) Take(ctx context.Context, key string, interval, window time.Duration) (time.Duration, error) {
	s.mu.Lock()
	s.asked++
	fail, slow := s.fail, s.slow
	s.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if fail != nil {
		return 0, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = map[string]time.Duration{}
	}
	if wait := s.keys[key] + interval - window; wait > 0 {
		return wait, nil
	}
	s.keys[key] += interval
	return 0, nil
}

func (s *store) Give(_ context.Context, key string, interval time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given++
	if s.fail == nil {
		s.keys[key] -= interval
	}
	return s.fail
}

func (s *store) set(fail error, slow time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.slow = fail, slow
}

func TestNodesCountTogether(t *testing.T) {
	s := &store{}
	one, _ := mustNew(t, small(4), Deps{Shared: s})
	two, _ := mustNew(t, small(4), Deps{Shared: s})
	ctx, a := t.Context(), netip.MustParseAddr("192.0.2.1")
	if got := allowed(10, func(i int) time.Duration { return []*Limits{one, two}[i%2].Address(ctx, Token, a) }); got != 4 {
		t.Errorf("two nodes let %d in", got)
	}
	if got := allowed(6, func(i int) time.Duration { return one.Account(ctx, "login", "maria") }); got != 4 {
		t.Errorf("%d", got)
	}
	two.Forgive(ctx, "login", "maria")
	if wait := two.Account(ctx, "login", "maria"); wait != 0 || s.given != 1 {
		t.Errorf("what another node took back: %v, given %d", wait, s.given)
	}
	for key := range s.keys {
		if strings.Contains(key, "maria") || strings.Contains(key, "192.0.2.1") {
			t.Errorf("the shared store sees %q", key)
		}
	}
}

// RL09: while the shared store is away, empty or slow nobody gets more than this node's own limit, nobody waits for it but once, and it is used again within a second.
func TestRL09_SharedStoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		var told []error
		l, _ := mustNew(t, small(5), Deps{Shared: s, Now: time.Now, Changed: func(_ context.Context, err error) { told = append(told, err) }})
		ctx := t.Context()
		take := func(name string) func(int) time.Duration {
			return func(int) time.Duration { return l.Account(ctx, "login", name) }
		}
		if got := allowed(3, take("a")); got != 3 {
			t.Fatalf("%d", got)
		}
		s.set(errors.New("connection refused"), 0)
		if got := allowed(9, take("a")); got != 2 {
			t.Errorf("away: %d more were let in, want 2: three were counted before", got)
		}
		if l.Up() || len(told) != 1 || told[0] == nil {
			t.Errorf("up %v, told %v", l.Up(), told)
		}
		asked := s.asked
		if allowed(9, take("b")); s.asked != asked {
			t.Error("a store that just failed is asked by every request")
		}
		s.set(nil, 0)
		time.Sleep(rest)
		if wait := l.Account(ctx, "login", "c"); wait != 0 || !l.Up() || len(told) != 2 || told[1] != nil {
			t.Errorf("back: wait %v, up %v, told %v", wait, l.Up(), told)
		}
		s.mu.Lock() // as by FLUSHALL
		clear(s.keys)
		s.mu.Unlock()
		if allowed(9, take("d")); s.keys == nil {
			t.Fatal("not counted")
		}
		s.mu.Lock()
		clear(s.keys)
		s.mu.Unlock()
		if got := allowed(9, take("d")); got != 0 {
			t.Errorf("emptied: %d more were let in", got)
		}
		s.set(nil, 5*time.Second)
		began := time.Now()
		for range 20 {
			l.Account(ctx, "login", "e")
		}
		if took := time.Since(began); took > 2*patience {
			t.Errorf("twenty requests waited %v for a slow store", took)
		}
	})
}

// A caller that leaves is not the store's failure.
func TestALeavingClientIsNoOutage(t *testing.T) {
	s := &store{}
	l, _ := mustNew(t, small(5), Deps{Shared: s})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if l.Account(ctx, "login", "a"); !l.Up() || s.asked != 1 || len(s.keys) != 1 {
		t.Errorf("up %v, asked %d, %d keys", l.Up(), s.asked, len(s.keys))
	}
}

func TestOnlyOneTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{fail: errors.New("gone")}
		l, _ := mustNew(t, small(5), Deps{Shared: s, Now: time.Now})
		l.Account(t.Context(), "login", "a")
		time.Sleep(rest)
		s.set(errors.New("gone"), patience/2)
		before := s.asked
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() { l.Account(context.Background(), "login", fmt.Sprint(i)) })
		}
		wg.Wait()
		if n := s.asked - before; n != 1 {
			t.Errorf("%d requests tried the store", n)
		}
	})
}

func BenchmarkAddress(b *testing.B) {
	l, _ := mustNew(b, Config{}, Deps{Now: time.Now})
	ctx, a := b.Context(), netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		l.Address(ctx, Token, a)
	}
}

func BenchmarkClient(b *testing.B) {
	l, _ := mustNew(b, Config{}, Deps{Now: time.Now})
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		l.Client(ctx, "https://auth.example/oauth2/token", "acme", netip.Addr{})
	}
}
