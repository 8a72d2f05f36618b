package account

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	pw "github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	issuer = "http://localhost:8080"
	old    = "correct horse battery staple"
	fresh  = "entirely different words here"
)

// world is a server with the account feature only, on a real database.
type world struct {
	t        *testing.T
	db       *gormdb.DB
	tenant   storage.ID
	now      time.Time
	sessions *session.Manager
	people   *directory.Directory
	hasher   *counting
	attempts *attempts
	failures *failures
	waiting  waiting
	data     data
	audit    *audit.Recorder
	allowed  allowed
	handler  http.Handler
	person   *storage.Person
}

type master struct{}

func (master) Wrap(_, raw []byte) ([]byte, error)   { return raw, nil }
func (master) Unwrap(_, raw []byte) ([]byte, error) { return raw, nil }

// counting is the real hasher with few costs.
type counting struct {
	*pw.Hasher
	mu   sync.Mutex
	n    int
	full bool
}

func (h *counting) count() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.full {
		return errs.New(errs.Unavailable, "").After(2 * time.Second)
	}
	h.n++
	return nil
}

func (h *counting) Verify(ctx context.Context, phc, s string) (ok, rehash bool, err error) {
	if err := h.count(); err != nil {
		return false, false, err
	}
	return h.Hasher.Verify(ctx, phc, s)
}

func (h *counting) Hash(ctx context.Context, s string) (string, error) {
	if err := h.count(); err != nil {
		return "", err
	}
	return h.Hasher.Hash(ctx, s)
}

// attempts allows three for each key.
type attempts struct {
	mu   sync.Mutex
	made map[string]int
}

func (a *attempts) Take(key string) (bool, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.made[key] == 3 {
		return false, time.Minute
	}
	a.made[key]++
	return true, 0
}

func (a *attempts) Give(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.made[key]--
}

func (a *attempts) Clear(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.made, key)
}

type failures struct{ all []audit.Refusal }

func (f *failures) Add(r audit.Refusal) { f.all = append(f.all, r) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) clock() time.Time { return w.now }

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t *testing.T, db *gormdb.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), attempts: &attempts{made: map[string]int{}}, failures: &failures{}}
	ctx := t.Context()
	tenant, err := db.EnsureTenant(ctx, &storage.Tenant{ID: storage.NewID(w.now), Name: "default", CreatedAt: w.now})
	must(t, err)
	w.tenant = tenant.ID
	ring, err := keys.OpenRing(ctx, db, master{}, w.tenant, w.clock)
	must(t, err)
	rec := audit.New(audit.Deps{Ring: ring, Now: w.clock})
	w.audit = rec
	w.people = directory.New(directory.Deps{People: db, Writer: db, Tx: db, Ring: ring, Audit: rec, Now: w.clock})
	w.sessions = session.New(session.Deps{Tenant: w.tenant, Reader: db, Writer: db, People: db, Own: db, Ring: ring, Audit: rec,
		Cookies: httpx.Cookies{}, Now: w.clock}, session.Config{})
	hasher, err := pw.New(pw.Config{Params: pw.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}})
	must(t, err)
	phc, err := hasher.Hash(ctx, old)
	must(t, err)
	w.hasher = &counting{Hasher: hasher}
	pages, err := web.New(web.Options{})
	must(t, err)
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	m, err := New(Config{}, Deps{Tenant: w.tenant, Issuer: issuer, Flows: flow.New(flow.Deps{Ring: ring, Now: w.clock}, flow.Config{}), Sessions: w.sessions,
		People: db, Directory: w.people, Hasher: w.hasher, Policy: pw.Policy{}, MinLength: 15, Attempts: w.attempts, Failures: w.failures, Approvals: &w.waiting, Apps: &w.allowed,
		Pages: pages, Forms: w.sessions.Forms(), Logger: logger, Own: w.sessions, Now: w.clock,
		Activity: &happened{w: w}, Profiles: w.people, Audit: rec, Events: db, Exporter: &w.data, Erasure: &w.data})
	must(t, err)
	at, err := url.Parse(issuer)
	must(t, err)
	engine, err := httpx.New(httpx.Config{Issuer: at, Logger: logger, Now: w.clock})
	must(t, err)
	m.Mount(engine)
	w.handler, err = engine.Handler()
	must(t, err)
	w.person, err = w.people.Create(ctx, w.tenant, directory.NewPerson{
		Claims: directory.Claims{"email": "ann@acme.test", "name": "Ann Archer"}, PasswordHash: phc}, directory.Actor{Kind: "system"})
	must(t, err)
	return w
}

type browser struct {
	w       *world
	cookies map[string]string
}

// browser is one in which the person is signed in.
func (w *world) browser() *browser {
	b := &browser{w: w, cookies: map[string]string{}}
	rec := httptest.NewRecorder()
	r := b.request(http.MethodGet, "/", nil)
	_, err := w.sessions.SignIn(w.t.Context(), rec, r, w.tenant, w.person, session.SignIn{ACR: "1", AMR: []string{"pwd"}})
	must(w.t, err)
	w.sessions.Browser(rec, r)
	b.keep(rec)
	return b
}

func (b *browser) keep(rec *httptest.ResponseRecorder) {
	for _, c := range rec.Result().Cookies() {
		b.cookies[c.Name] = c.Value
	}
}

func (b *browser) request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequestWithContext(b.w.t.Context(), method, issuer+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", issuer)
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (b *browser) do(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	b.keep(rec)
	return rec
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.do(b.request(http.MethodGet, path, nil))
}

// form is the page, filled in.
func (b *browser) form(current, next string) url.Values {
	rec := b.get(passwordPath)
	if rec.Code != http.StatusOK {
		b.w.t.Fatalf("page: %d %s", rec.Code, rec.Body)
	}
	_, rest, _ := strings.Cut(rec.Body.String(), `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	return url.Values{"csrf": {token}, fieldCurrent: {current}, fieldNew: {next}}
}

func (b *browser) change(current, next string) *httptest.ResponseRecorder {
	return b.do(b.request(http.MethodPost, passwordPath, b.form(current, next)))
}

func (b *browser) current() *session.Current {
	cur, err := b.w.sessions.Current(b.w.t.Context(), b.request(http.MethodGet, "/", nil), b.w.tenant)
	must(b.w.t, err)
	return cur
}

// opens reports whether the stored password is pw.
func (w *world) opens(s string) bool {
	p, err := w.db.PersonByID(w.t.Context(), w.tenant, w.person.ID)
	must(w.t, err)
	ok, _, err := w.hasher.Hasher.Verify(w.t.Context(), p.PasswordHash, s)
	must(w.t, err)
	return ok
}

// grant is a grant of the person in the session.
func (w *world) grant(in storage.ID) storage.ID {
	id := storage.NewID(w.now)
	g := &storage.Grant{Tenant: w.tenant, ID: id, Client: storage.NewID(w.now), Person: w.person.ID, Session: in, Origin: id.String(), Subject: w.person.Subject,
		AuthTime: w.now, CodeExpires: w.now, ExpiresAt: w.now.Add(time.Hour), CreatedAt: w.now, Offline: true}
	ev := &storage.AuditEvent{Tenant: w.tenant, ID: storage.NewID(w.now), Time: w.now, Type: "grant.create", Severity: "info", ActorKind: "system", Outcome: "success"}
	_, _, err := w.db.InsertGrant(w.t.Context(), g, ev)
	must(w.t, err)
	return id
}

func (w *world) live(grant storage.ID) bool {
	g, err := w.db.GrantByID(w.t.Context(), w.tenant, grant)
	must(w.t, err)
	return g.Live(w.now)
}
