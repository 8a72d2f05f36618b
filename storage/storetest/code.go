package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func codeCases() []testCase {
	return []testCase{
		{"codes/every field is kept, and an attempt is counted before it is judged", codeRows},
		{"codes/one serves its purpose, person and flow only", codeBindings},
		{"codes/a later one replaces the earlier", codeReplaced},
		{"codes/spent once, and not after its end", codeSpent},
		{"codes/those of a deleted person are gone", func(w *world) {
			p := w.newPerson("a", "x")
			w.ok(w.InsertPerson(w.ctx, p, nil))
			c := w.storedCode(func(c *storage.Code) { c.Person = p.ID })
			w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, nil))
			_, err := w.CodeByID(w.ctx, w.tenant, c.ID, c.Purpose, w.now)
			w.code(err, errs.NotFound)
		}},
		{"race/codes are spent once", func(w *world) {
			c := w.storedCode(nil)
			w.oneWins(func(int) (bool, error) { return w.SpendCode(w.ctx, w.tenant, c.ID, w.now, w.newEvent("race")) })
			w.same(len(w.events("race")), 1)
		}},
		{"race/attempts at a code", func(w *world) {
			c, tried := w.storedCode(nil), atomic.Int64{}
			parallel(racers, func(int) {
				_, err := w.TryCode(w.ctx, storage.TryCode{Tenant: w.tenant, ID: c.ID, Purpose: c.Purpose, Most: 5, Now: w.now})
				if err == nil {
					tried.Add(1)
				} else if !errs.Is(err, errs.NotFound) {
					w.Error(err)
				}
			})
			w.same(tried.Load(), int64(5))
		}},
		{"sweep/codes", func(w *world) {
			w.sweeps(w.DeleteExpiredCodes, func(tenant storage.ID, expires time.Time) {
				c := w.newCode()
				c.Tenant, c.ExpiresAt, c.Person = tenant, expires, storage.ID{}
				w.ok(w.InsertCode(w.ctx, c))
			})
		}},
		{"allowances/as many as are allowed in each window", allowanceWindows},
		{"race/allowances", func(w *world) {
			taken := atomic.Int64{}
			parallel(racers, func(int) {
				if w.take("k", 5, w.now) {
					taken.Add(1)
				}
			})
			w.same(taken.Load(), int64(5))
		}},
		{"sweep/allowances", func(w *world) {
			n := 0
			w.sweeps(w.DeleteEndedAllowances, func(tenant storage.ID, ends time.Time) {
				n++
				_, err := w.TakeAllowance(w.ctx, storage.TakeAllowance{Tenant: tenant, Key: hashed(fmt.Sprint(n)), Most: 1, Now: w.now, Ends: ends})
				w.ok(err)
			})
		}},
	}
}

func (w *world) newCode() *storage.Code {
	id := w.id()
	return &storage.Code{
		Tenant: w.tenant, ID: id, Purpose: "reset", Person: w.id(), Flow: w.id(), Channel: "mail", Hash: hashed("h"), LinkHash: hashed("l"), HashKey: 1,
		Data: w.sealed("codes", "data", id, canary), ExpiresAt: w.in(time.Minute), CreatedAt: w.now,
	}
}

func (w *world) storedCode(change func(*storage.Code)) *storage.Code {
	w.Helper()
	c := w.newCode()
	if change != nil {
		change(c)
	}
	w.ok(w.InsertCode(w.ctx, c))
	return c
}

func (w *world) tryCode(cmd storage.TryCode) error {
	cmd.Tenant, cmd.Now = w.tenant, w.now
	if cmd.Most == 0 {
		cmd.Most = 100
	}
	_, err := w.TryCode(w.ctx, cmd)
	return err
}

func codeRows(w *world) {
	c := w.storedCode(nil)
	got, err := w.CodeByID(w.ctx, w.tenant, c.ID, c.Purpose, w.now)
	w.ok(err)
	w.same(got, c)
	got, err = w.TryCode(w.ctx, storage.TryCode{Tenant: w.tenant, ID: c.ID, Purpose: c.Purpose, Most: 2, Now: w.now})
	w.ok(err)
	c.Attempts = 1
	w.same(got, c)
	w.ok(w.tryCode(storage.TryCode{Flow: c.Flow, Purpose: c.Purpose, Most: 2}))
	w.code(w.tryCode(storage.TryCode{Flow: c.Flow, Purpose: c.Purpose, Most: 2}), errs.NotFound)
}

func codeBindings(w *world) {
	c := w.storedCode(nil)
	for _, cmd := range []storage.TryCode{
		{Purpose: "reset"}, {Purpose: "reset", Person: c.Person}, {ID: c.ID, Purpose: "other"}, {ID: w.id(), Purpose: "reset"},
		{ID: c.ID, Purpose: "reset", Person: w.id()}, {ID: c.ID, Purpose: "reset", Flow: w.id()},
	} {
		w.code(w.tryCode(cmd), errs.NotFound)
	}
	_, err := w.CodeByID(w.ctx, w.tenant, c.ID, "other", w.now)
	w.code(err, errs.NotFound)
	_, err = w.CodeByID(w.ctx, w.id(), c.ID, "reset", w.now)
	w.code(err, errs.NotFound)
	w.ok(w.EndCodes(w.ctx, w.tenant, c.Person, w.now))
	w.ok(w.EndCodes(w.ctx, w.tenant, c.Person, w.now, "other"))
	w.ok(w.EndCodes(w.ctx, w.tenant, w.id(), w.now, "reset"))
	w.ok(w.tryCode(storage.TryCode{ID: c.ID, Purpose: "reset", Person: c.Person, Flow: c.Flow}))
	w.ok(w.EndCodes(w.ctx, w.tenant, c.Person, w.now, "other", "reset"))
	w.code(w.tryCode(storage.TryCode{ID: c.ID, Purpose: "reset"}), errs.NotFound)
}

func codeReplaced(w *world) {
	person, flow := w.id(), w.id()
	inFlow := func(c *storage.Code) { c.Person, c.Flow = person, flow }
	loose := func(c *storage.Code) { c.Person, c.Flow = person, storage.ID{} }
	first, second := w.storedCode(inFlow), w.storedCode(inFlow)
	third, fourth := w.storedCode(loose), w.storedCode(loose)
	for c, works := range map[*storage.Code]bool{first: false, second: true, third: false, fourth: true} {
		err := w.tryCode(storage.TryCode{ID: c.ID, Purpose: c.Purpose})
		if works != (err == nil) {
			w.Errorf("want it to work: %v, got %v", works, err)
		}
	}
}

func codeSpent(w *world) {
	c, late := w.storedCode(nil), w.storedCode(func(c *storage.Code) { c.ExpiresAt = w.now })
	for i, want := range []bool{true, false} {
		done, err := w.SpendCode(w.ctx, w.tenant, c.ID, w.now, w.newEvent("spent"))
		w.ok(err)
		if done != want {
			w.Errorf("time %d: %v", i+1, done)
		}
	}
	done, err := w.SpendCode(w.ctx, w.tenant, late.ID, w.now, w.newEvent("spent"))
	w.ok(err)
	w.same(done, false)
	w.same(len(w.events("spent")), 1)
	for _, gone := range []*storage.Code{c, late} {
		w.code(w.tryCode(storage.TryCode{ID: gone.ID, Purpose: "reset"}), errs.NotFound)
		_, err := w.CodeByID(w.ctx, w.tenant, gone.ID, "reset", w.now)
		w.code(err, errs.NotFound)
	}
}

func (w *world) take(key string, most int, now time.Time) bool {
	w.Helper()
	done, err := w.TakeAllowance(w.ctx, storage.TakeAllowance{Tenant: w.tenant, Key: hashed(key), Most: most, Now: now, Ends: now.Add(time.Hour)})
	w.ok(err)
	return done
}

func allowanceWindows(w *world) {
	for _, start := range []time.Time{w.now, w.in(time.Hour), w.in(3 * time.Hour)} {
		for i, want := range []bool{true, true, false} {
			if w.take("k", 2, start.Add(time.Duration(i)*time.Minute)) != want {
				w.Errorf("from %v, use %d: want %v", start, i+1, want)
			}
		}
		w.same(w.take("other", 1, start), true)
	}
	w.same(w.take("none", 0, w.now), false)
	for i, want := range []bool{true, true, false, false, true} { // at 0, 40, 80, 99 and 100 minutes
		at := w.in([]time.Duration{0, 40, 80, 99, 100}[i] * time.Minute)
		done, err := w.TakeAllowance(w.ctx, storage.TakeAllowance{Tenant: w.tenant, Key: hashed("slides"), Most: 2, Now: at, Ends: at.Add(time.Hour), Slides: true})
		w.ok(err)
		w.same(done, want)
	}
}
