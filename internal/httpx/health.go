package httpx

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Check is one thing that must work before traffic is wanted.
type Check struct {
	Name string // shown to anyone: a word, no address
	Run  func(ctx context.Context) error
}

const (
	readyTimeout = 2 * time.Second // for all checks together
	readyFresh   = time.Second     // how long a yes is reused, so that probes cost nothing
	readyAgain   = readyFresh / 10 // how long a no is: who waits for a yes should hear it when it comes
)

// readiness runs the checks, at most once in readyFresh or readyAgain whoever asks.
type readiness struct {
	checks []Check
	now    func() time.Time
	logger *slog.Logger

	mu      sync.Mutex
	asked   time.Time
	results map[string]string
	ok      bool
}

func (r *readiness) fresh() time.Duration {
	if r.ok {
		return readyFresh
	}
	return readyAgain
}

func (r *readiness) ask(ctx context.Context) (map[string]string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.results != nil && r.now().Sub(r.asked) < r.fresh() {
		return r.results, r.ok
	}
	// One caller's cancellation must not become everyone's answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	results, ok := make(map[string]string, len(r.checks)), true
	for _, check := range r.checks {
		results[check.Name] = "ok"
		if err := check.Run(ctx); err != nil {
			results[check.Name], ok = "failed", false
			r.logger.WarnContext(ctx, "readiness check failed", "check", check.Name, "error", err)
		}
	}
	r.asked, r.results, r.ok = r.now(), results, ok
	return results, ok
}

// mountOperations adds what operators' machines ask. It hangs at the root, not
// below the issuer's path, and ignores Host.
func (e *Engine) mountOperations() {
	for path, h := range map[string]Handler{"/health/live": e.live, "/health/ready": e.isReady, "/metrics": e.metrics} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			e.routes = append(e.routes, &route{method: method, path: path, guard: API, handler: h, headers: e.guardHeaders(API), exempt: true})
		}
	}
}

type health struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

func (e *Engine) live(c *gin.Context) error {
	WriteJSON(c, http.StatusOK, health{Status: "ok"})
	return nil
}

func (e *Engine) isReady(c *gin.Context) error {
	if e.draining.Load() {
		WriteJSON(c, http.StatusServiceUnavailable, health{Status: "draining"})
		return nil
	}
	results, ok := e.ready.ask(c.Request.Context())
	if !ok {
		WriteJSON(c, http.StatusServiceUnavailable, health{Status: "failed", Checks: results})
		return nil
	}
	WriteJSON(c, http.StatusOK, health{Status: "ok", Checks: results})
	return nil
}

// metrics answers processes on this machine alone. The peer's own address
// counts; a forwarding header means that a local proxy speaks for a stranger, and
// a Host that is no loopback name means that a web page does (DNS rebinding).
func (e *Engine) metrics(c *gin.Context) error {
	peer, _ := stateOf(c.Request.Context()).addresses()
	if e.cfg.Metrics == nil || !peer.IsLoopback() || forwarded(c.Request.Header) || !isLoopbackHost(c.Request.Host) {
		return errs.New(errs.NotFound, "")
	}
	e.cfg.Metrics.ServeHTTP(c.Writer, c.Request)
	return nil
}

func forwarded(h http.Header) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"} {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}
