package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"github.com/jedan-auth/jedan-auth/risk/replay"
)

func sum(t *testing.T, events []replay.Record) string {
	t.Helper()
	h := sha256.New()
	w := replay.NewWriter(h)
	for _, e := range events {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestASeedIsAlwaysTheSameEvents(t *testing.T) {
	small := Options{Seed: 7, Events: 5000, People: 200}
	a, b := sum(t, Events(small)), sum(t, Events(small))
	if a != b {
		t.Error("the same seed made other events")
	}
	small.Seed = 8
	if sum(t, Events(small)) == a {
		t.Error("another seed made the same events")
	}
}

func TestTheMeasurementHasWhatItPromises(t *testing.T) {
	events := Events(Options{Seed: 1})
	if len(events) != 100_000 {
		t.Fatalf("%d events", len(events))
	}
	people, kinds, works := map[string]bool{}, map[string]int{}, map[string]int{}
	for i, e := range events {
		if i > 0 && e.Time.Before(events[i-1].Time) {
			t.Fatal("times go back")
		}
		if e.Person != "" {
			people[e.Person] = true
		}
		kinds[e.Label]++
		if e.Outcome == replay.Success {
			works[e.Label]++
		}
	}
	if len(people) < 1950 || len(people) > 2000 {
		t.Errorf("%d people", len(people))
	}
	t.Log(kinds, works)
	for kind, least := range map[string]int{replay.Stuffing: 2400, replay.Spraying: 1200, replay.Travel: 150, replay.Takeover: 150, replay.Genuine: 90_000} {
		if kinds[kind] < least || works[kind] == 0 {
			t.Errorf("%s: %d events, %d of them work", kind, kinds[kind], works[kind])
		}
	}
}

// What is written is read again, whole: the generator keeps to the format.
func TestTheGeneratorKeepsToTheFormat(t *testing.T) {
	events := Events(Options{Seed: 3, Events: 3000, People: 150})
	pr, pw := io.Pipe()
	go func() {
		w := replay.NewWriter(pw)
		for _, e := range events {
			_ = w.Write(e) // the reader counts
		}
		_ = w.Flush()
		_ = pw.Close()
	}()
	r, n := replay.NewReader(pr), 0
	for ; ; n++ {
		got, err := r.Next()
		if err != nil {
			if n != len(events) {
				t.Fatalf("%d of %d read: %v", n, len(events), err)
			}
			return
		}
		if !got.Time.Equal(events[n].Time) || got.Person != events[n].Person || got.Label != events[n].Label || *got.Lat != *events[n].Lat {
			t.Fatalf("got %+v, want %+v", got, events[n])
		}
	}
}
