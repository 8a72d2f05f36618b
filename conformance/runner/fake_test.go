package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// fakeModule scripts how the fake suite ends one module.
type fakeModule struct {
	name    string
	variant map[string]string
	result  string
	status  string // FINISHED unless told
	log     string
	waits   int      // unanswered waits before the end; -1 never ends by itself
	urls    []string // what its browser waits for a person to open
	lost    bool     // forgotten by the runner once it has ended
	manual  bool     // begins only when told
	started bool
}

// fakeSuite answers the parts of the suite's API that the runner uses.
type fakeSuite struct {
	t       *testing.T
	modules []fakeModule

	mu       sync.Mutex
	configs  map[string]json.RawMessage // by plan name
	variants map[string]string
	running  map[string]*fakeModule
	stopped  []string
	order    []string
	broken   string // path prefix that answers 500

	server   *fakeServer // that it is the upstream of
	callback string
	shut     bool // its authorization endpoint answers nobody any more
}

func newFakeSuite(t *testing.T, modules ...fakeModule) (*fakeSuite, string) {
	t.Helper()
	f := &fakeSuite{t: t, modules: modules, configs: map[string]json.RawMessage{}, variants: map[string]string{}, running: map[string]*fakeModule{}}
	server := httptest.NewTLSServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

func (f *fakeSuite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != "" && strings.HasPrefix(r.URL.Path, f.broken) {
		f.answer(w, http.StatusInternalServerError, map[string]any{"error": "the store is away", "config": "secret-of-a-client"})
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/"), "/")
	switch {
	case strings.HasSuffix(r.URL.Path, "/authorize"):
		f.authorize(w, r)
	case r.URL.Path == "/api/server":
		f.answer(w, http.StatusOK, map[string]any{"version": "5.2.4", "revision": "12f2a4d", "tag": "release-v5.2.3", "build_time": "today", "external_ip": nil})
	case r.Method == http.MethodPost && parts[0] == "plan":
		f.createPlan(w, r)
	case r.Method == http.MethodPost && r.URL.Path == "/api/runner":
		f.start(w, r)
	case r.Method == http.MethodPost && len(parts) == 2 && parts[0] == "runner":
		f.running[parts[1]].started = true
		f.answer(w, http.StatusOK, map[string]any{})
	case len(parts) == 3 && parts[1] == "browser":
		f.answer(w, http.StatusOK, map[string]any{"urls": f.running[parts[2]].urls})
	case len(parts) == 3 && parts[2] == "wait-state":
		f.wait(w, parts[1], r.URL.Query().Get("states"))
	case r.Method == http.MethodDelete:
		f.stopped = append(f.stopped, parts[1])
		f.running[parts[1]].waits, f.running[parts[1]].status = 0, "INTERRUPTED"
		f.answer(w, http.StatusOK, map[string]any{})
	case parts[0] == "info":
		m := f.running[parts[1]]
		f.answer(w, http.StatusOK, map[string]any{"status": m.status, "result": m.result, "config": map[string]any{"client": map[string]any{"client_secret": "x"}}})
	case parts[0] == "log":
		_, err := io.WriteString(w, f.running[parts[1]].log)
		f.check(err)
	default:
		f.t.Errorf("the suite has no %s %s", r.Method, r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	}
}

func (f *fakeSuite) createPlan(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	f.check(err)
	name := r.URL.Query().Get("planName")
	f.configs[name], f.variants[name] = raw, r.URL.Query().Get("variant")
	var modules []map[string]any
	for _, m := range f.modules {
		modules = append(modules, map[string]any{"testModule": m.name, "variant": m.variant, "instances": []string{}})
	}
	f.answer(w, http.StatusCreated, map[string]any{"name": name, "id": "plan-" + name, "modules": modules})
}

func (f *fakeSuite) start(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, m := range f.modules {
		want, err := json.Marshal(m.variant)
		f.check(err)
		if m.name != q.Get("test") || string(want) != q.Get("variant") {
			continue
		}
		id := fmt.Sprintf("run-%d", len(f.order)+1)
		f.order = append(f.order, q.Get("plan")+" "+m.name)
		if m.status == "" {
			m.status = "FINISHED"
		}
		if m.log == "" {
			m.log = `[{"src":"` + m.name + `","msg":"done"}]`
		}
		f.running[id] = &m
		f.answer(w, http.StatusCreated, map[string]any{"name": m.name, "id": id, "url": "https://localhost:8443/test/a/x"})
		return
	}
	f.answer(w, http.StatusNotFound, map[string]any{})
}

func (f *fakeSuite) wait(w http.ResponseWriter, id, states string) {
	m := f.running[id]
	switch {
	case m.manual && !m.started && strings.Contains(states, "CONFIGURED"):
		f.answer(w, http.StatusOK, map[string]any{"state": "CONFIGURED"})
	case m.manual && !m.started:
		f.answer(w, http.StatusOK, map[string]any{"timeout": true})
	case m.waits != 0:
		m.waits--
		f.answer(w, http.StatusOK, map[string]any{"timeout": true})
	case m.lost:
		w.WriteHeader(http.StatusNotFound)
	default:
		f.answer(w, http.StatusOK, map[string]any{"state": m.status})
	}
}

func (f *fakeSuite) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	f.check(json.NewEncoder(w).Encode(body))
}

func (f *fakeSuite) check(err error) {
	if err != nil {
		f.t.Errorf("fake suite: %v", err)
	}
}

// fakeProvider creates clients and publishes a discovery document and keys.
type fakeProvider struct {
	issuer string
	stuck  bool // its keys stay as they are

	mu      sync.Mutex
	created []map[string]any
	fail    error
	rotated int
	waits   int // how often a successor is still waiting for its time

	resources []string
}

// InitialAccessToken returns the same token each time.
func (p *fakeProvider) InitialAccessToken(context.Context) (string, error) {
	return "initial-access-1", p.fail
}

// CreateResource notes it.
func (p *fakeProvider) CreateResource(_ context.Context, identifier, scope, owner string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resources = append(p.resources, identifier+" "+scope+" "+owner)
	return p.fail
}

// RotateKeys changes what is published.
func (p *fakeProvider) RotateKeys(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waits > 0 { // a successor is published already
		p.waits--
		return errs.New(errs.Conflict, "")
	}
	p.rotated++
	return nil
}

func (p *fakeProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_, _ = fmt.Fprintf(w, `{"userinfo_endpoint":"%s/userinfo","jwks_uri":"%s/jwks","introspection_endpoint":"%s/introspect","mtls_endpoint_aliases":{"userinfo_endpoint":"%s/mtls/userinfo"}}`, p.issuer, p.issuer, p.issuer, p.issuer)
	case "/jwks":
		n := p.rotated
		if p.stuck {
			n = 0
		}
		_, _ = fmt.Fprintf(w, `{"keys":[%d]}`, n)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// CreateClient gives every client its own identifier and secret.
func (p *fakeProvider) CreateClient(_ context.Context, metadata json.RawMessage) (id, secret string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return "", "", p.fail
	}
	var m map[string]any
	if err := json.Unmarshal(metadata, &m); err != nil {
		return "", "", err
	}
	p.created = append(p.created, m)
	n := len(p.created)
	return fmt.Sprintf("id-%d", n), fmt.Sprintf("client-secret-%d", n), nil
}

// clock moves by one second each time it is read, and by the pauses taken.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

func (c *clock) Pause(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// bench is a runner with fakes around it.
type bench struct {
	suite    *fakeSuite
	provider *fakeProvider
	config   Config
	lines    []string
	runner   *Runner
}

func newBench(t *testing.T, change func(*Config), modules ...fakeModule) *bench {
	t.Helper()
	b := &bench{provider: &fakeProvider{}}
	public := httptest.NewTLSServer(b.provider)
	t.Cleanup(public.Close)
	b.provider.issuer = public.URL
	var base string
	b.suite, base = newFakeSuite(t, modules...)
	client, err := NewHTTPClient(base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	b.config = Config{Suite: base, Issuer: public.URL, Username: "maria", Password: "correct horse", Commit: "abc123"}
	if change != nil {
		change(&b.config)
	}
	c := &clock{now: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
	b.runner, err = New(b.config, Deps{
		Provider: b.provider, HTTP: client, Public: public.Client(), Now: c.Now, Pause: c.Pause,
		Progress: func(line string) { b.lines = append(b.lines, line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
