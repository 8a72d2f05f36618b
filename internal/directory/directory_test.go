package directory

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

func TestCreateAndFind(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"email": "Maria.Kovac@Example.ORG", "username": "Maria", "name": "Maria Kovač"})
	if p.Version != 1 || p.State != storage.PersonActive || p.Admin || len(p.Subject) != 22 || p.PasswordChangedAt != nil || p.PasswordHash != "" {
		t.Errorf("%+v", p)
	}
	for _, same := range []string{"Maria.Kovac@Example.ORG", "maria.kovac@example.org", "  MARIA.KOVAC@EXAMPLE.ORG\t", "ｍaria.kovac@ｅxample.org", "maria", "MARIA", "Ｍaria"} {
		if w.found(same) != p.ID {
			t.Errorf("%q is not found", same)
		}
	}
	for _, other := range []string{"", "@", "maria@", "@example.org", "maria.kovac@example.org.", "mariakovac@example.org", "maria.kovac+x@example.org", "mаria",
		"maria\x00", strings.Repeat("m", 50_000) + "@example.org", "maria kovac", "\xff"} {
		if !w.found(other).IsZero() {
			t.Errorf("%.30q is found", other)
		}
	}
	if got, err := w.ByIdentifier(t.Context(), storage.NewID(w.now), "maria"); got != nil || !errs.Is(err, errs.NotFound) {
		t.Error("found in another tenant")
	}
}

func TestProfileIsSealed(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"email": "canary@example.org", "name": "Canary Canarić", "username": "canary-name"})
	for _, text := range []string{fmt.Sprintf("%+v", *p), fmt.Sprintf("%s", p.EmailHash), fmt.Sprintf("%+v", w.store.events)} {
		if strings.Contains(strings.ToLower(text), "canar") {
			t.Errorf("shows the person: %s", text)
		}
	}
	moved := *p
	moved.ID = storage.NewID(w.now)
	if _, err := w.Claims(&moved); !errs.Is(err, errs.Internal) || strings.Contains(err.Error(), "canary") {
		t.Errorf("a profile opens in another row: %v", err)
	}
	if name, id := w.Display(&moved); name != "" || id != "" {
		t.Error("shown all the same")
	}
	if len(p.EmailHash) != 32 || len(p.UsernameHash) != 32 || string(p.EmailHash) == string(p.UsernameHash) {
		t.Error("indexes are wrong")
	}
}

func TestClaimsAndDisplay(t *testing.T) {
	w := newWorld(t)
	address := map[string]any{"locality": "Zagreb", "formatted": "Ilica 1\nZagreb"}
	p := w.create(Claims{"email": "a@b.test", "email_verified": true, "username": "maria", "given_name": "Maria", "family_name": "Kovač", "address": address})
	c, err := w.Claims(p)
	if err != nil {
		t.Fatal(err)
	}
	want := Claims{"email": "a@b.test", "email_verified": true, "username": "maria", "preferred_username": "maria", "given_name": "Maria",
		"family_name": "Kovač", "address": address, "updated_at": w.now.Unix()}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %v", c)
	}
	for _, d := range []struct {
		claims   Claims
		name, id string
	}{
		{Claims{"email": "x@b.test", "name": "N", "nickname": "K"}, "N", "x@b.test"},
		{Claims{"email": "y@b.test", "family_name": "F"}, "F", "y@b.test"},
		{Claims{"email": "z@b.test", "nickname": "K"}, "K", "z@b.test"},
		{Claims{"email": "w@b.test"}, "w@b.test", "w@b.test"},
		{Claims{"username": "zoe"}, "zoe", "zoe"},
	} {
		if name, id := w.Display(w.create(d.claims)); name != d.name || id != d.id {
			t.Errorf("%v: %q, %q", d.claims, name, id)
		}
	}
	if c, err := w.Claims(&storage.Person{UpdatedAt: w.now}); err != nil || len(c) != 1 {
		t.Errorf("an empty profile: %v %v", c, err)
	}
}

func TestCreateRefuses(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"username": "maria"})
	for name, n := range map[string]NewPerson{
		"nobody":            {},
		"no identifier":     {Claims: Claims{"name": "Maria"}},
		"dear hash (PW12)":  {Claims: Claims{"username": "a1"}, PasswordHash: "$argon2id$v=19$m=4194304,t=10,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		"a password":        {Claims: Claims{"username": "a1"}, PasswordHash: "correct horse battery staple"},
		"long subject":      {Claims: Claims{"username": "a1"}, Subject: strings.Repeat("s", 256)},
		"subject and space": {Claims: Claims{"username": "a1"}, Subject: "a b"},
		"subject not ASCII": {Claims: Claims{"username": "a1"}, Subject: "ü"},
	} {
		if got, err := w.Create(t.Context(), w.tenant, n, operator); got != nil || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Create(t.Context(), w.tenant, NewPerson{Claims: Claims{"username": "a1"}, Subject: p.Subject}, operator); !errs.Is(err, errs.Conflict) {
		t.Errorf("a subject twice: %v", err)
	}
	imported, err := w.Create(t.Context(), w.tenant, NewPerson{Claims: Claims{"username": "a1"}, Subject: "auth0|42", PasswordHash: phc, Admin: true}, operator)
	if err != nil || imported.Subject != "auth0|42" || imported.PasswordHash != phc || imported.PasswordChangedAt == nil || !imported.Admin {
		t.Errorf("%+v %v", imported, err)
	}
	if ev := w.store.events[len(w.store.events)-1]; ev.Type != "user.create" || ev.Severity != "notice" || ev.Target != "person:"+imported.ID.String() || ev.Actor != "cli" {
		t.Errorf("%+v", ev)
	}
	built, err := w.Build(w.tenant, NewPerson{Claims: Claims{"username": "setup"}, Admin: true})
	if err != nil || !built.Admin || !w.found("setup").IsZero() {
		t.Errorf("%+v %v", built, err)
	}
}

func TestUpdate(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"email": "a@b.test", "email_verified": true, "phone_number": "+385 1 234567", "phone_number_verified": true, "nickname": "M"})
	w.now = w.now.Add(time.Minute)
	update := func(u UpdatePerson) Claims {
		t.Helper()
		got, err := w.Update(t.Context(), w.tenant, p.ID, u, operator)
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.Claims(got)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := update(UpdatePerson{Claims: Claims{"name": "Maria", "nickname": nil, "email": "a@b.test"}}); c["name"] != "Maria" || c["nickname"] != nil ||
		c["email_verified"] != true || c["updated_at"] != w.now.Unix() {
		t.Errorf("%v", c)
	}
	if c := update(UpdatePerson{Claims: Claims{"email": "new@b.test", "phone_number": "+385 1 234568"}}); c["email_verified"] != nil || c["phone_number_verified"] != nil {
		t.Errorf("a new address is verified: %v", c)
	}
	if w.found("new@b.test") != p.ID || !w.found("a@b.test").IsZero() {
		t.Error("the index did not follow")
	}
	if c := update(UpdatePerson{Claims: Claims{"email": "x@b.test", "email_verified": true}}); c["email_verified"] != true {
		t.Errorf("%v", c)
	}
	if c := update(UpdatePerson{Claims: Claims{"email": nil, "username": "maria"}}); c["email"] != nil || c["email_verified"] != nil || !w.found("x@b.test").IsZero() {
		t.Errorf("%v", c)
	}
	yes := true
	update(UpdatePerson{Admin: &yes})
	if got := w.store.people[p.ID]; !got.Admin || got.Version != 6 {
		t.Errorf("%+v", got)
	}
	ev, err := w.audit.Open(w.store.events[1])
	if err != nil || ev.Type != "user.update" || !reflect.DeepEqual(ev.Data["claims"], []any{"email", "name", "nickname"}) {
		t.Errorf("%+v %v", ev, err)
	}
}

func TestUpdateRefuses(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"username": "maria"})
	w.create(Claims{"username": "zoe", "email": "z@b.test"})
	for name, c := range map[string]struct {
		claims Claims
		code   errs.Code
	}{
		"taken name":       {Claims{"username": "ZOE"}, errs.Conflict},
		"taken address":    {Claims{"email": "Z@b.test"}, errs.Conflict},
		"no identifier":    {Claims{"username": nil}, errs.Invalid},
		"sub (PW22)":       {Claims{"sub": "x"}, errs.Invalid},
		"updated_at":       {Claims{"updated_at": 1}, errs.Invalid},
		"verified nothing": {Claims{"email_verified": true}, errs.Invalid},
		"too large":        {Claims{"address": map[string]any{"formatted": strings.Repeat("ü", 513)}}, errs.Invalid},
	} {
		if _, err := w.Update(t.Context(), w.tenant, p.ID, UpdatePerson{Claims: c.claims}, operator); !errs.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Update(t.Context(), w.tenant, storage.NewID(w.now), UpdatePerson{}, operator); !errs.Is(err, errs.NotFound) {
		t.Errorf("%v", err)
	}
}

// rotatedRing has a second version of the index key.
type rotatedRing struct{ *keys.Ring }

func (r rotatedRing) Index(table, column string, value []byte) []byte {
	return r.Ring.Index(table, column, append([]byte("version 2"), value...))
}

func (r rotatedRing) Indexes(table, column string, value []byte) [][]byte {
	return [][]byte{r.Index(table, column, value), r.Ring.Index(table, column, value)}
}

// An index key that rotates neither hides people nor lets a name be taken twice.
func TestIndexRotation(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"email": "a@b.test", "username": "maria"})
	w.create(Claims{"username": "zoe"})
	rotated := rotatedRing{w.ring}
	w.Directory = New(Deps{People: w.store, Writer: w.store, Tx: w.store, Ring: rotated, Audit: w.audit, Now: w.d.Now})
	if w.found("a@b.test") != p.ID || w.found("maria") != p.ID {
		t.Fatal("rotation hides people")
	}
	for _, c := range []Claims{{"email": "A@b.test"}, {"username": "Maria"}} {
		if _, err := w.Create(t.Context(), w.tenant, NewPerson{Claims: c}, operator); !errs.Is(err, errs.Conflict) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if _, err := w.Update(t.Context(), w.tenant, p.ID, UpdatePerson{Claims: Claims{"username": "zoe"}}, operator); !errs.Is(err, errs.Conflict) {
		t.Errorf("%v", err)
	}
	if _, err := w.Update(t.Context(), w.tenant, p.ID, UpdatePerson{Claims: Claims{"username": "maria"}}, operator); err != nil {
		t.Error(err)
	}
	got := w.store.people[p.ID]
	if !slices.Equal(got.EmailHash, rotated.Index(table, columnEmail, []byte("a@b.test"))) {
		t.Error("an update leaves the old version")
	}
}

// PW13 and SE07: a new password, a lock and an erasure end everything else in the same transaction, or nothing happens.
func TestChangesThatEndSessions(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"username": "maria"})
	keep := storage.NewID(w.now)
	if err := w.SetPassword(t.Context(), w.tenant, p.ID, phc, keep, operator); err != nil {
		t.Fatal(err)
	}
	got := w.store.people[p.ID]
	if got.PasswordHash != phc || got.PasswordChangedAt == nil || !got.PasswordChangedAt.Equal(w.now) || w.store.ended[0].Except != keep || w.store.ended[0].Person != p.ID {
		t.Errorf("%+v %+v", got, w.store.ended)
	}
	for state, want := range map[storage.PersonState]string{storage.PersonLocked: "user.lock", storage.PersonDisabled: "user.disable", storage.PersonActive: "user.unlock"} {
		w.store.ended, w.store.events = nil, nil
		if err := w.SetState(t.Context(), w.tenant, p.ID, state, operator); err != nil {
			t.Fatal(err)
		}
		if w.store.people[p.ID].State != state || w.store.events[0].Type != want || (len(w.store.ended) == 1) != (state != storage.PersonActive) {
			t.Errorf("%s: %+v", state, w.store.ended)
		}
	}
	if err := w.SetState(t.Context(), w.tenant, p.ID, "gone", operator); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if err := w.SetPassword(t.Context(), w.tenant, p.ID, "plain text", storage.ID{}, operator); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	w.store.fail = errors.New("boom")
	for _, change := range []func() error{
		func() error { return w.SetPassword(t.Context(), w.tenant, p.ID, "", storage.ID{}, operator) },
		func() error { return w.SetState(t.Context(), w.tenant, p.ID, storage.PersonLocked, operator) },
		func() error { return w.Erase(t.Context(), w.tenant, p.ID, operator) },
	} {
		before := w.store.people[p.ID]
		if err := change(); err == nil || !reflect.DeepEqual(w.store.people[p.ID], before) {
			t.Errorf("half a change: %v", err)
		}
	}
	w.store.fail = nil
	if err := w.Erase(t.Context(), w.tenant, p.ID, operator); err != nil || len(w.store.people) != 0 {
		t.Error(err)
	}
	if err := w.Erase(t.Context(), w.tenant, p.ID, operator); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}
