package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func factorCases() []testCase {
	return []testCase{
		{"factor/every field is kept", factorRows},
		{"factor/confirmed once and in time", factorConfirm},
		{"factor/pending ones replace each other, confirmed ones have a limit", factorLimit},
		{"factor/nobody else's", factorForeign},
		{"factor/a step is spent once", factorSpend},
		{"factor/reset", factorReset},
		{"factor/goes with the person", factorErased},
		{"race/spend a step", func(w *world) {
			for step := int64(1); step <= 20; step++ {
				f := w.storedFactor(w.storedPerson(w.id().String()).ID, storage.FactorConfirmed)
				w.oneWins(func(int) (bool, error) { return w.SpendStep(w.ctx, stepOf(f, f.LastStep+step, w.now)) })
			}
		}},
		{"race/confirm a factor", func(w *world) {
			f := w.storedFactor(w.storedPerson("maria").ID, storage.FactorPending)
			w.oneWins(func(int) (bool, error) { return w.ConfirmFactor(w.ctx, w.confirmation(f), w.newEvent("race")) })
			w.same(len(w.events("race")), 1)
		}},
		{"sweep/pending factors", func(w *world) {
			w.sweeps(w.DeletePendingFactors, func(tenant storage.ID, made time.Time) {
				p := w.newPerson(w.id().String(), "x")
				p.Tenant = tenant
				w.ok(w.InsertPerson(w.ctx, p, nil))
				for _, state := range []storage.FactorState{storage.FactorPending, storage.FactorConfirmed} {
					f := w.newFactor(p.ID, state, "x")
					f.Tenant, f.CreatedAt = tenant, made
					w.ok(w.InsertFactor(w.ctx, f, 5, nil))
				}
			})
		}},
	}
}

func (w *world) newFactor(person storage.ID, state storage.FactorState, secret string) *storage.Factor {
	id, at := w.id(), w.in(time.Minute)
	f := &storage.Factor{
		Tenant: w.tenant, ID: id, Person: person, Kind: storage.KindTOTP, State: state, Name: w.sealed("factors", "name", id, secret),
		Secret: w.sealed("factors", "secret", id, secret), LastStep: 58_000_000, CreatedAt: w.now, LastUsedAt: &at,
	}
	if state == storage.FactorConfirmed {
		f.ConfirmedAt = &at
	}
	return f
}

func (w *world) storedFactor(person storage.ID, state storage.FactorState) *storage.Factor {
	w.Helper()
	f := w.newFactor(person, state, "secret")
	w.ok(w.InsertFactor(w.ctx, f, 5, nil))
	return f
}

func stepOf(f *storage.Factor, step int64, now time.Time) storage.SpendStep {
	return storage.SpendStep{Tenant: f.Tenant, Person: f.Person, Factor: f.ID, Kind: f.Kind, Step: step, Now: now}
}

func (w *world) confirmation(f *storage.Factor) storage.ConfirmFactor {
	return storage.ConfirmFactor{
		Tenant: f.Tenant, Person: f.Person, Factor: f.ID, Step: f.LastStep + 1, Name: w.sealed("factors", "name", f.ID, "named"), Since: f.CreatedAt, Now: w.in(time.Second),
	}
}

func factorRows(w *world) {
	p := w.storedPerson("maria")
	a, b := w.newFactor(p.ID, storage.FactorConfirmed, "a"), w.newFactor(p.ID, storage.FactorPending, "b")
	w.ok(w.InsertFactor(w.ctx, a, 5, w.newEvent("made")))
	w.ok(w.InsertFactor(w.ctx, b, 5, w.newEvent("made")))
	got, err := w.FactorByID(w.ctx, w.tenant, a.ID)
	w.ok(err)
	w.same(got, a)
	all, err := w.FactorsOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(all, []storage.Factor{*a, *b})
	name := w.sealed("factors", "name", a.ID, "new name")
	w.ok(w.RenameFactor(w.ctx, w.tenant, p.ID, a.ID, name, w.newEvent("made")))
	a.Name = name
	got, err = w.FactorByID(w.ctx, w.tenant, a.ID)
	w.ok(err)
	w.same(got, a)
	w.code(w.RenameFactor(w.ctx, w.tenant, p.ID, b.ID, name, w.newEvent("made")), errs.NotFound) // pending
	w.ok(w.DeleteFactor(w.ctx, w.tenant, p.ID, a.ID, w.newEvent("made")))
	w.code(w.DeleteFactor(w.ctx, w.tenant, p.ID, a.ID, w.newEvent("made")), errs.NotFound)
	_, err = w.FactorByID(w.ctx, w.tenant, a.ID)
	w.code(err, errs.NotFound)
	w.same(len(w.events("made")), 4)
}

func factorConfirm(w *world) {
	p := w.storedPerson("maria")
	f := w.storedFactor(p.ID, storage.FactorPending)
	for name, change := range map[string]func(*storage.ConfirmFactor){
		"another person's": func(c *storage.ConfirmFactor) { c.Person = w.id() },
		"another tenant's": func(c *storage.ConfirmFactor) { c.Tenant = w.id() },
		"unknown":          func(c *storage.ConfirmFactor) { c.Factor = w.id() },
		"too old":          func(c *storage.ConfirmFactor) { c.Since = f.CreatedAt.Add(time.Microsecond) },
	} {
		cmd := w.confirmation(f)
		change(&cmd)
		done, err := w.ConfirmFactor(w.ctx, cmd, w.newEvent("confirmed"))
		w.ok(err)
		if done {
			w.Fatal(name)
		}
	}
	cmd := w.confirmation(f)
	for _, want := range []bool{true, false} {
		done, err := w.ConfirmFactor(w.ctx, cmd, w.newEvent("confirmed"))
		w.ok(err)
		w.same(done, want)
	}
	w.same(len(w.events("confirmed")), 1)
	f.State, f.ConfirmedAt, f.LastStep, f.Name = storage.FactorConfirmed, &cmd.Now, cmd.Step, cmd.Name
	got, err := w.FactorByID(w.ctx, w.tenant, f.ID)
	w.ok(err)
	w.same(got, f)
}

func factorLimit(w *world) {
	p := w.storedPerson("maria")
	w.storedFactor(p.ID, storage.FactorPending)
	b := w.storedFactor(p.ID, storage.FactorPending)
	all, err := w.FactorsOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(all, []storage.Factor{*b})
	for range 2 {
		w.storedFactor(p.ID, storage.FactorConfirmed)
	}
	w.code(w.InsertFactor(w.ctx, w.newFactor(p.ID, storage.FactorPending, "x"), 2, w.newEvent("made")), errs.Conflict)
	other := w.newFactor(p.ID, storage.FactorPending, "x")
	other.Kind = "email"
	w.ok(w.InsertFactor(w.ctx, other, 2, nil))
	w.code(w.InsertFactor(w.ctx, w.newFactor(w.id(), storage.FactorPending, "x"), 2, w.newEvent("made")), errs.NotFound)
	w.same(len(w.events("made")), 0)
}

func factorForeign(w *world) {
	p, other := w.storedPerson("maria"), w.storedPerson("other")
	f := w.storedFactor(p.ID, storage.FactorConfirmed)
	for _, who := range [][2]storage.ID{{w.tenant, other.ID}, {w.id(), p.ID}} {
		w.code(w.RenameFactor(w.ctx, who[0], who[1], f.ID, f.Name, nil), errs.NotFound)
		w.code(w.DeleteFactor(w.ctx, who[0], who[1], f.ID, nil), errs.NotFound)
		cmd := stepOf(f, f.LastStep+1, w.now)
		cmd.Tenant, cmd.Person = who[0], who[1]
		done, err := w.SpendStep(w.ctx, cmd)
		w.ok(err)
		w.same(done, false)
	}
	got, err := w.FactorByID(w.ctx, w.tenant, f.ID)
	w.ok(err)
	w.same(got, f)
}

func factorSpend(w *world) {
	p := w.storedPerson("maria")
	f, pending := w.storedFactor(p.ID, storage.FactorConfirmed), w.storedFactor(p.ID, storage.FactorPending)
	w.tries(p.ID, storage.KindTOTP, 2)
	w.tries(p.ID, "email", 1)
	for _, c := range []struct {
		factor *storage.Factor
		step   int64
		want   bool
	}{
		{pending, 58_000_001, false}, {f, 58_000_000, false}, {f, 57_999_999, false}, {f, 58_000_002, true}, {f, 58_000_002, false}, {f, 58_000_001, false}, {f, 58_000_003, true},
	} {
		done, err := w.SpendStep(w.ctx, stepOf(c.factor, c.step, w.in(time.Hour)))
		w.ok(err)
		w.same(done, c.want)
	}
	wrong := stepOf(f, 58_000_004, w.now)
	wrong.Kind = "email"
	done, err := w.SpendStep(w.ctx, wrong)
	w.ok(err)
	w.same(done, false)
	got, err := w.FactorByID(w.ctx, w.tenant, f.ID)
	w.ok(err)
	w.same(got.LastStep, int64(58_000_003))
	w.same(*got.LastUsedAt, w.in(time.Hour))
	left, err := w.FailuresOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(len(left), 1)
	w.same(left[0].Kind, "email")
}

func (w *world) everything(person storage.ID) (n int) {
	w.Helper()
	factors, err := w.FactorsOf(w.ctx, w.tenant, person)
	w.ok(err)
	codes, err := w.BackupCodesOf(w.ctx, w.tenant, person)
	w.ok(err)
	failures, err := w.FailuresOf(w.ctx, w.tenant, person)
	w.ok(err)
	passkeys, err := w.PasskeysOf(w.ctx, w.tenant, person)
	w.ok(err)
	return len(factors) + len(codes) + len(failures) + len(passkeys)
}

// equipped is a person with a factor, a passkey, two backup codes and a failure.
func (w *world) equipped(name string) *storage.Person {
	w.Helper()
	p := w.storedPerson(name)
	w.storedFactor(p.ID, storage.FactorConfirmed)
	w.storedCodes(p.ID, name+"1", name+"2")
	w.tries(p.ID, storage.KindTOTP, 1)
	w.ok(w.InsertPasskey(w.ctx, w.newPasskey(p.ID, name, "name"), 2, nil))
	w.same(w.everything(p.ID), 5)
	return p
}

func factorReset(w *world) {
	p, other := w.equipped("maria"), w.equipped("other")
	w.ok(w.ResetFactors(w.ctx, w.tenant, p.ID, w.newEvent("reset")))
	w.same(w.everything(p.ID), 0)
	w.same(w.everything(other.ID), 5)
	w.ok(w.ResetFactors(w.ctx, w.tenant, p.ID, w.newEvent("reset")))
	w.code(w.ResetFactors(w.ctx, w.tenant, w.id(), w.newEvent("reset")), errs.NotFound)
	w.same(len(w.events("reset")), 2)
}

func factorErased(w *world) {
	p, other := w.equipped("maria"), w.equipped("other")
	w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, nil))
	w.same(w.everything(p.ID), 0)
	w.same(w.everything(other.ID), 5)
}

func (w *world) canaryFactors(p storage.ID, ev func() *storage.AuditEvent) {
	f := w.newFactor(p, storage.FactorPending, canary)
	w.ok(w.InsertFactor(w.ctx, f, 5, ev()))
	cmd := w.confirmation(f)
	cmd.Name = w.sealed("factors", "name", f.ID, canary)
	_, err := w.ConfirmFactor(w.ctx, cmd, ev())
	w.ok(err)
	w.ok(w.RenameFactor(w.ctx, w.tenant, p, f.ID, w.sealed("factors", "name", f.ID, "new "+canary), ev()))
	w.storedCodes(p, "canary")
	_, err = w.SpendBackupCode(w.ctx, w.tenant, p, [][]byte{hashed("canary")}, w.now, ev())
	w.ok(err)
	_, _, err = w.TakeTry(w.ctx, storage.TakeTry{Tenant: w.tenant, Person: p, Kind: storage.KindTOTP, Now: w.now, Free: 1, First: time.Hour, Longest: time.Hour}, ev())
	w.ok(err)
}
