package core

import (
	"context"
	"log/slog"

	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// RefusalLog writes why a request was refused: for the operator, never for the client.
type RefusalLog struct{ Log *slog.Logger }

// Refused writes one record. Failures of ours are errors, refusals are information.
func (l RefusalLog) Refused(ctx context.Context, table string, r *Refusal) {
	level := slog.LevelInfo
	if r.Err.CodeField >= 500 {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.String("table", table), slog.String("code", r.Err.ErrorField), slog.String("expected", r.Expected), slog.String("received", r.Received)}
	if r.Cause != nil {
		attrs = append(attrs, slog.String("cause", r.Cause.Error()))
	}
	l.Log.LogAttrs(ctx, level, "request refused", attrs...)
}

// Verdicts writes what every check of a table found.
func (l RefusalLog) Verdicts(ctx context.Context, table string, vs []verdict.Verdict) {
	verdict.Log(ctx, l.Log, table, vs, "")
}
