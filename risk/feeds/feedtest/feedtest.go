package feedtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Key is the API key that every fake takes.
const Key = "feedtest-key"

// Ways in which a fake can answer.
const (
	Well     = ""
	Quota    = "quota"    // 429
	Down     = "down"     // 500
	Garbage  = "garbage"  // 200 and a page that says sorry
	TooLarge = "toolarge" // more than anybody asked for
	Hang     = "hang"     // accepts and is silent
)

// Server answers as all of them, by path.
type Server struct {
	*httptest.Server
	mu     sync.Mutex
	mode   string
	asked  map[string]int // by first part of the path
	bad    map[string]bool
	ranges map[string][]string
	header http.Header // of the last request
	done   chan struct{}
}

// New starts it. Close ends it, hanging requests included.
func New() *Server {
	s := &Server{asked: map[string]int{}, bad: map[string]bool{}, ranges: map[string][]string{}, done: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// Close ends it.
func (s *Server) Close() {
	close(s.done)
	s.Server.Close()
}

// Mode sets how it answers from now on.
func (s *Server) Mode(mode string) { s.mu.Lock(); s.mode = mode; s.mu.Unlock() }

// Bad makes an address one that everybody complains of.
func (s *Server) Bad(address string) { s.mu.Lock(); s.bad[address] = true; s.mu.Unlock() }

// Stolen adds the SHA-1 sum of a password, in capital hexadecimal digits.
func (s *Server) Stolen(sum string) {
	s.mu.Lock()
	s.ranges[sum[:5]] = append(s.ranges[sum[:5]], sum[5:])
	s.mu.Unlock()
}

// Asked is how often a path with this beginning was asked for.
func (s *Server) Asked(prefix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, k := range s.asked {
		if strings.HasPrefix(path, prefix) {
			n += k
		}
	}
	return n
}

// Header is that of the last request.
func (s *Server) Header(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.header.Get(name)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	mode := s.mode
	s.asked[r.URL.Path]++
	s.header = r.Header.Clone()
	s.mu.Unlock()
	switch mode {
	case Quota:
		w.Header().Set("Retry-After", "120")
		http.Error(w, `{"errors":[{"detail":"Daily rate limit exceeded","status":429}],"error":{"code":"QuotaExceededError","message":"Quota exceeded"}}`, http.StatusTooManyRequests)
	case Down:
		http.Error(w, "upstream connect error", http.StatusInternalServerError)
	case Garbage:
		fmt.Fprint(w, "<html><title>Just a moment…</title></html>")
	case TooLarge:
		fmt.Fprint(w, strings.Repeat("1.2.3.4\n", 1<<20))
	case Hang:
		select {
		case <-r.Context().Done():
		case <-s.done:
		case <-time.After(time.Minute):
		}
	default:
		s.answer(w, r)
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case path == "/api/v2/check":
		if s.key(w, r, "Key", map[string]any{"errors": []any{map[string]any{"detail": "Authentication failed. Your API key is either missing, incorrect, or revoked.", "status": 401}}}) {
			w.Header().Set("X-RateLimit-Limit", "1000")
			w.Header().Set("X-RateLimit-Remaining", "998")
			write(w, 200, map[string]any{"data": map[string]any{"ipAddress": r.FormValue("ipAddress"), "isPublic": true, "isWhitelisted": nil, "abuseConfidenceScore": s.score(r.FormValue("ipAddress"), 96), "totalReports": 41}})
		}
	case strings.HasPrefix(path, "/api/v3/ip_addresses/"):
		a := strings.TrimPrefix(path, "/api/v3/ip_addresses/")
		if s.key(w, r, "X-Apikey", map[string]any{"error": map[string]any{"code": "WrongCredentialsError", "message": "Wrong API key"}}) {
			write(w, 200, map[string]any{"data": map[string]any{"type": "ip_address", "id": a, "attributes": map[string]any{
				"reputation": 0, "last_analysis_stats": map[string]any{"harmless": 60, "undetected": 20, "malicious": s.score(a, 7), "suspicious": s.score(a, 1), "timeout": 0},
			}}})
		}
	case strings.HasPrefix(path, "/api/v1/indicators/"):
		part := strings.Split(path, "/")
		if len(part) != 7 || part[6] != "general" {
			http.NotFound(w, r)
			return
		}
		if s.key(w, r, "X-Otx-Api-Key", map[string]any{"detail": "Authentication required"}) {
			write(w, 200, map[string]any{"indicator": part[5], "type": part[4], "validation": []any{}, "pulse_info": map[string]any{"count": s.score(part[5], 12), "pulses": []any{}}})
		}
	case path == "/torbulkexitlist":
		s.mu.Lock()
		defer s.mu.Unlock()
		fmt.Fprintln(w, "192.0.2.250")
		for a := range s.bad {
			fmt.Fprintln(w, a)
		}
	case strings.HasPrefix(path, "/range/"):
		s.pwned(w, r, strings.TrimPrefix(path, "/range/"))
	default:
		http.NotFound(w, r)
	}
}

// pwned answers with CRLF between the lines, some of them padding with a count of 0.
func (s *Server) pwned(w http.ResponseWriter, r *http.Request, prefix string) {
	if len(prefix) != 5 {
		http.Error(w, "The hash prefix was not in a valid format", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := []string{"0018A45C4D1DEF81644B54AB7F969B88D65:1", "00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2"}
	for i, suffix := range s.ranges[prefix] {
		lines = append(lines, suffix+":"+strconv.Itoa(3+i))
	}
	if r.Header.Get("Add-Padding") == "true" {
		for i := range 40 {
			lines = append(lines, fmt.Sprintf("%035X:0", 1_000_003*(i+1)))
		}
	}
	fmt.Fprint(w, strings.Join(lines, "\r\n"))
}

func (s *Server) key(w http.ResponseWriter, r *http.Request, header string, refusal any) bool {
	if r.Header.Get(header) == Key {
		return true
	}
	write(w, http.StatusUnauthorized, refusal)
	return false
}

func (s *Server) score(address string, bad int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad[address] {
		return bad
	}
	return 0
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
