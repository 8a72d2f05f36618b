package consent

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
	"github.com/jedan-auth/jedan-auth/web"
)

const issuer = "http://localhost:8080"

// world is a server with the consent feature only, on a real database.
type world struct {
	t        *testing.T
	db       *gormdb.DB
	tenant   storage.ID
	now      time.Time
	flows    *flow.Flows
	sessions *session.Manager
	people   *directory.Directory
	module   *Module
	handler  http.Handler
	client   *storage.Client
	view     View // what provider says is asked
}

type master struct{}

func (master) Wrap(_, raw []byte) ([]byte, error)   { return raw, nil }
func (master) Unwrap(_, raw []byte) ([]byte, error) { return raw, nil }

func (w *world) clock() time.Time { return w.now }

func (w *world) ConsentView(context.Context, *flow.Flow, *session.Current) (View, error) {
	return w.view, nil
}

func (w *world) ClientStart(context.Context, storage.ID, string) (name, start string, err error) {
	return "Acme Files", "https://acme.test/start", nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.db = gormtest.SQLite(t, gormdb.Config{Now: w.clock})
	ctx := t.Context()
	tenant, err := w.db.EnsureTenant(ctx, &storage.Tenant{ID: storage.NewID(w.now), Name: "default", CreatedAt: w.now})
	must(t, err)
	w.tenant = tenant.ID
	ring, err := keys.OpenRing(ctx, w.db, master{}, w.tenant, w.clock)
	must(t, err)
	rec := audit.New(audit.Deps{Ring: ring, Now: w.clock})
	w.flows = flow.New(flow.Deps{Ring: ring, Now: w.clock}, flow.Config{})
	w.people = directory.New(directory.Deps{People: w.db, Writer: w.db, Tx: w.db, Ring: ring, Audit: rec, Now: w.clock})
	w.sessions = session.New(session.Deps{Tenant: w.tenant, Reader: w.db, Writer: w.db, People: w.db, Ring: ring, Audit: rec,
		Cookies: httpx.Cookies{}, Now: w.clock}, session.Config{Idle: 900 * 24 * time.Hour, Absolute: 900 * 24 * time.Hour})
	pages, err := web.New(web.Options{})
	must(t, err)
	w.module, err = New(Config{}, Deps{Tenant: w.tenant, Issuer: issuer, Flows: w.flows, Sessions: w.sessions, Requests: w, Starts: w,
		Registry: w.db, Consents: w.db, Ledger: w.db, Names: w.people, Pages: pages, Forms: w.sessions.Forms(), Audit: rec, Events: w.db, Now: w.clock})
	must(t, err)
	at, err := url.Parse(issuer)
	must(t, err)
	engine, err := httpx.New(httpx.Config{Issuer: at, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: w.clock})
	must(t, err)
	w.module.Mount(engine)
	w.handler, err = engine.Handler()
	must(t, err)
	w.client = w.register(storage.ClientMetadata{RedirectURIs: []string{"https://acme.test/cb"}})
	w.view = View{Client: w.client.ID, ClientID: w.client.ClientID, Name: "Acme Files", Host: "acme.test", Binding: "Acme Files\nhttps://acme.test",
		Resources: []string{"https://api.test"}, FormAction: "https://acme.test",
		Scopes: []Scope{{Name: "openid"}, {Name: "email", Optional: true}, {Name: "files", Optional: true, Risky: true}}}
	return w
}

func (w *world) register(md storage.ClientMetadata) *storage.Client {
	id := storage.NewID(w.now)
	cl := &storage.Client{Tenant: w.tenant, ID: id, ClientID: id.String(), Metadata: md, CreatedAt: w.now, UpdatedAt: w.now, Version: 1}
	must(w.t, w.db.InsertClient(w.t.Context(), cl, w.event("client.create")))
	return cl
}

func (w *world) event(typ string) *storage.AuditEvent {
	return &storage.AuditEvent{Tenant: w.tenant, ID: storage.NewID(w.now), Time: w.now, Type: typ, Severity: "info", ActorKind: "system", Outcome: "success"}
}

func (w *world) events(typ string) []storage.AuditEvent {
	evs, err := w.db.AuditEvents(w.t.Context(), w.tenant, storage.AuditFilter{Type: typ, Limit: 100})
	must(w.t, err)
	return evs
}

// browser is one browser with one person signed in.
type browser struct {
	w       *world
	person  *storage.Person
	cur     *session.Current
	cookies map[string]string
}

func (w *world) browser(email string) *browser {
	b := &browser{w: w, cookies: map[string]string{}}
	var err error
	b.person, err = w.people.ByIdentifier(w.t.Context(), w.tenant, email)
	if errs.Is(err, errs.NotFound) {
		b.person, err = w.people.Create(w.t.Context(), w.tenant, directory.NewPerson{Claims: directory.Claims{"email": email, "name": "Ann"}}, directory.Actor{Kind: "system"})
	}
	must(w.t, err)
	b.signIn()
	return b
}

// signIn makes a session for the browser's person.
func (b *browser) signIn() {
	rec := httptest.NewRecorder()
	r := b.request(http.MethodGet, "/", nil)
	var err error
	b.cur, err = b.w.sessions.SignIn(b.w.t.Context(), rec, r, b.w.tenant, b.person, session.SignIn{ACR: "1", AMR: []string{"pwd"}})
	must(b.w.t, err)
	b.w.sessions.Browser(rec, r)
	b.keep(rec)
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

func (b *browser) flow() string {
	fl := b.w.flows.Begin(b.w.tenant, b.w.sessions.Browser(httptest.NewRecorder(), b.request(http.MethodGet, "/", nil)).ID)
	fl.Client, fl.Params = b.w.client.ClientID, url.Values{"scope": {"openid email files"}}
	sealed, err := b.w.flows.Seal(fl)
	must(b.w.t, err)
	return sealed
}

func (b *browser) page(sealed string) *httptest.ResponseRecorder {
	return b.do(b.request(http.MethodGet, "/consent?"+url.Values{"flow": {sealed}}.Encode(), nil))
}

// form is the page of a flow, filled in with a decision and the switches that are on.
func (b *browser) form(sealed, decision string, on ...string) url.Values {
	rec := b.page(sealed)
	if rec.Code != http.StatusOK {
		b.w.t.Fatalf("consent page: %d %s", rec.Code, rec.Body)
	}
	_, rest, _ := strings.Cut(rec.Body.String(), `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	return url.Values{"flow": {sealed}, "csrf": {token}, "decision": {decision}, "scope": on}
}

func (b *browser) post(form url.Values) *httptest.ResponseRecorder {
	return b.do(b.request(http.MethodPost, "/consent", form))
}

// step is what the answer hands to the dispatcher.
func (b *browser) step(rec *httptest.ResponseRecorder) *flow.Step {
	b.w.t.Helper()
	at, err := url.Parse(rec.Header().Get("Location"))
	must(b.w.t, err)
	if rec.Code != http.StatusSeeOther || !strings.HasPrefix(rec.Header().Get("Location"), issuer+"/oauth2/authorize?") {
		b.w.t.Fatalf("no way on: %d %s %s", rec.Code, at, rec.Body)
	}
	fl, err := b.w.flows.Open(at.Query().Get("flow"), b.w.sessions.Browser(httptest.NewRecorder(), b.request(http.MethodGet, "/", nil)).ID)
	must(b.w.t, err)
	st, err := b.w.flows.VerifyStep(at.Query().Get("step"), flow.StepConsent, fl.ID)
	must(b.w.t, err)
	return st
}
