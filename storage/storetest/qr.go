package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func qrCases() []testCase {
	return []testCase{
		{"qr/every field is kept, and the newest of a flow is found", qrRows},
		{"qr/the way of an approval", qrWay},
		{"qr/what is somebody's is nobody else's", qrOthers},
		{"qr/what ends it", qrEnds},
		{"qr/only what lives is approved and spent", qrLives},
		{"qr/caps", qrCaps},
		{"race/qr is seen, approved and spent once", func(w *world) {
			p, s := w.signedIn("maria")
			q := w.storedQR(nil)
			w.oneWins(func(int) (bool, error) { return w.SeeQR(w.ctx, w.qrMove(q, p.ID, s.ID), nil) })
			w.oneWins(func(i int) (bool, error) {
				if i%2 == 0 {
					return w.ApproveQR(w.ctx, w.qrMove(q, p.ID, s.ID), w.newEvent("race"))
				}
				return w.DenyQR(w.ctx, w.qrMove(q, p.ID, s.ID), w.newEvent("race"))
			})
			q = w.approvedQR(p.ID, s.ID)
			w.oneWins(func(int) (bool, error) { return w.SpendQR(w.ctx, w.tenant, q.ID, q.Flow, w.now, w.newEvent("race")) })
			w.same(len(w.events("race")), 2)
		}},
		{"sweep/qr", func(w *world) {
			w.sweeps(w.DeleteExpiredQR, func(tenant storage.ID, expires time.Time) {
				q := w.newQR()
				q.Tenant, q.ExpiresAt = tenant, expires
				w.ok(w.InsertQR(w.ctx, q, storage.QRCap{}))
			})
		}},
	}
}

func (w *world) newQR() *storage.QRSignIn {
	id := w.id()
	return &storage.QRSignIn{
		Tenant: w.tenant, ID: id, Flow: w.id(), State: storage.QROpen, Secret: w.sealed("qr_sign_ins", "secret", id, canary),
		Request: w.sealed("qr_sign_ins", "request", id, canary), Address: hashed("here"), ExpiresAt: w.in(time.Minute), CreatedAt: w.now,
	}
}

func (w *world) storedQR(change func(*storage.QRSignIn)) *storage.QRSignIn {
	w.Helper()
	q := w.newQR()
	if change != nil {
		change(q)
	}
	w.ok(w.InsertQR(w.ctx, q, storage.QRCap{}))
	return q
}

// signedIn is somebody with a session.
func (w *world) signedIn(name string) (*storage.Person, *storage.Session) {
	w.Helper()
	p := w.storedPerson(name)
	s := w.newSession(p.ID, "x")
	w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
	return p, s
}

func (w *world) qrMove(q *storage.QRSignIn, person, session storage.ID) storage.QRMove {
	return storage.QRMove{Tenant: w.tenant, ID: q.ID, Person: person, Session: session, Decision: w.sealed("qr_sign_ins", "decision", q.ID, canary), Now: w.now}
}

func (w *world) moved(want bool, done bool, err error) {
	w.Helper()
	w.ok(err)
	w.same(done, want)
}

func (w *world) qrState(q *storage.QRSignIn, want storage.QRState) *storage.QRSignIn {
	w.Helper()
	got, err := w.QRByID(w.ctx, w.tenant, q.ID)
	w.ok(err)
	w.same(got.State, want)
	return got
}

func (w *world) approvedQR(person, session storage.ID) *storage.QRSignIn {
	w.Helper()
	q := w.storedQR(nil)
	done, err := w.SeeQR(w.ctx, w.qrMove(q, person, session), nil)
	w.moved(true, done, err)
	done, err = w.ApproveQR(w.ctx, w.qrMove(q, person, session), nil)
	w.moved(true, done, err)
	return q
}

func qrRows(w *world) {
	q := w.storedQR(nil)
	got, err := w.QRByID(w.ctx, w.tenant, q.ID)
	w.ok(err)
	w.same(got, q)
	later := w.storedQR(func(l *storage.QRSignIn) { l.Flow = q.Flow })
	got, err = w.QRByFlow(w.ctx, w.tenant, q.Flow)
	w.ok(err)
	w.same(got, later)
	w.qrState(q, storage.QRDenied)
	for _, err := range []error{
		func() error { _, err := w.QRByID(w.ctx, w.id(), q.ID); return err }(),
		func() error { _, err := w.QRByID(w.ctx, w.tenant, w.id()); return err }(),
		func() error { _, err := w.QRByFlow(w.ctx, w.tenant, w.id()); return err }(),
		func() error { _, err := w.QRByFlow(w.ctx, w.id(), q.Flow); return err }(),
	} {
		w.code(err, errs.NotFound)
	}
}

func qrWay(w *world) {
	p, s := w.signedIn("maria")
	q := w.storedQR(nil)
	for _, step := range []struct {
		name string
		do   func() (bool, error)
		want bool
	}{
		{"approve unseen", func() (bool, error) { return w.ApproveQR(w.ctx, w.qrMove(q, p.ID, s.ID), w.newEvent("qr")) }, false},
		{"spend unapproved", func() (bool, error) { return w.SpendQR(w.ctx, w.tenant, q.ID, q.Flow, w.now, w.newEvent("qr")) }, false},
		{"see", func() (bool, error) { return w.SeeQR(w.ctx, w.qrMove(q, p.ID, s.ID), w.newEvent("qr")) }, true},
		{"see again", func() (bool, error) { return w.SeeQR(w.ctx, w.qrMove(q, p.ID, s.ID), w.newEvent("qr")) }, false},
		{"approve", func() (bool, error) { return w.ApproveQR(w.ctx, w.qrMove(q, p.ID, s.ID), w.newEvent("qr")) }, true},
		{"approve again", func() (bool, error) { return w.ApproveQR(w.ctx, w.qrMove(q, p.ID, s.ID), w.newEvent("qr")) }, false},
		{"deny what is approved", func() (bool, error) { return w.DenyQR(w.ctx, w.qrMove(q, p.ID, s.ID), w.newEvent("qr")) }, false},
		{"spend for another flow", func() (bool, error) { return w.SpendQR(w.ctx, w.tenant, q.ID, w.id(), w.now, w.newEvent("qr")) }, false},
		{"spend too late", func() (bool, error) { return w.SpendQR(w.ctx, w.tenant, q.ID, q.Flow, q.ExpiresAt, w.newEvent("qr")) }, false},
		{"spend", func() (bool, error) { return w.SpendQR(w.ctx, w.tenant, q.ID, q.Flow, w.now, w.newEvent("qr")) }, true},
		{"spend again", func() (bool, error) { return w.SpendQR(w.ctx, w.tenant, q.ID, q.Flow, w.now, w.newEvent("qr")) }, false},
	} {
		done, err := step.do()
		w.ok(err)
		if done != step.want {
			w.Fatalf("%s: %t", step.name, done)
		}
	}
	w.same(len(w.events("qr")), 3)
	got := w.qrState(q, storage.QRSpent)
	w.same([]storage.ID{got.Person, got.Session}, []storage.ID{p.ID, s.ID})
	late := w.storedQR(func(q *storage.QRSignIn) { q.ExpiresAt = w.now })
	done, err := w.SeeQR(w.ctx, w.qrMove(late, p.ID, s.ID), nil)
	w.moved(false, done, err)
	done, err = w.DenyQR(w.ctx, w.qrMove(late, p.ID, s.ID), nil)
	w.moved(false, done, err)
}

func qrOthers(w *world) {
	p, s := w.signedIn("maria")
	o, os := w.signedIn("ana")
	q := w.storedQR(nil)
	done, err := w.SeeQR(w.ctx, w.qrMove(q, p.ID, s.ID), nil)
	w.moved(true, done, err)
	for _, move := range []func() (bool, error){
		func() (bool, error) { return w.SeeQR(w.ctx, w.qrMove(q, o.ID, os.ID), nil) },
		func() (bool, error) { return w.ApproveQR(w.ctx, w.qrMove(q, o.ID, os.ID), nil) },
		func() (bool, error) { return w.ApproveQR(w.ctx, w.qrMove(q, p.ID, os.ID), nil) }, // in somebody else's session
		func() (bool, error) { return w.DenyQR(w.ctx, w.qrMove(q, o.ID, os.ID), nil) },
	} {
		done, err := move()
		w.moved(false, done, err)
	}
	done, err = w.DenyQR(w.ctx, w.qrMove(q, p.ID, s.ID), nil)
	w.moved(true, done, err)
	open := w.storedQR(nil)
	done, err = w.DenyQR(w.ctx, w.qrMove(open, o.ID, os.ID), nil) // whoever opens a link may refuse
	w.moved(true, done, err)
	w.same(w.qrState(open, storage.QRDenied).Person, o.ID)
}

func qrEnds(w *world) {
	p, s := w.signedIn("maria")
	o, os := w.signedIn("ana")
	theirs := w.approvedQR(o.ID, os.ID)
	mine := w.approvedQR(p.ID, s.ID)
	w.ok(w.EndPerson(w.ctx, storage.EndPerson{Tenant: w.tenant, Person: p.ID, Except: s.ID, Reason: "x", Now: w.now}, nil)) // even of the session that stays
	w.qrState(mine, storage.QRDenied)
	w.qrState(theirs, storage.QRApproved)
	w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, nil))
	_, err := w.QRByID(w.ctx, w.tenant, mine.ID)
	w.code(err, errs.NotFound)
	w.qrState(theirs, storage.QRApproved)
}

func qrLives(w *world) {
	p, s := w.signedIn("maria")
	q := w.approvedQR(p.ID, s.ID)
	seen := w.storedQR(nil)
	done, err := w.SeeQR(w.ctx, w.qrMove(seen, p.ID, s.ID), nil)
	w.moved(true, done, err)
	w.ok(w.RevokeSession(w.ctx, w.tenant, s.ID, w.now, "x", nil))
	done, err = w.SpendQR(w.ctx, w.tenant, q.ID, q.Flow, w.now, nil)
	w.moved(false, done, err)
	done, err = w.ApproveQR(w.ctx, w.qrMove(seen, p.ID, s.ID), nil)
	w.moved(false, done, err)

	o, os := w.signedIn("ana")
	q = w.approvedQR(o.ID, os.ID)
	_, err = w.UpdatePerson(w.ctx, w.tenant, o.ID, func(p *storage.Person) error { p.State = storage.PersonLocked; return nil }, nil)
	w.ok(err)
	done, err = w.SpendQR(w.ctx, w.tenant, q.ID, q.Flow, w.now, nil)
	w.moved(false, done, err)
}

func qrCaps(w *world) {
	put := func(most storage.QRCap, change func(*storage.QRSignIn)) error {
		q := w.newQR()
		change(q)
		return w.InsertQR(w.ctx, q, most)
	}
	same, other, unknown := func(*storage.QRSignIn) {}, func(q *storage.QRSignIn) { q.Address = hashed("there") }, func(q *storage.QRSignIn) { q.Address = nil }
	old := w.storedQR(func(q *storage.QRSignIn) { q.ExpiresAt = w.now })
	w.ok(put(storage.QRCap{PerAddress: 2}, same))
	w.ok(put(storage.QRCap{PerAddress: 2}, func(q *storage.QRSignIn) { q.Flow = old.Flow }))
	w.code(put(storage.QRCap{PerAddress: 2}, same), errs.Throttled)
	w.ok(put(storage.QRCap{PerAddress: 2, All: 3}, other))
	w.code(put(storage.QRCap{PerAddress: 2, All: 3}, other), errs.Throttled)
	w.ok(put(storage.QRCap{PerAddress: 1}, unknown))
}
