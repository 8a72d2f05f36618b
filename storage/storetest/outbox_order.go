package storetest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func outboxOrderCases() []testCase {
	return []testCase{
		{"outbox/one of each target", outboxHeads},
		{"outbox/the target's next", outboxNext},
		{"outbox/a target that is put off waits as a whole", outboxPutOff},
		{"outbox/without a target in any order", outboxLoose},
		{"outbox/kinds that nobody here knows", outboxKinds},
		{"outbox/tenants", outboxTenants},
		{"race/outbox", outboxRace},
	}
}

func ids(ms []storage.OutboxMessage) []storage.ID {
	var all []storage.ID
	for _, m := range ms {
		all = append(all, m.ID)
	}
	slices.SortFunc(all, func(a, b storage.ID) int { return slices.Compare(a[:], b[:]) })
	return all
}

func outboxHeads(w *world) {
	ping := func(m *storage.OutboxMessage) { m.Kind = "ping" }
	a1 := w.sent("a", nil)
	w.sent("a", nil)
	b1, p1, c1 := w.sent("b", nil), w.sent("a", ping), w.sent("c", ping)
	w.sent("c", ping)
	w.sent("b", nil)
	w.same(ids(w.claim(1, w.now, 10)), []storage.ID{a1.ID, b1.ID, p1.ID, c1.ID})
	w.same(len(w.claim(2, w.now, 10)), 0) // all targets are in hand
}

func outboxNext(w *world) {
	a1, a2 := w.sent("a", nil), w.sent("a", nil)
	b1 := w.sent("b", nil)
	first := w.claim(1, w.now, 1)[0]
	w.same(first.ID, a1.ID)
	until := w.in(time.Hour)
	lease := func(c *storage.FinishOutbox) { c.Until = until }
	done, next := w.finish(first, storage.OutboxDelivered, lease)
	w.same(done, true)
	w.same([]any{next.ID, next.Owner, *next.LeaseUntil, next.Attempts}, []any{a2.ID, owner(1), until, 1})
	w.same(w.message(a2.ID), *next)
	w.same(ids(w.claim(2, w.now, 10)), []storage.ID{b1.ID})
	done, none := w.finish(*next, storage.OutboxDead, lease)
	w.same(done, true)
	w.same(none == nil, true)

	w.sent("d", nil)
	w.sent("d", func(m *storage.OutboxMessage) { m.NextAt = w.in(time.Minute) })
	_, none = w.finish(w.claim(1, w.now, 10)[0], storage.OutboxDelivered, lease)
	w.same(none == nil, true) // not due
}

func outboxPutOff(w *world) {
	a1, a2 := w.sent("a", nil), w.sent("a", nil)
	_, next := w.finish(w.claim(1, w.now, 1)[0], storage.OutboxWaiting, func(c *storage.FinishOutbox) { c.NextAt, c.Until = w.in(time.Hour), w.in(time.Minute) })
	w.same(next == nil, true)
	w.same(len(w.claim(1, w.in(time.Minute), 10)), 0)
	w.same(ids(w.claim(1, w.in(time.Hour), 10)), []storage.ID{a1.ID})
	w.same(w.message(a2.ID).Attempts, 0)
}

func outboxLoose(w *world) {
	var want []storage.ID
	for i := range 5 {
		want = append(want, w.sent("", func(m *storage.OutboxMessage) { m.NextAt = w.in(-time.Duration(i) * time.Second) }).ID)
	}
	w.sent("", func(m *storage.OutboxMessage) { m.NextAt = w.in(time.Second) })
	first := w.claim(1, w.now, 2)
	w.same(ids(first), want[3:]) // those that wait longest
	_, next := w.finish(first[0], storage.OutboxDelivered, func(c *storage.FinishOutbox) { c.Until = w.in(time.Hour) })
	w.same(next == nil, true)
	w.same(ids(w.claim(2, w.now, 10)), want[:3])
}

func outboxKinds(w *world) {
	m := w.sent("a", func(m *storage.OutboxMessage) { m.Kind = "future" })
	w.sent("", func(m *storage.OutboxMessage) { m.Kind = "future" })
	w.same(len(w.claim(1, w.now, 10)), 0)
	for _, kinds := range [][]string{nil, {"other"}} {
		got, err := w.ClaimOutbox(w.ctx, storage.ClaimOutbox{Owner: owner(1), Kinds: kinds, Now: w.now, Until: w.now, Limit: 5})
		w.ok(err)
		w.same(len(got), 0)
	}
	got, err := w.ClaimOutbox(w.ctx, storage.ClaimOutbox{Owner: owner(1), Kinds: []string{"future"}, Now: w.now, Until: w.now, Limit: 1})
	w.ok(err)
	w.same(ids(got), []storage.ID{m.ID})
}

func outboxTenants(w *world) {
	var want []storage.ID
	for range 3 {
		tenant := w.id()
		want = append(want, w.sent("a", func(m *storage.OutboxMessage) { m.Tenant = tenant }).ID)
	}
	w.same(ids(w.claim(1, w.now, 2)), want[:2])
	w.same(ids(w.claim(1, w.now, 2)), want[2:])
}

// outboxRace lets several deliver at once: no message is in two hands, and each target keeps its order.
func outboxRace(w *world) {
	const targets, each = 6, 10
	var want []storage.ID
	for range each {
		for i := range targets {
			want = append(want, w.sent(fmt.Sprint("t", i), nil).ID)
		}
	}
	for range targets {
		want = append(want, w.sent("", nil).ID)
	}
	var mu sync.Mutex
	held, got := map[storage.ID]bool{}, map[string][]storage.ID{}
	take := func(m storage.OutboxMessage) {
		mu.Lock()
		defer mu.Unlock()
		if held[m.ID] {
			w.Errorf("a message is in two hands")
		}
		held[m.ID] = true
		got[m.Target] = append(got[m.Target], m.ID)
	}
	parallel(8, func(i int) {
		for {
			ms, err := w.ClaimOutbox(w.ctx, storage.ClaimOutbox{Owner: owner(byte(i)), Kinds: []string{"logout"}, Now: w.now, Until: w.in(time.Hour), Limit: 2})
			if err != nil {
				w.Error(err)
				return
			}
			for i := range ms {
				for m := &ms[i]; m != nil; {
					take(*m)
					done, next, err := w.FinishOutbox(w.ctx, storage.FinishOutbox{
						Tenant: m.Tenant, ID: m.ID, Owner: m.Owner, State: storage.OutboxDelivered, Now: w.now, Until: w.in(time.Hour),
					})
					if err != nil || !done {
						w.Error(done, err)
					}
					m = next
				}
			}
			if len(ms) == 0 {
				return
			}
		}
	})
	for i := range targets {
		of := got[fmt.Sprint("t", i)]
		if !slices.IsSortedFunc(of, func(a, b storage.ID) int { return slices.Compare(a[:], b[:]) }) {
			w.Error("out of order")
		}
	}
	// Somebody who found nothing may have looked while all targets were in hand; what is left is due to nobody but the next.
	for _, m := range w.claim(99, w.now, 1000) {
		take(m)
	}
	w.same(len(held), len(want))
}
