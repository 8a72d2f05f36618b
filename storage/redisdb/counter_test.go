package redisdb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage/redisdb"
	"github.com/jedan-auth/jedan-auth/storage/redisdb/redistest"
)

func open(t *testing.T, url string) *redisdb.Counter {
	t.Helper()
	c, err := redisdb.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func take(t *testing.T, c *redisdb.Counter, key string, interval, window time.Duration) time.Duration {
	t.Helper()
	wait, err := c.Take(t.Context(), key, interval, window)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestBurstThenSustainedRate(t *testing.T) {
	c := open(t, redistest.Start(t).URL())
	for i := range 5 {
		if wait := take(t, c, "k", time.Minute, 5*time.Minute); wait != 0 {
			t.Fatalf("event %d waits %v", i, wait)
		}
	}
	for range 3 { // refused ones do not add to the wait
		if wait := take(t, c, "k", time.Minute, 5*time.Minute); wait <= 59*time.Second || wait > time.Minute {
			t.Errorf("the sixth waits %v", wait)
		}
	}
	if wait := take(t, c, "other", time.Minute, 5*time.Minute); wait != 0 {
		t.Error("another key was held, too")
	}
	if err := c.Give(t.Context(), "k", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := c.Give(t.Context(), "never seen", time.Minute); err != nil {
		t.Fatal(err)
	}
	if a, b := take(t, c, "k", time.Minute, 5*time.Minute), take(t, c, "k", time.Minute, 5*time.Minute); a != 0 || b == 0 {
		t.Errorf("after one was given back: %v, %v", a, b)
	}
}

// Keys end by themselves, and microseconds are kept though they are above what a Lua number prints by default.
func TestKeysEnd(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	take(t, c, "k", 100*time.Microsecond, time.Second)
	if wait := take(t, c, "slow", 50*time.Millisecond, 50*time.Millisecond); wait != 0 {
		t.Fatal(wait)
	}
	if wait := take(t, c, "slow", 50*time.Millisecond, 50*time.Millisecond); wait <= 0 || wait > 50*time.Millisecond {
		t.Errorf("wait %v", wait)
	}
	for deadline := time.Now().Add(5 * time.Second); s.Do("DBSIZE") != ":0"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("keys stay: %s", s.Do("DBSIZE"))
		}
	}
}

func TestConcurrentEventsAreCountedExactly(t *testing.T) {
	s := redistest.Start(t)
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		c := open(t, s.URL())
		for range 8 {
			wg.Go(func() {
				for range 20 {
					if wait, err := c.Take(context.Background(), "k", time.Hour, 100*time.Hour); err == nil && wait == 0 {
						allowed.Add(1)
					}
				}
			})
		}
	}
	wg.Wait()
	if allowed.Load() != 100 {
		t.Errorf("%d of 640 were let in, want 100", allowed.Load())
	}
}

// Whatever is wrong with the server, the answer is an error, soon, that spells nothing out.
func TestFailures(t *testing.T) {
	s := redistest.Start(t)
	line := redistest.Lay(t, s.Addr)
	c := open(t, line.URL())
	take(t, c, "k", time.Minute, time.Hour)
	fails := func(name, want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := c.Take(ctx, "k", time.Minute, time.Hour)
		if err == nil {
			t.Fatalf("%s: counted", name)
		}
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("%s: an error after %v", name, took)
		}
		if got := redisdb.Refused(err); !strings.Contains(want, got) {
			t.Errorf("%s: %q for %v", name, got, err)
		}
	}
	line.Slow(5 * time.Second)
	fails("slow", "no answer in time")
	line.Slow(0)
	s.Do("CONFIG", "SET", "maxmemory", "1")
	fails("full", "OOM")
	s.Do("CONFIG", "SET", "maxmemory", "0")
	take(t, c, "k", time.Minute, time.Hour)
	s.Do("CONFIG", "SET", "requirepass", "another")
	c = open(t, "redis://:wrong@"+s.Addr)
	fails("password", "WRONGPASS")
	c = open(t, "redis://:another@"+s.Addr)
	take(t, c, "k", time.Minute, time.Hour)
	s.Kill()
	fails("killed", "no connection, or no answer in time")
	s.Again()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := open(t, s.URL()).Take(t.Context(), "k", time.Minute, time.Hour); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("not back within 5 s")
		}
	}
}

func TestURLs(t *testing.T) {
	for _, bad := range []string{"", "host:6379", "http://host", "redis://:se cret@host:port"} {
		_, err := redisdb.Open(bad)
		if err == nil {
			t.Errorf("%q: accepted", bad)
		} else if strings.Contains(err.Error(), "cret") {
			t.Errorf("the error spells the password out: %v", err)
		}
	}
	if redisdb.Refused(errors.New("dial tcp 10.0.0.1:6379: connection refused")) != "no connection" || redisdb.Refused(fmt.Errorf("x: %w", context.DeadlineExceeded)) != "no answer in time" {
		t.Error("an error is named wrongly")
	}
}
