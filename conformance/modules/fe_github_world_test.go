package modules

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
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
