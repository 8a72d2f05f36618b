package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func tailCases() []testCase {
	return []testCase{
		{"tail/in order, from when it began", tailOrder},
		{"tail/says how fresh it is", tailFresh},
		{"tail/two tails", func(w *world) {
			a, b := w.startTail(), w.startTail()
			c := w.storedClient("rp")
			for _, l := range []*tailing{a, b} {
				w.same(l.next().Ref, c.ID[:])
			}
		}},
		{"tail/more than a page", tailPages},
		{"tail/many writers", tailWriters},
		{"tail/deleted changes never come again", tailDeleted},
		{"tail/ends with its context", func(w *world) {
			l := w.startTail()
			l.stop()
			err := <-l.ended
			l.ended <- err
			w.same(errors.Is(err, context.Canceled), true)
		}},
	}
}

func tailOrder(w *world) {
	w.storedClient("before")
	l := w.startTail()
	var want []storage.ID
	for i := range 20 {
		want = append(want, w.storedClient(fmt.Sprint("rp", i)).ID)
	}
	last := int64(0)
	for _, id := range want {
		c := l.next()
		w.same(c.Ref, id[:])
		w.same(c.Kind, storage.ChangeClient)
		w.same(c.Tenant, w.tenant)
		w.same(c.Seq > last, true)
		w.same(c.At.IsZero(), false)
		last = c.Seq
	}
}

func tailFresh(w *world) {
	l := w.startTail()
	first := <-l.times
	second := <-l.times
	w.same(second.After(first), true)
}

func tailPages(w *world) {
	l := w.startTail()
	p, c := w.id(), w.id()
	const many = 1050 // more than a backend reads at once
	var at time.Time
	w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
		for range many {
			if _, _, err := w.InsertGrant(ctx, w.newGrant(p, c, w.id(), "x"), nil); err != nil {
				return err
			}
		}
		at = w.in(time.Minute)
		return w.EndPerson(ctx, storage.EndPerson{Tenant: w.tenant, Person: p, Reason: "locked", Now: at}, nil)
	}))
	seen := map[string]bool{}
	for _, c := range l.untilMarker() {
		seen[changeName(c.Kind, c.Ref)] = true
	}
	w.same(len(seen), many+1)
}

func tailWriters(w *world) {
	l := w.startTail()
	const each = 25
	parallel(8, func(i int) {
		for j := range each {
			if err := w.InsertClient(w.ctx, w.newClient(fmt.Sprintf("rp-%d-%d", i, j), "x"), nil); err != nil {
				w.Error(err)
			}
		}
	})
	seen := map[int64]bool{}
	for len(seen) < 8*each { // a change may come again, but none may be missing
		seen[l.next().Seq] = true
	}
	w.same(len(l.untilMarker()) <= 8*each, true)
}

func tailDeleted(w *world) {
	w.storedClient("a")
	l := w.startTail()
	w.storedClient("b")
	last := l.next().Seq
	n, err := w.DeleteChanges(w.ctx, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), 1)
	w.ok(err)
	w.same(n, int64(1))
	n, err = w.DeleteChanges(w.ctx, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), 0)
	w.ok(err)
	w.same(n, int64(1))
	w.storedClient("c")
	w.same(l.next().Seq > last, true) // numbers go on
	n, err = w.DeleteChanges(w.ctx, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), 0)
	w.ok(err)
	w.same(n, int64(0))
}
