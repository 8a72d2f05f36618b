package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

type requestKey struct{}

type book struct {
	*slog.Logger
	out *bytes.Buffer
	now time.Time
}

func newBook(t testing.TB, c LogConfig) *book {
	t.Helper()
	b := &book{out: &bytes.Buffer{}, now: time.Unix(1_800_000_000, 0)}
	logger, err := NewLogger(c, LogDeps{Out: b.out, Now: func() time.Time { return b.now }, RequestID: func(ctx context.Context) string {
		id, _ := ctx.Value(requestKey{}).(string)
		return id
	}})
	if err != nil {
		t.Fatal(err)
	}
	b.Logger = logger
	return b
}

func (b *book) lines(t testing.TB) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(b.out.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out = append(out, m)
	}
	return out
}

func TestRequestIDIsOnEveryLineOfARequest(t *testing.T) {
	b := newBook(t, LogConfig{})
	ctx := context.WithValue(t.Context(), requestKey{}, "r-1")
	b.With("module", "x").InfoContext(ctx, "inside")
	b.Info("outside")
	lines := b.lines(t)
	if lines[0]["request_id"] != "r-1" || lines[0]["module"] != "x" {
		t.Errorf("%v", lines[0])
	}
	if _, has := lines[1]["request_id"]; has {
		t.Errorf("%v", lines[1])
	}
}

type credentials struct{ Login, Pass string }

// Every canary is a secret; none may reach the log by any of the ways a line is
// written.
func TestSecretsNeverReachTheLog(t *testing.T) {
	const canary = "CANARY0123456789"
	cases := map[string][]any{
		"key password":        {"password", canary},
		"key client_secret":   {"client_secret", canary},
		"key refresh_token":   {"refresh_token", canary},
		"key Authorization":   {"Authorization", canary},
		"key cookie":          {"Set-Cookie", canary},
		"key flow":            {"flow", canary},
		"key email":           {"email", canary},
		"in a group":          {slog.Group("request", slog.String("access_token", canary))},
		"our own token":       {"detail", "presented jdr_1." + canary},
		"jwt":                 {"detail", "got eyJhbGciOiJFUzI1NiJ9." + canary + ".c2ln"},
		"bearer":              {"detail", "Authorization: Bearer " + canary},
		"basic":               {"detail", "basic " + canary + "=="},
		"dsn":                 {"error", errors.New("dial postgres://jedan:" + canary + "@db/x failed")},
		"query":               {"detail", "/cb?state=1&code=" + canary + "&x=1"},
		"wrapped error":       {"error", errs.Wrap(errs.Internal, "x", fmt.Errorf("token jda_%s: bad", canary))},
		"struct":              {"value", credentials{"maria", canary}},
		"pointer":             {"value", &credentials{"maria", canary}},
		"map":                 {"value", map[string]string{"anything": canary}},
		"bytes":               {"value", []byte(canary)},
		"list of strings":     {"value", []string{"jdc_" + canary}},
		"text marshaler":      {"value", marshaler("jds_" + canary)},
		"unprintable":         {"value", marshaler("")},
		"nested log valuer":   {"value", valuer{canary}},
		"password in message": nil,
	}
	for name, args := range cases {
		b := newBook(t, LogConfig{})
		if args == nil {
			b.Error("login failed password=" + canary)
		} else {
			b.Error("x", args...)
			b.With(args...).WithGroup("g").Error("y", args...)
		}
		if strings.Contains(b.out.String(), canary) {
			t.Errorf("%s: %s", name, b.out.String())
		}
		if len(b.lines(t)) == 0 {
			t.Errorf("%s: nothing was written", name)
		}
	}
}

type marshaler string

func (m marshaler) MarshalText() ([]byte, error) {
	if m == "" {
		return nil, errors.New("no CANARY0123456789")
	}
	return []byte(m), nil
}

type valuer struct{ v string }

func (v valuer) LogValue() slog.Value { return slog.GroupValue(slog.String("secret", v.v)) }

func TestHonestDetailSurvives(t *testing.T) {
	b := newBook(t, LogConfig{Level: "debug"})
	b.Debug("request", "path", "/oauth2/token", "status", 200, "token_count", 3, "client_id", "web", "took", time.Second, "missing", nil,
		"ok", true, "url", "https://id.test/x", "kinds", []string{"a", "b"}, "error", errors.New("database is locked"))
	got := b.lines(t)[0]
	for key, want := range map[string]any{"path": "/oauth2/token", "status": 200.0, "token_count": 3.0, "client_id": "web", "missing": nil,
		"ok": true, "url": "https://id.test/x", "kinds": "a b", "error": "database is locked", "msg": "request", "level": "DEBUG"} {
		if got[key] != want {
			t.Errorf("%s: got %v, want %v", key, got[key], want)
		}
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[string]int{"debug": 4, "": 3, "info": 3, "WARN": 2, "error": 1} {
		b := newBook(t, LogConfig{Level: level})
		b.Debug("x")
		b.Info("x")
		b.Warn("x")
		b.Error("x")
		if got := len(b.lines(t)); got != want {
			t.Errorf("%q: %d lines, want %d", level, got, want)
		}
	}
	for _, bad := range []LogConfig{{Level: "loud"}, {Repeats: -1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v: accepted", bad)
		}
	}
	if _, err := NewLogger(LogConfig{Level: "loud"}, LogDeps{Out: &bytes.Buffer{}}); err == nil {
		t.Error("a bad level made a logger")
	}
	if _, err := NewLogger(LogConfig{}, LogDeps{}); err == nil {
		t.Error("a logger without an output")
	}
	if err := (LogConfig{Level: "info", Repeats: 1}).Validate(); err != nil {
		t.Error(err)
	}
}

// DS08: ten thousand failures in a second are a few lines and one count.
func TestFloodOfFailuresIsBounded(t *testing.T) {
	b := newBook(t, LogConfig{Repeats: 20})
	for i := range 10_000 {
		b.Info("request failed", "code", "unauthenticated", "error_id", i)
		b.Info("request", "status", 401)
		b.Info("request refused", "table", "sign-in", "check", "password", "error_id", i)
		b.Info("request refused", "table", "sign-in", "check", "person", "error_id", i)
	}
	if got := len(b.lines(t)); got != 80 {
		t.Fatalf("%d lines", got)
	}
	b.now = b.now.Add(time.Second)
	b.Info("request", "status", 200)
	lines := b.lines(t)[80:]
	suppressed := 0.0
	for _, line := range lines[:4] {
		if n, ok := line["suppressed"].(float64); ok && line["msg"] == "failures not written" {
			suppressed += n
		}
	}
	if suppressed != 4*(10_000-20) {
		t.Errorf("the count is lost: %v", lines)
	}
	b.Info("request", "status", 401)
	if last := b.lines(t); last[len(last)-1]["status"] != 401.0 {
		t.Error("the next second starts with nothing written")
	}
}

func TestOtherKindsAndSuccessesAreNotSampled(t *testing.T) {
	b := newBook(t, LogConfig{Repeats: 2})
	for range 50 {
		b.Info("request", "status", 200)
		b.Error("database away")
	}
	b.Error("disk full")
	count := map[any]int{}
	for _, line := range b.lines(t) {
		count[line["msg"]]++
	}
	if count["request"] != 50 || count["database away"] != 2 || count["disk full"] != 1 {
		t.Errorf("%v", count)
	}
}

func TestSamplerMemoryIsBounded(t *testing.T) {
	s := &samples{limit: 1, now: func() time.Time { return time.Unix(1, 0) }, kinds: map[string]*sample{}}
	for i := range 10_000 {
		s.admit(fmt.Sprint(i), true, slog.Record{})
	}
	if len(s.kinds) > maxKinds+1 {
		t.Errorf("%d kinds", len(s.kinds))
	}
}

func TestZeroRepeatsWritesAll(t *testing.T) {
	b := newBook(t, LogConfig{})
	for range 100 {
		b.Error("x")
	}
	if got := len(b.lines(t)); got != 100 {
		t.Errorf("%d", got)
	}
}

func TestSamplerIsSafeForManyRequests(t *testing.T) {
	b := newBook(t, LogConfig{Repeats: 5})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				b.With("a", 1).Error("x")
			}
		})
	}
	wg.Wait()
	if got := len(b.lines(t)); got != 5 {
		t.Errorf("%d lines", got)
	}
}
