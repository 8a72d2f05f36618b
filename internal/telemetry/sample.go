package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// maxKinds bounds the sampler's memory; what comes on top shares one kind.
const maxKinds = 512

// sampler writes the first few failures of a kind in a second and counts the rest
// in one line: ten thousand failures a second must not fill a disk (CWE-779).
// Failures are records of level warn and above, and those with a status of 400 and
// above, a code, or the check that refused a request. Nothing that the audit trail keeps passes here.
type sampler struct {
	next   slog.Handler
	shared *samples
}

type samples struct {
	limit int
	now   func() time.Time

	mu     sync.Mutex
	second int64
	kinds  map[string]*sample
}

type sample struct {
	level   slog.Level
	message string
	seen    int
}

// Enabled is slog.Handler's.
func (h *sampler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// WithAttrs is slog.Handler's.
func (h *sampler) WithAttrs(a []slog.Attr) slog.Handler {
	return &sampler{next: h.next.WithAttrs(a), shared: h.shared}
}

// WithGroup is slog.Handler's.
func (h *sampler) WithGroup(name string) slog.Handler {
	return &sampler{next: h.next.WithGroup(name), shared: h.shared}
}

// Handle is slog.Handler's.
func (h *sampler) Handle(ctx context.Context, r slog.Record) error {
	kind, failure := kindOf(r)
	write, summaries := h.shared.admit(kind, failure, r)
	for _, s := range summaries {
		line := slog.NewRecord(r.Time, s.level, "failures not written", 0)
		line.AddAttrs(slog.String("of", s.message), slog.Int("suppressed", s.seen-h.shared.limit))
		if err := h.next.Handle(ctx, line); err != nil {
			return err
		}
	}
	if !write {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// kindOf tells failures apart by level, message, code, check and status, never by
// what the caller can choose freely.
func kindOf(r slog.Record) (kind string, failure bool) {
	var b strings.Builder
	b.WriteString(r.Level.String())
	b.WriteByte(' ')
	b.WriteString(r.Message)
	failure = r.Level >= slog.LevelWarn
	r.Attrs(func(a slog.Attr) bool {
		switch {
		case a.Key == "status" && a.Value.Kind() == slog.KindInt64:
			if a.Value.Int64() < 400 {
				return true
			}
		case (a.Key == "code" || a.Key == "check") && a.Value.Kind() == slog.KindString:
		default:
			return true
		}
		failure = true
		b.WriteByte(' ')
		b.WriteString(a.Value.String())
		return true
	})
	return b.String(), failure
}

// admit counts the record and returns the kinds of the second that has passed
// that had more than was written.
func (s *samples) admit(kind string, failure bool, r slog.Record) (write bool, summaries []*sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if second := s.now().Unix(); second != s.second {
		summaries = s.turn(second)
	}
	if !failure {
		return true, summaries
	}
	k, known := s.kinds[kind]
	if !known {
		if len(s.kinds) >= maxKinds {
			kind = "other"
		}
		if k, known = s.kinds[kind]; !known {
			k = &sample{level: r.Level, message: r.Message}
			s.kinds[kind] = k
		}
	}
	k.seen++
	return k.seen <= s.limit, summaries
}

func (s *samples) turn(second int64) []*sample {
	var out []*sample
	for _, k := range s.kinds {
		if k.seen > s.limit {
			out = append(out, k)
		}
	}
	s.second = second
	clear(s.kinds)
	return out
}
