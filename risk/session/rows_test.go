package session

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	laptop = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"
	newer  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36"
	phone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/604.1"
)

func home() netip.Addr   { return netip.MustParseAddr("192.0.2.7") }
func cafe() netip.Addr   { return netip.MustParseAddr("198.51.100.7") }
func brazil() netip.Addr { return netip.MustParseAddr("203.0.113.7") }

// world is ann's session, which began at home an hour ago.
type world struct {
	t    *testing.T
	m    *risk.Module
	now  time.Time
	kept *kept
	ann  storage.ID
}

type kept struct {
	mu   sync.Mutex
	rows []*storage.RiskVerdict
}

func (k *kept) RiskBaselineOf(context.Context, storage.ID, storage.ID) (*storage.RiskBaseline, error) {
	return nil, errs.New(errs.NotFound, "")
}
func (k *kept) RiskVerdicts(context.Context, storage.ID, storage.RiskFilter) ([]storage.RiskVerdict, error) {
	return nil, nil
}
func (k *kept) SaveRisk(_ context.Context, _ *storage.RiskBaseline, v *storage.RiskVerdict, _ int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rows = append(k.rows, v)
	return nil
}
func (k *kept) DeleteOldRiskVerdicts(context.Context, time.Time, int) (int64, error)  { return 0, nil }
func (k *kept) DeleteOldRiskBaselines(context.Context, time.Time, int) (int64, error) { return 0, nil }

type sealer struct{}

func (sealer) Seal(seal.Location, []byte) seal.Text          { return seal.Text{} }
func (sealer) Open(seal.Location, seal.Text) ([]byte, error) { return nil, nil }

func places(a netip.Addr) risk.Place {
	switch a {
	case home():
		return risk.Place{Country: "DE", ASN: 1, Lat: 52.5, Lon: 13.4, Exact: true}
	case cafe():
		return risk.Place{Country: "DE", ASN: 2, Lat: 52.5, Lon: 13.4, Exact: true}
	}
	return risk.Place{Country: "BR", ASN: 3, Lat: -23.5, Lon: -46.6, Exact: true}
}

func newWorld(t *testing.T, c risk.SessionConfig) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), kept: &kept{}}
	w.ann = storage.NewID(w.now)
	m, err := risk.New(risk.Config{Sessions: c}, risk.Deps{
		Tenant: storage.NewID(w.now), Rows: []risk.Row{{}}, Uses: c.Engine(Rows(), StepUp), Store: w.kept, Ring: sealer{}, Places: places,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.m = m
	return w
}

// use is one more use of ann's session, in the browser of the sign-in.
func (w *world) use(change func(o *risk.Used)) risk.Verdict {
	o := risk.Used{
		Act: risk.Authorize, ID: w.ann, Person: w.ann, IP: home(), Agent: laptop, Browser: risk.Same,
		Began: risk.Began{At: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), IP: home(), Agent: laptop},
	}
	change(&o)
	return w.m.Use(context.Background(), o)
}

func has(v risk.Verdict, reason string) bool {
	for _, f := range v.Factors {
		if f.Reason == reason && f.Points() > 0 {
			return true
		}
	}
	return false
}

func as(o *risk.Used) { _ = o }

// A session cookie that was copied comes without the cookie that its browser is known by, or with the thief's.
func TestRowSessionBrowser(t *testing.T) {
	for match, reason := range map[risk.Match]string{risk.Another: "session_other_browser", risk.Missing: "session_no_browser"} {
		w := newWorld(t, risk.SessionConfig{})
		for range 3 { // and asking again does not help
			if v := w.use(func(o *risk.Used) { o.Browser = match }); v.Action != risk.StepUp || !has(v, reason) {
				t.Errorf("%d: %+v", match, v)
			}
		}
		if v := w.use(as); v.Action != risk.Allow {
			t.Errorf("the owner: %+v", v)
		}
	}
}

// Both cookies were copied, but not the browser.
func TestRowSessionKind(t *testing.T) {
	w := newWorld(t, risk.SessionConfig{})
	w.now = w.now.Add(20 * time.Hour)
	if v := w.use(func(o *risk.Used) { o.Agent, o.IP = phone, brazil() }); v.Action != risk.Allow || !has(v, "session_other_kind") {
		t.Errorf("after a night's flight: %+v", v)
	}
	if v := newWorld(t, risk.SessionConfig{}).use(func(o *risk.Used) { o.Agent = newer }); v.Action != risk.Allow || has(v, "session_other_kind") {
		t.Errorf("an update: %+v", v)
	}
}

func TestRowSessionPlace(t *testing.T) {
	w := newWorld(t, risk.SessionConfig{})
	if v := w.use(func(o *risk.Used) { o.IP = cafe() }); !has(v, "session_other_operator") || v.Action != risk.Allow {
		t.Errorf("the café: %+v", v)
	}
	if v := w.use(func(o *risk.Used) { o.IP = brazil() }); !has(v, "session_other_country") || v.Action != risk.Allow {
		t.Errorf("a VPN: %+v", v)
	}
}

// Both cookies were copied and are used far away at once, with another browser.
func TestRowSessionTravel(t *testing.T) {
	w := newWorld(t, risk.SessionConfig{})
	w.use(as)
	w.now = w.now.Add(2 * time.Minute)
	if v := w.use(func(o *risk.Used) { o.Agent, o.IP = phone, brazil() }); v.Action != risk.StepUp || !has(v, "session_travel") {
		t.Errorf("%+v", v)
	}
	if v := w.use(as); v.Action != risk.Allow {
		t.Errorf("the owner: %+v", v)
	}
}

// Two who use one refresh token by turns.
func TestRowSessionTurns(t *testing.T) {
	w := newWorld(t, risk.SessionConfig{Refresh: risk.Enforce})
	refresh := func(ip netip.Addr) risk.Verdict {
		w.now = w.now.Add(time.Minute)
		return w.use(func(o *risk.Used) {
			*o = risk.Used{Act: risk.Refresh, ID: w.ann, Person: w.ann, IP: ip, Agent: "app/1"}
		})
	}
	var v risk.Verdict
	for range 3 {
		refresh(home())
		v = refresh(cafe())
	}
	if !has(v, "session_two_places") {
		t.Errorf("%+v", v)
	}
	if v = refresh(brazil()); v.Action != risk.StepUp || v.Reason() != "session_travel" {
		t.Errorf("and a third, far away: %+v", v)
	}
	if v = refresh(cafe()); v.Action != risk.Allow {
		t.Errorf("the owner after it: %+v", v)
	}
}

// What is only observed is kept, says what would have followed, and keeps nobody out; nothing is written for a use, and a place is spoken of once in ten minutes.
func TestUsesAreObserved(t *testing.T) {
	w := newWorld(t, risk.SessionConfig{Authorize: risk.Observe})
	for range 50 {
		w.use(as)
		if v := w.use(func(o *risk.Used) { o.Browser = risk.Missing }); v.Action != risk.Allow || v.Observed != risk.StepUp {
			t.Fatalf("%+v", v)
		}
	}
	if len(w.kept.rows) != 0 {
		t.Fatal("a use wrote")
	}
	if err := w.m.Flush(context.Background()); err != nil || len(w.kept.rows) != 1 || w.kept.rows[0].Reason != "session_no_browser" || w.kept.rows[0].Act != risk.Authorize {
		t.Errorf("%+v %v", w.kept.rows, err)
	}
	if v := newWorld(t, risk.SessionConfig{Authorize: risk.Ignore}).use(func(o *risk.Used) { o.Browser = risk.Missing }); v.Action != risk.Allow || len(v.Factors) > 0 {
		t.Errorf("off: %+v", v)
	}
}

// A million grants take no more memory than the bound allows.
func TestUsesAreBounded(t *testing.T) {
	w := newWorld(t, risk.SessionConfig{})
	allocated := testing.AllocsPerRun(1, func() {
		for i := range 100_000 {
			w.use(func(o *risk.Used) { o.ID[0], o.ID[7], o.ID[15] = byte(i>>16), byte(i>>8), byte(i) })
		}
	})
	t.Logf("%.0f allocations for 100,000 grants", allocated)
	if n := w.m.Watched(); n > 1<<14 {
		t.Errorf("%d are remembered", n)
	}
}

func BenchmarkUse(b *testing.B) {
	t := &testing.T{}
	w := newWorld(t, risk.SessionConfig{})
	o := risk.Used{Act: risk.Refresh, ID: w.ann, Person: w.ann, IP: home(), Agent: laptop}
	ctx := context.Background()
	for b.Loop() {
		w.m.Use(ctx, o)
	}
}
