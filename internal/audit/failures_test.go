package audit

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

type memWriter struct {
	mu   sync.Mutex
	rows []*storage.AuditEvent
	fail error
	max  int
}

func (w *memWriter) AppendAudit(_ context.Context, evs ...*storage.AuditEvent) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail
	}
	w.max = max(w.max, len(evs))
	w.rows = append(w.rows, evs...)
	return nil
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// counts adds up the summaries by target and address.
func counts(t *testing.T, r *Recorder, w *memWriter) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, row := range w.rows {
		if row.Type != LoginFailures || row.Outcome != Failure || row.Severity != Notice {
			t.Errorf("row %+v", row)
		}
		e, err := r.Open(*row)
		if err != nil {
			t.Fatal(err)
		}
		key := e.Target
		if e.IP.IsValid() {
			key += " " + e.IP.String()
		}
		n, ok := e.Data["count"].(float64)
		if !ok {
			t.Fatalf("data %v", e.Data)
		}
		out[key] += n
	}
	return out
}

func TestFailuresOneRowASubjectAndMinute(t *testing.T) {
	c, w := &clock{t: noon}, &memWriter{}
	r := recorder(t, c.Now)
	f := NewFailures(r, w, c.Now, 0)
	maria := storage.ID{5}
	for range 1000 {
		f.Add(Refusal{Tenant: tenant, Person: maria, IP: netip.MustParseAddr("192.0.2.1"), Reason: "password"})
	}
	f.Add(Refusal{Tenant: tenant, IP: netip.MustParseAddr("2001:db8::1"), Reason: "unknown"})
	f.Add(Refusal{Tenant: tenant, IP: netip.MustParseAddr("2001:db8::2%eth0"), Reason: "unknown"})
	f.Add(Refusal{Tenant: tenant})
	if err := f.Flush(t.Context()); err != nil || len(w.rows) != 0 {
		t.Fatalf("the running minute was written: %d rows, %v", len(w.rows), err)
	}
	c.Add(time.Minute)
	if err := f.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := counts(t, r, w)
	if len(w.rows) != 3 || got["person:"+maria.String()] != 1000 || got["address 192.0.2.1"] != 1000 || got["address 2001:db8::"] != 2 {
		t.Errorf("%d rows, %v", len(w.rows), got)
	}
	if err := f.Flush(t.Context()); err != nil || len(w.rows) != 3 {
		t.Error("written twice")
	}
	f.Add(Refusal{Tenant: tenant, Person: maria})
	if err := f.FlushAll(t.Context()); err != nil || len(w.rows) != 4 {
		t.Error("the last minute is lost at a stop")
	}
}

func TestFailuresAreBounded(t *testing.T) {
	c, w := &clock{t: noon}, &memWriter{}
	r := recorder(t, c.Now)
	f := NewFailures(r, w, c.Now, 150)
	for i := range 5000 {
		f.Add(Refusal{Tenant: tenant, IP: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), Reason: string(rune('a' + i%20))})
	}
	if len(f.counts) != 151 {
		t.Errorf("%d subjects in memory", len(f.counts))
	}
	for s, tally := range f.counts {
		if len(tally.reasons) > maxReasons+1 {
			t.Errorf("%v: %d reasons", s, len(tally.reasons))
		}
	}
	c.Add(time.Minute)
	if err := f.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := counts(t, r, w); len(w.rows) != 151 || got["remainder"] != 5000-150 || w.max > writeBatch {
		t.Errorf("%d rows, remainder %v, batch %d", len(w.rows), got["remainder"], w.max)
	}
}

func TestFailuresSurviveAFailedWrite(t *testing.T) {
	c, w := &clock{t: noon}, &memWriter{fail: errors.New("away")}
	r := recorder(t, c.Now)
	f := NewFailures(r, w, c.Now, 0)
	f.Add(Refusal{Tenant: tenant, Person: storage.ID{5}, Reason: "password"})
	c.Add(time.Minute)
	if err := f.Flush(t.Context()); !errors.Is(err, w.fail) {
		t.Errorf("error %v", err)
	}
	w.fail = nil
	if err := f.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := counts(t, r, w); got["person:"+storage.ID{5}.String()] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestFailuresTogether(t *testing.T) {
	c, w := &clock{t: noon}, &memWriter{}
	r := recorder(t, c.Now)
	f := NewFailures(r, w, c.Now, 0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				f.Add(Refusal{Tenant: tenant, Person: storage.ID{5}, Reason: "password"})
				if err := f.FlushAll(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := counts(t, r, w); got["person:"+storage.ID{5}.String()] != 1600 {
		t.Errorf("got %v", got)
	}
}
