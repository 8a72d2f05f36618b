package telemetry

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// LogConfig is the log's configuration.
type LogConfig struct {
	// Level is debug, info, warn or error.
	Level string `config:"level" default:"info" doc:"Least level that is logged: debug, info, warn or error."`
	// Repeats is how many failures of one kind are written in a second; the rest is
	// counted in one line. 0 writes all of them.
	Repeats int `config:"repeats" default:"20" doc:"Failures of one kind that are written in a second; more are counted in one line. 0 writes all."`
}

// Validate refuses unknown levels.
func (c LogConfig) Validate() error {
	if _, err := c.level(); err != nil {
		return err
	}
	if c.Repeats < 0 {
		return errors.New("repeats must not be negative")
	}
	return nil
}

func (c LogConfig) level() (slog.Level, error) {
	switch strings.ToLower(c.Level) {
	case "debug":
		return slog.LevelDebug, nil
	case "", "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, errors.New("level must be debug, info, warn or error")
}

// LogDeps are what the log needs from outside.
type LogDeps struct {
	Out io.Writer
	// RequestID finds the request of a context; nil finds none.
	RequestID func(context.Context) string
	// Now is the clock for sampling; nil is time.Now.
	Now func() time.Time
}

// NewLogger makes the server's logger: JSON lines with the request id, secrets
// replaced, repeated failures sampled.
func NewLogger(c LogConfig, d LogDeps) (*slog.Logger, error) {
	level, err := c.level()
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	if d.Out == nil {
		return nil, errors.New("telemetry: the log needs somewhere to go")
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	var h slog.Handler = slog.NewJSONHandler(d.Out, &slog.HandlerOptions{Level: level, ReplaceAttr: newScrubber().attr})
	if c.Repeats > 0 {
		h = &sampler{next: h, shared: &samples{limit: c.Repeats, now: d.Now, kinds: map[string]*sample{}}}
	}
	if d.RequestID != nil {
		h = &requestIDs{next: h, find: d.RequestID}
	}
	return slog.New(h), nil
}

// requestIDs adds request_id to every record that belongs to a request.
type requestIDs struct {
	next slog.Handler
	find func(context.Context) string
}

// Enabled is slog.Handler's.
func (h *requestIDs) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle is slog.Handler's.
func (h *requestIDs) Handle(ctx context.Context, r slog.Record) error {
	if id := h.find(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs is slog.Handler's.
func (h *requestIDs) WithAttrs(a []slog.Attr) slog.Handler {
	return &requestIDs{next: h.next.WithAttrs(a), find: h.find}
}

// WithGroup is slog.Handler's.
func (h *requestIDs) WithGroup(name string) slog.Handler {
	return &requestIDs{next: h.next.WithGroup(name), find: h.find}
}

// any prints what slog would otherwise encode field by field: a struct may hold a
// secret that no key names, so only types that print themselves are shown.
func (s *scrubber) any(v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(s.text(v.Error()))
	case fmt.Stringer:
		return slog.StringValue(s.text(v.String()))
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		if err != nil {
			return slog.StringValue("[unprintable]")
		}
		return slog.StringValue(s.text(string(text)))
	case []string:
		return slog.StringValue(s.text(strings.Join(v, " ")))
	}
	return slog.StringValue(fmt.Sprintf("[%T]", v))
}
