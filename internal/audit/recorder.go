package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	maxData   = 8 << 10 // bytes of JSON
	maxDevice = 256     // runes
	maxName   = 256     // bytes of an id or a client_id
	maxReason = 64
)

// Sealer seals and opens columns; *keys.Ring is one.
type Sealer interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Sink takes committed events elsewhere: a SIEM, a webhook. Deliver may be called again for events that it has seen.
type Sink interface {
	Deliver(ctx context.Context, events []Event) error
}

// Deps is what a Recorder needs.
type Deps struct {
	Ring  Sealer
	Now   func() time.Time
	Sinks []Sink
	// Origin finds where a request came from; nil is OriginOf.
	Origin func(context.Context) Origin
}

// Recorder makes and reads audit rows. It is safe for concurrent use.
type Recorder struct{ d Deps }

// New makes a Recorder.
func New(d Deps) *Recorder {
	if d.Origin == nil {
		d.Origin = OriginOf
	}
	return &Recorder{d: d}
}

// detail is what is sealed.
type detail struct {
	IP     netip.Addr     `json:"ip,omitzero"`
	Device string         `json:"device,omitempty"`
	Data   map[string]any `json:"data,omitempty"`
}

// Row is the event as a row, to be written by the storage call of the change. Origin fields that e leaves empty come from ctx. Row never fails:
// values that break the schema's limits are cut or replaced, since an event that is not written is worse than one that says less.
func (r *Recorder) Row(ctx context.Context, tenant storage.ID, e Event) *storage.AuditEvent {
	now, o := r.d.Now(), r.d.Origin(ctx)
	e.IP, e.Device = either(e.IP, o.IP).Unmap().WithZone(""), cut(either(e.Device, o.Device), maxDevice)
	e.ActorKind, e.Outcome = either(e.ActorKind, System), either(e.Outcome, Success)
	row := &storage.AuditEvent{
		Tenant: tenant, ID: storage.NewID(now), Time: now, Type: e.Type, Severity: either(e.Severity, defaultSeverity(e)),
		ActorKind: e.ActorKind, Actor: name(e.Actor), Target: name(e.Target), Client: name(e.Client), Org: name(e.Org),
		Outcome: e.Outcome, Reason: code(e.Reason), RequestID: name(either(e.RequestID, o.RequestID)),
	}
	if e.IP.IsValid() || e.Device != "" || len(e.Data) > 0 {
		row.Detail = r.d.Ring.Seal(at(row), encode(detail{e.IP, e.Device, e.Data}))
	}
	return row
}

// Open is the event in a row.
func (r *Recorder) Open(row storage.AuditEvent) (Event, error) {
	e := Event{
		ID: row.ID, Tenant: row.Tenant, Time: row.Time, Type: row.Type, Severity: row.Severity, ActorKind: row.ActorKind, Actor: row.Actor,
		Target: row.Target, Client: row.Client, Org: row.Org, Outcome: row.Outcome, Reason: row.Reason, RequestID: row.RequestID,
	}
	if row.Detail.IsZero() {
		return e, nil
	}
	plain, err := r.d.Ring.Open(at(&row), row.Detail)
	if err != nil {
		return Event{}, fmt.Errorf("audit: event %s: %w", row.ID, err)
	}
	var d detail
	if err := json.Unmarshal(plain, &d); err != nil {
		return Event{}, fmt.Errorf("audit: event %s: %w", row.ID, err)
	}
	e.IP, e.Device, e.Data = d.IP, d.Device, d.Data
	return e, nil
}

// Deliver hands committed rows to every sink. A failing sink does not keep the others from theirs; the error joins all failures.
func (r *Recorder) Deliver(ctx context.Context, rows []storage.AuditEvent) error {
	if len(r.d.Sinks) == 0 || len(rows) == 0 {
		return nil
	}
	events := make([]Event, len(rows))
	for i := range rows {
		e, err := r.Open(rows[i])
		if err != nil {
			return err
		}
		events[i] = e
	}
	var failed error
	for _, s := range r.d.Sinks {
		failed = errors.Join(failed, s.Deliver(ctx, events))
	}
	return failed
}

func at(row *storage.AuditEvent) seal.Location {
	return seal.Location{Table: row.TableName(), Column: "detail", Tenant: row.Tenant, Row: row.ID}
}

// encode keeps the origin when the data is too large or no JSON.
func encode(d detail) []byte {
	b, err := json.Marshal(d)
	if err == nil && len(b) <= maxData {
		return b
	}
	d.Data = map[string]any{"omitted": true}
	b, err = json.Marshal(d)
	if err != nil {
		return []byte("{}") // cannot happen: an address, a string and a constant
	}
	return b
}

func either[T comparable](a, b T) T {
	var zero T
	if a != zero {
		return a
	}
	return b
}

// name bounds an identifier; one with control characters is no identifier.
func name(s string) string {
	odd := func(c rune) bool { return c == utf8.RuneError || !unicode.IsPrint(c) }
	if len(s) > maxName || strings.ContainsFunc(s, odd) {
		return "unprintable"
	}
	return s
}

// code lets only codes pass: a reason must not carry what somebody typed.
func code(s string) string {
	odd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("_.:-", c)
	}
	if len(s) > maxReason || strings.ContainsFunc(s, odd) {
		return "unspecified"
	}
	return s
}

// cut drops what does not print and bounds the length in runes.
func cut(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, c := range s {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			continue
		}
		if n++; n > limit {
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}
