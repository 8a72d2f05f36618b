package storetest

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

func federationCases() []testCase {
	return []testCase{
		{"connector/life", connectorLife}, {"link/every field is kept", linkRows}, {"link/unlink", linkRemove}, {"link/use", linkUse}, {"link/checks", linkChecks}, {"link/end", linkEnd},
		{"link/a person who goes takes them along", linkErase}, {"race/one link for an identity", linkRace}, {"race/the last way to sign in, a link or a passkey", linkLastRace},
		{"session/of somebody there and of a session there", upstreamSessions}, {"trip/way", tripWay}, {"trip/caps", tripCaps}, {"race/one trip comes back once", tripRace},
		{"document/the last one is kept", documentKept},
		{"sweep/documents", func(w *world) {
			w.sweeps(w.DeleteExpiredDocuments, func(tenant storage.ID, expires time.Time) {
				w.ok(w.KeepDocument(w.ctx, &storage.Document{Tenant: tenant, Name: w.id().String(), Body: []byte("x"), KeptAt: w.now, ExpiresAt: expires}))
			})
		}},
		{"sweep/trips", func(w *world) {
			w.sweeps(w.DeleteExpiredTrips, func(tenant storage.ID, expires time.Time) {
				t := w.newTrip("x")
				t.Tenant, t.State, t.ExpiresAt = tenant, t.ID[:], expires
				w.ok(w.InsertTrip(w.ctx, t, storage.TripCap{}))
			})
		}},
	}
}

func (w *world) storedConnector(name string) *storage.Connector {
	w.Helper()
	id := w.id()
	c := &storage.Connector{
		Tenant: w.tenant, ID: id, Name: name, Kind: "oidc", Title: visible, Settings: `{"issuer":"https://op.example"}`,
		Secrets: w.sealed("connectors", "secrets", id, canary), Managed: true, Disabled: true, CreatedAt: w.now, UpdatedAt: w.now, Version: 1,
	}
	w.ok(w.InsertConnector(w.ctx, c, w.newEvent("connector.create")))
	return c
}

func connectorLife(w *world) {
	c := w.storedConnector("one")
	got, err := w.ConnectorByName(w.ctx, w.tenant, "one")
	w.ok(err)
	w.same(got, c)
	got, err = w.ConnectorByID(w.ctx, w.tenant, c.ID)
	w.ok(err)
	w.same(got, c)
	_, err = w.ConnectorByID(w.ctx, w.id(), c.ID)
	w.code(err, errs.NotFound)
	again := *c
	again.ID = w.id()
	w.code(w.InsertConnector(w.ctx, &again, nil), errs.Conflict)
	change := func(c *storage.Connector) error {
		c.Name, c.Kind, c.Managed, c.Title, c.Disabled = "two", "saml", false, "T", false
		c.Secrets = w.sealed("connectors", "secrets", c.ID, "new "+canary)
		return nil
	}
	names := w.changesOf(func() { got, err = w.UpdateConnector(w.ctx, w.tenant, c.ID, change, w.newEvent("connector.update")) })
	w.ok(err)
	w.same(names, changeNames("connector", c.ID))
	w.same(fmt.Sprint(got.Name, got.Kind, got.Managed, got.Title, got.Disabled, got.Version), "oneoidctrueTfalse 2")
	p := w.storedPerson("maria")
	l := w.storedLink(c.ID, p.ID, "key")
	other := w.storedLink(w.id(), p.ID, "key")
	names = w.changesOf(func() { w.ok(w.DeleteConnector(w.ctx, w.tenant, c.ID, w.newEvent("connector.delete"))) })
	w.same(names, changeNames("connector", c.ID))
	w.code(w.DeleteConnector(w.ctx, w.tenant, c.ID, w.newEvent("connector.delete")), errs.NotFound)
	_, err = w.LinkByKey(w.ctx, w.tenant, c.ID, l.Key)
	w.code(err, errs.NotFound)
	left, err := w.LinksOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(left, []storage.Link{*other})
	w.same(len(w.events("connector.create"))+len(w.events("connector.update"))+len(w.events("connector.delete")), 3)
}

func (w *world) newLink(connector, person storage.ID, key string) *storage.Link {
	id := w.id()
	return &storage.Link{
		Tenant: w.tenant, ID: id, Connector: connector, Key: hashed(key), Person: person, Identity: w.sealed("links", "identity", id, canary),
		Tokens: w.sealed("links", "tokens", id, canary), CreatedAt: w.now, UsedAt: w.now,
	}
}

func (w *world) storedLink(connector, person storage.ID, key string) *storage.Link {
	w.Helper()
	l := w.newLink(connector, person, key)
	w.ok(w.InsertLink(w.ctx, l, 100, nil))
	return l
}

func linkRows(w *world) {
	at, p, q := w.id(), w.storedPerson("maria"), w.storedPerson("other")
	l := w.newLink(at, p.ID, "key")
	w.ok(w.InsertLink(w.ctx, l, 2, w.newEvent("link.add")))
	got, err := w.LinkByKey(w.ctx, w.tenant, at, hashed("older"), l.Key)
	w.ok(err)
	w.same(got, l)
	for _, from := range []storage.ID{w.id(), {}} {
		_, err = w.LinkByKey(w.ctx, w.tenant, from, l.Key)
		w.code(err, errs.NotFound)
	}
	_, err = w.LinkByKey(w.ctx, w.id(), at, l.Key)
	w.code(err, errs.NotFound)
	w.code(w.InsertLink(w.ctx, w.newLink(at, q.ID, "key"), 2, w.newEvent("link.add")), errs.Conflict)
	plain := w.newLink(w.id(), p.ID, "key")
	plain.Tokens = seal.Text{}
	w.ok(w.InsertLink(w.ctx, plain, 2, nil))
	w.code(w.InsertLink(w.ctx, w.newLink(at, p.ID, "third"), 2, w.newEvent("link.add")), errs.Forbidden)
	w.code(w.InsertLink(w.ctx, w.newLink(at, w.id(), "nobody's"), 2, w.newEvent("link.add")), errs.NotFound)
	all, err := w.LinksOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(all, []storage.Link{*l, *plain})
	w.same(len(w.events("link.add")), 1)
}

// passwordless is somebody who signs in by links and passkeys alone.
func (w *world) passwordless(name string) *storage.Person {
	w.Helper()
	p := w.newPerson(name, "x")
	p.PasswordHash = ""
	w.ok(w.InsertPerson(w.ctx, p, nil))
	return p
}

func linkRemove(w *world) {
	p, q := w.storedPerson("maria"), w.passwordless("other")
	own, first, second := w.storedLink(w.id(), p.ID, "a"), w.storedLink(w.id(), q.ID, "b"), w.storedLink(w.id(), q.ID, "c")
	remove := func(person, id storage.ID) error {
		return w.DeleteLink(w.ctx, w.tenant, person, id, w.newEvent("link.remove"))
	}
	w.code(remove(p.ID, first.ID), errs.NotFound)
	w.ok(remove(p.ID, own.ID)) // there is a password
	w.code(remove(p.ID, own.ID), errs.NotFound)
	w.ok(remove(q.ID, first.ID))
	w.code(remove(q.ID, second.ID), errs.Forbidden)
	key := w.storedPasskey(q.ID, "key", nil)
	w.ok(remove(q.ID, second.ID)) // there is a passkey
	w.code(w.DeletePasskey(w.ctx, w.tenant, q.ID, key.ID, nil), errs.Forbidden)
	w.storedLink(w.id(), q.ID, "d")
	w.ok(w.DeletePasskey(w.ctx, w.tenant, q.ID, key.ID, nil)) // there is a link
	w.same(len(w.events("link.remove")), 3)
}

func linkUse(w *world) {
	l := w.storedLink(w.id(), w.storedPerson("maria").ID, "key")
	use := func(id storage.ID, tokens seal.Text) bool {
		w.Helper()
		used, err := w.UseLink(w.ctx, storage.UseLink{Tenant: w.tenant, ID: id, Identity: w.sealed("links", "identity", id, "new"), Tokens: tokens, Now: w.in(time.Hour)})
		w.ok(err)
		return used
	}
	stored := func() *storage.Link {
		w.Helper()
		got, err := w.LinkByKey(w.ctx, w.tenant, l.Connector, l.Key)
		w.ok(err)
		return got
	}
	w.same(use(l.ID, seal.Text{}), true)
	w.same(stored().Tokens, l.Tokens)
	w.same(stored().UsedAt, w.in(time.Hour))
	w.same(use(l.ID, w.sealed("links", "tokens", l.ID, "new")), true)
	got := stored()
	w.same(reflect.DeepEqual(got.Tokens, l.Tokens) || reflect.DeepEqual(got.Identity, l.Identity), false)
	w.same(use(w.id(), seal.Text{}), false)
}

func linkErase(w *world) {
	p, other := w.storedPerson("maria"), w.storedPerson("other")
	l, kept := w.storedLink(w.id(), p.ID, "a"), w.storedLink(w.id(), other.ID, "b")
	w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, nil))
	_, err := w.LinkByKey(w.ctx, w.tenant, l.Connector, l.Key)
	w.code(err, errs.NotFound)
	_, err = w.LinkByKey(w.ctx, w.tenant, kept.Connector, kept.Key)
	w.ok(err)
}

func linkRace(w *world) {
	at, people := w.id(), make([]*storage.Person, racers)
	for i := range people {
		people[i] = w.storedPerson(fmt.Sprint("racer", i))
	}
	w.oneWins(func(i int) (bool, error) {
		err := w.InsertLink(w.ctx, w.newLink(at, people[i].ID, "key"), 5, w.newEvent("race"))
		if errs.Is(err, errs.Conflict) {
			return false, nil
		}
		return err == nil, err
	})
	w.same(len(w.events("race")), 1)
}

func linkLastRace(w *world) {
	p, gone := w.passwordless("maria"), atomic.Int64{}
	l, k := w.storedLink(w.id(), p.ID, "a"), w.storedPasskey(p.ID, "key", nil)
	parallel(2, func(i int) {
		remove := func() error { return w.DeletePasskey(w.ctx, w.tenant, p.ID, k.ID, nil) }
		if i == 1 {
			remove = func() error { return w.DeleteLink(w.ctx, w.tenant, p.ID, l.ID, nil) }
		}
		switch err := remove(); {
		case err == nil:
			gone.Add(1)
		case !errs.Is(err, errs.Forbidden):
			w.Error(err)
		}
	})
	w.same(gone.Load(), int64(1))
}

func (w *world) newTrip(state string) *storage.Trip {
	id := w.id()
	return &storage.Trip{
		Tenant: w.tenant, ID: id, State: hashed(state), Browser: hashed("browser"), Content: w.sealed("trips", "content", id, canary), Address: hashed("here"),
		ExpiresAt: w.in(time.Minute), CreatedAt: w.now,
	}
}

func tripWay(w *world) {
	t := w.newTrip("state")
	w.ok(w.InsertTrip(w.ctx, t, storage.TripCap{}))
	w.code(w.InsertTrip(w.ctx, w.newTrip("state"), storage.TripCap{}), errs.Conflict)
	take := func(tenant storage.ID, state, browser string, now time.Time) (*storage.Trip, error) {
		return w.TakeTrip(w.ctx, tenant, hashed(state), hashed(browser), now)
	}
	for _, wrong := range []struct {
		tenant         storage.ID
		state, browser string
		now            time.Time
	}{{w.id(), "state", "browser", w.now}, {w.tenant, "other", "browser", w.now}, {w.tenant, "state", "other", w.now}, {w.tenant, "state", "browser", t.ExpiresAt}} {
		_, err := take(wrong.tenant, wrong.state, wrong.browser, wrong.now)
		w.code(err, errs.NotFound)
	}
	seen, err := w.TripByState(w.ctx, w.tenant, t.State, w.now)
	w.ok(err)
	w.same(seen, t)
	_, err = w.TripByState(w.ctx, w.tenant, t.State, t.ExpiresAt)
	w.code(err, errs.NotFound)
	got, err := take(w.tenant, "state", "browser", w.now)
	w.ok(err)
	w.same(fmt.Sprint(got.ID, got.CreatedAt.Equal(t.CreatedAt), reflect.DeepEqual(got.Content, t.Content)), fmt.Sprint(t.ID, true, true))
	_, err = take(w.tenant, "state", "browser", w.now)
	w.code(err, errs.NotFound)
}

func tripCaps(w *world) {
	most := storage.TripCap{PerAddress: 2, All: 3}
	add := func(state, from string) error {
		t := w.newTrip(state)
		t.Address = hashed(from)
		return w.InsertTrip(w.ctx, t, most)
	}
	w.ok(add("a", "here"))
	w.ok(add("b", "here"))
	w.code(add("c", "here"), errs.Throttled)
	w.ok(add("c", "there"))
	w.code(add("d", "elsewhere"), errs.Throttled)
	_, err := w.TakeTrip(w.ctx, w.tenant, hashed("a"), hashed("browser"), w.now)
	w.ok(err)
	w.ok(add("d", "here"))
}

func tripRace(w *world) {
	w.ok(w.InsertTrip(w.ctx, w.newTrip("state"), storage.TripCap{}))
	w.oneWins(func(int) (bool, error) {
		_, err := w.TakeTrip(w.ctx, w.tenant, hashed("state"), hashed("browser"), w.now)
		if errs.Is(err, errs.NotFound) {
			return false, nil
		}
		return err == nil, err
	})
}

func (w *world) canaryFederation(p storage.ID) {
	c := w.storedConnector("canary")
	_, err := w.UpdateConnector(w.ctx, w.tenant, c.ID, func(c *storage.Connector) error {
		c.Secrets = w.sealed("connectors", "secrets", c.ID, "new "+canary)
		return nil
	}, nil)
	w.ok(err)
	l := w.storedLink(c.ID, p, "canary")
	_, err = w.UseLink(w.ctx, storage.UseLink{
		Tenant: w.tenant, ID: l.ID, Identity: w.sealed("links", "identity", l.ID, canary), Tokens: w.sealed("links", "tokens", l.ID, canary), Now: w.now,
	})
	w.ok(err)
	w.ok(w.InsertTrip(w.ctx, w.newTrip("canary"), storage.TripCap{}))
}

func upstreamSessions(w *world) {
	p := w.storedPerson("maria")
	link := w.id()
	add := func(subject, upstream []byte) *storage.Session {
		s := w.newSession(p.ID, "x")
		s.Link, s.Upstream, s.UpstreamSubject = link, upstream, subject
		w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
		return s
	}
	first, second, gone := add(hashed("m"), hashed("one")), add(hashed("m"), hashed("two")), add(hashed("m"), hashed("one"))
	add(hashed("other"), hashed("three"))
	add(nil, nil)
	w.ok(w.RevokeSession(w.ctx, w.tenant, gone.ID, w.now, "x", nil))
	ids := func(all []storage.Session, err error) (out []storage.ID) {
		w.Helper()
		w.ok(err)
		for i := range all {
			out = append(out, all[i].ID)
		}
		return out
	}
	w.same(ids(w.SessionsByUpstreamSubject(w.ctx, w.tenant, hashed("m"))), []storage.ID{first.ID, second.ID})
	w.same(ids(w.SessionsByUpstream(w.ctx, w.tenant, hashed("one"))), []storage.ID{first.ID})
	w.same(len(ids(w.SessionsByUpstreamSubject(w.ctx, w.id(), hashed("m"))))+len(ids(w.SessionsByUpstream(w.ctx, w.id(), hashed("one")))), 0)
	got, err := w.SessionByID(w.ctx, w.tenant, second.ID)
	w.ok(err)
	w.same(got, second)
}

func linkChecks(w *world) {
	l := w.storedLink(w.id(), w.storedPerson("maria").ID, "key")
	stored := func() *storage.Link {
		w.Helper()
		got, err := w.LinkByID(w.ctx, w.tenant, l.ID)
		w.ok(err)
		return got
	}
	w.same(stored(), l)
	_, err := w.LinkByID(w.ctx, w.id(), l.ID)
	w.code(err, errs.NotFound)
	for _, at := range []time.Duration{time.Minute, time.Hour} { // the first stands
		since, err := w.FailLink(w.ctx, w.tenant, l.ID, w.in(at))
		w.ok(err)
		w.same(since.UTC(), w.in(time.Minute))
	}
	_, err = w.FailLink(w.ctx, w.tenant, w.id(), w.now)
	w.code(err, errs.NotFound)
	ask := func(at, until time.Duration) bool {
		w.Helper()
		mine, err := w.AskLink(w.ctx, storage.AskLink{Tenant: w.tenant, ID: l.ID, Now: w.in(at), Since: w.in(at - 10*time.Second), Until: w.in(until)})
		w.ok(err)
		return mine
	}
	w.same(ask(time.Hour, time.Hour+time.Minute), true)
	w.same(ask(time.Hour+time.Second, 2*time.Hour), false) // somebody asks
	w.same(ask(time.Hour+time.Minute, 2*time.Hour), true)  // and never came back
	w.ok(w.FreeLink(w.ctx, w.tenant, l.ID))
	w.same(stored().AskingUntil == nil && ask(time.Hour, 2*time.Hour), true)
	_, err = w.FailLink(w.ctx, w.tenant, l.ID, w.in(time.Hour))
	w.ok(err)
	w.same(stored().AskingUntil == nil && ask(time.Hour+time.Minute, 3*time.Hour), true)
	check := func(id storage.ID, tokens seal.Text) bool {
		w.Helper()
		there, err := w.CheckLink(w.ctx, storage.CheckLink{Tenant: w.tenant, ID: id, Tokens: tokens, Now: w.in(2 * time.Hour)})
		w.ok(err)
		return there
	}
	w.same(check(w.id(), seal.Text{}), false)
	w.same(check(l.ID, seal.Text{}), true)
	got, at := stored(), w.in(2*time.Hour)
	w.same(fmt.Sprint(got.CheckedAt.UTC(), got.FailingSince, reflect.DeepEqual(got.Tokens, l.Tokens)), fmt.Sprint(at, nil, true))
	w.same(got.AskingUntil == nil && !ask(2*time.Hour+9*time.Second, 3*time.Hour) && ask(2*time.Hour+10*time.Second, 3*time.Hour), true) // asked lately, and long ago
	next := w.sealed("links", "tokens", l.ID, "next")
	w.same(check(l.ID, next), true)
	w.same(stored().Tokens, next)
	_, err = w.FailLink(w.ctx, w.tenant, l.ID, w.in(3*time.Hour))
	w.ok(err)
	_, err = w.UseLink(w.ctx, storage.UseLink{Tenant: w.tenant, ID: l.ID, Identity: l.Identity, Now: w.in(4 * time.Hour)})
	w.ok(err)
	w.same(stored().FailingSince == nil && stored().CheckedAt.Equal(w.in(4*time.Hour)), true)
}

// linkEnd: what rests on a link ends with it, and nothing else.
func linkEnd(w *world) {
	p := w.storedPerson("maria")
	l, other := w.storedLink(w.id(), p.ID, "key"), w.storedLink(w.id(), p.ID, "key")
	on := func(link storage.ID) (s *storage.Session, online, offline *storage.Grant) {
		w.Helper()
		s = w.newSession(p.ID, canary)
		s.Link = link
		w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
		grants := [2]*storage.Grant{}
		for i := range grants {
			g := w.newGrant(p.ID, w.id(), s.ID, canary)
			g.Offline = i == 1
			var err error
			grants[i], _, err = w.InsertGrant(w.ctx, g, nil)
			w.ok(err)
			w.same(grants[i].Link, link)
		}
		return s, grants[0], grants[1]
	}
	s, online, offline := on(l.ID)
	_, beside, _ := on(other.ID)
	_, here, _ := on(storage.ID{})
	end := func() bool {
		w.Helper()
		ended, err := w.EndLink(w.ctx, storage.EndLink{Tenant: w.tenant, ID: l.ID, Now: w.now, Reason: "upstream"}, w.newEvent("link.end"))
		w.ok(err)
		return ended
	}
	var ended bool
	names := w.changesOf(func() { ended = end() })
	w.same(ended, true)
	w.same(names, changeNames("session", s.ID, "grant", online.ID, "grant", offline.ID))
	w.same(end(), false)
	for g, want := range map[*storage.Grant]bool{online: false, offline: false, beside: true, here: true} {
		got, err := w.GrantByID(w.ctx, w.tenant, g.ID)
		w.ok(err)
		w.same(got.RevokedAt == nil, want)
	}
	w.same(len(w.events("link.end")), 1)
}

func documentKept(w *world) {
	d := &storage.Document{Tenant: w.tenant, Name: "saml one", URL: "https://idp.example/metadata", Body: []byte("<one/>"), KeptAt: w.now, ExpiresAt: w.in(time.Hour)}
	w.ok(w.KeepDocument(w.ctx, d))
	next := *d
	next.URL, next.Body, next.KeptAt, next.ExpiresAt = "https://idp.example/other", []byte{0, 0xff}, w.in(time.Minute), w.in(2*time.Hour)
	w.ok(w.KeepDocument(w.ctx, &next))
	got, err := w.DocumentByName(w.ctx, w.tenant, d.Name)
	w.ok(err)
	w.same(got, &next)
	for _, tenant := range []storage.ID{w.id(), {}} {
		_, err = w.DocumentByName(w.ctx, tenant, d.Name)
		w.code(err, errs.NotFound)
	}
	_, err = w.DocumentByName(w.ctx, w.tenant, "another")
	w.code(err, errs.NotFound)
}
