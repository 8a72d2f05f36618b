package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func participantCases() []testCase {
	return []testCase{
		{"participants/of a session", participantsOfSession},
		{"participants/are kept when their grants are swept", participantsSwept},
		{"participants/go with the person's next session", participantsMoved},
		{"participants/are forgotten with their session", participantsForgotten},
	}
}

// parts are the client_ids, subjects and sids of who takes part.
func (w *world) parts(session storage.ID) []string {
	w.Helper()
	got, err := w.Participants(w.ctx, w.tenant, session)
	w.ok(err)
	out := []string{}
	for _, p := range got {
		out = append(out, p.Client.ClientID+" "+p.Subject+" "+p.SID.String())
	}
	return out
}

// signedIn is a grant of openid.
func signedIn(subject string) func(*storage.Grant) {
	return func(g *storage.Grant) { g.Scopes, g.Subject = storage.Strings{"openid", "email"}, subject }
}

func participantsOfSession(w *world) {
	a, b, gone := w.storedClient("a"), w.storedClient("b"), w.storedClient("gone")
	p, s := w.id(), w.storedSession(w.id())
	other := w.storedSession(p)
	w.storedGrant(p, a.ID, s.ID, signedIn("x"))
	w.storedGrant(p, a.ID, s.ID, signedIn("x")) // once
	w.storedGrant(p, b.ID, s.ID, func(g *storage.Grant) { g.Scopes = storage.Strings{"openid_x", "read"} })
	w.storedGrant(p, b.ID, other.ID, signedIn("y"))
	w.storedGrant(p, gone.ID, s.ID, signedIn("x"))
	w.ok(w.DeleteClient(w.ctx, w.tenant, gone.ID, w.now, nil))
	w.same(w.parts(s.ID), []string{"a x " + s.ID.String()})
	w.same(w.parts(other.ID), []string{"b y " + other.ID.String()})
	w.same(w.parts(w.id()), []string{})
	w.ok(w.RevokeSession(w.ctx, w.tenant, s.ID, w.now, "logout", nil))
	w.same(w.parts(s.ID), []string{"a x " + s.ID.String()})
}

func participantsSwept(w *world) {
	a, b := w.storedClient("a"), w.storedClient("b")
	live, dead := w.storedSession(w.id()), w.storedSession(w.id())
	short := func(subject string) func(*storage.Grant) {
		return func(g *storage.Grant) { signedIn(subject)(g); g.ExpiresAt = w.in(-time.Hour) }
	}
	w.storedGrant(live.Person, a.ID, live.ID, short("x"))
	w.storedGrant(live.Person, a.ID, live.ID, short("x"))
	w.storedGrant(live.Person, b.ID, live.ID, func(g *storage.Grant) { g.Scopes, g.ExpiresAt = storage.Strings{"email"}, w.in(-time.Hour) })
	w.storedGrant(live.Person, b.ID, storage.ID{}, short("x"))
	w.storedGrant(dead.Person, a.ID, dead.ID, short("y"))
	w.ok(w.RevokeSession(w.ctx, w.tenant, dead.ID, w.now, "logout", nil))
	n, err := w.DeleteDeadGrants(w.ctx, w.in(-time.Minute), 100)
	w.ok(err)
	w.same(n, int64(5))
	w.same(w.parts(live.ID), []string{"a x " + live.ID.String()})
	w.same(w.parts(dead.ID), []string{})
	w.storedGrant(live.Person, a.ID, live.ID, signedIn("x"))
	w.same(w.parts(live.ID), []string{"a x " + live.ID.String()})
}

func participantsMoved(w *world) {
	a, b, c := w.storedClient("a"), w.storedClient("b"), w.storedClient("c")
	old := w.storedSession(w.id())
	w.storedGrant(old.Person, a.ID, old.ID, signedIn("x"))
	w.storedGrant(old.Person, b.ID, old.ID, func(g *storage.Grant) { signedIn("x")(g); g.ExpiresAt = w.in(-time.Hour) })
	_, err := w.DeleteDeadGrants(w.ctx, w.in(-time.Minute), 100)
	w.ok(err)
	ended := w.storedGrant(old.Person, c.ID, old.ID, signedIn("x"))
	_, err = w.RevokeGrant(w.ctx, storage.RevokeGrant{Tenant: w.tenant, Grant: ended.ID, Now: w.now, Reason: "client"}, nil)
	w.ok(err)
	want := []string{"a x " + old.ID.String(), "b x " + old.ID.String(), "c x " + old.ID.String()} // as their ID tokens say
	for range 2 {
		s := w.newSession(old.Person, "x")
		w.ok(w.InsertSession(w.ctx, s, old.ID, true, nil))
		w.same(w.parts(old.ID), []string{})
		w.same(w.parts(s.ID), want)
		old = s
	}
}

func participantsForgotten(w *world) {
	a := w.storedClient("a")
	s := w.storedSession(w.id())
	w.storedGrant(s.Person, a.ID, s.ID, func(g *storage.Grant) { signedIn("x")(g); g.ExpiresAt = w.in(-time.Hour) })
	_, err := w.DeleteDeadGrants(w.ctx, w.in(-time.Minute), 100)
	w.ok(err)
	n, err := w.DeleteExpiredParticipants(w.ctx, s.ExpiresAt, 10)
	w.ok(err)
	w.same(n, int64(0))
	w.same(len(w.parts(s.ID)), 1)
	n, err = w.DeleteExpiredParticipants(w.ctx, s.ExpiresAt.Add(time.Second), 10)
	w.ok(err)
	w.same(n, int64(1))
	w.same(w.parts(s.ID), []string{})
}
