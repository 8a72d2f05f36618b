package modules

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// oauthService is an OAuth 2 service with the paths, the client authentication and the errors of one that is documented.
type oauthService struct {
	t                      *testing.T
	http                   *httptest.Server
	authorize, token, user string // paths

	mu      sync.Mutex
	client  func(r *http.Request) bool
	denied  func(w http.ResponseWriter)              // how a code or refresh token that does not count is told
	expired func(w http.ResponseWriter)              // how an access token is
	proof   func(r *http.Request, token string) bool // of a question
	said    map[string]any                           // by the user endpoint
	asked   map[string]url.Values
	access  string // the token that counts
	n       int
	refresh bool
	older   bool // earlier tokens count, too
}

func newOAuthService(t *testing.T, authorize, token, user string) *oauthService {
	t.Helper()
	s := &oauthService{t: t, authorize: authorize, token: token, user: user, asked: map[string]url.Values{}, client: byForm, refresh: true}
	s.denied = func(w http.ResponseWriter) {
		s.json(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
	}
	s.expired = func(w http.ResponseWriter) {
		s.json(w, http.StatusUnauthorized, map[string]any{"message": "401: Unauthorized", "code": 0})
	}
	s.proof = func(*http.Request, string) bool { return true }
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+token, s.exchange)
	mux.HandleFunc("GET "+user, s.whoami)
	s.http = httptest.NewServer(mux)
	t.Cleanup(s.http.Close)
	return s
}

func (s *oauthService) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.t.Error(err)
	}
}

func (s *oauthService) exchange(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.client(r) {
		s.json(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	ok := false
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		q, known := s.asked[r.PostFormValue("code")]
		delete(s.asked, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		ok = known && r.PostFormValue("redirect_uri") == q.Get("redirect_uri") && text64(sum[:]) == q.Get("code_challenge")
	case "refresh_token":
		ok = r.PostFormValue("refresh_token") == fmt.Sprint("refresh-", s.n)
	}
	if !ok {
		s.denied(w)
		return
	}
	s.n++
	s.access = fmt.Sprint("access-", s.n)
	out := map[string]any{"access_token": s.access, "token_type": "Bearer", "expires_in": 604800, "scope": "identify email"}
	if s.refresh {
		out["refresh_token"] = fmt.Sprint("refresh-", s.n)
	}
	s.json(w, http.StatusOK, out)
}

func (s *oauthService) whoami(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token != s.access && !(s.older && strings.HasPrefix(token, "access-")) || !s.proof(r, token) {
		s.expired(w)
		return
	}
	s.json(w, http.StatusOK, s.said)
}

func (s *oauthService) set(change func(s *oauthService)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *oauthService) visit(to *url.URL) url.Values {
	s.t.Helper()
	if to == nil || !strings.HasPrefix(to.String(), s.http.URL+s.authorize+"?") {
		s.t.Fatalf("not sent to the service but to %v", to)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	code := "code-" + to.Query().Get("state")
	s.asked[code] = to.Query()
	return url.Values{"code": {code}, "state": {to.Query().Get("state")}}
}

// at signs a new browser in and says who it is.
func (w *feWorld) at(name string, s *oauthService) string {
	w.t.Helper()
	b := w.Browser()
	return w.subject(w.back(b, name, s.visit(w.away(b, name))))
}

func (w *feWorld) notAt(name string, s *oauthService, check string) {
	w.t.Helper()
	b, mark := w.Browser(), w.Log.Mark()
	w.refusedBy(b, w.back(b, name, s.visit(w.away(b, name))), mark, check)
}
