package federation

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// SyncStore is what syncs keep.
type SyncStore interface {
	storage.Directories
	storage.Transactor
	LinksOf(ctx context.Context, tenant, person storage.ID) ([]storage.Link, error)
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
	EndPerson(ctx context.Context, cmd storage.EndPerson, ev *storage.AuditEvent) error
	AppendAudit(ctx context.Context, evs ...*storage.AuditEvent) error
}

// SyncPeople locks accounts and opens them again (internal/directory).
type SyncPeople interface {
	SetState(ctx context.Context, tenant, id storage.ID, state storage.PersonState, actor directory.Actor) error
}

// Syncs keeps what directories have, and ends here whom they have disabled or deleted. One process at a time is at a directory, by a lease.
type Syncs struct {
	Registry *Registry
	Store    SyncStore
	People   SyncPeople
	Groups   Groups
	Ring     Ring
	Audit    Recorder
	Log      *slog.Logger
	Tenant   storage.ID
	Now      func() time.Time
}

// SyncOptions are an operator's words for one run.
type SyncOptions struct {
	Full      bool // everybody is compared
	AllowMass bool // however many it ends
}

// SyncReport is what a run has done.
type SyncReport struct {
	Full    bool  `json:"full"`
	Listed  int   `json:"listed"`  // entries that the directory reported
	New     int   `json:"new"`     // of them, unknown until now
	Changed int   `json:"changed"` // known, and otherwise than they were
	Ended   int   `json:"ended"`   // people who may not sign in any more
	Resumed int   `json:"resumed"` // people who may again
	Asks    bool  `json:"asks"`    // it would have ended too many, and has ended nobody
	Ending  int64 `json:"ending,omitempty"`
	On      int64 `json:"on,omitempty"`

	Joined    int  `json:"joined"`     // memberships that group rules have given
	Left      int  `json:"left"`       // and taken
	GroupsAsk bool `json:"groups_ask"` // they would have taken too many, and have taken none
	Leaving   int  `json:"leaving,omitempty"`
	Given     int  `json:"given,omitempty"`

	GroupsLarge bool `json:"groups_large,omitempty"` // the directory has more groups than a sync reads
}

const (
	leaseFor   = 2 * time.Minute
	askedEvery = 5 * time.Minute // of a run that waits for a word
	atOnce     = 4               // directories
)

// RunDue runs those whose time has come.
func (s *Syncs) RunDue(ctx context.Context) error {
	all, err := s.Registry.all.Get(ctx)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	places, failed := make(chan struct{}, atOnce), make([]error, len(all))
	for i, r := range all {
		syncer, ok := r.Connector.(Syncer)
		if !ok || syncer.SyncEvery() <= 0 {
			continue
		}
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			_, failed[i] = s.run(ctx, r, SyncOptions{}, s.Now().Add(-syncer.SyncEvery()))
		})
	}
	wg.Wait()
	for i, err := range failed {
		switch {
		case errs.Is(err, errs.Conflict): // somebody else is at it, or was a moment ago
			failed[i] = nil
		case errs.Is(err, errs.Unavailable):
			s.Log.WarnContext(ctx, "a directory was not synchronised", slog.String("connector", all[i].Row.Name), slog.Any("error", err))
			failed[i] = nil
		}
	}
	return errors.Join(failed...)
}

// Run runs one now.
func (s *Syncs) Run(ctx context.Context, name string, o SyncOptions) (*SyncReport, error) {
	r, err := s.Registry.ByName(ctx, name)
	if err != nil {
		return nil, err
	}
	if _, ok := r.Connector.(Syncer); !ok {
		return nil, errs.New(errs.Invalid, "This kind of connector is not synchronised.")
	}
	return s.run(ctx, r, o, s.Now())
}

// syncRun is one run.
type syncRun struct {
	*Syncs
	from   *Ready
	syncer Syncer
	row    *storage.DirectorySync
	began  time.Time
	gen    int64
	out    SyncReport
}

func (s *Syncs) run(ctx context.Context, r *Ready, o SyncOptions, due time.Time) (*SyncReport, error) {
	syncer, _ := r.Connector.(Syncer)
	now := s.Now()
	claim := storage.DirectorySync{Tenant: s.Tenant, Connector: r.Row.ID, Holder: make([]byte, 16), LeaseUntil: now.Add(leaseFor), RanAt: now}
	_, _ = rand.Read(claim.Holder) // never fails since Go 1.24: it crashes the process instead
	row, err := s.Store.ClaimDirectorySync(ctx, claim, due)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, errs.New(errs.Conflict, "This directory is being synchronised already.")
	}
	x := &syncRun{Syncs: s, from: r, syncer: syncer, row: row, began: now}
	err = x.do(ctx, o)
	if end := x.end(context.WithoutCancel(ctx), err); err == nil {
		err = end
	}
	return &x.out, err
}

// do lists, then judges, then acts: until then nobody here notices anything.
func (x *syncRun) do(ctx context.Context, o SyncOptions) error {
	if x.row.Asks && !o.Full && !o.AllowMass && x.began.Sub(x.row.RanAt) < askedEvery {
		x.out.Asks = true
		return nil
	}
	end, err := x.syncer.Sync(ctx, []byte(x.row.Progress), o.Full || x.row.Asks, x.page)
	if err != nil {
		return err
	}
	if err := x.absent(ctx, end); err != nil {
		return err
	}
	if err := x.Store.TurnDirectoryEntries(ctx, x.Tenant, x.from.Row.ID, x.Now()); err != nil {
		return err
	}
	x.row.Progress = string(end.Cursor)
	ask, err := x.asks(ctx)
	if err != nil {
		return err
	}
	if x.row.Asks = ask && !o.AllowMass; x.row.Asks {
		x.out.Asks = true
		return nil
	}
	if err := x.apply(ctx); err != nil {
		return err
	}
	return x.syncGroups(ctx, o)
}

// absent finds those who are gone without a word: whom a full run has not seen, or of those who are linked, whom the directory does not know.
func (x *syncRun) absent(ctx context.Context, end *SyncEnd) error {
	if x.out.Full {
		if err := x.Store.EndUnseen(ctx, x.Tenant, x.from.Row.ID, x.gen, x.Now()); err != nil {
			return err
		}
		return x.unlisted(ctx)
	}
	if end.Deletions {
		return nil
	}
	for after := []byte(nil); ; {
		rows, err := x.Store.LinkedEntries(ctx, x.Tenant, x.from.Row.ID, after, batch)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].Key
		if err := x.ask(ctx, rows); err != nil {
			return err
		}
		if len(rows) < batch {
			return nil
		}
	}
}

// ask asks for some of those who are linked.
func (x *syncRun) ask(ctx context.Context, rows []storage.DirectoryEntry) error {
	of := map[string][]byte{}
	names := make([]string, 0, len(rows))
	for i := range rows {
		key, err := x.keyIn(&rows[i])
		if err != nil {
			return err
		}
		if key != "" {
			of[key] = rows[i].Key
			names = append(names, key)
		}
	}
	if len(names) == 0 {
		return nil
	}
	absent, err := x.syncer.Absent(ctx, names)
	if err != nil || len(absent) == 0 {
		return err
	}
	var gone [][]byte
	for _, key := range absent {
		gone = append(gone, of[key])
	}
	return x.put(ctx, storage.DirectoryPage{Gone: gone})
}

// unlisted are linked people whom no sync has ever seen: they were deleted before the first one. Who signed in a moment ago may only just have been made.
func (x *syncRun) unlisted(ctx context.Context) error {
	for {
		links, err := x.Store.UnlistedLinks(ctx, x.Tenant, x.from.Row.ID, x.began.Add(-leaseFor), batch)
		if err != nil || len(links) == 0 {
			return err
		}
		p := storage.DirectoryPage{}
		for i := range links {
			p.New = append(p.New, storage.DirectoryEntry{
				Tenant: x.Tenant, Connector: x.from.Row.ID, Key: links[i].Key, ID: storage.NewID(x.Now()), Digest: []byte{}, Off: storage.OffGone, WasOn: true, Generation: x.gen,
				UpdatedAt: x.Now(),
			})
		}
		if err := x.put(ctx, p); err != nil {
			return err
		}
	}
}

// keep holds the lease; errs.Conflict when somebody else has it by now.
func (x *syncRun) keep(ctx context.Context) error {
	x.row.LeaseUntil = x.Now().Add(leaseFor)
	kept, err := x.Store.KeepDirectorySync(ctx, x.row)
	if err == nil && !kept {
		err = errs.New(errs.Conflict, "Another process goes on with this directory.")
	}
	return err
}

// end writes down how it went. A run that did nothing has no event.
func (x *syncRun) end(ctx context.Context, failed error) error {
	if !(x.out.Asks && x.row.Asks && x.out.Ending == 0) { // one that only waits has not run
		x.row.RanAt = x.began
	}
	x.row.Problem = ""
	if failed != nil {
		x.row.Problem = string(errs.CodeOf(failed))
	}
	var ev *storage.AuditEvent
	switch {
	case x.out.Asks && x.out.Ending > 0:
		x.Log.WarnContext(ctx, "a directory's sync would end too many, and waits for a word", slog.String("connector", x.from.Row.Name), slog.Int64("ending", x.out.Ending))
		ev = x.event(ctx, audit.ConnectorSyncAsk, audit.Warning)
	case x.out.Leaving > 0:
		ev = x.event(ctx, audit.ConnectorSyncAsk, audit.Warning)
	case x.out.Full && failed == nil || x.out.Ended+x.out.Resumed+x.out.Joined+x.out.Left > 0:
		ev = x.event(ctx, audit.ConnectorSync, audit.Info)
	}
	_, err := x.Store.EndDirectorySync(ctx, x.row, ev)
	return err
}

func (x *syncRun) event(ctx context.Context, kind, severity string) *storage.AuditEvent {
	return x.Audit.Row(ctx, x.Tenant, audit.Event{
		Type: kind, Severity: severity, ActorKind: audit.System, Actor: x.actor().ID, Target: "connector:" + x.from.Row.Name, Outcome: audit.Success,
		Data: map[string]any{"full": x.out.Full, "listed": x.out.Listed, "changed": x.out.New + x.out.Changed, "ended": x.out.Ended, "resumed": x.out.Resumed, "ending": x.out.Ending,
			"joined": x.out.Joined, "left": x.out.Left, "leaving": x.out.Leaving},
	})
}

func (x *syncRun) actor() directory.Actor {
	return directory.Actor{Kind: audit.System, ID: "connector:" + x.from.Row.Name}
}

// linkMark is by what a link is found, and the entry of whom is linked.
func linkMark(ring Ring, tenant, connector storage.ID, key string) []byte {
	return ring.FirstMAC(keys.Flows, []byte("federation link"), tenant[:], slices.Concat(connector[:], []byte(key)))
}
