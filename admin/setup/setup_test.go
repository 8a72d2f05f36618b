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
	"github.com/jedan-auth/jedan-auth/internal/errs"
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

func TestTheLinkMakesTheFirstAdministratorOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token := w.link()
		b := w.browser()
		form := b.form(token)
		rec := b.do(http.MethodPost, "/setup", form)
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "root@acme.test") || !strings.Contains(rec.Body.String(), issuer) {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if cur := b.signedIn(); cur == nil || !cur.Person.Admin {
			t.Error("the administrator is not signed in")
		}
		p, err := w.people.ByIdentifier(t.Context(), w.tenant, "Root@acme.test")
		must(t, err)
		if ok, _, err := w.hasher.Verify(t.Context(), p.PasswordHash, good); !ok || err != nil {
			t.Error("the password does not open the account")
		}
		evs, err := w.db.AuditEvents(t.Context(), w.tenant, storage.AuditFilter{Type: "setup.complete", Limit: 9})
		must(t, err)
		if len(evs) != 1 || evs[0].Target != "person:"+p.ID.String() {
			t.Errorf("events: %+v", evs)
		}
		before := w.hashes.Load()
		if rec := b.do(http.MethodGet, "/setup?token="+token, nil); rec.Code != http.StatusNotFound {
			t.Errorf("the page after use: %d", rec.Code)
		}
		if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusNotFound || w.hashes.Load() != before {
			t.Errorf("again: %d", rec.Code)
		}
		if _, err := w.links.NewLink(t.Context()); !errs.Is(err, errs.Conflict) {
			t.Errorf("another link: %v", err)
		}
	})
}

// Sixteen at once: one administrator, one success.
func TestParallelSetupMakesExactlyOneAdministrator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token := w.link()
		type try struct {
			b    *browser
			form url.Values
		}
		tries := make([]try, 16)
		for i := range tries {
			b := w.browser()
			form := b.form(token)
			form.Set("email", string(rune('a'+i))+"@acme.test")
			tries[i] = try{b, form}
		}
		var won, closed, other atomic.Int64
		var wg sync.WaitGroup
		for _, x := range tries {
			wg.Go(func() {
				switch rec := x.b.do(http.MethodPost, "/setup", x.form); rec.Code {
				case http.StatusOK:
					won.Add(1)
				case http.StatusNotFound:
					closed.Add(1)
				default:
					other.Add(1)
					t.Errorf("%d %s", rec.Code, rec.Body)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || closed.Load() != 15 || w.admins() != 1 {
			t.Errorf("%d won, %d closed, %d administrators", won.Load(), closed.Load(), w.admins())
		}
	})
}

func TestOnlyAGoodLinkShowsTheForm(t *testing.T) {
	w := one(t)
	old := w.link()
	token := w.link()
	b := w.browser()
	form := b.form(token)
	flipped := []byte(token)
	flipped[0] ^= 1
	for name, bad := range map[string]string{
		"none": "", "replaced by a newer": old, "guess": string(flipped), "short": token[:42], "padded": token + "=", "long": strings.Repeat("A", 5000),
	} {
		if rec := b.do(http.MethodGet, "/setup?token="+bad, nil); rec.Code != http.StatusNotFound || strings.Contains(rec.Body.String(), "<form") {
			t.Errorf("%s: %d", name, rec.Code)
		}
		form.Set("token", bad)
		if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusNotFound {
			t.Errorf("%s posted: %d", name, rec.Code)
		}
	}
	w.later(24 * time.Hour)
	form.Set("token", token)
	if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusNotFound {
		t.Errorf("a day later: %d", rec.Code)
	}
	if w.hashes.Load() != 0 || w.admins() != 0 {
		t.Errorf("%d hashes, %d administrators", w.hashes.Load(), w.admins())
	}
	if strings.Contains(w.log.String(), token) || strings.Contains(w.log.String(), old) {
		t.Error("the log has a token")
	}
}

// An administrator made by the command line closes a link that was printed before.
func TestAnAdministratorClosesTheLink(t *testing.T) {
	w := one(t)
	token := w.link()
	b := w.browser()
	form := b.form(token)
	_, err := w.people.Create(t.Context(), w.tenant, directory.NewPerson{Claims: directory.Claims{"email": "cli@acme.test"}, Admin: true}, directory.Actor{Kind: "operator"})
	must(t, err)
	if rec := b.do(http.MethodGet, "/setup?token="+token, nil); rec.Code != http.StatusNotFound {
		t.Errorf("page: %d", rec.Code)
	}
	if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusNotFound || w.admins() != 1 || w.hashes.Load() != 0 {
		t.Errorf("posted: %d", rec.Code)
	}
}

func TestFieldsAreJudgedAndTheLinkSurvives(t *testing.T) {
	w := one(t)
	token := w.link()
	b := w.browser()
	_, err := w.people.Create(t.Context(), w.tenant, directory.NewPerson{Claims: directory.Claims{"email": "taken@acme.test"}}, directory.Actor{Kind: "operator"})
	must(t, err)
	for want, change := range map[string][2]string{
		"Enter an email address.":         {"email", ""},
		"looks like name@example.org":     {"email", "root"},
		"Enter a name.":                   {"name", " "},
		"Use a shorter name.":             {"name", strings.Repeat("n", 101)},
		"Enter a password.":               {"password", ""},
		"Use at least 15 characters.":     {"password", "short"},
		"Many people use this password":   {"password", "passwordpassword"},
		"Use a shorter password.":         {"password", strings.Repeat("long ", 300)},
		"Another account uses this addre": {"email", "taken@acme.test"},
	} {
		form := b.form(token)
		form.Set(change[0], change[1])
		rec := b.do(http.MethodPost, "/setup", form)
		if rec.Code < 400 || rec.Code > 499 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: %d", want, rec.Code)
		}
		if strings.Contains(rec.Body.String(), good) {
			t.Error("the page repeats a password")
		}
	}
	if w.hashes.Load() != 1 {
		t.Errorf("%d hashes; only the taken address needs one", w.hashes.Load())
	}
	if rec := b.do(http.MethodPost, "/setup", b.form(token)); rec.Code != http.StatusOK || w.admins() != 1 {
		t.Errorf("the link did not survive: %d", rec.Code)
	}
}

// SE02: the form counts in the browser that it was shown in.
func TestSE02ForeignForms(t *testing.T) {
	w := one(t)
	token := w.link()
	b, other := w.browser(), w.browser()
	foreign := other.form(token).Get("csrf")
	for name, csrf := range map[string]string{"none": "", "made up": "AAAA", "another browser's": foreign} {
		form := b.form(token)
		form.Set("csrf", csrf)
		if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusForbidden {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	if w.hashes.Load() != 0 || w.admins() != 0 {
		t.Error("something was made")
	}
}

// PW17: the link is the issuer's, and the database keeps a hash of it only.
func TestTheTokenIsNotStored(t *testing.T) {
	w := one(t)
	token := w.link()
	var n int
	must(t, w.db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM setup_links WHERE instr(hash, ?) > 0 OR length(hash) <> 32", token).Scan(&n))
	if n != 0 {
		t.Error("the token or something else is stored")
	}
	must(t, w.db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM setup_links").Scan(&n))
	if n != 1 {
		t.Errorf("%d links", n)
	}
}
