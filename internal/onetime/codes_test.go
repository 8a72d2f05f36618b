package onetime_test

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/keys/file"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

const purpose = "test"

// world is codes over a database, and a clock that the test moves.
type world struct {
	*testing.T
	*onetime.Codes
	db     *gormdb.DB
	now    time.Time
	person storage.ID
	flow   storage.ID
}

func each(t *testing.T, fn func(w *world)) {
	t.Helper()
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) {
		w := &world{T: t, db: db, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		master, err := file.Parse(file.Generate())
		w.must(err)
		tenant := storage.NewID(w.now)
		ring, err := keys.OpenRing(t.Context(), db, master, tenant, w.clock)
		w.must(err)
		w.person, w.flow = storage.NewID(w.now), storage.NewID(w.now)
		w.Codes, err = onetime.New(onetime.Deps{Tenant: tenant, Store: db, Ring: ring, Now: w.clock})
		w.must(err)
		fn(w)
	})
}

func (w *world) clock() time.Time { return w.now }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) order() onetime.Order {
	return onetime.Order{
		Purpose: purpose, Person: w.person, Flow: w.flow, Channel: "mail", Bound: []byte("as they are"), Data: []byte("kept"), Life: 10 * time.Minute, Link: true, Typed: true,
	}
}

func (w *world) issue(o onetime.Order) onetime.Issued {
	w.Helper()
	out, err := w.Issue(w.Context(), o)
	w.must(err)
	return out
}

// none wants nothing to be found.
func (w *world) none(what string, err error) {
	w.Helper()
	if !errs.Is(err, errs.NotFound) {
		w.Errorf("%s: %v", what, err)
	}
}

func TestACodeServesOnePurposePersonAndFlow(t *testing.T) {
	each(t, func(w *world) {
		made := w.issue(w.order())
		if len(made.Code) != 6 || strings.Trim(made.Code, "0123456789") != "" || len(made.Token) != 64 || !made.Until.Equal(w.now.Add(10*time.Minute)) {
			w.Errorf("%+v", made)
		}
		ctx, other := w.Context(), storage.NewID(w.now)
		_, err := w.Try(ctx, "another", w.flow, w.person)
		w.none("another purpose", err)
		_, err = w.Try(ctx, purpose, other, w.person)
		w.none("another flow", err)
		_, err = w.Try(ctx, purpose, w.flow, other)
		w.none("another person", err)
		_, err = w.Try(ctx, purpose, storage.ID{}, w.person)
		w.none("no flow", err)
		_, err = w.TryID(ctx, purpose, made.ID, other)
		w.none("another person, by id", err)
		_, err = w.ByID(ctx, "another", made.ID)
		w.none("another purpose, by id", err)
		code, err := w.Try(ctx, purpose, w.flow, w.person)
		w.must(err)
		for _, typed := range []string{made.Code, made.Code[:3] + " " + made.Code[3:], " " + made.Code[:3] + "-" + made.Code[3:] + "\n"} {
			if !w.Typed(code, typed, []byte("as they are")) {
				w.Errorf("%q does not count", typed)
			}
		}
		wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, made.Code)
		for _, typed := range []string{"", made.Code[:5], made.Code + "0", wide, strings.Repeat(" ", 100) + made.Code, made.Token} {
			if w.Typed(code, typed, []byte("as they are")) {
				w.Errorf("%q counts", typed)
			}
		}
		if w.Typed(code, made.Code, []byte("changed")) || !w.Linked(code, made.Token, []byte("as they are")) || w.Linked(code, made.Token, []byte("changed")) {
			w.Error("what it stands on does not matter")
		}
		if data, err := w.Data(code); err != nil || string(data) != "kept" {
			w.Error(string(data), err)
		}
		if bytes.Contains(code.Hash, []byte(made.Code)) || len(code.Hash) != 32 || len(code.LinkHash) != 32 {
			w.Error("kept in the clear")
		}
	})
}

func TestALinkIsFoundByItsWholeTokenAlone(t *testing.T) {
	each(t, func(w *world) {
		made, ctx := w.issue(w.order()), w.Context()
		code, err := w.Find(ctx, purpose, made.Token)
		w.must(err)
		for _, token := range []string{"", "x", made.Token[:63], made.Token + "A", made.Token + "=", strings.Repeat("A", 64)} {
			_, err := w.Find(ctx, purpose, token)
			w.none(token, err)
			if w.Linked(code, token, []byte("as they are")) {
				w.Errorf("%q is its link", token)
			}
		}
		forged := made.Token[:63] + map[bool]string{true: "A", false: "Q"}[made.Token[63] != 'A']
		if w.Linked(code, forged, []byte("as they are")) {
			w.Error("a forged secret counts")
		}
		typedOnly := w.order()
		typedOnly.Link, typedOnly.Purpose = false, "typed"
		plain := w.issue(typedOnly)
		code, err = w.ByID(ctx, "typed", plain.ID)
		w.must(err)
		if plain.Token != "" || w.Linked(code, made.Token, []byte("as they are")) {
			w.Error("a code without a link opens by one")
		}
	})
}

func TestALaterOneEndsTheEarlier(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		first := w.issue(w.order())
		second := w.issue(w.order())
		_, err := w.Find(ctx, purpose, first.Token)
		w.none("the earlier of one flow", err)
		_, err = w.Find(ctx, purpose, second.Token)
		w.must(err)
		elsewhere := w.order()
		elsewhere.Flow = storage.NewID(w.now)
		third := w.issue(elsewhere)
		for _, token := range []string{second.Token, third.Token} { // two sign-ins at a time are no one's fault
			_, err = w.Find(ctx, purpose, token)
			w.must(err)
		}
		w.must(w.End(ctx, w.person, "another"))
		_, err = w.Find(ctx, purpose, third.Token)
		w.must(err)
		w.must(w.End(ctx, w.person, purpose))
		for _, token := range []string{second.Token, third.Token} {
			_, err = w.Find(ctx, purpose, token)
			w.none("ended", err)
		}
	})
}

func TestACodeEndsWithItsTime(t *testing.T) {
	each(t, func(w *world) {
		made, ctx := w.issue(w.order()), w.Context()
		w.now = w.now.Add(10*time.Minute - time.Millisecond)
		_, err := w.Try(ctx, purpose, w.flow, w.person)
		w.must(err)
		w.now = w.now.Add(time.Millisecond)
		_, err = w.Try(ctx, purpose, w.flow, w.person)
		w.none("a try after its time", err)
		_, err = w.Find(ctx, purpose, made.Token)
		w.none("a look after its time", err)
		if done, err := w.Spend(ctx, made.ID, nil); done || err != nil {
			w.Error("used after its time", err)
		}
	})
}

// MF07: five tries, however many come at once, and one use.
func TestFiveTriesAndOneUse(t *testing.T) {
	each(t, func(w *world) {
		made, ctx := w.issue(w.order()), w.Context()
		for range 4 {
			_, err := w.Try(ctx, purpose, w.flow, w.person)
			w.must(err)
		}
		var tried, used atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := w.Try(ctx, purpose, w.flow, w.person); err == nil {
					tried.Add(1)
				}
				if done, err := w.Spend(ctx, made.ID, nil); err == nil && done {
					used.Add(1)
				}
			})
		}
		wg.Wait()
		if tried.Load() > 1 || used.Load() != 1 {
			w.Errorf("%d tries beyond four, %d uses", tried.Load(), used.Load())
		}
	})
}

func TestAFifthTryAtOnce(t *testing.T) {
	each(t, func(w *world) {
		w.issue(w.order())
		var tried atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := w.Try(w.Context(), purpose, w.flow, w.person); err == nil {
					tried.Add(1)
				}
			})
		}
		wg.Wait()
		if tried.Load() != 5 {
			w.Errorf("%d tries", tried.Load())
		}
	})
}

func TestBoundFollowsThePerson(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	later := at.Add(time.Microsecond)
	p := storage.Person{EmailHash: []byte{1}, State: storage.PersonActive, PasswordChangedAt: &at}
	for name, change := range map[string]func(q *storage.Person){
		"address": func(q *storage.Person) { q.EmailHash = []byte{2} }, "no address": func(q *storage.Person) { q.EmailHash = nil },
		"password": func(q *storage.Person) { q.PasswordChangedAt = &later }, "no password": func(q *storage.Person) { q.PasswordChangedAt = nil },
		"state": func(q *storage.Person) { q.State = storage.PersonLocked },
	} {
		q := p
		if change(&q); bytes.Equal(onetime.Bound(&p), onetime.Bound(&q)) {
			t.Errorf("%s: the same", name)
		}
	}
}

func TestMissingParts(t *testing.T) {
	if _, err := onetime.New(onetime.Deps{}); err == nil {
		t.Error("made of nothing")
	}
}
