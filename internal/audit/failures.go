package audit

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	defaultSubjects = 2000
	maxReasons      = 8 // kinds of reasons kept apart per subject
	writeBatch      = 100
	ipv6Prefix      = 64 // one household or host; single IPv6 addresses cost an attacker nothing
)

// Refusal is one refused sign-in.
type Refusal struct {
	Tenant storage.ID
	Person storage.ID // zero: nobody known
	IP     netip.Addr // the address of the request; may be invalid
	Reason string     // a code, as Event.Reason
	Agent  string     // user agent; counted by nobody here
	Device [16]byte   // id of the browser, from its signed cookie; as above
	Known  bool       // the person has signed in in this browser before; as above
}

// Failures counts refused sign-ins in memory, by account and by address (IPv6: its /64). Flush writes one login.failures row per subject and minute,
// so that a flood of attempts costs neither a write each nor unbounded memory. A crash loses at most the counts of the last minute.
type Failures struct {
	rec   *Recorder
	store storage.AuditWriter
	now   func() time.Time
	limit int

	mu       sync.Mutex
	counts   map[subject]*tally
	flushing sync.Mutex // one Flush at a time, or a failed one could write twice
}

// subject is what is counted: a person or an address in one minute; neither is what did not fit.
type subject struct {
	tenant, person storage.ID
	ip             netip.Prefix
	minute         int64 // Unix time in seconds
}

type tally struct {
	count   int
	reasons map[string]int
}

// NewFailures counts at most limit subjects at once (0: 2,000); the rest of a minute is summed in one row without a subject.
func NewFailures(rec *Recorder, store storage.AuditWriter, now func() time.Time, limit int) *Failures {
	if limit <= 0 {
		limit = defaultSubjects
	}
	return &Failures{rec: rec, store: store, now: now, limit: limit, counts: make(map[subject]*tally)}
}

// Add counts one failure for its account, if known, and for its address.
func (f *Failures) Add(fail Refusal) {
	minute := f.now().Truncate(time.Minute).Unix()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !fail.Person.IsZero() {
		f.add(subject{tenant: fail.Tenant, person: fail.Person, minute: minute}, 1, code(fail.Reason))
	}
	if p := network(fail.IP); p.IsValid() {
		f.add(subject{tenant: fail.Tenant, ip: p, minute: minute}, 1, code(fail.Reason))
	}
}

// add counts under the lock; a subject beyond the limit goes to its tenant's and minute's remainder.
func (f *Failures) add(s subject, n int, reason string) {
	t, ok := f.counts[s]
	if !ok {
		if rest := (subject{tenant: s.tenant, minute: s.minute}); len(f.counts) >= f.limit && s != rest {
			f.add(rest, n, reason)
			return
		}
		t = &tally{reasons: make(map[string]int)}
		f.counts[s] = t
	}
	t.count += n
	if _, ok := t.reasons[reason]; !ok && len(t.reasons) >= maxReasons {
		reason = "other"
	}
	t.reasons[reason] += n
}

// Flush writes the minutes that have ended. What could not be written stays counted and is tried again.
func (f *Failures) Flush(ctx context.Context) error {
	return f.flush(ctx, f.now().Truncate(time.Minute).Unix())
}

// FlushAll also writes the running minute, for a server that stops.
func (f *Failures) FlushAll(ctx context.Context) error {
	return f.flush(ctx, f.now().Add(time.Minute).Unix())
}

func (f *Failures) flush(ctx context.Context, before int64) error {
	f.flushing.Lock()
	defer f.flushing.Unlock()
	var failed error
	for _, batch := range f.take(before) {
		rows := make([]*storage.AuditEvent, len(batch))
		for i, e := range batch {
			rows[i] = f.row(ctx, e.subject, e.tally)
		}
		if err := f.store.AppendAudit(ctx, rows...); err != nil {
			failed = errors.Join(failed, err)
			f.giveBack(batch)
		}
	}
	return failed
}

type counted struct {
	subject
	*tally
}

// take removes what ended before the given second, in batches.
func (f *Failures) take(before int64) [][]counted {
	f.mu.Lock()
	defer f.mu.Unlock()
	var batches [][]counted
	for s, t := range f.counts {
		if s.minute >= before {
			continue
		}
		if n := len(batches); n == 0 || len(batches[n-1]) == writeBatch {
			batches = append(batches, nil)
		}
		last := len(batches) - 1
		batches[last] = append(batches[last], counted{s, t})
		delete(f.counts, s)
	}
	return batches
}

func (f *Failures) giveBack(batch []counted) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range batch {
		for reason, n := range c.reasons {
			f.add(c.subject, n, reason)
		}
	}
}

func (f *Failures) row(ctx context.Context, s subject, t *tally) *storage.AuditEvent {
	e := Event{
		Type: LoginFailures, Outcome: Failure, ActorKind: System, IP: s.ip.Addr(),
		Data: map[string]any{"count": t.count, "reasons": t.reasons, "minute": time.Unix(s.minute, 0).UTC().Format(time.RFC3339)},
	}
	switch {
	case !s.person.IsZero():
		e.Target = "person:" + s.person.String()
	case s.ip.IsValid():
		e.Target, e.Data["prefix"] = "address", s.ip.Bits()
	default:
		e.Target = "remainder"
	}
	return f.rec.Row(ctx, s.tenant, e)
}

// network is the address an attempt is counted under.
func network(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = ipv6Prefix
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
