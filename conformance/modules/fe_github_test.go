package modules

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
)

// fakeGitHub is an Enterprise server: OAuth app flow, and the parts of the REST API that tell who somebody is.
type fakeGitHub struct {
	t    *testing.T
	http *httptest.Server

	mu      sync.Mutex
	asked   map[string]url.Values
	user    map[string]any
	emails  []map[string]any
	orgs    []string
	teams   [][2]string
	revoked bool // tokens do not count any more
	down    bool
	hidden  bool // the person did not let us see their addresses
	answer  func(w http.ResponseWriter) bool
	asks    []string // what was asked of the API
}

func newGitHub(t *testing.T) *fakeGitHub {
	t.Helper()
	g := &fakeGitHub{t: t, asked: map[string]url.Values{}, user: map[string]any{"id": 583231, "login": "octocat", "name": "Mona", "email": "public@acme.example"}}
	g.emails = []map[string]any{
		{"email": "old@acme.example", "primary": false, "verified": true, "visibility": nil},
		{"email": "mona@acme.example", "primary": true, "verified": true, "visibility": "private"},
		{"email": "1+octocat@users.noreply.github.com", "primary": false, "verified": true, "visibility": nil},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login/oauth/access_token", g.token)
	mux.HandleFunc("GET /api/v3/user", g.api(func(*http.Request) any { return g.user }))
	mux.HandleFunc("GET /api/v3/user/emails", g.api(func(*http.Request) any {
		if g.hidden {
			return nil
		}
		return g.emails
	}))
	mux.HandleFunc("GET /api/v3/user/orgs", g.api(func(r *http.Request) any {
		all := []map[string]any{}
		for _, o := range page(r, g.orgs) {
			all = append(all, map[string]any{"login": o, "id": len(o)})
		}
		return all
	}))
	mux.HandleFunc("GET /api/v3/user/teams", g.api(func(r *http.Request) any {
		all := []map[string]any{}
		for _, team := range page(r, g.teams) {
			all = append(all, map[string]any{"slug": team[1], "name": "Team", "organization": map[string]any{"login": team[0]}})
		}
		return all
	}))
	g.http = httptest.NewServer(mux)
	t.Cleanup(g.http.Close)
	return g
}

func page[T any](r *http.Request, all []T) []T {
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	at, _ := strconv.Atoi(r.URL.Query().Get("page"))
	from := min((max(at, 1)-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}

func (g *fakeGitHub) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		g.t.Error(err)
	}
}

// token answers errors with status 200, and scopes with commas.
func (g *fakeGitHub) token(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.answer != nil && g.answer(w) {
		return
	}
	q, ok := g.asked[r.PostFormValue("code")]
	delete(g.asked, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case r.Header.Get("Accept") != "application/json":
		g.t.Error("an answer that is a form")
	case r.PostFormValue("client_id") != "jedan" || r.PostFormValue("client_secret") != "upstream-secret":
		g.json(w, http.StatusOK, map[string]any{"error": "incorrect_client_credentials", "error_description": "…"})
	case !ok || r.PostFormValue("redirect_uri") != q.Get("redirect_uri") || text64(sum[:]) != q.Get("code_challenge"):
		g.json(w, http.StatusOK, map[string]any{"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
	default:
		g.json(w, http.StatusOK, map[string]any{"access_token": "gho_1", "token_type": "bearer", "scope": strings.ReplaceAll(q.Get("scope"), " ", ",")})
	}
}

func (g *fakeGitHub) api(what func(r *http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.asks = append(g.asks, r.URL.RequestURI())
		switch {
		case g.down:
			w.WriteHeader(http.StatusBadGateway)
		case g.revoked || r.Header.Get("Authorization") != "Bearer gho_1":
			g.json(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
		default:
			if v := what(r); v != nil {
				g.json(w, http.StatusOK, v)
				return
			}
			g.json(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
		}
	}
}

func (g *fakeGitHub) set(change func(g *fakeGitHub)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
}

func (g *fakeGitHub) visit(to *url.URL) url.Values {
	g.t.Helper()
	if to == nil || !strings.HasPrefix(to.String(), g.http.URL+"/login/oauth/authorize?") {
		g.t.Fatalf("not sent to GitHub but to %v", to)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	code := "code-" + to.Query().Get("state")
	g.asked[code] = to.Query()
	return url.Values{"code": {code}, "state": {to.Query().Get("state")}}
}

// gh signs a new browser in and says who it is.
func (w *feWorld) gh(g *fakeGitHub) string {
	w.t.Helper()
	b := w.Browser()
	return w.subject(w.back(b, "github", g.visit(w.away(b, "github"))))
}

func (w *feWorld) noGH(g *fakeGitHub, status int, check string) {
	w.t.Helper()
	b, mark := w.Browser(), w.Log.Mark()
	p := w.back(b, "github", g.visit(w.away(b, "github")))
	if check != "" {
		w.refusedBy(b, p, mark, check)
	}
	if p.Status != status {
		w.t.Errorf("status %d, want %d", p.Status, status)
	}
}

func newGitHubWorld(t *testing.T, config map[string]any) (*feWorld, *fakeGitHub) {
	t.Helper()
	w, g := newSocial(t), newGitHub(t)
	full := map[string]any{"template": "github", "host": g.http.URL}
	for k, v := range config {
		full[k] = v
	}
	w.provider("github", "oauth2", full)
	return w, g
}

// TestFE_GitHub: somebody is a number, and their address the primary one that is verified and that mail reaches.
func TestFE_GitHub(t *testing.T) {
	w, g := newGitHubWorld(t, nil)
	to := w.away(w.Browser(), "github").Query()
	if to.Get("scope") != "read:user user:email" || to.Get("code_challenge_method") != "S256" || to.Get("response_type") != "code" {
		t.Error(to)
	}
	first := w.gh(g)
	if !w.hasAddress("mona@acme.example") || w.hasAddress("public@acme.example") || w.hasAddress("old@acme.example") {
		t.Error("not the primary verified address, or others too")
	}
	g.set(func(g *fakeGitHub) { g.user["login"] = "renamed" })
	if w.gh(g) != first {
		t.Error("another login name is another person")
	}
	g.set(func(g *fakeGitHub) { g.user["id"], g.user["login"], g.emails = 583232, "octocat", nil })
	if w.gh(g) == first {
		t.Error("a login name that was given up and taken is the same person")
	}
	for i, emails := range [][]map[string]any{
		{{"email": "u@acme.example", "primary": true, "verified": false}},
		{{"email": "u@acme.example", "primary": false, "verified": true}},
		{{"email": "u@acme.example", "primary": true}},
		{{"email": "7+u@users.noreply.github.com", "primary": true, "verified": true}},
		{{"email": "7+u@Users.NoReply.GitHub.com", "primary": true, "verified": true}},
		{},
	} {
		g.set(func(g *fakeGitHub) { g.user["id"], g.emails = 600000+i, emails })
		w.gh(g)
		if w.hasAddress("u@acme.example") || w.hasAddress("7+u@users.noreply.github.com") {
			t.Errorf("%v counts", emails)
		}
	}
	g.set(func(g *fakeGitHub) { g.user["id"], g.hidden = 700000, true })
	w.gh(g) // without an address
}

func TestFE_GitHubRefused(t *testing.T) {
	w, g := newGitHubWorld(t, nil)
	for _, id := range []any{nil, "583231", 0, -1, 1.5, "1e3", map[string]any{}} {
		g.set(func(g *fakeGitHub) { g.user["id"] = id })
		w.noGH(g, http.StatusForbidden, "social_user.id")
	}
	g.set(func(g *fakeGitHub) { g.user["id"] = 1 })
	for name, c := range map[string]struct {
		said   any
		status int
		check  string
	}{
		"type":        {map[string]any{"access_token": "gho_1", "token_type": "mac"}, http.StatusForbidden, "social_answer.token_type"},
		"no type":     {map[string]any{"access_token": "gho_1"}, http.StatusForbidden, "social_answer.token_type"},
		"no token":    {map[string]any{"token_type": "bearer"}, http.StatusForbidden, "social_answer.token_type"},
		"code":        {map[string]any{"error": "bad_verification_code"}, http.StatusForbidden, "social_answer.grant"},
		"credentials": {map[string]any{"error": "incorrect_client_credentials"}, http.StatusServiceUnavailable, ""},
		"a list":      {[]int{1}, http.StatusServiceUnavailable, ""},
		"long":        {strings.Repeat("x", 1<<20), http.StatusServiceUnavailable, ""},
	} {
		g.set(func(g *fakeGitHub) {
			g.answer = func(h http.ResponseWriter) bool { g.json(h, http.StatusOK, c.said); return true }
		})
		t.Run(name, func(t *testing.T) { (&feWorld{Server: w.Server, t: t, rp: w.rp}).noGH(g, c.status, c.check) })
	}
	g.set(func(g *fakeGitHub) { g.answer = nil })
	for check, q := range map[string]url.Values{"social_callback.error": {"error": {"access_denied"}}, "social_callback.code": {}} {
		b, mark := w.Browser(), w.Log.Mark()
		q.Set("state", w.away(b, "github").Query().Get("state"))
		w.back(b, "github", q)
		if !strings.Contains(strings.Join(w.Log.Refused(mark), " "), check) {
			t.Errorf("%s: refused by %v", check, w.Log.Refused(mark))
		}
	}
	for _, wish := range [][]string{{"prompt", "login"}, {"max_age", "600"}} { // such a service does not say when somebody proved themselves
		b, mark := w.Browser(), w.Log.Mark()
		w.back(b, "github", g.visit(w.away(b, "github", wish...)))
		if !strings.Contains(strings.Join(w.Log.Refused(mark), " "), "social_callback.fresh") || in(b) {
			t.Errorf("%v: %v", wish, w.Log.Refused(mark))
		}
	}
	g.set(func(g *fakeGitHub) { g.revoked = true })
	b, mark := w.Browser(), w.Log.Mark()
	w.back(b, "github", g.visit(w.away(b, "github")))
	if !strings.Contains(strings.Join(w.Log.Refused(mark), " "), "social_user.token") {
		t.Error(w.Log.Refused(mark))
	}
	g.set(func(g *fakeGitHub) { g.revoked, g.down = false, true })
	w.noGH(g, http.StatusServiceUnavailable, "")
}

// TestFE_LinkOwn: people link GitHub and Google on their own pages, though neither says when somebody proved themselves.
func TestFE_LinkOwn(t *testing.T) {
	w, g := newGitHubWorld(t, nil)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("google", "oidc", map[string]any{"template": "google", "issuer": o.url()})
	maria := w.Person("maria@example.org")
	b := w.Browser()
	b.Authorize(w.AuthURL(w.rp), "maria@example.org")
	for name, visit := range map[string]func(*url.URL) url.Values{"github": g.visit, "google": o.visit} {
		to := b.Get(hrefOf(b.Get("/account/logins").Body, "link-"+name)).Location
		if to == nil || to.Query().Get("prompt") != "select_account" {
			t.Fatal(name, to)
		}
		if p := w.back(b, name, visit(to)).Submit("answer", "link"); !p.HasID("logins-done") {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if w.links(maria) != 2 || w.gh(g) != maria.Subject {
		t.Error("not linked")
	}
	mark := w.Log.Mark()
	other := w.Browser()
	w.refusedBy(other, w.back(other, "google", o.visit(w.away(other, "google", "prompt", "login"))), mark, "oidc_id_token.auth_time")
}

// TestFE_GitHubOrganization: who is a member is asked page by page, and lists without end are not read.
func TestFE_GitHubOrganization(t *testing.T) {
	w, g := newGitHubWorld(t, map[string]any{"organizations": []string{"Acme"}, "membership": true})
	if scope := w.away(w.Browser(), "github").Query().Get("scope"); scope != "read:user user:email read:org" {
		t.Error(scope)
	}
	g.set(func(g *fakeGitHub) { g.orgs = []string{"other", "acme-evil"} })
	b, mark := w.Browser(), w.Log.Mark()
	w.back(b, "github", g.visit(w.away(b, "github")))
	if !strings.Contains(strings.Join(w.Log.Refused(mark), " "), "social_github.organization") || in(b) {
		t.Error("somebody of no organization that is listed was let in: ", w.Log.Refused(mark))
	}
	g.set(func(g *fakeGitHub) {
		for i := range 150 {
			g.orgs = append(g.orgs, fmt.Sprint("org-", i))
		}
		g.orgs, g.teams = append(g.orgs, "acme"), [][2]string{{"acme", "dev"}, {"", "x"}}
	})
	w.gh(g)
	g.set(func(g *fakeGitHub) {
		for i := range 1000 {
			g.orgs = append(g.orgs, fmt.Sprint("more-", i))
		}
		g.asks = nil
	})
	w.noGH(g, http.StatusServiceUnavailable, "")
	if len(g.asks) > 12 {
		t.Errorf("%d questions", len(g.asks))
	}
}

// recheck asks the connector about somebody who is kept.
func (w *feWorld) recheck(name, key string, tokens *federation.Tokens) (*federation.Identity, error) {
	w.t.Helper()
	ready, err := w.App.Upstreams.ByName(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	asks, ok := ready.Connector.(federation.Rechecker)
	if !ok {
		w.t.Fatalf("%s cannot be asked", name)
	}
	return asks.Recheck(w.t.Context(), key, tokens)
}
