package verdict

import (
	"context"
	"log/slog"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Row is one rule about S. It refuses by saying what it received, or by errs.NotFound; any other error is ours.
type Row[S any] struct {
	Name   string
	Reason string // its word for audit and metrics, where there is one
	Check  func(ctx context.Context, s S) (expected, received string, err error)
}

// Judge applies tables one after the other until a row refuses, which it returns and logs under the table's name. nil: all passed.
func Judge[S any](ctx context.Context, logger *slog.Logger, table, errorID string, s S, tables ...[]Row[S]) (*Row[S], error) {
	var vs []Verdict
	for _, rows := range tables {
		for i := range rows {
			expected, received, err := rows[i].Check(ctx, s)
			if err != nil && !errs.Is(err, errs.NotFound) {
				return nil, err
			}
			if err != nil && received == "" {
				received = "none"
			}
			if received != "" {
				Log(ctx, logger, table, append(vs, Refuse(rows[i].Name, expected, received)), errorID)
				return &rows[i], nil
			}
			vs = append(vs, Pass(rows[i].Name, ""))
		}
	}
	return nil, nil
}
