package gormdb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// sweepMost is how many rows one sweep deletes when its caller names no limit.
const sweepMost = 1000

// sweepTable says where dead rows are found: those whose column lies before a time. An index on (tenant, column) must exist.
type sweepTable struct {
	name, key, column string
	revoked           bool   // rows may also have a revoked_at
	where             string // what else must hold; empty: nothing
}

// sweep deletes rows that died before the given time, at most limit, tenant by tenant.
func (d *DB) sweep(ctx context.Context, s sweepTable, before time.Time, limit int) (int64, error) {
	return d.sweepWith(ctx, s, before, limit, func(ctx context.Context, t *tx, _ storage.ID, q query, args ...any) (int64, error) {
		return t.exec(ctx, q, args...)
	})
}

// remover runs a statement that deletes rows of one tenant, and returns how many they were.
type remover func(ctx context.Context, t *tx, tenant storage.ID, q query, args ...any) (int64, error)

func (d *DB) sweepWith(ctx context.Context, s sweepTable, before time.Time, limit int, del remover) (int64, error) {
	if limit <= 0 {
		limit = sweepMost
	}
	var total int64
	err := d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		total = 0
		var tenant storage.ID
		for total < int64(limit) {
			next, err := t.nextTenant(ctx, s.name, tenant)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
			tenant = next
			n, err := t.sweepTenant(ctx, s, tenant, before, int64(limit)-total, del)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	return total, err
}

func (t *tx) sweepTenant(ctx context.Context, s sweepTable, tenant storage.ID, before time.Time, limit int64, del remover) (int64, error) {
	n, err := del(ctx, t, tenant, s.statement(t.db.dialect, s.column), tenant, tenant, before, limit)
	if err != nil || !s.revoked || n >= limit {
		return n, err
	}
	more, err := del(ctx, t, tenant, s.statement(t.db.dialect, "revoked_at"), tenant, tenant, before, limit-n)
	return n + more, err
}

// statement skips, on PostgreSQL, rows that another node's sweep has in hand.
func (s sweepTable) statement(d migrations.Dialect, column string) query {
	skip, also := "", ""
	if s.where != "" {
		also = " AND " + s.where
	}
	if d == migrations.Postgres {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	return both("DELETE FROM " + s.name + " WHERE tenant = ? AND " + s.key + " IN (SELECT " + s.key + " FROM " + s.name +
		" WHERE tenant = ? AND " + column + " < ?" + also + " ORDER BY " + column + " LIMIT ?" + skip + ")")
}

// nextTenant steps through the tenants that have rows, by the index, without reading the rows.
func (t *tx) nextTenant(ctx context.Context, table string, after storage.ID) (storage.ID, error) {
	var id storage.ID
	q := both("SELECT tenant FROM " + table + " WHERE tenant > ? ORDER BY tenant LIMIT 1")
	err := t.conn.QueryRowContext(ctx, q.on(t.db.dialect), after[:]).Scan(&id)
	return id, err
}
