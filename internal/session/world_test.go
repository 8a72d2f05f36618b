package session

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
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

// store keeps rows in memory, counts what it is asked, and tells its feed of changes as a backend does.
type store struct {
	mu       sync.Mutex
	feed     *cache.Feed
	sessions map[storage.ID]storage.Session
	people   map[storage.ID]storage.Person
	events   []storage.AuditEvent
	reads    int
	touches  int
	down     error
	inserted func() // runs after InsertSession, as another node's write may
}

func (s *store) SessionByID(_ context.Context, tenant, id storage.ID) (*storage.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	row, ok := s.sessions[id]
	if s.down != nil {
		return nil, s.down
	}
	if !ok || row.Tenant != tenant {
		return nil, errs.New(errs.NotFound, "")
	}
	return &row, nil
}

func (s *store) SessionsOf(context.Context, storage.ID, storage.ID) ([]storage.Session, error) {
	return nil, errors.ErrUnsupported
}

func (s *store) InsertSession(_ context.Context, row *storage.Session, replaces storage.ID, _ bool, ev *storage.AuditEvent) error {
	s.mu.Lock()
	if s.down != nil {
		s.mu.Unlock()
		return s.down
	}
	s.sessions[row.ID] = *row
	s.events = append(s.events, *ev)
	s.mu.Unlock()
	if !replaces.IsZero() {
		s.end(replaces, row.CreatedAt, "replaced")
	}
	if s.inserted != nil {
		s.inserted()
	}
	return nil
}

func (s *store) TouchSession(_ context.Context, _, id storage.ID, seen time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touches++
	if s.down != nil {
		return s.down
	}
	row := s.sessions[id]
	row.LastSeenAt = seen
	s.sessions[id] = row
	return nil
}

func (s *store) RevokeSession(_ context.Context, _, id storage.ID, now time.Time, reason string, ev *storage.AuditEvent, _ ...*storage.OutboxMessage) error {
	s.mu.Lock()
	down := s.down
	s.events = append(s.events, *ev)
	s.mu.Unlock()
	if down == nil {
		s.end(id, now, reason)
	}
	return down
}

func (s *store) end(id storage.ID, now time.Time, reason string) {
	s.mu.Lock()
	row := s.sessions[id]
	row.RevokedAt, row.Reason = &now, reason
	s.sessions[id] = row
	s.mu.Unlock()
	s.publish(storage.ChangeSession, id[:])
}

func (s *store) publish(kind string, ref []byte) {
	if s.feed != nil {
		s.feed.Publish([]storage.Change{{Kind: kind, Ref: ref}})
	}
}

func (s *store) DeleteDeadSessions(context.Context, time.Time, int) (int64, error) {
	return 0, errors.ErrUnsupported
}

// setPerson changes a person as another node would.
func (s *store) setPerson(p storage.Person) {
	s.mu.Lock()
	s.people[p.ID] = p
	s.mu.Unlock()
	s.publish(storage.ChangePerson, p.ID[:])
}

// people is the store's PersonReader.
type people struct{ *store }

func (s people) PersonByID(_ context.Context, _, id storage.ID) (*storage.Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	p, ok := s.store.people[id]
	if s.down != nil {
		return nil, s.down
	}
	if !ok {
		return nil, errs.New(errs.NotFound, "")
	}
	return &p, nil
}

func (people) PersonBySubject(context.Context, storage.ID, string) (*storage.Person, error) {
	return nil, errors.ErrUnsupported
}

func (people) PersonByIndex(context.Context, storage.ID, ...[]byte) (*storage.Person, error) {
	return nil, errors.ErrUnsupported
}

func (people) People(context.Context, storage.ID, storage.ID, int) ([]storage.Person, error) {
	return nil, errors.ErrUnsupported
}

func (people) AdminExists(context.Context, storage.ID) (bool, error) {
	return false, errors.ErrUnsupported
}

// world is a Manager with a real ring, the edge's cookies, and a clock that tests move.
type world struct {
	*Manager
	t     testing.TB
	now   time.Time
	store *store
	ring  *keys.Ring
	maria *storage.Person
}

// fresh is a change tail that is always caught up.
type fresh struct{ now func() time.Time }

func (f fresh) Tail(ctx context.Context, fn func([]storage.Change, time.Time)) error {
	fn(nil, f.now().Add(10*365*24*time.Hour))
	<-ctx.Done()
	return ctx.Err()
}

func newWorld(t testing.TB, withCache bool) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	tenant := storage.NewID(w.now)
	w.store = &store{sessions: map[storage.ID]storage.Session{}, people: map[storage.ID]storage.Person{}}
	master, err := file.Parse(file.Generate())
	if err != nil {
		t.Fatal(err)
	}
	if w.ring, err = keys.OpenRing(t.Context(), &memoryKeyring{}, master, tenant, clock); err != nil {
		t.Fatal(err)
	}
	w.maria = w.person(tenant)
	if withCache {
		w.store.feed = w.running(clock)
	}
	w.Manager = w.manager(Config{})
	return w
}

// running returns a feed that is fresh for the rest of the test.
func (w *world) running(clock func() time.Time) *cache.Feed {
	feed := cache.NewFeed(clock, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	ready := make(chan struct{})
	go func() {
		defer close(stopped)
		feed.Run(ctx, tailThenReady{fresh{clock}, ready})
	}()
	<-ready
	w.t.Cleanup(func() { cancel(); <-stopped })
	return feed
}

// tailThenReady closes ready when the feed has taken in the first news.
type tailThenReady struct {
	fresh
	ready chan struct{}
}

func (f tailThenReady) Tail(ctx context.Context, fn func([]storage.Change, time.Time)) error {
	return f.fresh.Tail(ctx, func(ch []storage.Change, at time.Time) {
		fn(ch, at)
		close(f.ready)
	})
}

// manager is one more process on the same database.
func (w *world) manager(c Config) *Manager {
	clock := func() time.Time { return w.now }
	return New(Deps{
		Tenant: w.tenant(), Reader: w.store, Writer: w.store, People: people{w.store}, Ring: w.ring,
		Audit: audit.New(audit.Deps{Ring: w.ring, Now: clock}), Cookies: httpx.Cookies{Secure: true}, Feed: w.store.feed, Now: clock,
	}, c)
}

func (w *world) tenant() storage.ID { return w.maria.Tenant }

func (w *world) person(tenant storage.ID) *storage.Person {
	p := storage.Person{Tenant: tenant, ID: storage.NewID(w.now), State: storage.PersonActive, PasswordHash: "x"}
	w.store.people[p.ID] = p
	return &p
}

// browser keeps cookies from answer to answer.
type browser map[string]string

func (b browser) request(t testing.TB) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://op.test/", nil)
	r.Header.Set("User-Agent", "Test/1 canary-agent")
	for name, value := range b {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (b browser) take(rec *httptest.ResponseRecorder) {
	for _, c := range rec.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b, c.Name)
			continue
		}
		b[c.Name] = c.Value
	}
}

const sessionName = "__Host-jedan-session"

func (w *world) signIn(b browser, p *storage.Person, in SignIn) *Current {
	w.t.Helper()
	rec, r := httptest.NewRecorder(), b.request(w.t)
	cur, err := w.SignIn(r.Context(), rec, r, w.tenant(), p, in)
	if err != nil {
		w.t.Fatal(err)
	}
	b.take(rec)
	return cur
}

// who is the person signed in in b, nil if nobody is.
func (w *world) who(m *Manager, b browser) *Current {
	w.t.Helper()
	r := b.request(w.t)
	cur, err := m.Current(r.Context(), r, w.tenant())
	if err != nil {
		w.t.Fatal(err)
	}
	return cur
}
