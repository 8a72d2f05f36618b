package setup

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	issuer = "http://localhost:8080"
	good   = "correct horse battery staple"
)

// world is a server with the set-up page only, on a real database.
type world struct {
	t        *testing.T
	db       *gormdb.DB
	tenant   storage.ID
	mu       sync.Mutex
	now      time.Time
	links    *Links
	people   *directory.Directory
	sessions *session.Manager
	hashes   atomic.Int64
	hasher   *password.Hasher
	handler  http.Handler
	log      *bytes.Buffer
}

type master struct{}

func (master) Wrap(_, raw []byte) ([]byte, error)   { return raw, nil }
func (master) Unwrap(_, raw []byte) ([]byte, error) { return raw, nil }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Hash counts.
func (w *world) Hash(ctx context.Context, pw string) (string, error) {
	w.hashes.Add(1)
	return w.hasher.Hash(ctx, pw)
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) { fn(t, newWorld(t, db)) })
}

func one(t *testing.T) *world {
	t.Helper()
	return newWorld(t, gormtest.SQLite(t, gormdb.Config{}))
}

func newWorld(t *testing.T, db *gormdb.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), log: &bytes.Buffer{}}
	ctx := t.Context()
	tenant, err := db.EnsureTenant(ctx, &storage.Tenant{ID: storage.NewID(w.now), Name: "default", CreatedAt: w.now})
	must(t, err)
	w.tenant = tenant.ID
	ring, err := keys.OpenRing(ctx, db, master{}, w.tenant, w.clock)
	must(t, err)
	rec := audit.New(audit.Deps{Ring: ring, Now: w.clock})
	w.people = directory.New(directory.Deps{People: db, Writer: db, Tx: db, Ring: ring, Audit: rec, Now: w.clock})
	w.sessions = session.New(session.Deps{Tenant: w.tenant, Reader: db, Writer: db, People: db, Ring: ring, Audit: rec,
		Cookies: httpx.Cookies{}, Now: w.clock}, session.Config{})
	w.hasher, err = password.New(password.Config{Params: password.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}})
	must(t, err)
	w.links, err = NewLinks(LinkDeps{Tenant: w.tenant, Issuer: issuer, Links: db, Admins: db, Now: w.clock})
	must(t, err)
	pages, err := web.New(web.Options{})
	must(t, err)
	m, err := New(Deps{Links: w.links, People: w.people, Hasher: w, Policy: password.Policy{}, MinLength: 15, Sessions: w.sessions,
		Pages: pages, Forms: w.sessions.Forms(), Audit: rec})
	must(t, err)
	at, err := url.Parse(issuer)
	must(t, err)
	engine, err := httpx.New(httpx.Config{Issuer: at, Logger: slog.New(slog.NewJSONHandler(w.log, nil)), AccessLog: true, Now: w.clock})
	must(t, err)
	m.Mount(engine)
	w.handler, err = engine.Handler()
	must(t, err)
	return w
}

// link makes a link and returns its token.
func (w *world) link() string {
	w.t.Helper()
	to, err := w.links.NewLink(w.t.Context())
	must(w.t, err)
	token, found := strings.CutPrefix(to, issuer+"/setup?token=")
	if !found || len(token) != 43 {
		w.t.Fatalf("link %s", to)
	}
	return token
}

func (w *world) admins() int {
	people, err := w.db.People(w.t.Context(), w.tenant, storage.ID{}, 1000)
	must(w.t, err)
	n := 0
	for _, p := range people {
		if p.Admin {
			n++
		}
	}
	return n
}

type browser struct {
	w       *world
	cookies map[string]string
}

func (w *world) browser() *browser { return &browser{w: w, cookies: map[string]string{}} }

func (b *browser) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(b.w.t.Context(), method, issuer+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", issuer)
	}
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

// form opens the page of a link and fills it in.
func (b *browser) form(token string) url.Values {
	rec := b.do(http.MethodGet, "/setup?token="+token, nil)
	if rec.Code != http.StatusOK {
		b.w.t.Fatalf("page: %d %s", rec.Code, rec.Body)
	}
	_, rest, _ := strings.Cut(rec.Body.String(), `name="csrf" value="`)
	csrf, _, _ := strings.Cut(rest, `"`)
	return url.Values{"token": {token}, "csrf": {csrf}, "email": {"root@acme.test"}, "name": {"Ada Root"}, "password": {good}}
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

// Sixteen at once: one administrator, one success.
// An administrator made by the command line closes a link that was printed before.
// SE02: the form counts in the browser that it was shown in.
// PW17: the link is the issuer's, and the database keeps a hash of it only.
