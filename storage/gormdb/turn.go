package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// patience is how long a write waits for the one writer connection before it gives up and says why.
const patience = 10 * time.Second

// turn hands SQLite's one writer connection from one transaction to the next, in order of asking.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return mapError(ctx.Err())
	case <-timer.C:
		return errs.New(errs.Unavailable, "The database is busy: another transaction holds its writer.").After(retryAfter)
	}
}

func (t turn) give() { <-t }
