package drills

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// marks are the lengths of a ledger at a moment.
type marks struct{ people, clients, visits, grants int }

func (l *ledger) marks() marks {
	l.mu.Lock()
	defer l.mu.Unlock()
	return marks{len(l.people), len(l.clients), len(l.visits), len(l.grants)}
}

// inspection compares a ledger at rest with servers and their database.
type inspection struct {
	*testing.T
	*hand
	db    *beside
	rnd   *rand.Rand
	from  marks
	fresh marks // rows from here on are of this round: nothing of theirs has expired
	found map[string]int
}

// inspect checks every row from the marks on, and some older ones. Rows from fresh on are young.
func (c *cluster) inspect(l *ledger, x *node, from, fresh marks, older int, rnd *rand.Rand) map[string]int {
	c.t.Helper()
	db := c.open((&clock{}).now)
	defer db.shut(c.t)
	in := &inspection{T: c.t, hand: newHand(l, x, ""), db: db, rnd: rnd, from: from, fresh: fresh, found: map[string]int{}}
	defer in.hand.rest()
	if c.kind == onSQLite {
		in.integrity()
	}
	in.rows(len(l.people), from.people, older, in.person)
	in.rows(len(l.clients), from.clients, older, in.client)
	in.rows(len(l.visits), from.visits, older, in.visit)
	in.rows(len(l.grants), from.grants, older, in.grant)
	in.consents()
	return in.found
}

func (in *inspection) rows(n, from, older int, check func(int)) {
	in.Helper()
	for range min(older, from) {
		check(in.rnd.IntN(from))
	}
	for i := from; i < n && !in.Failed(); i++ {
		check(i)
	}
}

func (in *inspection) integrity() {
	in.Helper()
	var verdict string
	if err := in.db.DB.SQL().QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		in.Errorf("integrity: %s %v", verdict, err)
	}
}

// events counts the events of a kind about a target.
func (in *inspection) events(kind, target string) int {
	in.Helper()
	evs, err := in.db.DB.AuditEvents(context.Background(), in.db.Tenant, storage.AuditFilter{Type: kind, Target: target, Limit: 1000})
	if err != nil {
		in.Fatal(err)
	}
	return len(evs)
}

// once wants exactly one event.
func (in *inspection) once(kind, target string) {
	in.Helper()
	if n := in.events(kind, target); n != 1 {
		in.Errorf("%d events %s about %s", n, kind, target)
	}
	in.found["events"]++
}

func (in *inspection) person(i int) {
	in.Helper()
	p := in.l.people[i]
	if p.made != answered {
		return
	}
	row, err := in.db.DB.PersonByID(context.Background(), in.db.Tenant, p.id)
	if err != nil || row.Subject != p.subject {
		in.Errorf("person %d: %v", i, err)
		return
	}
	in.once("user.create", "person:"+p.id.String())
	in.found["people"]++
}

func (in *inspection) client(i int) {
	in.Helper()
	c := in.l.clients[i]
	if c.made != answered {
		return
	}
	if row, err := in.db.DB.ClientByClientID(context.Background(), in.db.Tenant, c.clientID); err != nil || row.ID != c.id {
		in.Errorf("client %d: %v", i, err)
		return
	}
	a, err := in.call("/oauth2/introspect", c, url.Values{"token": {"unknown"}})
	if err != nil || a.status != http.StatusOK {
		in.Errorf("client %d is not known by its secret: %v %v", i, a, err)
	}
	in.once("client.create", "client:"+c.clientID)
	in.found["clients"]++
}

func (in *inspection) consents() {
	in.Helper()
	for pair, f := range in.l.consent {
		if f != answered || pair[0] < in.from.people && in.rnd.IntN(4) > 0 {
			continue
		}
		p, c := in.l.people[pair[0]], in.l.clients[pair[1]]
		row, err := in.db.DB.ConsentFor(context.Background(), in.db.Tenant, p.id, c.id)
		if err != nil || !row.Scopes.Has("openid") || !row.Scopes.Has("email") {
			in.Errorf("consent of person %d to client %d: %v", pair[0], pair[1], err)
			continue
		}
		evs, err := in.db.DB.AuditEvents(context.Background(), in.db.Tenant, storage.AuditFilter{Type: "consent.grant", Actor: p.id.String(), Target: "client:" + c.id.String(), Limit: 10})
		if err != nil || len(evs) == 0 {
			in.Errorf("no event of the consent of person %d to client %d: %v", pair[0], pair[1], err)
		}
		in.found["consents"]++
	}
}

// visit: a session that was answered is there, and one that was ended is not.
func (in *inspection) visit(i int) {
	in.Helper()
	v := in.l.visits[i]
	if v.login != answered {
		return
	}
	in.sessionEvents(v)
	c := in.knownClient()
	if c == nil {
		return
	}
	a, err := in.on(v.jar).walk(in.authURL(*c, "prompt", "none"))
	if err != nil {
		in.Fatal(err)
	}
	got := a.params()
	out := got.Get("error") == "login_required"
	switch {
	case got.Get("state") != "s":
		in.Errorf("visit %d: prompt=none is not answered: %v", i, a)
	case v.logout == never && out:
		in.Errorf("visit %d: a session is lost", i)
	case v.logout == answered && !out:
		in.Errorf("visit %d: a session lives after its logout", i)
	}
	if v.logout == asked {
		in.l.visits[i].logout = settle(out)
	}
	in.found["sessions"]++
}

// settle is what a lost answer must have been.
func settle(happened bool) fact {
	if happened {
		return answered
	}
	return never
}

func (in *inspection) knownClient() *client {
	for i := len(in.l.clients) - 1; i >= 0; i-- {
		if in.l.clients[i].made == answered {
			return &in.l.clients[i]
		}
	}
	return nil
}

// sessionEvents: the row is there, and sign-in and end have their events.
func (in *inspection) sessionEvents(v visit) {
	in.Helper()
	s, err := in.db.DB.SessionByID(context.Background(), in.db.Tenant, v.session)
	if err != nil || s.Person != in.l.people[v.person].id {
		in.Errorf("session %v of person %d: %v", v.session, v.person, err)
		return
	}
	in.once("user.login", "session:"+s.ID.String())
	n := in.events("user.logout", "session:"+s.ID.String())
	ended := s.RevokedAt != nil && s.Reason == "logout"
	if (n == 1) != ended || n > 1 || v.logout == answered && !ended || v.logout == never && s.RevokedAt != nil {
		in.Errorf("person %d: logout is %d, the session ended by %q, and there are %d events", v.person, v.logout, s.Reason, n)
	}
	in.found["logouts"] += n
}
