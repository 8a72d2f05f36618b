package samlsp

import (
	"context"
	"errors"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// judge applies tables one after the other until a row refuses. A row may pass on the refusal of a table of its own, such as a signature's.
func judge[S any](ctx context.Context, s S, tables ...[]verdict.Row[S]) error {
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
				return &federation.Refusal{Check: row.Name, Expected: expected, Received: received, Reason: row.Reason}
			}
		}
	}
	return nil
}

// refused says whether an error is a refusal, and not a failure of ours.
func refused(err error) bool {
	var r *federation.Refusal
	return errors.As(err, &r)
}
