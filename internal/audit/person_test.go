package audit

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// memReader answers from rows in order of their ids.
type memReader []storage.AuditEvent

func (m memReader) AuditEvents(_ context.Context, _ storage.ID, f storage.AuditFilter) (out []storage.AuditEvent, _ error) {
	for _, e := range slices.Backward(m) {
		if (f.Actor == "" || e.Actor == f.Actor) && (f.Target == "" || e.Target == f.Target) && (f.After.IsZero() || e.ID.String() < f.After.String()) && len(out) < f.Limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func TestOfPersonPagesThroughBothSides(t *testing.T) {
	c := &clock{t: noon}
	r := recorder(t, c.Now)
	maria := storage.ID{5}
	var rows memReader
	for i, e := range []Event{
		{Type: UserCreate, ActorKind: Operator, Actor: "uid-0", Target: "person:" + maria.String()},
		{Type: UserLogin, ActorKind: Person, Actor: maria.String()},
		{Type: UserUpdate, ActorKind: Person, Actor: maria.String(), Target: "person:" + maria.String()},
		{Type: UserLogin, ActorKind: Person, Actor: storage.ID{6}.String()},
		{Type: UserLogout, ActorKind: Person, Actor: maria.String()},
	} {
		c.Add(time.Duration(i) * time.Second)
		rows = append(rows, *r.Row(t.Context(), tenant, e))
	}
	var got []string
	var before storage.ID
	for range 4 {
		page, err := r.OfPerson(t.Context(), rows, tenant, maria, before, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			got, before = append(got, e.Type), e.ID
		}
	}
	if want := []string{UserLogout, UserUpdate, UserLogin, UserCreate}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
