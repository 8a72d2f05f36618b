package core

import (
	"context"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// Row is one rule of a table of checks. Its name appears in the log, in explain, and in the attack tests.
type Row[R any] struct {
	Name  string
	Check func(ctx context.Context, r *R) error
}

// Run applies the rows in order and stops at the first that refuses. Only then are there verdicts, one for every row it reached: most requests
// pass, and for them Passed can say the same later.
func Run[R any](ctx context.Context, rows []Row[R], r *R) ([]verdict.Verdict, error) {
	for i, row := range rows {
		if err := row.Check(ctx, r); err != nil {
			return append(Passed(rows[:i]), judge(row.Name, err)), err
		}
	}
	return nil, nil
}

// Passed are the verdicts on rows that let a request go on.
func Passed[R any](rows []Row[R]) []verdict.Verdict {
	out := make([]verdict.Verdict, 0, len(rows)+1)
	for _, row := range rows {
		out = append(out, judge(row.Name, nil))
	}
	return out
}

func judge(name string, err error) verdict.Verdict {
	if err == nil {
		return verdict.Verdict{Check: name, OK: true}
	}
	var r *Refusal
	if errors.As(err, &r) {
		return verdict.Verdict{Check: name, Expected: r.Expected, Received: r.Received}
	}
	return verdict.Verdict{Check: name, Expected: "no internal failure", Received: "one"}
}
