package gormdb

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// answerWithin bounds a read, or a write that is one command, on PostgreSQL.
	answerWithin = 5 * time.Second
	// answerSoon bounds those that follow, for as long as remembered, one that had no answer: a request asks several times, and all together must
	// not take long. Whoever comes after that time waits in full again, or a slow database would be taken for a silent one for ever.
	answerSoon = time.Second
	remembered = 2 * time.Second
)

// silence remembers when the database last gave no answer within answerWithin, by a clock that nobody moves.
type silence struct {
	began time.Time
	at    atomic.Int64 // nanoseconds since began; 0: never
}

func newSilence() *silence { return &silence{began: time.Now()} }

func (s *silence) patience() time.Duration {
	if at := s.at.Load(); at != 0 && time.Since(s.began)-time.Duration(at) < remembered {
		return answerSoon
	}
	return answerWithin
}

func (s *silence) begins() { s.at.Store(int64(time.Since(s.began))) }

func (s *silence) ends() {
	if s.at.Load() != 0 {
		s.at.Store(0)
	}
}

// bounded limits how long one call waits for PostgreSQL, unless its caller has said so: a network that swallows everything tells nobody that the
// database is away.
func (d *DB) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return d.within(ctx, answerWithin)
}

func (d *DB) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if _, said := ctx.Deadline(); said || d.pool == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// asked is bounded for the calls of requests, which wait less once one had no answer. What the call came to goes through done.
func (d *DB) asked(ctx context.Context) (bound context.Context, done func(error) error) {
	patience := d.silence.patience()
	bound, cancel := d.within(ctx, patience)
	return bound, func(err error) error {
		switch {
		case err == nil:
			d.silence.ends()
		case bound.Err() != nil && ctx.Err() == nil && patience == answerWithin:
			d.silence.begins()
		}
		cancel()
		return err
	}
}
