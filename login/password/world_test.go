package password

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
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
	away     bool // clients cannot be read
}

// ring is a keyring with one fixed key for everything.
// store keeps people, sessions and audit events.
// hasher counts; a hash is a prefix and the password.
func (c clients) ClientDisplay(_ context.Context, _ storage.ID, id string) (login.Client, error) {
	if c.w.away {
		return login.Client{}, errs.New(errs.Unavailable, "").After(time.Second)
	}
	if id != "acme" {
		return login.Client{}, notFound()
	}
	return login.Client{Name: "Acme Files", StartURL: "https://acme.test/start"}, nil
}

func (w *world) RequiredPerson(context.Context, *flow.Flow) (func(*storage.Person) bool, error) {
	if w.subject == "" {
		return nil, nil
	}
	return func(p *storage.Person) bool { return p.Subject == w.subject }, nil
}

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
	steps, err := login.New(login.Config{Issuer: issuer}, login.Deps{Tenant: w.tenant, Flows: w.flows, Sessions: w.sessions, Accounts: w.sessions,
		Browsers: w.sessions, Clients: clients{w}, Subjects: w, Names: names{}, Pages: pages, Forms: w.sessions.Forms()})
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
