package password

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type ring struct{ raw []byte }

func (r ring) Current(string) (int, []byte)              { return 1, r.raw }
func (r ring) Version(_ string, v int) ([]byte, bool)    { return r.raw, v == 1 }
func (r ring) key() *seal.Key                            { k, _ := seal.NewKey(1, r.raw); return k }
func (r ring) Seal(at seal.Location, p []byte) seal.Text { return r.key().Seal(at, p) }
func (r ring) SealBytes(_ string, aad, p []byte) []byte  { return r.key().SealBytes(aad, p) }
func (r ring) Open(at seal.Location, t seal.Text) ([]byte, error) {
	return r.key().Open(at, t)
}
func (r ring) OpenBytes(_ string, aad, s []byte) ([]byte, error) {
	return r.key().OpenBytes(aad, s)
}

func (r ring) MAC(purpose string, parts ...[]byte) (int, []byte) {
	mac := hmac.New(sha256.New, r.raw)
	for _, p := range append([][]byte{[]byte(purpose)}, parts...) {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		mac.Write(p)
	}
	return 1, mac.Sum(nil)
}

func (r ring) FirstMAC(purpose string, parts ...[]byte) []byte {
	_, mac := r.MAC(purpose, parts...)
	return mac
}

func (r ring) VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool {
	_, want := r.MAC(purpose, parts...)
	return version == 1 && hmac.Equal(mac, want)
}

type store struct {
	storage.SessionReader
	storage.SessionWriter
	storage.PersonReader

	mu       sync.Mutex
	names    map[string]storage.ID
	people   map[storage.ID]*storage.Person
	sessions map[storage.ID]*storage.Session
	events   []storage.AuditEvent
	down     bool
}

func notFound() error { return errs.New(errs.NotFound, "") }

func (s *store) ByIdentifier(_ context.Context, _ storage.ID, identifier string) (*storage.Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errs.New(errs.Internal, "")
	}
	p, found := s.people[s.names[strings.ToLower(identifier)]]
	if !found {
		return nil, notFound()
	}
	row := *p
	return &row, nil
}

func (s *store) PersonByID(_ context.Context, _, id storage.ID) (*storage.Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, found := s.people[id]
	if !found {
		return nil, notFound()
	}
	row := *p
	return &row, nil
}

func (s *store) SessionByID(_ context.Context, _, id storage.ID) (*storage.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, found := s.sessions[id]
	if !found {
		return nil, notFound()
	}
	cp := *row
	return &cp, nil
}

func (s *store) InsertSession(_ context.Context, row *storage.Session, replaces storage.ID, _ bool, ev *storage.AuditEvent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, found := s.sessions[replaces]; found {
		old.RevokedAt = &row.CreatedAt
	}
	s.sessions[row.ID] = row
	s.events = append(s.events, *ev)
	return nil
}

func (s *store) TouchSession(_ context.Context, _, id storage.ID, seen time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[id].LastSeenAt = seen
	return nil
}

func (s *store) AppendAudit(_ context.Context, evs ...*storage.AuditEvent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ev := range evs {
		s.events = append(s.events, *ev)
	}
	return nil
}

func (s *store) RehashPassword(_ context.Context, _, id storage.ID, old, renewed string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[id]; p.PasswordHash == old {
		p.PasswordHash = renewed
	}
	return nil
}

func (s *store) count(typ string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ev := range s.events {
		if ev.Type == typ {
			n++
		}
	}
	return n
}

type hasher struct {
	mu      sync.Mutex
	checks  int
	renewed int
	full    bool // Verify turns everybody away
	long    bool // so would it, and says so before
	broken  bool
}

func (h *hasher) Verify(_ context.Context, phc, pw string) (ok, rehash bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.full {
		return false, false, errs.New(errs.Unavailable, "").After(2 * time.Second)
	}
	h.checks++
	return phc == "new:"+pw || phc == "old:"+pw, strings.HasPrefix(phc, "old:"), nil
}

func (h *hasher) Hash(_ context.Context, pw string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken {
		return "", errs.New(errs.Unavailable, "")
	}
	h.renewed++
	return "new:" + pw, nil
}

func (h *hasher) Full() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.long
}

func (h *hasher) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.checks
}

type failures struct {
	mu  sync.Mutex
	all []audit.Refusal
}

func (f *failures) Add(r audit.Refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, r)
}

type meter struct {
	mu     sync.Mutex
	counts map[string]int
}

func (m *meter) add(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[key]++
}

func (m *meter) AuthRequest(kind, outcome string)   { m.add(kind + "/" + outcome) }
func (m *meter) FailedLogin(factor, reason string)  { m.add(factor + "!" + reason) }
func (m *meter) SecurityEvent(typ, severity string) { m.add(typ + "@" + severity) }

type clients struct{ w *world }

type names struct{}
