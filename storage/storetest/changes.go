package storetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// changesOf returns what the tail delivers of the commits made by fn, as "kind ref" for row ids, sorted. A marker of its own, written last, says
// when all has come.
func (w *world) changesOf(fn func()) []string {
	w.Helper()
	tail := w.startTail()
	fn()
	var got []string
	for _, c := range tail.untilMarker() {
		got = append(got, changeName(c.Kind, c.Ref))
	}
	slices.Sort(got)
	return got
}

// changeNames is what changesOf returns for these rows.
func changeNames(kindsAndIDs ...any) []string {
	var names []string
	for i := 0; i < len(kindsAndIDs); i += 2 {
		id, _ := kindsAndIDs[i+1].(storage.ID)
		names = append(names, changeName(fmt.Sprint(kindsAndIDs[i]), id[:]))
	}
	slices.Sort(names)
	return names
}

func changeName(kind string, ref []byte) string { return fmt.Sprintf("%s %x", kind, ref) }

// tailing is a running tail.
type tailing struct {
	w     *world
	got   chan storage.Change
	times chan time.Time // of the calls without changes
	stop  func()
	ended chan error
}

// startTail returns when the tail has caught up for the first time.
func (w *world) startTail() *tailing {
	w.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	l := &tailing{w: w, got: make(chan storage.Change, 10_000), times: make(chan time.Time, 1), stop: cancel, ended: make(chan error, 1)}
	go func() {
		l.ended <- w.Tail(ctx, func(cs []storage.Change, caughtUp time.Time) {
			for _, c := range cs {
				l.got <- c
			}
			select {
			case l.times <- caughtUp:
			default:
			}
		})
	}()
	w.Cleanup(func() {
		cancel()
		<-l.ended
	})
	select {
	case <-l.times:
	case err := <-l.ended:
		l.ended <- err
		w.Fatal("the tail ended: ", err)
	}
	return l
}

// next returns the next change.
func (l *tailing) next() storage.Change {
	l.w.Helper()
	select {
	case c := <-l.got:
		return c
	case <-l.w.ctx.Done():
		l.w.Fatal("the tail delivered nothing more")
	}
	return storage.Change{}
}

// untilMarker writes a resource and returns the changes that came before its own.
func (l *tailing) untilMarker() []storage.Change {
	l.w.Helper()
	r := l.w.newResource("https://marker.example/" + l.w.id().String())
	l.w.ok(l.w.InsertResource(l.w.ctx, r, nil))
	var got []storage.Change
	for {
		c := l.next()
		if c.Kind == storage.ChangeResource && bytes.Equal(c.Ref, r.ID[:]) {
			return got
		}
		got = append(got, c)
	}
}
