package password

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const issuer = "http://localhost:8080"

// world is a server with the login feature only: real edge, sessions, flows and
// pages over a store in memory.
type world struct {
	t        *testing.T
	handler  http.Handler
	tenant   storage.ID
	clock    *clock
	store    *store
	hasher   *hasher
	flows    *flow.Flows
	sessions *session.Manager
	subject  string // what the request demands
	failures *failures
	log      *bytes.Buffer
	meter    *meter
}

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

// ring is a keyring with one fixed key for everything.
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

func (r ring) VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool {
	_, want := r.MAC(purpose, parts...)
	return version == 1 && hmac.Equal(mac, want)
}

// store keeps people, sessions and audit events.
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

// hasher counts; a hash is a prefix and the password.
type hasher struct {
	mu      sync.Mutex
	checks  int
	renewed int
	full    bool
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

type clients struct{}

func (clients) ClientDisplay(_ context.Context, _ storage.ID, id string) (login.Client, error) {
	if id != "acme" {
		return login.Client{}, notFound()
	}
	return login.Client{Name: "Acme Files", StartURL: "https://acme.test/start"}, nil
}

func (w *world) RequiredSubject(context.Context, *flow.Flow) (string, error) { return w.subject, nil }

type names struct{}

func (names) Display(p *storage.Person) (name, identifier string) {
	return "P " + p.Subject, p.Subject + "@acme.test"
}

func newWorld(t *testing.T, cfg Config) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, hasher: &hasher{}, failures: &failures{},
		log: &bytes.Buffer{}, meter: &meter{counts: map[string]int{}}}
	w.tenant = storage.NewID(w.clock.Now())
	w.store = &store{names: map[string]storage.ID{}, people: map[storage.ID]*storage.Person{}, sessions: map[storage.ID]*storage.Session{}}
	keys := ring{raw: bytes.Repeat([]byte{7}, 32)}
	rec := audit.New(audit.Deps{Ring: keys, Now: w.clock.Now})
	w.flows = flow.New(flow.Deps{Ring: keys, Now: w.clock.Now}, flow.Config{})
	w.sessions = session.New(session.Deps{Tenant: w.tenant, Reader: w.store, Writer: w.store, People: w.store, Ring: keys, Audit: rec,
		Cookies: httpx.Cookies{}, Now: w.clock.Now}, session.Config{})
	pages, err := web.New(web.Options{})
	must(t, err)
	logger := slog.New(slog.NewJSONHandler(w.log, nil))
	steps, err := login.New(login.Config{Issuer: issuer}, login.Deps{Tenant: w.tenant, Flows: w.flows, Sessions: w.sessions,
		Browsers: w.sessions, Clients: clients{}, Subjects: w, Names: names{}, Pages: pages, Forms: w.sessions.Forms()})
	must(t, err)
	m, err := New(cfg, Deps{Steps: steps, People: w.store, Hasher: w.hasher, Rehasher: w.store, Failures: w.failures, Audit: rec,
		Events: w.store, Meter: w.meter, Logger: logger, Now: w.clock.Now})
	must(t, err)
	at, err := url.Parse(issuer)
	must(t, err)
	engine, err := httpx.New(httpx.Config{Issuer: at, Logger: logger, Now: w.clock.Now})
	must(t, err)
	steps.Mount(engine)
	m.Mount(engine)
	w.handler, err = engine.Handler()
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person adds somebody; the password's hash is current unless phc says otherwise.
func (w *world) person(name, phc string) *storage.Person {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	p := &storage.Person{Tenant: w.tenant, ID: storage.NewID(w.clock.Now()), Subject: name, PasswordHash: phc, State: storage.PersonActive}
	w.store.people[p.ID], w.store.names[name] = p, p.ID
	return p
}

// browser is one browser at one address.
type browser struct {
	w       *world
	addr    string
	cookies map[string]string
}

func (w *world) browser(addr string) *browser {
	return &browser{w: w, addr: addr, cookies: map[string]string{}}
}

func (b *browser) do(r *http.Request) *httptest.ResponseRecorder {
	r.RemoteAddr = b.addr
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return rec
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.do(httptest.NewRequestWithContext(b.w.t.Context(), http.MethodGet, issuer+path, nil))
}

func (b *browser) post(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(b.w.t.Context(), http.MethodPost, issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", issuer)
	return b.do(r)
}

// flow seals an authorization request of acme in this browser.
func (b *browser) flow(params url.Values) string {
	if b.cookies[string(httpx.BrowserCookie)] == "" {
		b.get("/login") // gets the browser cookie
	}
	r := httptest.NewRequestWithContext(b.w.t.Context(), http.MethodGet, issuer, nil)
	r.AddCookie(&http.Cookie{Name: string(httpx.BrowserCookie), Value: b.cookies[string(httpx.BrowserCookie)]})
	fl := b.w.flows.Begin(b.w.tenant, b.w.sessions.Browser(httptest.NewRecorder(), r).ID)
	fl.Client, fl.Params = "acme", params
	if fl.Params == nil {
		fl.Params = url.Values{}
	}
	fl.Params.Set("redirect_uri", "https://acme.test/cb")
	sealed, err := b.w.flows.Seal(fl)
	must(b.w.t, err)
	return sealed
}

// form opens the sign-in page of a flow and fills it in.
func (b *browser) form(sealed, identifier, pw string) url.Values {
	page := b.get("/login?flow=" + sealed)
	if page.Code != http.StatusOK {
		b.w.t.Fatalf("sign-in page: %d %s", page.Code, page.Body)
	}
	return url.Values{"flow": {sealed}, "csrf": {hidden(b.w.t, page.Body.String(), "csrf")}, "identifier": {identifier}, "password": {pw}}
}

// signIn tries identifier and password in a fresh flow.
func (b *browser) signIn(identifier, pw string) *httptest.ResponseRecorder {
	return b.post("/login", b.form(b.flow(nil), identifier, pw))
}

func (b *browser) signedIn() *session.Current {
	r := httptest.NewRequestWithContext(b.w.t.Context(), http.MethodGet, issuer, nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	cur, err := b.w.sessions.Current(b.w.t.Context(), r, b.w.tenant)
	must(b.w.t, err)
	return cur
}

func hidden(t *testing.T, body, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(body, `name="`+name+`" value="`)
	value, _, closed := strings.Cut(rest, `"`)
	if !found || !closed {
		t.Fatalf("no field %s in %s", name, body)
	}
	return value
}
