package cache

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func TestOneForgetsWhatChanged(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	feed := NewFeed(func() time.Time { return now }, slog.New(slog.DiscardHandler))
	var loads int
	var during func()
	var failure error
	o := NewOne(feed, func(context.Context) (int, error) {
		loads++
		n := loads
		if during != nil {
			during()
		}
		return n, failure
	}, func(c storage.Change) bool { return c.Kind == "mine" })
	get := func(want int) {
		t.Helper()
		if got, err := o.Get(t.Context()); got != want || err != nil {
			t.Fatalf("got %d, %v; want %d", got, err, want)
		}
	}
	get(1)
	get(2) // the feed was never caught up
	feed.seen.Store(now.UnixNano())
	get(3)
	get(3)
	feed.Publish([]storage.Change{{Kind: "other"}})
	get(3)
	feed.Publish([]storage.Change{{Kind: "mine"}})
	get(4)
	feed.Publish([]storage.Change{{}})
	during = func() { feed.Publish([]storage.Change{{Kind: "mine"}}) }
	get(5)
	during = nil
	get(6) // what was loaded while it changed is not kept
	get(6)
	now = now.Add(staleAfter)
	get(7)
	now = now.Add(-staleAfter)
	feed.Publish([]storage.Change{{Kind: "mine"}})
	failure = errors.New("away")
	if _, err := o.Get(t.Context()); !errors.Is(err, failure) {
		t.Fatal(err)
	}
	failure = nil
	get(9)
}
