package gormdb

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	changeRow    = "(?, ?, ?, ?)"
	changeChunk  = 100
	insertChange = "INSERT INTO changes (tenant, kind, ref, at) VALUES "
)

// channel is what PostgreSQL nodes listen on. The notice is empty: it only wakes the tail.
const channel = "jedan_changes"

var (
	insertOneChange = both(insertChange + changeRow)
	insertChunk     = both(insertChange + strings.TrimSuffix(strings.Repeat(changeRow+", ", changeChunk), ", "))
	notify          = both("SELECT pg_notify('" + channel + "', '')")
)

// now is the clock in what both databases keep: UTC, microseconds.
func (d *DB) now() time.Time { return d.cfg.Now().UTC().Truncate(time.Microsecond) }

// audit appends the event; nil is none.
func (t *tx) audit(ctx context.Context, ev *storage.AuditEvent) error {
	if ev == nil {
		return nil
	}
	if _, err := t.add(ctx, t.db.tables.audit, ev); err != nil {
		return err
	}
	return t.watched(ctx, ev)
}

// changed says what caches must forget, here and, at once, on other nodes. It is called after the change itself has been written: the tail on
// PostgreSQL needs the transaction to have its number before the row gets its sequence.
func (t *tx) changed(ctx context.Context, tenant storage.ID, kind string, refs ...[]byte) error {
	if len(refs) == 0 {
		return nil
	}
	if err := t.changedQuietly(ctx, tenant, kind, refs...); err != nil {
		return err
	}
	if t.told || t.db.dialect != migrations.Postgres {
		return nil
	}
	t.told = true
	_, err := t.conn.ExecContext(ctx, notify.postgres)
	return err
}

// changedQuietly leaves it to other nodes' next poll. Transactions that notify commit one after the other in PostgreSQL, each waiting for
// its own fsync, so the hot commands that nobody's safety hangs on do without.
func (t *tx) changedQuietly(ctx context.Context, tenant storage.ID, kind string, refs ...[]byte) error {
	at := t.db.now()
	for _, ref := range refs {
		t.changes = append(t.changes, storage.Change{Tenant: tenant, Kind: kind, Ref: ref, At: at})
	}
	for len(refs) > 0 {
		n, q := 1, insertOneChange
		if len(refs) >= changeChunk {
			n, q = changeChunk, insertChunk
		}
		args := make([]any, 0, 4*n)
		for _, ref := range refs[:n] {
			args = append(args, tenant, kind, ref, at)
		}
		if _, err := t.exec(ctx, q, args...); err != nil {
			return err
		}
		refs = refs[n:]
	}
	return nil
}

// changedIDs is changed for row ids.
func (t *tx) changedIDs(ctx context.Context, tenant storage.ID, kind string, ids ...storage.ID) error {
	refs := make([][]byte, len(ids))
	for i, id := range ids {
		refs[i] = id[:]
	}
	return t.changed(ctx, tenant, kind, refs...)
}

// record writes the change row and the event of a changed row.
func (t *tx) record(ctx context.Context, tenant storage.ID, kind string, id storage.ID, ev *storage.AuditEvent) error {
	if err := t.changedIDs(ctx, tenant, kind, id); err != nil {
		return err
	}
	return t.audit(ctx, ev)
}

// revoke ends the live rows of sessions or grants that match, with a change row each. where follows "tenant = ? AND".
func (t *tx) revoke(ctx context.Context, kind string, tenant storage.ID, now time.Time, reason, where string, args ...any) ([]storage.ID, error) {
	table := "grants"
	if kind == storage.ChangeSession {
		table = "sessions"
	}
	text := "UPDATE " + table + " SET revoked_at = ?, reason = ? WHERE revoked_at IS NULL AND expires_at > ? AND tenant = ? AND " + where + " RETURNING id"
	ids, err := t.ids(ctx, both(text), append([]any{now, reason, now, tenant}, args...)...)
	if err != nil {
		return nil, err
	}
	return ids, t.changedIDs(ctx, tenant, kind, ids...)
}

// ids runs a statement that returns one column of ids.
func (t *tx) ids(ctx context.Context, q query, args ...any) ([]storage.ID, error) {
	rows, err := t.conn.QueryContext(ctx, q.on(t.db.dialect), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below says what went wrong
	var ids []storage.ID
	for rows.Next() {
		var id storage.ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// forUpdate locks what is read until the transaction ends; on SQLite the writer's transaction does so anyway.
func forUpdate() clause.Locking { return clause.Locking{Strength: clause.LockingStrengthUpdate} }
