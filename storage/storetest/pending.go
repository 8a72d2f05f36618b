package storetest

import (
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func pendingCases() []testCase {
	return []testCase{
		{"pending/every field is kept", pendingRoundTrip},
		{"pending/handles and user codes are unique", pendingUnique},
		{"pending/caps", pendingCaps},
		{"pending/caps under a race", pendingCapRace},
		{"pending/lists", pendingLists},
		{"pending/keep", pendingKeep},
		{"pending/decide", pendingDecide},
		{"pending/decide refuses", pendingDecideRefuses},
		{"pending/poll", pendingPoll},
		{"pending/a person's end denies", pendingEndPerson},
		{"pending/a deleted person", func(w *world) {
			p := w.storedPerson("maria")
			gone := w.storedPending(storage.PendingCIBA, func(r *storage.Pending) { r.Person = p.ID })
			kept := w.storedPending(storage.PendingCIBA, func(r *storage.Pending) { r.Person = w.id() })
			w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, nil))
			_, err := w.PendingByID(w.ctx, w.tenant, gone.ID)
			w.code(err, errs.NotFound)
			w.same(w.stored(kept.ID), kept)
		}},
		{"sweep/pending", func(w *world) {
			w.sweeps(w.DeleteExpiredPending, func(tenant storage.ID, expires time.Time) {
				w.storedPending(storage.PendingPAR, func(p *storage.Pending) { p.Tenant, p.ExpiresAt = tenant, expires })
			})
		}},
	}
}

func (w *world) stored(id storage.ID) *storage.Pending {
	w.Helper()
	p, err := w.PendingByID(w.ctx, w.tenant, id)
	w.ok(err)
	return p
}

func pendingRoundTrip(w *world) {
	p := w.newPending(storage.PendingDevice, w.id(), "request")
	p.Person, p.Session, p.Decision = w.id(), w.id(), w.sealed("pending", "decision", p.ID, "decision")
	p.PolledAt, p.Slow, p.Tries = w.now.UnixMilli(), true, 3
	w.ok(w.InsertPending(w.ctx, p, storage.PendingCap{}))
	w.same(w.stored(p.ID), p)
	got, err := w.PendingByHandle(w.ctx, w.tenant, p.Handle)
	w.ok(err)
	w.same(got, p)
	got, err = w.PendingByUserCode(w.ctx, w.tenant, p.UserCode)
	w.ok(err)
	w.same(got, p)
	bare := &storage.Pending{Tenant: w.tenant, ID: w.id(), Kind: storage.PendingPAR, Client: w.id(), Handle: []byte("h"), State: storage.PendingOpen, ExpiresAt: w.now}
	w.ok(w.InsertPending(w.ctx, bare, storage.PendingCap{}))
	w.same(w.stored(bare.ID), bare)
	for _, err := range []error{
		second(w.PendingByID(w.ctx, w.tenant, w.id())), second(w.PendingByID(w.ctx, w.id(), p.ID)),
		second(w.PendingByHandle(w.ctx, w.tenant, []byte("x"))), second(w.PendingByHandle(w.ctx, w.id(), p.Handle)),
		second(w.PendingByUserCode(w.ctx, w.tenant, []byte("x"))), second(w.PendingByUserCode(w.ctx, w.id(), p.UserCode)),
	} {
		w.code(err, errs.NotFound)
	}
}

func second[T any](_ T, err error) error { return err }

func pendingUnique(w *world) {
	p := w.storedPending(storage.PendingDevice, nil)
	insert := func(change func(*storage.Pending)) error {
		q := w.newPending(storage.PendingDevice, p.Client, "x")
		change(q)
		return w.InsertPending(w.ctx, q, storage.PendingCap{})
	}
	w.code(insert(func(q *storage.Pending) { q.Handle = p.Handle }), errs.Conflict)
	w.code(insert(func(q *storage.Pending) { q.UserCode = p.UserCode }), errs.Conflict)
	w.ok(insert(func(q *storage.Pending) { q.Tenant, q.Handle, q.UserCode = w.id(), p.Handle, p.UserCode }))
	w.decide(p, w.id(), true, "x", nil)
	_, err := w.PendingByUserCode(w.ctx, w.tenant, p.UserCode)
	w.code(err, errs.NotFound) // it says nothing any more, and may be given out again
	w.ok(insert(func(q *storage.Pending) { q.UserCode = p.UserCode }))
	w.ok(insert(func(q *storage.Pending) { q.UserCode = nil }))
	w.ok(insert(func(q *storage.Pending) { q.UserCode = nil }))
	w.code(insert(func(q *storage.Pending) { q.Handle = p.Handle }), errs.Conflict)
}

func pendingCaps(w *world) {
	client, address, person := w.id(), []byte("one address"), w.id()
	insert := func(most storage.PendingCap, change func(*storage.Pending)) error {
		p := w.newPending(storage.PendingCIBA, client, "x")
		p.Address, p.Person = address, person
		if change != nil {
			change(p)
		}
		return w.InsertPending(w.ctx, p, most)
	}
	two := storage.PendingCap{PerClient: 2, PerAddress: 2, PerPerson: 2}
	first := w.newPending(storage.PendingCIBA, client, "x")
	first.Address, first.Person = address, person
	w.ok(w.InsertPending(w.ctx, first, two))
	w.ok(insert(storage.PendingCap{}, func(p *storage.Pending) { p.ExpiresAt = p.CreatedAt })) // expired: it does not count
	w.ok(insert(two, nil))
	for _, most := range []storage.PendingCap{{PerClient: 2}, {PerAddress: 2}, {PerPerson: 2}, {PerClient: 1}} {
		w.code(insert(most, nil), errs.Throttled)
	}
	w.ok(insert(two, func(p *storage.Pending) { p.Client, p.Address, p.Person = w.id(), nil, storage.ID{} }))
	w.ok(insert(two, func(p *storage.Pending) { p.Kind = storage.PendingPAR }))
	w.ok(insert(two, func(p *storage.Pending) { p.Tenant = w.id() }))
	w.decide(first, person, false, "x", nil)
	w.ok(insert(two, nil))
	w.code(insert(two, nil), errs.Throttled)
	w.ok(insert(two, func(p *storage.Pending) { p.CreatedAt = p.ExpiresAt })) // by then all others have expired
}

func pendingCapRace(w *world) {
	client, stored := w.id(), atomic.Int64{}
	parallel(racers, func(int) {
		for range 4 {
			err := w.InsertPending(w.ctx, w.newPending(storage.PendingPAR, client, "x"), storage.PendingCap{PerClient: 10})
			switch {
			case err == nil:
				stored.Add(1)
			case !errs.Is(err, errs.Throttled):
				w.Error(err)
			}
		}
	})
	if n := stored.Load(); n < 10 || n >= 10+racers {
		w.Errorf("%d requests were stored where 10 may be", n)
	}
}

func pendingLists(w *world) {
	person := w.id()
	add := func(change func(*storage.Pending)) *storage.Pending {
		return w.storedPending(storage.PendingCIBA, func(p *storage.Pending) {
			p.Person = person
			if change != nil {
				change(p)
			}
		})
	}
	a, b := add(nil), add(nil)
	add(func(p *storage.Pending) { p.Person = w.id() })
	add(func(p *storage.Pending) { p.Person = storage.ID{} })
	add(func(p *storage.Pending) { p.Tenant = w.id() })
	add(func(p *storage.Pending) { p.ExpiresAt = w.now })
	w.decide(add(nil), person, true, "x", nil)
	c := add(nil)
	for _, one := range []struct {
		after storage.ID
		limit int
		want  []storage.Pending
	}{{want: []storage.Pending{*a, *b, *c}}, {limit: 1, want: []storage.Pending{*a}}, {after: a.ID, limit: 5, want: []storage.Pending{*b, *c}}} {
		got, err := w.PendingFor(w.ctx, w.tenant, person, one.after, w.now, one.limit)
		w.ok(err)
		w.same(got, one.want)
	}
}

// decide is a person's answer; it says whether it was taken.
func (w *world) decide(p *storage.Pending, person storage.ID, approve bool, secret string, ev *storage.AuditEvent) bool {
	w.Helper()
	done, err := w.DecidePending(w.ctx, storage.DecidePending{
		Tenant: p.Tenant, ID: p.ID, Person: person, Session: storage.ID{7}, Approve: approve, Now: w.now,
		Decision: w.sealed("pending", "decision", p.ID, secret),
	}, ev)
	w.ok(err)
	return done
}

func pendingDecide(w *world) {
	for approve, state := range map[bool]storage.PendingState{true: storage.PendingApproved, false: storage.PendingDenied} {
		p, person := w.storedPending(storage.PendingDevice, nil), w.id()
		cmd := storage.DecidePending{
			Tenant: w.tenant, ID: p.ID, Person: person, Session: w.id(), Approve: approve, Now: w.now,
			Decision: w.sealed("pending", "decision", p.ID, "yes"),
		}
		done, err := w.DecidePending(w.ctx, cmd, w.newEvent("decided"))
		w.ok(err)
		w.same(done, true)
		want := *p
		want.State, want.Person, want.Session, want.Decision = state, person, cmd.Session, cmd.Decision
		w.same(w.stored(p.ID), &want)
		w.same(w.decide(p, person, !approve, "no", w.newEvent("decided")), false)
		w.same(w.stored(p.ID), &want)
	}
	w.same(len(w.events("decided")), 2)
}

func pendingDecideRefuses(w *world) {
	named := w.id()
	p := w.storedPending(storage.PendingCIBA, func(p *storage.Pending) { p.Person = named })
	w.same(w.decide(p, w.id(), true, "x", w.newEvent("decided")), false)
	elsewhere := *p
	elsewhere.Tenant = w.id()
	w.same(w.decide(&elsewhere, named, true, "x", w.newEvent("decided")), false)
	late := w.storedPending(storage.PendingDevice, func(p *storage.Pending) { p.ExpiresAt = w.now })
	w.same(w.decide(late, named, true, "x", w.newEvent("decided")), false)
	w.same(w.decide(w.newPending(storage.PendingDevice, named, "x"), named, true, "x", w.newEvent("decided")), false)
	w.same(w.stored(p.ID), p)
	w.same(len(w.events("decided")), 0)
	w.oneWins(func(i int) (bool, error) { return w.decide(p, named, i%2 == 0, "x", w.newEvent("decided")), nil })
	w.same(len(w.events("decided")), 1)
}

func pendingPoll(w *world) {
	p := w.storedPending(storage.PendingDevice, nil)
	for i, one := range []struct {
		at       time.Duration
		slack    time.Duration
		tooFast  bool
		interval int
	}{
		{0, 0, false, 5},
		{4999 * time.Millisecond, 0, true, 10},
		{9 * time.Second, 0, true, 15}, // the time runs from the last poll, whatever it got
		{24 * time.Second, 0, false, 15},
		{38 * time.Second, time.Second, false, 15},
		{51 * time.Second, time.Second, true, 20},
	} {
		state, tooFast, err := w.PollPending(w.ctx, storage.PollPending{Tenant: w.tenant, ID: p.ID, Client: p.Client, Now: w.in(one.at), Slack: one.slack})
		w.ok(err)
		got := w.stored(p.ID)
		if state != storage.PendingOpen || tooFast != one.tooFast || got.Interval != one.interval || got.PolledAt != w.in(one.at).UnixMilli() {
			w.Fatalf("poll %d: %s, too fast %v, %+v", i, state, tooFast, got)
		}
	}
	w.same(w.stored(p.ID).Tries, 3)
	for _, cmd := range []storage.PollPending{
		{Tenant: w.tenant, ID: p.ID, Client: w.id()}, {Tenant: w.tenant, ID: w.id(), Client: p.Client}, {Tenant: w.id(), ID: p.ID, Client: p.Client},
	} {
		cmd.Now = w.in(time.Hour)
		_, _, err := w.PollPending(w.ctx, cmd)
		w.code(err, errs.NotFound)
	}
	w.same(w.stored(p.ID).Tries, 3)
	w.decide(p, w.id(), true, "x", nil)
	state, tooFast, err := w.PollPending(w.ctx, storage.PollPending{Tenant: w.tenant, ID: p.ID, Client: p.Client, Now: w.in(time.Hour)})
	w.ok(err)
	w.same(state, storage.PendingApproved)
	w.same(tooFast, false)
}

func pendingEndPerson(w *world) {
	person, other := w.storedPerson("maria"), w.id()
	kept := w.storedSession(person.ID)
	approved := func(person, session storage.ID) *storage.Pending {
		p := w.storedPending(storage.PendingDevice, nil)
		cmd := storage.DecidePending{Tenant: w.tenant, ID: p.ID, Person: person, Session: session, Approve: true, Now: w.now}
		done, err := w.DecidePending(w.ctx, cmd, nil)
		w.ok(err)
		w.same(done, true)
		return p
	}
	waiting := w.storedPending(storage.PendingCIBA, func(p *storage.Pending) { p.Person = person.ID })
	stolen, own, foreign := approved(person.ID, w.id()), approved(person.ID, kept.ID), approved(other, w.id())
	w.ok(w.EndPerson(w.ctx, storage.EndPerson{Tenant: w.tenant, Person: person.ID, Except: kept.ID, Now: w.now}, nil))
	for _, one := range []struct {
		p    *storage.Pending
		want storage.PendingState
	}{{waiting, storage.PendingDenied}, {stolen, storage.PendingDenied}, {own, storage.PendingApproved}, {foreign, storage.PendingApproved}} {
		w.same(w.stored(one.p.ID).State, one.want)
	}
	w.ok(w.EndPerson(w.ctx, storage.EndPerson{Tenant: w.tenant, Person: person.ID, Now: w.now}, nil))
	w.same(w.stored(own.ID).State, storage.PendingDenied)
}

func pendingKeep(w *world) {
	p := w.storedPending(storage.PendingPAR, func(p *storage.Pending) { p.ExpiresAt = w.in(time.Minute) })
	w.ok(w.KeepPending(w.ctx, w.tenant, p.ID, w.in(time.Hour)))
	w.same(w.stored(p.ID).ExpiresAt, w.in(time.Hour))
	w.ok(w.KeepPending(w.ctx, w.tenant, p.ID, w.in(time.Minute)))
	w.same(w.stored(p.ID).ExpiresAt, w.in(time.Hour))
	over := w.storedPending(storage.PendingPAR, func(p *storage.Pending) { p.State = storage.PendingDenied })
	w.ok(w.KeepPending(w.ctx, w.tenant, over.ID, w.in(time.Hour)))
	w.same(w.stored(over.ID).ExpiresAt, over.ExpiresAt)
}
