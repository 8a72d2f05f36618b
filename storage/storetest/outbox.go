package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func outboxCases() []testCase {
	return []testCase{
		{"outbox/every field is kept", outboxRoundTrip},
		{"outbox/lists", outboxLists},
		{"outbox/goes with its transaction", outboxTransaction},
		{"outbox/goes with what it tells", outboxCarried},
		{"outbox/the oldest that waits", outboxOldest},
		{"outbox/finish", outboxFinish},
		{"outbox/a lost lease finishes nothing", outboxLostLease},
		{"outbox/a dead one again", outboxRetry},
		{"sweep/outbox", func(w *world) {
			w.sweeps(w.DeleteDoneOutbox, func(tenant storage.ID, died time.Time) {
				w.sent("a", func(m *storage.OutboxMessage) { m.Tenant, m.State, m.DoneAt = tenant, storage.OutboxDead, &died })
			})
		}},
		{"outbox/what waits is never swept", func(w *world) {
			m := w.sent("a", nil)
			n, err := w.DeleteDoneOutbox(w.ctx, w.in(1000*time.Hour), 0)
			w.ok(err)
			w.same(n, int64(0))
			w.same(w.message(m.ID).State, storage.OutboxWaiting)
		}},
	}
}

func (w *world) newMessage(target, secret string) *storage.OutboxMessage {
	id := w.id()
	return &storage.OutboxMessage{
		Tenant: w.tenant, ID: id, Kind: "logout", Target: target, Payload: w.sealed("outbox", "payload", id, secret), State: storage.OutboxWaiting,
		NextAt: w.now, CreatedAt: w.now,
	}
}

// sent inserts a message after change has altered it; change may be nil.
func (w *world) sent(target string, change func(*storage.OutboxMessage)) *storage.OutboxMessage {
	w.Helper()
	m := w.newMessage(target, "payload")
	if change != nil {
		change(m)
	}
	w.ok(w.InsertOutbox(w.ctx, m))
	return m
}

func (w *world) messages(f storage.OutboxFilter) []storage.OutboxMessage {
	w.Helper()
	f.Limit = max(f.Limit, 100)
	ms, err := w.Outbox(w.ctx, w.tenant, f)
	w.ok(err)
	return ms
}

func (w *world) message(id storage.ID) storage.OutboxMessage {
	w.Helper()
	for _, m := range w.messages(storage.OutboxFilter{}) {
		if m.ID == id {
			return m
		}
	}
	w.Fatal("the message is gone")
	return storage.OutboxMessage{}
}

// owner is a process.
func owner(n byte) storage.ID { return storage.ID{0xaa, n} }

// claim leases for a minute.
func (w *world) claim(by byte, now time.Time, limit int) []storage.OutboxMessage {
	w.Helper()
	ms, err := w.ClaimOutbox(w.ctx, storage.ClaimOutbox{Owner: owner(by), Kinds: []string{"ping", "logout"}, Now: now, Until: now.Add(time.Minute), Limit: limit})
	w.ok(err)
	return ms
}

func (w *world) finish(m storage.OutboxMessage, state storage.OutboxState, change func(*storage.FinishOutbox)) (bool, *storage.OutboxMessage) {
	w.Helper()
	cmd := storage.FinishOutbox{Tenant: m.Tenant, ID: m.ID, Owner: m.Owner, State: state, Status: "status", Attempts: m.Attempts, NextAt: w.now, Now: w.now}
	if change != nil {
		change(&cmd)
	}
	done, next, err := w.FinishOutbox(w.ctx, cmd)
	w.ok(err)
	return done, next
}

func outboxRoundTrip(w *world) {
	m := w.newMessage("client-1", "payload")
	until, done := w.in(time.Minute), w.in(time.Hour)
	m.Attempts, m.Owner, m.LeaseUntil, m.Status, m.DoneAt, m.NextAt = 3, w.id(), &until, "200", &done, w.in(2*time.Hour)
	bare := &storage.OutboxMessage{Tenant: w.tenant, ID: w.id(), State: storage.OutboxDead, NextAt: w.now, CreatedAt: w.now}
	w.ok(w.InsertOutbox(w.ctx, m, bare))
	w.ok(w.InsertOutbox(w.ctx))
	got, err := w.OutboxByID(w.ctx, w.tenant, m.ID)
	w.ok(err)
	w.same(got, m)
	_, err = w.OutboxByID(w.ctx, w.id(), m.ID)
	w.code(err, errs.NotFound)
	w.same(w.messages(storage.OutboxFilter{}), []storage.OutboxMessage{*m, *bare})
	other := w.newMessage("x", "x")
	w.code(w.InsertOutbox(w.ctx, other, m), errs.Conflict)
	w.same(len(w.messages(storage.OutboxFilter{})), 2)
}

func outboxLists(w *world) {
	a, b := w.sent("a", nil), w.sent("b", func(m *storage.OutboxMessage) { m.Kind = "ping" })
	c := w.sent("a", func(m *storage.OutboxMessage) { m.State = storage.OutboxDead })
	w.sent("a", func(m *storage.OutboxMessage) { m.Tenant = w.id() })
	for _, one := range []struct {
		f    storage.OutboxFilter
		want []*storage.OutboxMessage
	}{
		{storage.OutboxFilter{}, []*storage.OutboxMessage{a, b, c}},
		{storage.OutboxFilter{Kind: "ping"}, []*storage.OutboxMessage{b}},
		{storage.OutboxFilter{Target: "a"}, []*storage.OutboxMessage{a, c}},
		{storage.OutboxFilter{State: storage.OutboxDead}, []*storage.OutboxMessage{c}},
		{storage.OutboxFilter{After: a.ID}, []*storage.OutboxMessage{b, c}},
		{storage.OutboxFilter{Newest: true, After: c.ID}, []*storage.OutboxMessage{b, a}},
	} {
		got := w.messages(one.f)
		w.same(len(got), len(one.want))
		for i := range got {
			w.same(got[i], *one.want[i])
		}
	}
	got, err := w.Outbox(w.ctx, w.tenant, storage.OutboxFilter{Limit: 1, Newest: true})
	w.ok(err)
	w.same(got, []storage.OutboxMessage{*c})
}

func outboxTransaction(w *world) {
	boom := errors.New("boom")
	w.same(w.InTx(w.ctx, func(ctx context.Context) error {
		w.ok(w.InsertOutbox(ctx, w.newMessage("a", "x")))
		return boom
	}), boom)
	w.same(len(w.messages(storage.OutboxFilter{})), 0)
	w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
		w.ok(w.insert(ctx, "rp"))
		return w.InsertOutbox(ctx, w.newMessage("a", "x"))
	}))
	w.same(len(w.messages(storage.OutboxFilter{})), 1)
}

func outboxCarried(w *world) {
	p := w.storedPerson("maria")
	s := w.storedSession(p.ID)
	g := w.storedGrant(p.ID, w.id(), s.ID, nil)
	r := w.storedPending(storage.PendingCIBA, nil)
	sent := 0
	twice := func(do func(m *storage.OutboxMessage) error) { // only what happens is told
		w.ok(do(w.newMessage("a", "x")))
		w.ok(do(w.newMessage("a", "x")))
		sent++
		w.same(len(w.messages(storage.OutboxFilter{})), sent)
	}
	twice(func(m *storage.OutboxMessage) error {
		_, err := w.DecidePending(w.ctx, storage.DecidePending{Tenant: w.tenant, ID: r.ID, Person: p.ID, Approve: true, Now: w.now, Outbox: []*storage.OutboxMessage{m}}, nil)
		return err
	})
	twice(func(m *storage.OutboxMessage) error {
		_, err := w.RevokeGrant(w.ctx, storage.RevokeGrant{Tenant: w.tenant, Grant: g.ID, Now: w.now, Outbox: []*storage.OutboxMessage{m}}, nil)
		return err
	})
	twice(func(m *storage.OutboxMessage) error {
		return w.RevokeSession(w.ctx, w.tenant, s.ID, w.now, "x", nil, m)
	})
	w.ok(w.EndPerson(w.ctx, storage.EndPerson{Tenant: w.tenant, Person: p.ID, Now: w.now, Outbox: []*storage.OutboxMessage{w.newMessage("a", "x")}}, nil))
	w.same(len(w.messages(storage.OutboxFilter{})), sent+1)
}

func outboxOldest(w *world) {
	at, err := w.OldestOutbox(w.ctx)
	w.ok(err)
	w.same(at.IsZero(), true)
	w.sent("a", func(m *storage.OutboxMessage) { m.State, m.CreatedAt = storage.OutboxDead, w.in(-time.Hour) })
	w.sent("a", func(m *storage.OutboxMessage) { m.CreatedAt = w.in(-time.Minute) })
	w.sent("", func(m *storage.OutboxMessage) { m.CreatedAt, m.Tenant = w.in(-2*time.Minute), w.id() })
	at, err = w.OldestOutbox(w.ctx)
	w.ok(err)
	w.same(at, w.in(-2*time.Minute))
}

func outboxFinish(w *world) {
	m := w.sent("a", nil)
	got := w.claim(1, w.now, 10)
	until, want := w.in(time.Minute), *m
	want.Owner, want.LeaseUntil, want.Attempts = owner(1), &until, 1
	w.same(got, []storage.OutboxMessage{want})
	w.same(w.message(m.ID), want)

	done, next := w.finish(got[0], storage.OutboxWaiting, func(c *storage.FinishOutbox) { c.NextAt, c.Status = w.in(time.Hour), "503" })
	w.same(done, true)
	w.same(next == nil, true)
	want.Owner, want.LeaseUntil, want.NextAt, want.Status = storage.ID{}, nil, w.in(time.Hour), "503"
	w.same(w.message(m.ID), want)
	w.same(len(w.claim(1, w.in(time.Hour-time.Microsecond), 10)), 0)

	got = w.claim(2, w.in(time.Hour), 10)
	w.same(got[0].Attempts, 2)
	at := w.in(time.Hour)
	done, _ = w.finish(got[0], storage.OutboxDelivered, func(c *storage.FinishOutbox) { c.Now = at })
	w.same(done, true)
	end := w.message(m.ID)
	w.same([]any{end.State, *end.DoneAt, end.Payload.IsZero(), end.Attempts, end.Status}, []any{storage.OutboxDelivered, at, true, 2, "status"})
	w.same(len(w.claim(1, w.in(100*time.Hour), 10)), 0)
	done, _ = w.finish(got[0], storage.OutboxDead, nil)
	w.same(done, false)
}

func outboxLostLease(w *world) {
	w.sent("a", nil)
	first := w.claim(1, w.now, 10)[0]
	w.same(len(w.claim(2, w.in(time.Minute-time.Microsecond), 10)), 0)
	second := w.claim(2, w.in(time.Minute), 10)[0]
	w.same(second.ID, first.ID)
	w.same(second.Attempts, 2)
	done, next := w.finish(first, storage.OutboxDelivered, func(c *storage.FinishOutbox) { c.Until = w.in(time.Hour) })
	w.same(done, false)
	w.same(next == nil, true)
	w.same(w.message(first.ID), second)
	done, _ = w.finish(second, storage.OutboxDelivered, nil)
	w.same(done, true)
}

func outboxRetry(w *world) {
	m := w.sent("a", nil)
	again := func() bool {
		done, err := w.RetryOutbox(w.ctx, w.tenant, m.ID, w.in(time.Hour), w.newEvent("outbox.retry"))
		w.ok(err)
		return done
	}
	w.same(again(), false)
	done, _ := w.finish(w.claim(1, w.now, 1)[0], storage.OutboxDead, nil)
	w.same(done, true)
	w.same(w.message(m.ID).Payload, m.Payload) // kept
	w.same(again(), true)
	want := *m
	want.NextAt, want.Status = w.in(time.Hour), "status"
	w.same(w.message(m.ID), want)
	w.same(again(), false)
	w.same(len(w.events("outbox.retry")), 1)
}
