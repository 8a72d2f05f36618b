package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

func directoryCases() []testCase {
	return []testCase{
		{"directory/every field is kept", directoryRows}, {"directory/who is gone", directoryGone}, {"directory/changes", directoryChanges}, {"directory/time turns", directoryTurns},
		{"directory/linked and unlisted", directoryLinked}, {"directory/linked people and their groups", directoryPeople}, {"directory/a connector goes", directoryConnector}, {"directory/lease", directoryLease}, {"race/one sync at a time", directoryRace},
		{"sweep/directory entries", func(w *world) {
			w.sweeps(w.DeleteGoneDirectoryEntries, func(tenant storage.ID, at time.Time) {
				e := w.newEntry(w.id(), fmt.Sprint(w.id()), storage.OffGone)
				e.Tenant, e.UpdatedAt, e.Done = tenant, at, true
				w.ok(w.PutDirectoryPage(w.ctx, storage.DirectoryPage{Tenant: tenant, Connector: e.Connector, New: []storage.DirectoryEntry{e}}))
			})
		}},
	}
}

func (w *world) newEntry(connector storage.ID, key, off string) storage.DirectoryEntry {
	id := w.id()
	return storage.DirectoryEntry{
		Tenant: w.tenant, Connector: connector, Key: hashed(key), ID: id, Content: w.sealed("directory_entries", "content", id, canary), Digest: hashed("digest"), Off: off,
		Done: off == "", WasOn: off == "", Generation: 1, UpdatedAt: w.now,
	}
}

// put stores entries of generation 1.
func (w *world) put(connector storage.ID, all ...storage.DirectoryEntry) {
	w.Helper()
	w.ok(w.PutDirectoryPage(w.ctx, storage.DirectoryPage{Tenant: w.tenant, Connector: connector, New: all, Generation: 1, Now: w.now}))
}

func (w *world) entryOf(connector storage.ID, key string) storage.DirectoryEntry {
	w.Helper()
	rows, err := w.DirectoryEntries(w.ctx, w.tenant, connector, [][]byte{hashed(key)})
	w.ok(err)
	if len(rows) != 1 {
		w.Fatalf("%d entries", len(rows))
	}
	return rows[0]
}

func directoryRows(w *world) {
	at, until := w.id(), w.in(time.Hour)
	e, other := w.newEntry(at, "a", ""), w.newEntry(at, "b", "disabled")
	e.Locked, e.ChangesAt = true, &until
	other.Content = seal.Text{}
	w.put(at, e, other)
	w.same(w.entryOf(at, "a"), e)
	w.same(w.entryOf(at, "b"), other)
	for _, where := range [][2]storage.ID{{w.id(), at}, {w.tenant, w.id()}} {
		rows, err := w.DirectoryEntries(w.ctx, where[0], where[1], [][]byte{hashed("a")})
		w.ok(err)
		w.same(len(rows), 0)
	}
	next := e
	next.Content, next.Digest, next.Off, next.Done, next.ChangesAt = w.sealed("directory_entries", "content", e.ID, "new"), hashed("new"), "expired", false, nil
	page := storage.DirectoryPage{Tenant: w.tenant, Connector: at, Changed: []storage.DirectoryEntry{next}, Seen: [][]byte{hashed("b")}, Generation: 2, Now: w.in(time.Minute)}
	w.ok(w.PutDirectoryPage(w.ctx, page))
	next.Generation, next.UpdatedAt = 2, w.in(time.Minute)
	w.same(w.entryOf(at, "a"), next)
	other.Generation = 2
	w.same(w.entryOf(at, "b"), other)
}

func directoryGone(w *world) {
	at, elsewhere := w.id(), w.id()
	w.put(at, w.newEntry(at, "a", ""), w.newEntry(at, "b", ""), w.newEntry(at, "c", "disabled"), w.newEntry(at, "d", ""))
	w.put(elsewhere, w.newEntry(elsewhere, "a", ""))
	w.ok(w.PutDirectoryPage(w.ctx, storage.DirectoryPage{Tenant: w.tenant, Connector: at, Gone: [][]byte{hashed("a"), hashed("nobody")}, Seen: [][]byte{hashed("d")}, Generation: 2, Now: w.in(1)}))
	w.same(w.entryOf(at, "a").Off, storage.OffGone)
	w.ok(w.EndUnseen(w.ctx, w.tenant, at, 2, w.in(time.Minute)))
	for key, off := range map[string]string{"a": "gone", "b": "gone", "c": "gone", "d": ""} {
		got := w.entryOf(at, key)
		w.same(got.Off, off)
		w.same(got.Done, off == "")
	}
	w.same(w.entryOf(at, "b").UpdatedAt, w.in(time.Minute))
	w.same(w.entryOf(elsewhere, "a").Off, "")
	n, err := w.CountDirectory(w.ctx, w.tenant, at)
	w.ok(err)
	w.same(n, storage.DirectoryCount{On: 3, Ending: 2})
}

func directoryChanges(w *world) {
	at, p := w.id(), w.storedPerson("maria")
	linked, locked, alone, late := w.newEntry(at, "linked", "disabled"), w.newEntry(at, "lock", "locked"), w.newEntry(at, "alone", "disabled"), w.newEntry(at, "late", "disabled")
	late.UpdatedAt = w.in(time.Hour)
	for _, e := range []*storage.DirectoryEntry{&linked, &locked, &alone, &late} {
		e.WasOn = true
	}
	w.put(at, linked, locked, alone, late)
	l := w.storedLink(at, p.ID, "linked")
	w.storedLink(w.id(), p.ID, "alone")
	n, err := w.CountDirectory(w.ctx, w.tenant, at)
	w.ok(err)
	w.same(n, storage.DirectoryCount{On: 4, Ending: 3}) // a lock is nobody's word
	w.ok(w.SettleDirectory(w.ctx, w.tenant, at, w.in(time.Minute)))
	w.same([]bool{w.entryOf(at, "linked").Done, w.entryOf(at, "alone").Done, w.entryOf(at, "late").Done, w.entryOf(at, "late").WasOn}, []bool{false, true, false, false})
	changes, err := w.DirectoryChanges(w.ctx, w.tenant, at, 10)
	w.ok(err)
	c := storage.DirectoryChange{Key: hashed("linked"), Off: "disabled", Person: p.ID, Link: l.ID}
	w.same(changes, []storage.DirectoryChange{c})
	stale := c
	stale.Off = "expired"
	w.ok(w.FinishDirectoryChange(w.ctx, w.tenant, at, stale, true))
	w.same(w.entryOf(at, "linked").Done, false)
	w.ok(w.FinishDirectoryChange(w.ctx, w.tenant, at, c, true))
	got := w.entryOf(at, "linked")
	w.same([]bool{got.Done, got.WasOn, got.Locked}, []bool{true, false, true})
	changes, err = w.DirectoryChanges(w.ctx, w.tenant, at, 10)
	w.ok(err)
	w.same(len(changes), 0)
}

func directoryTurns(w *world) {
	at, soon, late := w.id(), w.in(time.Minute), w.in(time.Hour)
	ends, opens, stays := w.newEntry(at, "ends", ""), w.newEntry(at, "opens", "locked"), w.newEntry(at, "stays", "")
	ends.ChangesAt, opens.ChangesAt, stays.ChangesAt = &soon, &soon, &late
	w.put(at, ends, opens, stays)
	w.ok(w.TurnDirectoryEntries(w.ctx, w.tenant, at, w.in(2*time.Minute)))
	for key, off := range map[string]string{"ends": "expired", "opens": "", "stays": ""} {
		got := w.entryOf(at, key)
		w.same(got.Off, off)
		w.same(got.Done, key == "stays")
	}
}

func directoryLinked(w *world) {
	at, p := w.id(), w.storedPerson("maria")
	w.put(at, w.newEntry(at, "a", ""), w.newEntry(at, "b", ""), w.newEntry(at, "c", storage.OffGone), w.newEntry(at, "unlinked", ""))
	for _, key := range []string{"a", "b", "c", "unknown"} {
		w.storedLink(at, p.ID, key)
	}
	want := [][]byte{hashed("a"), hashed("b")}
	slices.SortFunc(want, bytes.Compare)
	for after := []byte(nil); len(want) > 0; want = want[1:] {
		rows, err := w.LinkedEntries(w.ctx, w.tenant, at, after, 1)
		w.ok(err)
		w.same(len(rows), 1)
		w.same(rows[0].Key, want[0])
		after = rows[0].Key
	}
	for used, n := range map[time.Time]int{w.now: 0, w.in(time.Second): 1} {
		links, err := w.UnlistedLinks(w.ctx, w.tenant, at, used, 10)
		w.ok(err)
		w.same(len(links), n)
	}
}

func directoryPeople(w *world) {
	at, maria, jan := w.id(), w.storedPerson("maria"), w.storedPerson("jan")
	a, b := w.newEntry(at, "a", ""), w.newEntry(at, "b", "")
	w.put(at, a, b, w.newEntry(at, "off", "disabled"), w.newEntry(at, "unlinked", ""))
	w.storedLink(at, maria.ID, "a")
	w.storedLink(at, jan.ID, "b")
	w.storedLink(at, jan.ID, "off")
	w.storedLink(w.id(), jan.ID, "unlinked")
	want := []storage.LinkedPerson{{Key: a.Key, ID: a.ID, Content: a.Content, Person: maria.ID}, {Key: b.Key, ID: b.ID, Content: b.Content, Person: jan.ID}}
	slices.SortFunc(want, func(x, y storage.LinkedPerson) int { return bytes.Compare(x.Key, y.Key) })
	for after := []byte(nil); len(want) > 0; want = want[1:] {
		rows, err := w.LinkedPeople(w.ctx, w.tenant, at, after, 1)
		w.ok(err)
		w.same(rows, want[:1])
		after = rows[0].Key
	}
	staff, others := w.storedGroup("staff"), w.storedGroup("others")
	for _, m := range [][2]storage.ID{{maria.ID, staff.ID}, {jan.ID, staff.ID}, {maria.ID, others.ID}} {
		_, err := w.AddGroupPerson(w.ctx, &storage.GroupPerson{Tenant: w.tenant, Person: m[0], GroupID: m[1], AddedAt: w.now}, nil)
		w.ok(err)
	}
	for _, one := range []struct {
		tenant         storage.ID
		people, groups []storage.ID
		n              int
	}{
		{w.tenant, []storage.ID{maria.ID, jan.ID}, []storage.ID{staff.ID}, 2}, {w.tenant, []storage.ID{maria.ID}, []storage.ID{staff.ID, others.ID}, 2},
		{w.tenant, []storage.ID{jan.ID}, []storage.ID{others.ID}, 0}, {w.tenant, nil, []storage.ID{staff.ID}, 0}, {w.tenant, []storage.ID{jan.ID}, nil, 0},
		{w.id(), []storage.ID{maria.ID, jan.ID}, []storage.ID{staff.ID}, 0},
	} {
		rows, err := w.MembershipsAmong(w.ctx, one.tenant, one.people, one.groups)
		w.ok(err)
		w.same(len(rows), one.n)
	}
}

func directoryConnector(w *world) {
	c := w.storedConnector("one")
	w.put(c.ID, w.newEntry(c.ID, "a", ""))
	_, err := w.ClaimDirectorySync(w.ctx, w.newSync(c.ID, "one"), w.now)
	w.ok(err)
	w.ok(w.DeleteConnector(w.ctx, w.tenant, c.ID, nil))
	rows, err := w.DirectoryEntries(w.ctx, w.tenant, c.ID, [][]byte{hashed("a")})
	w.ok(err)
	w.same(len(rows), 0)
	_, err = w.DirectorySyncOf(w.ctx, w.tenant, c.ID)
	w.code(err, errs.NotFound)
}

func (w *world) newSync(connector storage.ID, holder string) storage.DirectorySync {
	return storage.DirectorySync{Tenant: w.tenant, Connector: connector, Holder: hashed(holder), LeaseUntil: w.in(time.Minute), RanAt: w.now}
}

func directoryLease(w *world) {
	at := w.id()
	claim := func(holder string, now, due time.Duration) *storage.DirectorySync {
		w.Helper()
		s := w.newSync(at, holder)
		s.RanAt, s.LeaseUntil = w.in(now), w.in(now+time.Minute)
		got, err := w.ClaimDirectorySync(w.ctx, s, w.in(due))
		w.ok(err)
		return got
	}
	first := claim("one", 0, 0)
	w.same(first != nil, true)
	w.same(claim("two", time.Second, time.Second) == nil, true) // somebody is at it
	first.Generation, first.LeaseUntil = 7, w.in(2*time.Minute)
	kept, err := w.KeepDirectorySync(w.ctx, first)
	w.ok(err)
	w.same(kept, true)
	second := claim("two", 3*time.Minute, 3*time.Minute) // who was at it is gone
	w.same(second != nil, true)
	w.same(second.Generation, int64(7))
	for _, lost := range []func() (bool, error){
		func() (bool, error) { return w.KeepDirectorySync(w.ctx, first) },
		func() (bool, error) { return w.EndDirectorySync(w.ctx, first, w.newEvent("connector.sync")) },
	} {
		held, err := lost()
		w.ok(err)
		w.same(held, false)
	}
	second.Progress, second.RanAt, second.Asks, second.Problem, second.GroupProgress = "cursor", w.in(3*time.Minute), true, "unavailable", "groups"
	ended, err := w.EndDirectorySync(w.ctx, second, w.newEvent("connector.sync"))
	w.ok(err)
	w.same(ended, true)
	w.same(len(w.events("connector.sync")), 1)
	got, err := w.DirectorySyncOf(w.ctx, w.tenant, at)
	w.ok(err)
	w.same(fmt.Sprint(got.Progress, got.GroupProgress, got.Asks, got.Problem, got.Generation, got.Holder == nil, got.RanAt.Equal(w.in(3*time.Minute))), "cursorgroupstrueunavailable7 true true")
	w.same(claim("three", 4*time.Minute, 2*time.Minute) == nil, true) // not due yet
	w.same(claim("three", 4*time.Minute, 3*time.Minute) != nil, true)
}

func directoryRace(w *world) {
	at, wins := w.id(), atomic.Int64{}
	parallel(racers, func(i int) {
		got, err := w.ClaimDirectorySync(w.ctx, w.newSync(at, fmt.Sprint(i)), w.now)
		w.ok(err)
		if got != nil {
			wins.Add(1)
		}
	})
	w.same(wins.Load(), int64(1))
}

func (w *world) canaryDirectory() {
	at := w.id()
	e := w.newEntry(at, "canary", "")
	w.put(at, e)
	w.ok(w.PutDirectoryPage(w.ctx, storage.DirectoryPage{Tenant: w.tenant, Connector: at, Changed: []storage.DirectoryEntry{e}, Generation: 2, Now: w.now}))
}
