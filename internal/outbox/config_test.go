package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/outbox"
)

func TestLag(t *testing.T) {
	each(t, func(w *world) {
		r, err := outbox.New(config(), outbox.Deps{Store: w.db, Ring: w.ring, Meter: w.meter, Now: w.clock.now}, nil)
		if err != nil {
			w.Fatal(err)
		}
		for _, want := range []time.Duration{0, 90 * time.Second} {
			if err := r.Poll(context.Background()); err != nil || w.meter.lag != want {
				w.Error(w.meter.lag, err)
			}
			w.send("a")
			w.clock.pass(90 * time.Second)
		}
	})
}

func TestConfig(t *testing.T) {
	for i, c := range []outbox.Config{
		{}, {Workers: 257, Attempts: 1, GiveUp: 1, Keep: 1}, {Workers: 1, GiveUp: 1, Keep: 1}, {Workers: 1, Attempts: 1, Keep: 1}, {Workers: 1, Attempts: 1, GiveUp: 1},
	} {
		if _, err := outbox.New(c, outbox.Deps{Now: time.Now}, nil); err == nil {
			t.Error(i)
		}
	}
	if _, err := outbox.Compose(newRing(t), time.Now(), outbox.Draft{Payload: func() {}}); err == nil {
		t.Error("a function was written as JSON")
	}
	now := time.Now()
	m, err := outbox.Compose(newRing(t), now, outbox.Draft{NotBefore: now.Add(time.Hour)})
	if err != nil || !m.NextAt.Equal(now.Add(time.Hour)) || fmt.Sprint(m.Payload) != "[sealed]" {
		t.Error(m, err)
	}
}
