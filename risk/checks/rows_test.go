package checks

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/risk"
)

const (
	chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"
	older  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
	script = "python-requests/2.32.5"
)

// world is an instance where ann has signed in at nine each day for a month, from home.
type world struct {
	t  *testing.T
	m  *risk.Memory
	at time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, m: risk.NewMemory(risk.NewEngine(Rows(), risk.Defaults())), at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	for range 30 {
		w.m.Judge(w.ann())
		w.at = w.at.Add(24 * time.Hour)
	}
	return w
}

// ann is how ann signs in.
func (w *world) ann() *risk.Attempt {
	return &risk.Attempt{
		Time: w.at, Person: "ann", Success: true, Address: netip.MustParseAddr("192.0.2.7"), Agent: chrome, Device: "laptop", Factor: "password", Client: "mail",
		Place: risk.Place{Country: "DE", ASN: 64500, Lat: 52.5, Lon: 13.4, Exact: true},
	}
}

// points judges an attempt and adds up what the reasons gave; it fails the test when none did.
func (w *world) points(a *risk.Attempt, reasons ...string) (sum float64) {
	w.t.Helper()
	found := false
	v := w.m.Judge(a)
	for _, f := range v.Factors {
		for _, r := range reasons {
			if f.Reason == r {
				found, sum = true, sum+f.Points()
			}
		}
	}
	if !found {
		w.t.Fatalf("no reason %v among %+v", reasons, v.Factors)
	}
	return sum
}

func (w *world) against(a *risk.Attempt, reasons ...string) {
	w.t.Helper()
	if p := w.points(a, reasons...); p <= 0 {
		w.t.Errorf("%v: %.2f does not speak against", reasons, p)
	}
}

func (w *world) favours(a *risk.Attempt, reasons ...string) {
	w.t.Helper()
	if p := w.points(a, reasons...); p >= 0 {
		w.t.Errorf("%v: %.2f does not speak for", reasons, p)
	}
}

// refused is n refused strangers: at nobody, or at one account after the other.
func (w *world) refused(n int, nobody bool, from func(i int, a *risk.Attempt)) {
	for i := range n {
		a := w.ann()
		a.Person, a.Success, a.Device, a.Address = fmt.Sprintf("p%d", i), false, "", netip.AddrFrom4([4]byte{198, 51, byte(100 + i/200), byte(1 + i%200)})
		a.Place = risk.Place{Country: "XX", ASN: 64999}
		if nobody {
			a.Person = ""
		}
		from(i, a)
		w.m.Judge(a)
		w.at = w.at.Add(5 * time.Second)
	}
}

func TestRowDevice(t *testing.T) {
	w := newWorld(t)
	w.favours(w.ann(), "device_known")
	a := w.ann()
	a.Device = "another"
	w.against(a, "device_new")
}

func TestRowPlace(t *testing.T) {
	w := newWorld(t)
	w.favours(w.ann(), "network_known")
	a := w.ann()
	a.Address, a.Place = netip.MustParseAddr("203.0.113.1"), risk.Place{Country: "BR", ASN: 64999}
	w.against(a, "country_new")
	b := w.ann()
	b.Address, b.Place.ASN = netip.MustParseAddr("198.51.100.1"), 64501
	w.against(b, "operator_new")
}

func TestRowTravel(t *testing.T) {
	w := newWorld(t)
	w.m.Judge(w.ann())
	w.at = w.at.Add(time.Hour)
	a := w.ann()
	a.Address, a.Place = netip.MustParseAddr("203.0.113.1"), risk.Place{Country: "JP", ASN: 64999, Lat: 35.7, Lon: 139.7, Exact: true}
	w.against(a, "travel_impossible")
}

func TestRowVelocity(t *testing.T) {
	w := newWorld(t)
	one := netip.MustParseAddr("198.51.100.9")
	w.refused(30, false, func(_ int, a *risk.Attempt) { a.Address = one })
	a := w.ann()
	a.Device, a.Address, a.Place = "another", one, risk.Place{Country: "XX", ASN: 64999}
	w.against(a, "line_refused_often")
}

func TestRowStuffing(t *testing.T) {
	w := newWorld(t)
	w.refused(60, true, func(int, *risk.Attempt) {})
	a := w.ann()
	a.Person, a.Success, a.Device, a.Address = "", false, "", netip.MustParseAddr("203.0.113.77")
	w.against(a, "wave_of_refusals")
}

func TestRowSpraying(t *testing.T) {
	w := newWorld(t)
	w.refused(30, false, func(_ int, a *risk.Attempt) { a.Device = "jar" })
	a := w.ann()
	a.Device, a.Address, a.Place = "jar", netip.MustParseAddr("203.0.113.1"), risk.Place{Country: "YY", ASN: 64777}
	w.against(a, "device_tries_many")
}

func TestRowGuessed(t *testing.T) {
	w := newWorld(t)
	w.refused(6, false, func(_ int, a *risk.Attempt) { a.Person = "ann" })
	a := w.ann()
	a.Device, a.Address = "another", netip.MustParseAddr("203.0.113.1")
	w.against(a, "account_tried_before")
}

func TestRowHour(t *testing.T) {
	w := newWorld(t)
	w.favours(w.ann(), "hour_usual")
	a := w.ann()
	a.Time = w.at.Add(-6 * time.Hour)
	w.against(a, "hour_unusual")
}

func TestRowBehaviour(t *testing.T) {
	w := newWorld(t)
	w.favours(w.ann(), "browser_kind_known")
	a := w.ann()
	a.Client = "payroll"
	w.against(a, "client_new")
	b := w.ann()
	b.Factor = "passkey"
	w.favours(b, "passkey")
}

func TestRowVersion(t *testing.T) {
	w := newWorld(t)
	for i := range 40 { // others, today
		a := w.ann()
		a.Person, a.Device = fmt.Sprintf("o%d", i), fmt.Sprintf("d%d", i)
		w.m.Judge(a)
	}
	a := w.ann()
	a.Agent, a.Device = older, "another"
	w.against(a, "version_unusual")
}

// The forest says nothing until it is trained, and then what is unlike the rest stands apart.
func TestRowForest(t *testing.T) {
	w := newWorld(t)
	for i := range risk.ForestLeast {
		a := w.ann()
		a.Person, a.Device, a.Time = fmt.Sprintf("o%d", i%100), fmt.Sprintf("d%d", i%100), w.at.Add(time.Duration(i)*time.Minute)
		v := w.m.Judge(a)
		for _, f := range v.Factors {
			if f.Check == "forest" && i < risk.ForestLeast-100 {
				t.Fatal("an untrained forest judged")
			}
		}
	}
	a := w.ann()
	a.Device, a.Client, a.Address = "another", "payroll", netip.MustParseAddr("203.0.113.1")
	a.Place, a.Time = risk.Place{Country: "BR", ASN: 64999}, w.at.Add(48*time.Hour-6*time.Hour)
	w.against(a, "unusual_together")
}

func TestRowRequest(t *testing.T) {
	w := newWorld(t)
	a := w.ann()
	a.Agent, a.Device, a.Address = script, "", netip.MustParseAddr("203.0.113.1")
	a.Place = risk.Place{Country: "BR", ASN: 64999}
	w.against(a, "no_browser")
	b := w.ann()
	b.Odd = []string{"header_order"}
	w.against(b, "header_order")
}

func TestRowBreach(t *testing.T) {
	w := newWorld(t)
	a := w.ann()
	a.Broken = "password_breached"
	w.against(a, "password_breached")
}

func TestRowReputation(t *testing.T) {
	w := newWorld(t)
	a := w.ann()
	a.Feeds, a.Missed = []risk.Report{{Feed: "tor", Bad: 1, Code: "tor_exit"}}, []string{"abuseipdb"}
	v := w.m.Judge(a)
	if len(v.Missed) != 1 || v.Missed[0] != "abuseipdb" {
		t.Errorf("missed: %v", v.Missed)
	}
	w.against(a, "tor_exit")
}

// Whoever is like always is let in, and whoever brings everything new at night from elsewhere is not simply.
func TestTheWhole(t *testing.T) {
	w := newWorld(t)
	if v := w.m.Judge(w.ann()); v.Action != risk.Allow || v.Score > -3 {
		t.Errorf("ann herself: %+v", v)
	}
	a := w.ann()
	a.Device, a.Client, a.Address = "another", "payroll", netip.MustParseAddr("203.0.113.1")
	a.Place, a.Time = risk.Place{Country: "BR", ASN: 64999}, w.at.Add(-6*time.Hour)
	if v := w.m.Judge(a); v.Action == risk.Allow || v.Reason() == "" {
		t.Errorf("a stranger: %+v", v)
	}
}
