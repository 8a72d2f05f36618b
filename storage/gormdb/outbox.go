package gormdb

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// InsertOutbox implements storage.OutboxWriter.
func (d *DB) InsertOutbox(ctx context.Context, ms ...*storage.OutboxMessage) error {
	if len(ms) == 0 {
		return nil
	}
	return d.write(ctx, func(ctx context.Context, t *tx) error { return t.send(ctx, ms) })
}

// send adds messages to the transaction. What this process is told after the commit is no row of the table of changes: other nodes need not know.
func (t *tx) send(ctx context.Context, ms []*storage.OutboxMessage) error {
	for _, m := range ms {
		if _, err := t.add(ctx, t.db.tables.outbox, m); err != nil {
			return err
		}
		t.changes = append(t.changes, storage.Change{Tenant: m.Tenant, Kind: storage.ChangeOutbox, Ref: m.ID[:], At: m.CreatedAt})
	}
	return nil
}

var retryOutbox = both("UPDATE outbox SET state = 'waiting', attempts = 0, next_at = ?, done_at = NULL WHERE tenant = ? AND id = ? AND state = 'dead'")

// RetryOutbox implements storage.OutboxWriter.
func (d *DB) RetryOutbox(ctx context.Context, tenant, id storage.ID, now time.Time, ev *storage.AuditEvent) (bool, error) {
	hit := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, retryOutbox, now, tenant, id)
		hit = n == 1
		if err != nil || !hit {
			return err
		}
		t.changes = append(t.changes, storage.Change{Tenant: tenant, Kind: storage.ChangeOutbox, Ref: id[:], At: now})
		return t.audit(ctx, ev)
	})
	return hit && err == nil, err
}

// Outbox implements storage.OutboxReader.
func (d *DB) Outbox(ctx context.Context, tenant storage.ID, f storage.OutboxFilter) ([]storage.OutboxMessage, error) {
	return list[storage.OutboxMessage](ctx, d, func(g *gorm.DB) *gorm.DB {
		g = g.Where("tenant = ?", tenant).Where(&storage.OutboxMessage{Kind: f.Kind, Target: f.Target, State: f.State})
		order, after := "id", "id > ?"
		if f.Newest {
			order, after = "id DESC", "id < ?"
		}
		if !f.After.IsZero() {
			g = g.Where(after, f.After)
		}
		return g.Order(order).Limit(listLimit(f.Limit))
	})
}

// OutboxByID implements storage.OutboxReader.
func (d *DB) OutboxByID(ctx context.Context, tenant, id storage.ID) (*storage.OutboxMessage, error) {
	return one[storage.OutboxMessage](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// OldestOutbox implements storage.OutboxReader.
func (d *DB) OldestOutbox(ctx context.Context) (time.Time, error) {
	var oldest time.Time
	err := d.eachOutboxTenant(ctx, func(g *gorm.DB, tenant storage.ID) error {
		var first storage.OutboxMessage
		err := g.Where("tenant = ? AND state = 'waiting'", tenant).Order("created_at").Take(&first).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		if err == nil && (oldest.IsZero() || first.CreatedAt.Before(oldest)) {
			oldest = first.CreatedAt
		}
		return err
	})
	return oldest, err
}

// eachOutboxTenant reads for every tenant that has messages.
func (d *DB) eachOutboxTenant(ctx context.Context, fn func(g *gorm.DB, tenant storage.ID) error) error {
	return d.read(ctx, func(g *gorm.DB) error {
		var tenant storage.ID
		for {
			var next storage.OutboxMessage
			err := g.Select("tenant").Where("tenant > ?", tenant[:]).Order("tenant").Take(&next).Error
			if errors.Is(err, gorm.ErrRecordNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			tenant = next.Tenant
			if err := fn(g, tenant); err != nil {
				return err
			}
		}
	})
}

// DeleteDoneOutbox implements storage.OutboxSweeper.
func (d *DB) DeleteDoneOutbox(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "outbox", key: "id", column: "done_at"}, before, limit)
}

// ClaimOutbox implements storage.OutboxQueue. Looking costs no transaction.
func (d *DB) ClaimOutbox(ctx context.Context, cmd storage.ClaimOutbox) ([]storage.OutboxMessage, error) {
	if len(cmd.Kinds) == 0 || cmd.Limit <= 0 {
		return nil, nil
	}
	oldest, err := d.OldestOutbox(ctx)
	if err != nil || oldest.IsZero() {
		return nil, err
	}
	var claimed []storage.OutboxMessage
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		claimed = nil
		var tenant storage.ID
		for len(claimed) < cmd.Limit {
			next, err := t.nextTenant(ctx, "outbox", tenant)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
			tenant = next
			found, err := t.claimOf(ctx, tenant, cmd, cmd.Limit-len(claimed))
			if err != nil {
				return err
			}
			claimed = append(claimed, found...)
		}
		return nil
	})
	return claimed, err
}

// claimOf takes a tenant's first messages of targets, and then its messages without one.
func (t *tx) claimOf(ctx context.Context, tenant storage.ID, cmd storage.ClaimOutbox, limit int) ([]storage.OutboxMessage, error) {
	loose := claimQuery{where: "tenant = ? AND target = ''", args: []any{tenant}}
	found, err := t.claimable(ctx, t.heads(tenant, cmd, limit), cmd, limit)
	if err == nil && len(found) < limit {
		var more []storage.OutboxMessage
		more, err = t.claimable(ctx, loose, cmd, limit-len(found))
		found = append(found, more...)
	}
	if err != nil {
		return nil, err
	}
	for i := range found {
		if err := t.lease(ctx, &found[i], cmd.Owner, cmd.Until); err != nil {
			return nil, err
		}
	}
	return found, nil
}

type claimQuery struct {
	with, where string
	args        []any
}

// claimable finds what is due and nobody's, longest due first.
func (t *tx) claimable(ctx context.Context, q claimQuery, cmd storage.ClaimOutbox, limit int) ([]storage.OutboxMessage, error) {
	text := q.with + "SELECT " + t.db.outboxTable().columns + " FROM outbox WHERE " + q.where +
		" AND state = 'waiting' AND next_at <= ? AND (lease_until IS NULL OR lease_until <= ?) AND kind IN (?" +
		strings.Repeat(", ?", len(cmd.Kinds)-1) + ") ORDER BY next_at, id LIMIT ?"
	if t.db.dialect == migrations.Postgres {
		text += " FOR UPDATE SKIP LOCKED"
	}
	args := append(q.args, cmd.Now, cmd.Now)
	for _, k := range cmd.Kinds {
		args = append(args, k)
	}
	return t.outboxRows(ctx, both(text), append(args, limit)...)
}

var leaseOutbox = both("UPDATE outbox SET owner = ?, lease_until = ?, attempts = attempts + 1 WHERE tenant = ? AND id = ?")

// lease is called on a row that this transaction holds.
func (t *tx) lease(ctx context.Context, m *storage.OutboxMessage, owner storage.ID, until time.Time) error {
	m.Owner, m.LeaseUntil, m.Attempts = owner, &until, m.Attempts+1
	_, err := t.exec(ctx, leaseOutbox, owner, until, m.Tenant, m.ID)
	return err
}

func (d *DB) outboxTable() table { return d.tables.of[reflect.TypeFor[storage.OutboxMessage]()] }

func (t *tx) outboxRows(ctx context.Context, q query, args ...any) ([]storage.OutboxMessage, error) {
	rows, err := t.conn.QueryContext(ctx, q.on(t.db.dialect), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below says what went wrong
	var all []storage.OutboxMessage
	from := t.db.outboxTable()
	for rows.Next() {
		var m storage.OutboxMessage
		if err := rows.Scan(from.places(ctx, &m)...); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

var (
	finishOutbox = both("UPDATE outbox SET state = ?, status = ?, attempts = ?, next_at = ?, done_at = ?, owner = NULL, lease_until = NULL " +
		"WHERE tenant = ? AND id = ? AND owner = ? AND state = 'waiting'")
	emptyOutbox = both("UPDATE outbox SET payload = NULL WHERE tenant = ? AND id = ?")
)

// FinishOutbox implements storage.OutboxQueue.
func (d *DB) FinishOutbox(ctx context.Context, cmd storage.FinishOutbox) (done bool, next *storage.OutboxMessage, err error) {
	var ended *time.Time
	if cmd.State != storage.OutboxWaiting {
		ended, cmd.NextAt = &cmd.Now, cmd.Now
	}
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		next = nil
		n, err := t.exec(ctx, finishOutbox, string(cmd.State), cmd.Status, cmd.Attempts, cmd.NextAt, ended, cmd.Tenant, cmd.ID, cmd.Owner)
		done = n == 1
		if err != nil || !done {
			return err
		}
		if cmd.State == storage.OutboxDelivered {
			if _, err := t.exec(ctx, emptyOutbox, cmd.Tenant, cmd.ID); err != nil {
				return err
			}
		}
		if !cmd.Until.IsZero() {
			next, err = t.nextOfTarget(ctx, cmd)
		}
		return err
	})
	if err != nil {
		return false, nil, err
	}
	return done, next, nil
}

// firstOfTarget waits, on PostgreSQL, for whoever is claiming the row: taking the one after it would be out of order.
func (d *DB) firstOfTarget() query {
	text := "SELECT " + d.outboxTable().columns + " FROM outbox WHERE tenant = ? AND state = 'waiting' AND target <> '' " +
		"AND (kind, target) = (SELECT kind, target FROM outbox WHERE tenant = ? AND id = ?) ORDER BY id LIMIT 1"
	if d.dialect == migrations.Postgres {
		text += " FOR UPDATE"
	}
	return both(text)
}

// nextOfTarget leases the message that is now the first of its target, if it is due and nobody's.
func (t *tx) nextOfTarget(ctx context.Context, cmd storage.FinishOutbox) (*storage.OutboxMessage, error) {
	found, err := t.outboxRows(ctx, t.db.firstOfTarget(), cmd.Tenant, cmd.Tenant, cmd.ID)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	m := &found[0]
	if m.NextAt.After(cmd.Now) || m.LeaseUntil != nil && m.LeaseUntil.After(cmd.Now) {
		return nil, nil //nolint:nilnil // none is the answer
	}
	return m, t.lease(ctx, m, cmd.Owner, cmd.Until)
}
