package gormdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// farewells says goodbye to everybody by a message whose target is the client_id.
func farewells(t *testing.T, fail *error) storage.Farewell {
	key, err := seal.NewKey(1, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return func(tenant storage.ID, gone []storage.Participant) ([]*storage.OutboxMessage, error) {
		var out []*storage.OutboxMessage
		for _, p := range gone {
			id := storage.NewID(time.Now())
			out = append(out, &storage.OutboxMessage{
				Tenant: tenant, ID: id, Kind: "farewell", Target: p.Client.ClientID, State: storage.OutboxWaiting, NextAt: time.Now(), CreatedAt: time.Now(),
				Payload: key.Seal(seal.Location{Table: "outbox", Column: "payload", Tenant: tenant, Row: id}, []byte("{}")), Status: p.Subject + " " + p.SID.String(),
			})
		}
		return out, *fail
	}
}

// TestFarewell: whatever ends a session or, on somebody's word, a grant, tells those who take part, once, in the same transaction.
func TestFarewell(t *testing.T) {
	var fail error
	run := func(t *testing.T, db *gormdb.DB) {
		f := &farewell{T: t, DB: db, ctx: context.Background(), tenant: storage.NewID(time.Now()), fail: &fail}
		f.client = &storage.Client{Tenant: f.tenant, ID: storage.NewID(time.Now()), ClientID: "rp", CreatedAt: time.Now(), UpdatedAt: time.Now()}
		f.ok(db.InsertClient(f.ctx, f.client, nil))
		f.all()
	}
	t.Run("sqlite", func(t *testing.T) { run(t, gormtest.SQLite(t, gormdb.Config{Farewell: farewells(t, &fail)})) })
	t.Run("postgres", func(t *testing.T) { run(t, gormtest.Postgres(t, gormdb.Config{Farewell: farewells(t, &fail)})) })
}

type farewell struct {
	*testing.T
	*gormdb.DB
	ctx    context.Context
	tenant storage.ID
	client *storage.Client
	fail   *error
	told   int
}

func (f *farewell) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// signedIn is a session with a grant.
func (f *farewell) signedIn(person storage.ID) (*storage.Session, *storage.Grant) {
	f.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := f.session(person)
	f.ok(f.InsertSession(f.ctx, s, storage.ID{}, false, nil))
	id := storage.NewID(now)
	g := &storage.Grant{
		Tenant: f.tenant, ID: id, Client: f.client.ID, Person: person, Session: s.ID, Origin: id.String(), Subject: "sub", Scopes: storage.Strings{"openid"},
		AuthTime: now, CodeExpires: now, ExpiresAt: now.Add(time.Hour), CreatedAt: now,
	}
	_, _, err := f.InsertGrant(f.ctx, g, nil)
	f.ok(err)
	return s, g
}

func (f *farewell) session(person storage.ID) *storage.Session {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return &storage.Session{Tenant: f.tenant, ID: storage.NewID(now), Person: person, AuthTime: now, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(time.Hour)}
}

// tells wants so many more messages after do.
func (f *farewell) tells(what string, more int, do func() error) {
	f.Helper()
	f.ok(do())
	all, err := f.Outbox(f.ctx, f.tenant, storage.OutboxFilter{Kind: "farewell", Limit: 1000})
	f.ok(err)
	if len(all)-f.told != more {
		f.Errorf("%s: %d messages, want %d", what, len(all)-f.told, more)
	}
	f.told = len(all)
}

func (f *farewell) all() {
	now, person := time.Now(), storage.NewID(time.Now())
	s, _ := f.signedIn(person)
	end := func() error { return f.RevokeSession(f.ctx, f.tenant, s.ID, now, "logout", nil) }
	*f.fail = context.Canceled
	if end() == nil {
		f.Error("a session ended although nobody could be told")
	}
	*f.fail = nil
	if got, err := f.SessionByID(f.ctx, f.tenant, s.ID); err != nil || got.RevokedAt != nil {
		f.Error("a session ended although nobody could be told", err)
	}
	f.tells("a session ends", 1, end)
	f.tells("it ends again", 0, end)

	s, _ = f.signedIn(person)
	again := f.session(person)
	f.tells("the same person signs in again", 0, func() error { return f.InsertSession(f.ctx, again, s.ID, true, nil) })
	f.tells("another person signs in", 1, func() error { return f.InsertSession(f.ctx, f.session(storage.NewID(now)), again.ID, false, nil) })
	last, err := f.Outbox(f.ctx, f.tenant, storage.OutboxFilter{Newest: true, Limit: 1})
	f.ok(err)
	if last[0].Target != "rp" || last[0].Status != "sub "+s.ID.String() {
		f.Errorf("told %+v", last[0])
	}

	kept, _ := f.signedIn(person)
	f.signedIn(person)
	f.signedIn(person)
	f.signedIn(storage.NewID(now))
	ends := func(except storage.ID) func() error {
		return func() error {
			return f.EndPerson(f.ctx, storage.EndPerson{Tenant: f.tenant, Person: person, Except: except, Reason: "x", Now: now}, nil)
		}
	}
	f.tells("all sessions but one end", 2, ends(kept.ID))
	f.tells("all sessions end", 1, ends(storage.ID{}))
	f.tells("nothing is left to end", 0, ends(storage.ID{}))

	_, g := f.signedIn(person)
	revoke := func(announce bool) func() error {
		return func() error {
			_, err := f.RevokeGrant(f.ctx, storage.RevokeGrant{Tenant: f.tenant, Grant: g.ID, Now: now, Reason: "x", Announce: announce}, nil)
			return err
		}
	}
	f.tells("an operator revokes a grant", 1, revoke(true))
	f.tells("again", 0, revoke(true))
	_, g = f.signedIn(person)
	f.tells("a client revokes its token", 0, revoke(false))
	f.signedIn(person)
	f.tells("a consent is revoked", 1, func() error { return f.RevokeConsent(f.ctx, f.tenant, person, f.client.ID, now, nil) })
}
