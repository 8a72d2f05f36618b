package risk_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/risk/checks"
	"github.com/jedan-auth/jedan-auth/storage"
)

// store keeps rows in memory and counts writes.
type store struct {
	mu       sync.Mutex
	rows     map[storage.ID]storage.RiskBaseline
	verdicts []storage.RiskVerdict
	writes   int
}

func (s *store) RiskBaselineOf(_ context.Context, _, person storage.ID) (*storage.RiskBaseline, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.rows[person]
	if !ok {
		return nil, errs.New(errs.NotFound, "")
	}
	return &row, nil
}

func (s *store) RiskVerdicts(context.Context, storage.ID, storage.RiskFilter) ([]storage.RiskVerdict, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.verdicts, nil
}

func (s *store) SaveRisk(_ context.Context, b *storage.RiskBaseline, v *storage.RiskVerdict, _ int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if b != nil {
		if s.rows[b.Person].Version != b.Version {
			return errs.New(errs.Conflict, "")
		}
		row := *b
		row.Version++
		s.rows[b.Person] = row
	}
	if v != nil {
		s.verdicts = append(s.verdicts, *v)
	}
	return nil
}

func (s *store) DeleteOldRiskVerdicts(context.Context, time.Time, int) (int64, error) { return 0, nil }

func (s *store) DeleteOldRiskBaselines(context.Context, time.Time, int) (int64, error) { return 0, nil }

type ring struct{ *seal.Key }

func (r ring) Open(at seal.Location, t seal.Text) ([]byte, error) { return r.Key.Open(at, t) }

// world is a node; nodes of one world share a store.
type world struct {
	t    *testing.T
	mu   sync.Mutex
	at   time.Time
	tick time.Duration // 0: an hour
	s    *store
	ring ring
}

func newWorld(t *testing.T) *world {
	t.Helper()
	key, err := seal.NewKey(1, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), s: &store{rows: map[storage.ID]storage.RiskBaseline{}}, ring: ring{key}}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(cmp.Or(w.tick, time.Hour))
	return w.at
}

func (w *world) node(c risk.Config) *risk.Module {
	w.t.Helper()
	m, err := risk.New(c, risk.Deps{Tenant: storage.ID{1}, Rows: checks.Rows(), Store: w.s, Ring: w.ring, Log: slog.New(slog.DiscardHandler), Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func moment(person byte, device string) risk.Moment {
	return risk.Moment{
		Act: risk.SignIn, Person: storage.ID{person}, IP: netip.MustParseAddr("192.0.2.7"), Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
		Device: device, Factor: "password", Success: true,
	}
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatIsLearnedIsRecognised(t *testing.T) {
	w := newWorld(t)
	m, ctx := w.node(risk.Config{}), context.Background()
	for range 120 {
		w.ok(m.Learn(ctx, moment(9, "own"), false))
	}
	own, err := w.node(risk.Config{}).Judge(ctx, moment(9, "own")) // another process
	w.ok(err)
	other, err := m.Judge(ctx, moment(9, "another"))
	w.ok(err)
	if own.Action != risk.Allow || own.Score > -3 || other.Score < own.Score+3 {
		t.Errorf("own %.2f, another %.2f", own.Score, other.Score)
	}
	var b risk.Baseline
	if len(b.Devices.Values) != 0 || len(w.s.verdicts) != 120 {
		t.Errorf("%d verdicts", len(w.s.verdicts))
	}
}

func TestStrangersMakeNoWork(t *testing.T) {
	w := newWorld(t)
	m := w.node(risk.Config{})
	for i := range 1000 {
		o := moment(byte(i), fmt.Sprint(i))
		o.Success = false
		m.Refused(o)
	}
	if w.s.writes != 0 {
		t.Errorf("%d writes for refused attempts", w.s.writes)
	}
}

func TestASecondFactorVouches(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	score := func(vouched bool) float64 {
		m := w.node(risk.Config{StepUp: 0.01})
		p := byte(20)
		if vouched {
			p = 21
		}
		for range 100 {
			w.ok(m.Learn(ctx, moment(p, "own"), true))
		}
		for range 30 { // some days: a week would end the doubt
			w.ok(m.Learn(ctx, moment(p, "new"), vouched))
		}
		v, err := m.Judge(ctx, moment(p, "new"))
		w.ok(err)
		return v.Score
	}
	if doubted, trusted := score(false), score(true); doubted < trusted+2 {
		t.Errorf("doubtful %.2f, vouched for %.2f", doubted, trusted)
	}
}

func TestNodesLearnOfEachOther(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	a, b := w.node(risk.Config{}), w.node(risk.Config{})
	var wg sync.WaitGroup
	for i, m := range []*risk.Module{a, b, a, b} {
		wg.Go(func() {
			for j := range 50 {
				if err := m.Learn(ctx, moment(byte(10*i+j%5), fmt.Sprint(i, j%5)), false); err != nil {
					t.Error(err)
				}
				m.Refused(moment(byte(j), "x"))
			}
			if err := m.Flush(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.ok(a.Flush(ctx))
	w.ok(b.Flush(ctx))
	row, err := w.s.RiskBaselineOf(ctx, storage.ID{1}, storage.ID{1})
	w.ok(err)
	if row.Version < 2 {
		t.Errorf("the crowd was stored %d times", row.Version)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	for _, c := range []risk.Config{{StepUp: -1}, {Verdicts: -1}, {Deny: 1}, {Deny: -1}, {Keep: -1}} {
		if c.Validate() == nil {
			t.Errorf("accepted: %+v", c)
		}
	}
	if (risk.Config{}).Thresholds() != risk.Defaults() {
		t.Error("the zero value is not the default")
	}
}
