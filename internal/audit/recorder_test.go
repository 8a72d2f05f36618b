package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	tenant = storage.ID{1}
	noon   = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
)

func recorder(t testing.TB, now func() time.Time, sinks ...Sink) *Recorder {
	t.Helper()
	k, err := seal.NewKey(1, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return New(Deps{Ring: k, Now: now, Sinks: sinks})
}

func atNoon() time.Time { return noon }

func TestRowAndOpen(t *testing.T) {
	r := recorder(t, atNoon)
	ctx := WithOrigin(t.Context(), Origin{RequestID: "req-1", IP: netip.MustParseAddr("::ffff:192.0.2.7"), Device: "Firefox"})
	row := r.Row(ctx, tenant, Event{
		Type: UserLogin, ActorKind: Person, Actor: "p1", Target: "session:s1", Client: "acme", Data: map[string]any{"amr": "pwd"},
	})
	if row.Tenant != tenant || row.ID.IsZero() || !row.Time.Equal(noon) || row.RequestID != "req-1" {
		t.Errorf("row %+v", row)
	}
	if row.Severity != Info || row.Outcome != Success || row.ActorKind != Person {
		t.Errorf("defaults %+v", row)
	}
	v, err := row.Detail.Value()
	if err != nil {
		t.Fatal(err)
	}
	raw, ok := v.([]byte)
	if !ok || bytes.Contains(raw, []byte("192.0.2.7")) || bytes.Contains(raw, []byte("Firefox")) {
		t.Error("personal data in the clear")
	}
	e, err := r.Open(*row)
	if err != nil {
		t.Fatal(err)
	}
	if e.IP.String() != "192.0.2.7" || e.Device != "Firefox" || e.Data["amr"] != "pwd" || e.Actor != "p1" || e.ID != row.ID {
		t.Errorf("event %+v", e)
	}
	moved := *row
	moved.ID = storage.ID{9}
	if _, err := r.Open(moved); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("a moved detail opens: %v", err)
	}
}

func TestRowOutsideARequest(t *testing.T) {
	r := recorder(t, atNoon)
	row := r.Row(t.Context(), tenant, Event{Type: KeyRotate})
	if !row.Detail.IsZero() || row.ActorKind != System || row.RequestID != "" {
		t.Errorf("row %+v", row)
	}
	if e, err := r.Open(*row); err != nil || e.IP.IsValid() {
		t.Errorf("event %+v, %v", e, err)
	}
}

func TestSeverity(t *testing.T) {
	r := recorder(t, atNoon)
	cases := map[string]struct {
		e    Event
		want string
	}{
		"plain":   {Event{Type: UserLogin}, Info},
		"refused": {Event{Type: UserLogin, Outcome: Failure}, Notice},
		"reuse":   {Event{Type: GrantReuse}, Warning},
		"said":    {Event{Type: GrantReuse, Severity: Critical}, Critical},
	}
	for name, c := range cases {
		if got := r.Row(t.Context(), tenant, c.e).Severity; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestRowBoundsWhatItIsGiven(t *testing.T) {
	r := recorder(t, atNoon)
	long := strings.Repeat("x", 1000)
	row := r.Row(t.Context(), tenant, Event{
		Type: UserLogin, Reason: "maria@example.org", Client: long, Target: "a\nb", Actor: "a\xffb",
		Device: long + "\x00\x1b[31m", Data: map[string]any{"big": strings.Repeat("y", maxData)},
	})
	if row.Reason != "unspecified" || row.Client != "unprintable" || row.Target != "unprintable" || row.Actor != "unprintable" {
		t.Errorf("row %+v", row)
	}
	e, err := r.Open(*row)
	if err != nil || len(e.Device) != maxDevice || e.Data["omitted"] != true || len(e.Data) != 1 {
		t.Errorf("device %d, data %v, %v", len(e.Device), e.Data, err)
	}
	row = r.Row(t.Context(), tenant, Event{Type: UserLogin, Reason: "password.wrong", Device: "a\x00\x1bb", Data: map[string]any{"f": func() {}}})
	if e, err = r.Open(*row); err != nil || row.Reason != "password.wrong" || e.Device != "ab" || e.Data["omitted"] != true {
		t.Errorf("event %+v, %v", e, err)
	}
}

func TestEventJSON(t *testing.T) {
	r := recorder(t, atNoon)
	row := r.Row(t.Context(), tenant, Event{Type: UserLock, ActorKind: Operator, Actor: "cli", Target: "person:p", IP: netip.MustParseAddr("192.0.2.1")})
	e, err := r.Open(*row)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"` + row.ID.String() + `","time":"2026-11-24T12:00:00Z","type":"user.lock","severity":"info","actor":"operator:cli",` +
		`"target":"person:p","ip":"192.0.2.1","outcome":"success"}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

type sink struct {
	got  []Event
	fail error
}

func (s *sink) Deliver(_ context.Context, es []Event) error {
	s.got = append(s.got, es...)
	return s.fail
}

func TestDeliverReachesEverySink(t *testing.T) {
	boom := errors.New("boom")
	bad, good := &sink{fail: boom}, &sink{}
	r := recorder(t, atNoon, bad, good)
	row := r.Row(t.Context(), tenant, Event{Type: UserLogin, Device: "Firefox"})
	if err := r.Deliver(t.Context(), []storage.AuditEvent{*row}); !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
	if len(good.got) != 1 || good.got[0].Device != "Firefox" {
		t.Errorf("got %+v", good.got)
	}
	row.ID = storage.ID{9}
	if err := r.Deliver(t.Context(), []storage.AuditEvent{*row}); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("error %v", err)
	}
}
