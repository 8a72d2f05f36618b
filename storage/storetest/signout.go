package storetest

import (
	"sync"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// raceSignOut inserts a grant while its session ends: afterwards no live online grant of an ended session may stand, whoever was first.
func raceSignOut(w *world) {
	for range 30 {
		s := w.newSession(w.id(), "device")
		w.ok(w.InsertSession(w.ctx, s, [16]byte{}, false, nil))
		g := w.newGrant(s.Person, w.id(), s.ID, "nonce")
		var both sync.WaitGroup
		both.Go(func() {
			if _, _, err := w.InsertGrant(w.ctx, g, nil); err != nil && !errs.Is(err, errs.Forbidden) {
				w.Error(err)
			}
		})
		both.Go(func() {
			if err := w.RevokeSession(w.ctx, w.tenant, s.ID, w.now, "signed_out", nil); err != nil {
				w.Error(err)
			}
		})
		both.Wait()
		got, err := w.GrantByID(w.ctx, w.tenant, g.ID)
		if err == nil && got.RevokedAt == nil {
			w.Error("a grant outlived the session that it was made in")
		}
		if err != nil {
			w.code(err, errs.NotFound)
		}
	}
	ended := w.newSession(w.id(), "device")
	w.ok(w.InsertSession(w.ctx, ended, [16]byte{}, false, nil))
	w.ok(w.RevokeSession(w.ctx, w.tenant, ended.ID, w.now, "signed_out", nil))
	_, _, err := w.InsertGrant(w.ctx, w.newGrant(ended.Person, w.id(), ended.ID, "nonce"), nil)
	w.code(err, errs.Forbidden)
}
