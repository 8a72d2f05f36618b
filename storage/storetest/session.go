package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func sessionCases() []testCase {
	return []testCase{
		{"session/every field is kept", sessionRoundTrip},
		{"session/signing in again moves the person's grants", sessionReplacedBySame},
		{"session/another person ends the online grants", sessionReplacedByOther},
		{"session/a dead session hands nothing on", sessionReplacedDead},
		{"session/touch", sessionTouch},
		{"session/revoke", sessionRevoke},
	}
}

func sessionRoundTrip(w *world) {
	p := w.storedPerson("maria")
	s := w.newSession(p.ID, "device")
	w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, w.newEvent("user.login")))
	got, err := w.SessionByID(w.ctx, w.tenant, s.ID)
	w.ok(err)
	w.same(got, s)
	later := w.storedSession(p.ID)
	w.storedSession(w.id())
	list, err := w.SessionsOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(list, []storage.Session{*s, *later})
	_, err = w.SessionByID(w.ctx, w.tenant, w.id())
	w.code(err, errs.NotFound)
	w.same(len(w.events("user.login")), 1)
}

func sessionReplacedBySame(w *world) {
	p := w.storedPerson("maria")
	old := w.storedSession(p.ID)
	online := w.storedGrant(p.ID, w.id(), old.ID, nil)
	offline := w.storedGrant(p.ID, w.id(), old.ID, func(g *storage.Grant) { g.Offline = true })
	s := w.newSession(p.ID, "x")
	names := w.changesOf(func() { w.ok(w.InsertSession(w.ctx, s, old.ID, true, nil)) })
	w.same(names, changeNames("session", old.ID, "grant", online.ID, "grant", offline.ID))
	for _, id := range []storage.ID{online.ID, offline.ID} {
		g, err := w.GrantByID(w.ctx, w.tenant, id)
		w.ok(err)
		w.same(g.Session, s.ID)
		w.same(g.Live(w.now), true)
	}
	got, err := w.SessionByID(w.ctx, w.tenant, old.ID)
	w.ok(err)
	w.same(got.RevokedAt, &s.CreatedAt)
}

func sessionReplacedByOther(w *world) {
	old := w.storedSession(w.id())
	online := w.storedGrant(old.Person, w.id(), old.ID, nil)
	offline := w.storedGrant(old.Person, w.id(), old.ID, func(g *storage.Grant) { g.Offline = true })
	s := w.newSession(w.id(), "x")
	names := w.changesOf(func() { w.ok(w.InsertSession(w.ctx, s, old.ID, false, nil)) })
	w.same(names, changeNames("session", old.ID, "grant", online.ID))
	w.same(w.live(online.ID, w.now), false)
	w.same(w.live(offline.ID, w.now), true)
}

func sessionReplacedDead(w *world) {
	old := w.storedSession(w.id())
	online := w.storedGrant(old.Person, w.id(), old.ID, nil)
	w.ok(w.RevokeSession(w.ctx, w.tenant, old.ID, w.now, "logout", nil))
	s := w.newSession(old.Person, "x")
	w.ok(w.InsertSession(w.ctx, s, old.ID, true, nil))
	w.same(w.live(online.ID, w.now), false)
}

func sessionTouch(w *world) {
	s := w.storedSession(w.id())
	seen := func() time.Time {
		got, err := w.SessionByID(w.ctx, w.tenant, s.ID)
		w.ok(err)
		return got.LastSeenAt
	}
	w.ok(w.TouchSession(w.ctx, w.tenant, s.ID, w.in(time.Minute)))
	w.same(seen(), w.in(time.Minute))
	w.ok(w.TouchSession(w.ctx, w.tenant, s.ID, w.in(time.Second))) // never back
	w.same(seen(), w.in(time.Minute))
	w.ok(w.TouchSession(w.ctx, w.tenant, s.ID, w.in(24*time.Hour))) // never past its end
	w.same(seen(), w.in(time.Minute))
	w.ok(w.RevokeSession(w.ctx, w.tenant, s.ID, w.in(time.Minute), "logout", nil))
	w.ok(w.TouchSession(w.ctx, w.tenant, s.ID, w.in(time.Hour)))
	w.same(seen(), w.in(time.Minute))
	w.ok(w.TouchSession(w.ctx, w.tenant, w.id(), w.now))
}

func sessionRevoke(w *world) {
	s := w.storedSession(w.id())
	online := w.storedGrant(s.Person, w.id(), s.ID, nil)
	offline := w.storedGrant(s.Person, w.id(), s.ID, func(g *storage.Grant) { g.Offline = true })
	at := w.in(time.Minute)
	names := w.changesOf(func() { w.ok(w.RevokeSession(w.ctx, w.tenant, s.ID, at, "logout", w.newEvent("user.logout"))) })
	w.same(names, changeNames("session", s.ID, "grant", online.ID))
	w.same(w.live(online.ID, at), false)
	w.same(w.live(offline.ID, at), true)
	names = w.changesOf(func() {
		w.ok(w.RevokeSession(w.ctx, w.tenant, s.ID, w.in(time.Hour), "again", w.newEvent("user.logout")))
	})
	w.same(len(names), 0)
	got, err := w.SessionByID(w.ctx, w.tenant, s.ID)
	w.ok(err)
	w.same(got.RevokedAt, &at)
	w.same(got.Reason, "logout")
	w.same(len(w.events("user.logout")), 1)
	w.ok(w.RevokeSession(w.ctx, w.tenant, w.id(), at, "logout", w.newEvent("user.logout")))
	w.same(len(w.events("user.logout")), 1)
}
