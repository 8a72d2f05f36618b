package storetest

import (
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func recoveryCases() []testCase {
	return []testCase{
		{"recoveries/every field is kept, and one of a person waits", recoveryRows},
		{"recoveries/never before its time, nor after", recoveryTimes},
		{"recoveries/nobody who may not", recoveryPeople},
		{"recoveries/what is over is in nobody's way, and swept", recoverySwept},
		{"race/recoveries begin once", func(w *world) {
			p := w.storedPerson("a")
			w.oneWins(func(int) (bool, error) { return w.BeginRecovery(w.ctx, w.newRecovery(p.ID), w.newEvent("race")) })
			w.same(len(w.events("race")), 1)
		}},
		{"race/recoveries are used or cancelled", func(w *world) {
			r, won := w.waiting("a"), [2]atomic.Int64{}
			parallel(racers, func(i int) {
				cmd := w.ending(r, []storage.RecoveryOutcome{storage.RecoveryUsed, storage.RecoveryCancelled}[i%2])
				cmd.Now = r.ReadyAt
				done, err := w.EndRecovery(w.ctx, cmd, w.newEvent("race"))
				if w.ok(err); done {
					won[i%2].Add(1)
				}
			})
			w.same(won[0].Load()+won[1].Load(), int64(1))
			w.same(len(w.events("race")), 1)
		}},
	}
}

func (w *world) newRecovery(person storage.ID) *storage.Recovery {
	return &storage.Recovery{
		Tenant: w.tenant, ID: w.id(), Person: person, EmailHash: []byte{1, 0, 2}, CreatedAt: w.now, RemindAt: w.in(18 * time.Hour), ReadyAt: w.in(24 * time.Hour),
		ExpiresAt: w.in(96 * time.Hour),
	}
}

func (w *world) waiting(name string) *storage.Recovery {
	w.Helper()
	r := w.newRecovery(w.storedPerson(name).ID)
	begun, err := w.BeginRecovery(w.ctx, r, nil)
	w.ok(err)
	w.same(begun, true)
	return r
}

func (w *world) ending(r *storage.Recovery, as storage.RecoveryOutcome) storage.EndRecovery {
	return storage.EndRecovery{Tenant: w.tenant, ID: r.ID, Person: r.Person, Outcome: as, Now: w.now}
}

// ends wants the outcome of ending r at a time.
func (w *world) ends(r *storage.Recovery, as storage.RecoveryOutcome, at time.Time, want bool) {
	w.Helper()
	cmd := w.ending(r, as)
	cmd.Now = at
	done, err := w.EndRecovery(w.ctx, cmd, w.newEvent("end"))
	w.ok(err)
	w.same(done, want)
}

func recoveryRows(w *world) {
	r := w.waiting("a")
	got, err := w.RecoveryOf(w.ctx, w.tenant, r.Person, w.now)
	w.ok(err)
	w.same(got, r)
	got, err = w.RecoveryByID(w.ctx, w.tenant, r.ID, w.now)
	w.ok(err)
	w.same(got, r)
	again := w.newRecovery(r.Person)
	again.ReadyAt = w.now
	begun, err := w.BeginRecovery(w.ctx, again, w.newEvent("again"))
	w.ok(err)
	w.same(begun, false)
	w.same(len(w.events("again")), 0)
	_, err = w.RecoveryByID(w.ctx, w.id(), r.ID, w.now)
	w.code(err, errs.NotFound)
	other := *r
	other.Person = w.id()
	w.ends(&other, storage.RecoveryCancelled, w.now, false)
	w.ends(&storage.Recovery{Person: r.Person}, storage.RecoveryCancelled, w.now, true) // whichever waits
	w.ends(r, storage.RecoveryCancelled, w.now, false)
	w.same(len(w.events("end")), 1)
	_, err = w.RecoveryOf(w.ctx, w.tenant, r.Person, w.now)
	w.code(err, errs.NotFound)
	begun, err = w.BeginRecovery(w.ctx, again, nil)
	w.ok(err)
	w.same(begun, true)
}

func recoveryTimes(w *world) {
	r := w.waiting("a")
	due := func(at time.Time, want int) {
		w.Helper()
		all, err := w.DueRecoveries(w.ctx, w.tenant, at, 10)
		w.ok(err)
		w.same(len(all), want)
	}
	step := func(do func() (bool, error), want bool) {
		w.Helper()
		done, err := do()
		w.ok(err)
		w.same(done, want)
	}
	remind := func(at time.Time) func() (bool, error) {
		return func() (bool, error) { return w.RemindRecovery(w.ctx, w.tenant, r.ID, at, nil) }
	}
	open := func(at time.Time) func() (bool, error) {
		return func() (bool, error) { return w.OpenRecovery(w.ctx, w.tenant, r.ID, at, nil) }
	}
	early := r.ReadyAt.Add(-time.Millisecond)
	due(r.RemindAt.Add(-time.Millisecond), 0)
	step(remind(r.RemindAt.Add(-time.Millisecond)), false)
	due(r.RemindAt, 1)
	step(remind(r.RemindAt), true)
	step(remind(r.RemindAt), false)
	due(early, 0)
	step(open(early), false)
	w.ends(r, storage.RecoveryUsed, early, false)
	w.ends(r, storage.RecoveryUsed, r.ExpiresAt, false)
	due(r.ReadyAt, 1)
	step(open(r.ReadyAt), true)
	step(open(r.ReadyAt), false)
	due(r.ReadyAt, 0)
	w.ends(r, storage.RecoveryUsed, r.ReadyAt, true)
	w.ends(r, storage.RecoveryUsed, r.ReadyAt, false)
}

func recoveryPeople(w *world) {
	for name, change := range map[string]func(*storage.Person){
		"admin": func(p *storage.Person) { p.Admin = true }, "locked": func(p *storage.Person) { p.State = storage.PersonLocked },
		"disabled": func(p *storage.Person) { p.State = storage.PersonDisabled },
	} {
		r := w.waiting(name)
		_, err := w.UpdatePerson(w.ctx, w.tenant, r.Person, func(p *storage.Person) error { change(p); return nil }, nil)
		w.ok(err)
		w.ends(r, storage.RecoveryUsed, r.ReadyAt, false)
		w.ends(r, storage.RecoveryVoid, r.ReadyAt, true)
		begun, err := w.BeginRecovery(w.ctx, w.newRecovery(r.Person), nil)
		w.ok(err)
		w.same(begun, false)
	}
	begun, err := w.BeginRecovery(w.ctx, w.newRecovery(w.id()), nil)
	w.ok(err)
	w.same(begun, false)
}

func recoverySwept(w *world) {
	r := w.waiting("a")
	_, err := w.RecoveryOf(w.ctx, w.tenant, r.Person, r.ExpiresAt)
	w.code(err, errs.NotFound)
	next := w.newRecovery(r.Person)
	next.CreatedAt, next.ExpiresAt = r.ExpiresAt, r.ExpiresAt.Add(96*time.Hour)
	begun, err := w.BeginRecovery(w.ctx, next, nil)
	w.ok(err)
	w.same(begun, true)
	n, err := w.DeleteOldRecoveries(w.ctx, r.ExpiresAt.Add(time.Second), 10)
	w.ok(err)
	w.same(n, int64(1))
	_, err = w.RecoveryByID(w.ctx, w.tenant, next.ID, r.ExpiresAt)
	w.ok(err)
}
