package samlxml

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// Refusal is the answer to what does not count. It names the row; nothing that somebody sent is in it.
type Refusal struct {
	Check    string // row of a table, such as saml_document.markup
	Expected string
	Received string
	Reason   string // one word for audit and metrics
}

// Error is for the log.
func (r *Refusal) Error() string {
	return "samlxml: " + r.Check + ": expected " + r.Expected + ", received " + r.Received
}

// Judge applies tables one after the other until a row refuses. A row may pass on the refusal of a table of its own, such as a signature's.
func Judge[S any](ctx context.Context, s S, tables ...[]verdict.Row[S]) error {
	for _, rows := range tables {
		for _, row := range rows {
			expected, received, err := row.Check(ctx, s)
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
			if err != nil && received == "" {
				received = "none"
			}
			if received != "" {
				return &Refusal{Check: row.Name, Expected: expected, Received: received, Reason: row.Reason}
			}
		}
	}
	return nil
}
