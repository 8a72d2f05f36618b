package gormdb

import (
	"context"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// tailPage is how many changes one read of the tail brings.
const tailPage = 1000

// Tail implements storage.ChangeTail. It ends with ctx, or with the first error that is not a lost connection of the listener; then the caller
// starts it again and treats everything it keeps as stale.
//
// SQLite commits in order of Seq, and every change comes once. PostgreSQL hands out numbers before transactions commit, so that a lower number
// may become visible after a higher one: each batch is in order of Seq, but a change that committed late comes in a later batch than its number
// says, and after trouble a change may come twice. None is left out (tail_postgres.go says why).
func (d *DB) Tail(ctx context.Context, fn func(changes []storage.Change, caughtUp time.Time)) error {
	if d.dialect == migrations.Postgres {
		return d.tailPostgres(ctx, fn)
	}
	return d.tailSQLite(ctx, fn)
}

// DeleteChanges implements storage.ChangeTail. Rows are deleted from the lowest Seq on, up to the first that is young enough to stay.
func (d *DB) DeleteChanges(ctx context.Context, before time.Time, limit int) (int64, error) {
	if limit <= 0 {
		limit = sweepMost
	}
	var n int64
	err := d.writeLong(ctx, func(ctx context.Context, t *tx) (err error) {
		n, err = t.exec(ctx, deleteChanges, before, limit)
		return err
	})
	return n, err
}

var deleteChanges = both("DELETE FROM changes WHERE seq IN (SELECT seq FROM changes " +
	"WHERE seq < COALESCE((SELECT min(seq) FROM changes WHERE at >= ?), 9223372036854775807) ORDER BY seq LIMIT ?)")

// wakers are the tails of this process, told of its own commits.
type wakers struct {
	mu  sync.Mutex
	all map[chan struct{}]struct{}
}

// add registers a tail. The channel holds one wake-up, which stands for any number.
func (w *wakers) add() (woken <-chan struct{}, remove func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[chan struct{}]struct{}{}
	}
	w.all[c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, c)
	}
}

func (w *wakers) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.all {
		select {
		case c <- struct{}{}:
		default: // it is about to look anyway
		}
	}
}
