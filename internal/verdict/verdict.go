package verdict

import (
	"context"
	"log/slog"
)

// Verdict is what one check of a table found.
type Verdict struct {
	Check    string // the row's name
	Expected string // what would have passed, in words
	Received string // what came instead, redacted: a kind, a size or a state
	OK       bool
}

// Pass is a verdict that lets the request go on.
func Pass(check, expected string) Verdict {
	return Verdict{Check: check, Expected: expected, Received: "as expected", OK: true}
}

// Refuse is a verdict that ends the request. received must not hold anything
// that a person or client sent.
func Refuse(check, expected, received string) Verdict {
	return Verdict{Check: check, Expected: expected, Received: received}
}

// LogValue keeps the four parts apart in structured logs.
func (v Verdict) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("check", v.Check),
		slog.String("expected", v.Expected),
		slog.String("received", v.Received),
		slog.Bool("ok", v.OK),
	)
}

// Refused is the first check that did not pass; false when all did.
func Refused(vs []Verdict) (Verdict, bool) {
	for _, v := range vs {
		if !v.OK {
			return v, true
		}
	}
	return Verdict{}, false
}

// Log writes one record for a refused request: the table, the row that refused
// it and every verdict up to there, under the error id that the page shows. A
// request that passed every check is not logged here.
func Log(ctx context.Context, logger *slog.Logger, table string, vs []Verdict, errorID string) {
	first, refused := Refused(vs)
	if !refused {
		return
	}
	rows := make([]any, 0, len(vs))
	for _, v := range vs {
		rows = append(rows, slog.Any(v.Check, v))
	}
	logger.LogAttrs(ctx, slog.LevelInfo, "request refused",
		slog.String("table", table),
		slog.String("error_id", errorID),
		slog.String("check", first.Check),
		slog.Group("verdicts", rows...),
	)
}
