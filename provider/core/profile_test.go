package core

import (
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/storage"
)

// people is a directory and a reader of one person.
type people struct {
	storage.PersonReader
	person storage.Person
	claims map[string]any
	opened int
}

func (p *people) ClaimsOf(*storage.Person) (map[string]any, error) { p.opened++; return p.claims, nil }

func (p *people) PersonByID(context.Context, storage.ID, storage.ID) (*storage.Person, error) {
	row := p.person
	return &row, nil
}

// still is a tail without changes that says once that it is caught up.
type still struct{ at time.Time }

func (s still) Tail(ctx context.Context, fn func([]storage.Change, time.Time)) error {
	fn(nil, s.at)
	<-ctx.Done()
	return ctx.Err()
}

func newPeople(t *testing.T) (*people, *People, *cache.Feed) {
	t.Helper()
	now := time.Unix(1_790_000_000, 0)
	d := &people{
		person: storage.Person{ID: storage.NewID(now), Version: 1, UpdatedAt: now},
		claims: map[string]any{
			"name": "Maria <Example>", "email": "maria@example.org", "email_verified": true, "address": map[string]any{"country": "HR"},
			"department": "not a standard claim", "sub": "not this one", "updated_at": int64(1),
		},
	}
	feed := cache.NewFeed(func() time.Time { return now }, slog.Default())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { feed.Run(ctx, still{now}); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	for ; !feed.Fresh(); runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatal("the feed did not become fresh")
		}
	}
	return d, NewPeople(d, d, everybodysGroups{}, feed, storage.ID{}, nil), feed
}

// everybodysGroups puts everybody into two.
type everybodysGroups struct{}

func (everybodysGroups) NamesOf(context.Context, storage.ID) ([]string, error) {
	return []string{"admins", "staff"}, nil
}

// UserInfo's JSON says what the claims for its signed form say.
func TestUserinfoJSONIsUserinfoClaims(t *testing.T) {
	d, p, _ := newPeople(t)
	for _, c := range []struct {
		scopes []string
		claims string
	}{
		{nil, ""},
		{[]string{"openid"}, ""},
		{[]string{"openid", "profile", "email", "address", "phone", "email"}, ""},
		{[]string{"openid", "email"}, `{"userinfo":{"email":null,"name":{"essential":true},"department":null,"sub":{"value":"x"},"phone_number":null}}`},
		{[]string{"openid", "groups"}, ""},
		{[]string{"openid"}, `{"userinfo":{"groups":null}}`},
		{[]string{"openid"}, `{"userinfo":{"updated_at":null},"id_token":{"name":null}}`},
	} {
		g := &storage.Grant{Claims: c.claims}
		raw, err := p.UserinfoJSON(t.Context(), "subject-1", &d.person, g, c.scopes)
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.UserinfoClaims(t.Context(), &d.person, g, c.scopes)
		if err != nil {
			t.Fatal(err)
		}
		want["sub"] = "subject-1"
		if got := members(t, raw); !reflect.DeepEqual(got, normal(t, want)) {
			t.Errorf("%v %s:\n%v\n%v", c.scopes, c.claims, got, want)
		}
	}
}

// members decodes an object and refuses a name that stands twice.
func members(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	again, err := json.Marshal(out)
	if err != nil || len(again) != len(raw) {
		t.Fatalf("%s has a member twice (%v)", raw, err)
	}
	return out
}

func normal(t *testing.T, v map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return members(t, raw)
}

func TestProfilesStayOpenUntilThePersonChanges(t *testing.T) {
	d, p, feed := newPeople(t)
	ask := func(person *storage.Person) string {
		t.Helper()
		raw, err := p.UserinfoJSON(t.Context(), "s", person, &storage.Grant{}, []string{"email"})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	first := d.person
	before := ask(&first)
	if ask(&first); d.opened != 1 {
		t.Errorf("opened %d times", d.opened)
	}
	d.person.Version, d.claims = 2, map[string]any{"email": "new@example.org"}
	if next := d.person; ask(&next) == before {
		t.Error("a newer person is answered with the older profile")
	}
	feed.Publish([]storage.Change{{Kind: storage.ChangePerson, Ref: first.ID[:]}})
	opened := d.opened
	if next := d.person; ask(&next) == before || ask(&next) == before || d.opened != opened+1 {
		t.Error("not opened anew, once, after the change")
	}
}
