package directory

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/keys/file"
	"github.com/jedan-auth/jedan-auth/storage"
)

// memoryKeyring is a storage.Keyring without a database.
type memoryKeyring struct{ rows []storage.DataKey }

func (m *memoryKeyring) DataKeys(context.Context, storage.ID) ([]storage.DataKey, error) {
	return slices.Clone(m.rows), nil
}

func (m *memoryKeyring) EnsureDataKey(_ context.Context, k *storage.DataKey) (*storage.DataKey, error) {
	m.rows = append(m.rows, *k)
	return k, nil
}

func (m *memoryKeyring) RewrapDataKeys(context.Context, []storage.DataKey, *storage.AuditEvent) error {
	return errors.ErrUnsupported
}

// store keeps people in memory. A failing transaction leaves it as it was.
type store struct {
	people map[storage.ID]storage.Person
	events []storage.AuditEvent
	ended  []storage.EndPerson
	inTx   int
	fail   error // of EndPerson
}

func (s *store) InTx(ctx context.Context, fn func(context.Context) error) error {
	before := *s
	before.people = map[storage.ID]storage.Person{}
	for id, p := range s.people {
		before.people[id] = p
	}
	s.inTx++
	err := fn(ctx)
	if err != nil {
		*s = before
		return err
	}
	s.inTx--
	return nil
}

func notFound() error { return errs.New(errs.NotFound, "") }

func (s *store) find(match func(storage.Person) bool) (*storage.Person, error) {
	for _, p := range s.people {
		if match(p) {
			return &p, nil
		}
	}
	return nil, notFound()
}

func (s *store) PersonByID(_ context.Context, tenant, id storage.ID) (*storage.Person, error) {
	return s.find(func(p storage.Person) bool { return p.Tenant == tenant && p.ID == id })
}

func (s *store) PersonBySubject(_ context.Context, tenant storage.ID, subject string) (*storage.Person, error) {
	return s.find(func(p storage.Person) bool { return p.Tenant == tenant && p.Subject == subject })
}

func (s *store) PersonByIndex(_ context.Context, tenant storage.ID, hashes ...[]byte) (*storage.Person, error) {
	return s.find(func(p storage.Person) bool {
		return p.Tenant == tenant && slices.ContainsFunc(hashes, func(h []byte) bool {
			return bytes.Equal(h, p.EmailHash) || bytes.Equal(h, p.UsernameHash)
		})
	})
}

func (s *store) People(context.Context, storage.ID, storage.ID, int) ([]storage.Person, error) {
	return nil, errors.ErrUnsupported
}

func (s *store) AdminExists(context.Context, storage.ID) (bool, error) {
	return false, errors.ErrUnsupported
}

func (s *store) unique(p *storage.Person) error {
	for _, o := range s.people {
		if o.ID != p.ID && o.Tenant == p.Tenant && (o.Subject == p.Subject ||
			p.EmailHash != nil && bytes.Equal(o.EmailHash, p.EmailHash) || p.UsernameHash != nil && bytes.Equal(o.UsernameHash, p.UsernameHash)) {
			return errs.New(errs.Conflict, "")
		}
	}
	return nil
}

func (s *store) InsertPerson(_ context.Context, p *storage.Person, ev *storage.AuditEvent) error {
	if err := s.unique(p); err != nil {
		return err
	}
	s.people[p.ID], s.events = *p, append(s.events, *ev)
	return nil
}

func (s *store) UpdatePerson(ctx context.Context, tenant, id storage.ID, change func(*storage.Person) error, ev *storage.AuditEvent) (*storage.Person, error) {
	p, err := s.PersonByID(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	if err := change(p); err != nil {
		return nil, err
	}
	if err := s.unique(p); err != nil {
		return nil, err
	}
	p.Version++
	s.people[id], s.events = *p, append(s.events, *ev)
	return p, nil
}

func (s *store) EndPerson(_ context.Context, cmd storage.EndPerson, ev *storage.AuditEvent) error {
	if s.inTx == 0 {
		return errors.New("not in the transaction of the change")
	}
	s.ended, s.events = append(s.ended, cmd), append(s.events, *ev)
	return s.fail
}

func (s *store) DeletePerson(_ context.Context, _, id storage.ID, ev *storage.AuditEvent) error {
	delete(s.people, id)
	s.events = append(s.events, *ev)
	return nil
}

func (s *store) RehashPassword(context.Context, storage.ID, storage.ID, string, string) error {
	return errors.ErrUnsupported
}

// world is a Directory with a real ring.
type world struct {
	*Directory
	t      *testing.T
	now    time.Time
	tenant storage.ID
	store  *store
	ring   *keys.Ring
	audit  *audit.Recorder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), store: &store{people: map[storage.ID]storage.Person{}}}
	clock := func() time.Time { return w.now }
	w.tenant = storage.NewID(w.now)
	master, err := file.Parse(file.Generate())
	if err != nil {
		t.Fatal(err)
	}
	if w.ring, err = keys.OpenRing(t.Context(), &memoryKeyring{}, master, w.tenant, clock); err != nil {
		t.Fatal(err)
	}
	w.audit = audit.New(audit.Deps{Ring: w.ring, Now: clock})
	w.Directory = New(Deps{People: w.store, Writer: w.store, Tx: w.store, Ring: w.ring, Audit: w.audit, Now: clock})
	return w
}

var operator = Actor{Kind: audit.Operator, ID: "cli"}

func (w *world) create(c Claims) *storage.Person {
	w.t.Helper()
	p, err := w.Create(w.t.Context(), w.tenant, NewPerson{Claims: c}, operator)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) found(identifier string) storage.ID {
	w.t.Helper()
	p, err := w.ByIdentifier(w.t.Context(), w.tenant, identifier)
	if errs.Is(err, errs.NotFound) {
		return storage.ID{}
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}
