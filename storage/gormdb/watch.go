package gormdb

import (
	"context"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Watcher sees an audit event in the transaction that writes it, right after it was written. What it writes with ctx is kept or lost with the event; its
// error takes the change back.
type Watcher func(ctx context.Context, ev *storage.AuditEvent) error

// Watch has every event that belongs to a change shown to w. Call it before the database is used.
func (d *DB) Watch(w Watcher) { d.watch = w }

func (t *tx) watched(ctx context.Context, ev *storage.AuditEvent) error {
	if t.db.watch == nil {
		return nil
	}
	return t.db.watch(context.WithValue(ctx, txKey{t.db}, t), ev)
}
