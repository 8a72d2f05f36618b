package federation

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// Judge applies rows until one refuses, as a *Refusal by the row's name. What is not there (errs.NotFound) is received as "none"; any other error is ours.
// theirs are the rows whose refusal is the upstream's word about the person.
func Judge[S any](ctx context.Context, s S, rows []verdict.Row[S], theirs ...string) error {
	for _, r := range rows {
		expected, received, err := r.Check(ctx, s)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if err != nil && received == "" {
			received = "none"
		}
		if received != "" {
			return &Refusal{Check: r.Name, Expected: expected, Received: received, Reason: r.Reason, Person: slices.Contains(theirs, r.Name)}
		}
	}
	return nil
}
