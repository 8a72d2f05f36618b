package httpx

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestHealth(t *testing.T) {
	var asked atomic.Int64
	var failure error
	w := newWorld(t, "https://id.test", func(c *Config) {
		c.Checks = []Check{{"database", func(context.Context) error { asked.Add(1); return failure }}, {"keys", func(context.Context) error { return nil }}}
	}, nil)
	if got := bodyOf(t, w.ask("GET", "/health/live", "")); got != `{"status":"ok"}` {
		t.Errorf("%s", got)
	}
	for range 100 {
		resp := w.ask("GET", "/health/ready", "")
		wantStatus(t, resp, 200)
		if got := bodyOf(t, resp); got != `{"status":"ok","checks":{"database":"ok","keys":"ok"}}` {
			t.Errorf("%s", got)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("a hundred probes cost %d checks", asked.Load())
	}
	failure = errors.New(canary)
	w.now = w.now.Add(time.Second)
	resp := w.ask("GET", "/health/ready", "")
	wantStatus(t, resp, 503)
	if got := bodyOf(t, resp); got != `{"status":"failed","checks":{"database":"failed","keys":"ok"}}` || strings.Contains(got, canary) {
		t.Errorf("%s", got)
	}
	if !strings.Contains(w.log.String(), canary) {
		t.Error("the log does not say why")
	}
	wantStatus(t, w.ask("GET", "/health/live", ""), 200)
	failure = nil
	wantStatus(t, w.ask("GET", "/health/ready", ""), 503) // within readyAgain nobody asks again
	w.now = w.now.Add(readyAgain)
	wantStatus(t, w.ask("GET", "/health/ready", ""), 200)
}

func TestReadinessOutlivesTheProbeThatAsked(t *testing.T) {
	r := &readiness{now: time.Now, checks: []Check{{"database", func(ctx context.Context) error {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("a check without a deadline")
		}
		return ctx.Err()
	}}}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if results, ok := r.ask(ctx); !ok {
		t.Errorf("one impatient probe made the server unready: %v", results)
	}
}

func TestDraining(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	if got := w.ask("GET", "/page", "").Header.Get("Connection"); got != "" {
		t.Errorf("%q", got)
	}
	w.Drain()
	resp := w.ask("GET", "/health/ready", "")
	wantStatus(t, resp, 503)
	if got := bodyOf(t, resp); got != `{"status":"draining"}` {
		t.Errorf("%s", got)
	}
	resp = w.ask("GET", "/page", "")
	wantStatus(t, resp, 200)
	if resp.Header.Get("Connection") != "close" {
		t.Error("clients are not told to leave")
	}
	wantStatus(t, w.ask("GET", "/health/live", ""), 200)
}

func TestMetricsAreForThisMachine(t *testing.T) {
	w := newWorld(t, "https://id.test", func(c *Config) {
		c.TrustedProxies = prefixes("127.0.0.0/8", "203.0.113.0/24")
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("numbers")) })
	}, nil)
	const local, target = "Peer: 127.0.0.1:9", "http://127.0.0.1:8080/metrics"
	for name, c := range map[string]struct {
		target  string
		headers []string
		status  int
	}{
		"loopback":                  {target, []string{local}, 200},
		"loopback v6":               {"http://[::1]:8080/metrics", []string{"Peer: [::1]:9"}, 200},
		"loopback mapped":           {"http://localhost:8080/metrics", []string{"Peer: [::ffff:127.0.0.1]:9"}, 200},
		"other peer":                {target, []string{"Peer: 203.0.113.9:9"}, 404},
		"claims to be loopback":     {target, []string{"Peer: 203.0.113.9:9", "X-Forwarded-For: 127.0.0.1"}, 404},
		"through a local proxy":     {target, []string{local, "X-Forwarded-For: 198.51.100.7"}, 404},
		"through one that says Via": {target, []string{local, "Via: 1.1 x"}, 404},
		"by the public name":        {"https://id.test/metrics", []string{local}, 404},
		"rebound name":              {"http://evil.test/metrics", []string{local}, 404},
	} {
		if resp := w.ask("GET", c.target, "", c.headers...); resp.StatusCode != c.status {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	wantStatus(t, newWorld(t, "https://id.test", nil, nil).ask("GET", target, "", local), 404)
}
