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

// Run applies the rows in order and stops at the first that refuses. It returns a verdict for every row it reached.
func Run[R any](ctx context.Context, rows []Row[R], r *R) ([]verdict.Verdict, error) {
	verdicts := make([]verdict.Verdict, 0, len(rows))
	for _, row := range rows {
		err := row.Check(ctx, r)
		verdicts = append(verdicts, judge(row.Name, err))
		if err != nil {
			return verdicts, err
		}
	}
	return verdicts, nil
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
