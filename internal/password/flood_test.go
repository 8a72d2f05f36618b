package password

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// DS01: 200 logins at once, half of them for accounts that do not exist. No more than Workers hashes run, the queue is bounded, the rest is told
// to come back within two seconds, and nothing is left behind.
func TestFloodIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(t, Config{Workers: 2, Queue: 10})
		release := make(chan struct{})
		var running, most, hashed, shed atomic.Int64
		h.derive = func([]byte, []byte, Params, uint32) []byte {
			most.Store(max(most.Load(), running.Add(1)))
			<-release
			running.Add(-1)
			hashed.Add(1)
			return make([]byte, hashSize)
		}
		ours := stored{params: DefaultParams(), salt: make([]byte, 16), hash: make([]byte, 32)}.encode()
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				phc := ours
				if i%2 == 0 {
					phc = ""
				}
				_, _, err := h.Verify(t.Context(), phc, "guess")
				if err == nil {
					return
				}
				if wait := errs.RetryAfterOf(err); !errs.Is(err, errs.Unavailable) || wait <= 0 || wait > 2*time.Second {
					t.Errorf("got %v, retry after %v", err, wait)
				}
				shed.Add(1)
			})
		}
		synctest.Wait()
		if running, waiting := h.Load(); running != 2 || waiting != 10 || shed.Load() != 188 {
			t.Errorf("running %d, waiting %d, shed %d", running, waiting, shed.Load())
		}
		close(release)
		all.Wait()
		if most.Load() > 2 || hashed.Load() != 12 {
			t.Errorf("most at once %d, hashed %d", most.Load(), hashed.Load())
		}
	})
}

// Dear imported hashes run one at a time, so that memory stays bounded, and leave room for others meanwhile.
func TestDearHashesRunOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(t, Config{Workers: 3})
		release := make(chan struct{})
		var dear, mostDear atomic.Int64
		h.derive = func(_, _ []byte, p Params, _ uint32) []byte {
			if p != DefaultParams() {
				mostDear.Store(max(mostDear.Load(), dear.Add(1)))
				<-release
				dear.Add(-1)
			}
			return make([]byte, hashSize)
		}
		foreign := stored{params: Params{MemoryKiB: 102400, Iterations: 2, Parallelism: 8}, salt: make([]byte, 16), hash: make([]byte, 32)}.encode()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if ok, rehash, err := h.Verify(t.Context(), foreign, "guess"); !ok || !rehash || err != nil {
					t.Errorf("%v %v %v", ok, rehash, err)
				}
			})
		}
		synctest.Wait()
		if err := h.VerifyDummy(t.Context(), "guess"); err != nil {
			t.Errorf("others are kept waiting: %v", err)
		}
		close(release)
		all.Wait()
		if mostDear.Load() != 1 {
			t.Errorf("%d at once", mostDear.Load())
		}
	})
}

func TestVerifyLeavesWithItsContext(t *testing.T) {
	h := newHasher(t, Config{Params: cheap()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, _, err := h.Verify(ctx, "", "guess"); ok || !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v %v", ok, err)
	}
}
