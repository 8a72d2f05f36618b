package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func backupCodeCases() []testCase {
	return []testCase{
		{"backup codes/spent once", backupSpend},
		{"backup codes/a new set ends the old one", backupReplace},
		{"race/backup code", func(w *world) {
			p := w.storedPerson("maria")
			for i := range 20 {
				w.storedCodes(p.ID, fmt.Sprint(i), "other")
				w.oneWins(func(int) (bool, error) { return w.spendCode(p.ID, fmt.Sprint(i), "race") })
			}
			w.same(len(w.events("race")), 20)
		}},
		{"race/two new sets of backup codes", func(w *world) {
			p := w.storedPerson("maria")
			parallel(racers, func(i int) {
				if err := w.ReplaceBackupCodes(w.ctx, w.tenant, p.ID, w.newCodes(p.ID, fmt.Sprint(i, "a"), fmt.Sprint(i, "b")), nil); err != nil {
					w.Error(err)
				}
			})
			codes, err := w.BackupCodesOf(w.ctx, w.tenant, p.ID)
			w.ok(err)
			w.same(len(codes), 2)
		}},
	}
}

func (w *world) newCodes(person storage.ID, texts ...string) []storage.BackupCode {
	codes := make([]storage.BackupCode, len(texts))
	for i, text := range texts {
		codes[i] = storage.BackupCode{Tenant: w.tenant, ID: w.id(), Person: person, Hash: hashed(text), CreatedAt: w.now}
	}
	return codes
}

func (w *world) storedCodes(person storage.ID, texts ...string) []storage.BackupCode {
	w.Helper()
	codes := w.newCodes(person, texts...)
	w.ok(w.ReplaceBackupCodes(w.ctx, w.tenant, person, codes, nil))
	return codes
}

func (w *world) spendCode(person storage.ID, text, event string) (bool, error) {
	return w.SpendBackupCode(w.ctx, w.tenant, person, [][]byte{hashed("an older key's"), hashed(text)}, w.in(time.Minute), w.newEvent(event))
}

func backupSpend(w *world) {
	p, other := w.storedPerson("maria"), w.storedPerson("other")
	codes := w.storedCodes(p.ID, "a", "b")
	w.tries(p.ID, storage.KindBackup, 2)
	w.tries(p.ID, storage.KindTOTP, 1)
	for _, c := range []struct {
		person storage.ID
		text   string
		want   bool
	}{{other.ID, "a", false}, {p.ID, "c", false}, {p.ID, "a", true}, {p.ID, "a", false}} {
		done, err := w.spendCode(c.person, c.text, "spent")
		w.ok(err)
		w.same(done, c.want)
	}
	done, err := w.SpendBackupCode(w.ctx, w.id(), p.ID, [][]byte{hashed("b")}, w.now, nil)
	w.ok(err)
	w.same(done, false)
	w.same(len(w.events("spent")), 1)
	at := w.in(time.Minute)
	codes[0].UsedAt = &at
	got, err := w.BackupCodesOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(got, codes)
	left, err := w.FailuresOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(len(left), 1)
	w.same(left[0].Kind, storage.KindTOTP)
}

func backupReplace(w *world) {
	p := w.storedPerson("maria")
	w.storedCodes(p.ID, "a", "b")
	w.ok(w.ReplaceBackupCodes(w.ctx, w.tenant, p.ID, w.newCodes(p.ID, "c"), w.newEvent("made")))
	for text, want := range map[string]bool{"a": false, "b": false, "c": true} {
		done, err := w.spendCode(p.ID, text, "x")
		w.ok(err)
		w.same(done, want)
	}
	w.code(w.ReplaceBackupCodes(w.ctx, w.tenant, w.id(), nil, w.newEvent("made")), errs.NotFound)
	w.same(len(w.events("made")), 1)
}

func triesCases() []testCase {
	return []testCase{
		{"tries/waits grow and only success forgets", triesGrow},
		{"tries/each person and kind for itself", triesApart},
		{"tries/a clock that is behind is not told to wait", func(w *world) {
			p := w.storedPerson("maria")
			for _, at := range []time.Duration{0, -time.Second} {
				ok, _, err := w.TakeTry(w.ctx, w.try(p.ID, storage.KindTOTP, w.in(at)), nil)
				w.ok(err)
				w.same(ok, true)
			}
		}},
		{"race/tries stop at the limit", func(w *world) {
			p := w.storedPerson("maria")
			var through atomic.Int64
			parallel(4*racers, func(int) {
				ok, _, err := w.TakeTry(w.ctx, w.try(p.ID, storage.KindTOTP, w.now), w.newEvent("locked"))
				if err != nil {
					w.Error(err)
				}
				if ok {
					through.Add(1)
				}
			})
			w.same(through.Load(), int64(5))
			w.same(len(w.events("locked")), 1)
		}},
	}
}

func (w *world) try(person storage.ID, kind string, now time.Time) storage.TakeTry {
	return storage.TakeTry{Tenant: w.tenant, Person: person, Kind: kind, Now: now, Free: 5, First: time.Minute, Longest: 10 * time.Minute}
}

// tries takes n tries that are allowed.
func (w *world) tries(person storage.ID, kind string, n int) {
	w.Helper()
	for range n {
		ok, _, err := w.TakeTry(w.ctx, w.try(person, kind, w.now), nil)
		w.ok(err)
		w.same(ok, true)
	}
}

func triesGrow(w *world) {
	p, now := w.storedPerson("maria"), w.now
	w.tries(p.ID, storage.KindTOTP, 5)
	for n, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute} {
		ok, wait, err := w.TakeTry(w.ctx, w.try(p.ID, storage.KindTOTP, now), w.newEvent("none"))
		w.ok(err)
		w.same(ok, false)
		w.same(wait, want)
		ok, wait, err = w.TakeTry(w.ctx, w.try(p.ID, storage.KindTOTP, now.Add(want-time.Microsecond)), w.newEvent("none"))
		w.ok(err)
		w.same(ok, false)
		w.same(wait, time.Second)
		now = now.Add(want)
		ok, _, err = w.TakeTry(w.ctx, w.try(p.ID, storage.KindTOTP, now), w.newEvent("locked"))
		w.ok(err)
		w.same(ok, true)
		failures, err := w.FailuresOf(w.ctx, w.tenant, p.ID)
		w.ok(err)
		w.same(failures[0].Failures, 6+n)
	}
	w.same(len(w.events("none")), 0)
	w.same(len(w.events("locked")), 6)
	w.ok(w.ForgetFailures(w.ctx, w.tenant, p.ID, storage.KindTOTP))
	w.tries(p.ID, storage.KindTOTP, 5)
}

func triesApart(w *world) {
	p, other := w.storedPerson("maria"), w.storedPerson("other")
	w.tries(p.ID, storage.KindTOTP, 5)
	w.tries(p.ID, "email", 5)
	w.tries(other.ID, storage.KindTOTP, 5)
	w.ok(w.ForgetFailures(w.ctx, w.tenant, p.ID, "email"))
	ok, _, err := w.TakeTry(w.ctx, w.try(p.ID, storage.KindTOTP, w.now), nil)
	w.ok(err)
	w.same(ok, false)
	w.tries(p.ID, "email", 1)
}
