package gormdb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// PendingByID implements storage.PendingReader.
func (d *DB) PendingByID(ctx context.Context, tenant, id storage.ID) (*storage.Pending, error) {
	return one[storage.Pending](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// PendingByHandle implements storage.PendingReader.
func (d *DB) PendingByHandle(ctx context.Context, tenant storage.ID, handle []byte) (*storage.Pending, error) {
	return one[storage.Pending](ctx, d, "tenant = ? AND handle = ?", tenant, handle)
}

// PendingByUserCode implements storage.PendingReader.
func (d *DB) PendingByUserCode(ctx context.Context, tenant storage.ID, userCode []byte) (*storage.Pending, error) {
	return one[storage.Pending](ctx, d, "tenant = ? AND user_code = ? AND state = 'open'", tenant, userCode)
}

// PendingFor implements storage.PendingLister.
func (d *DB) PendingFor(ctx context.Context, tenant, person, after storage.ID, now time.Time, limit int) ([]storage.Pending, error) {
	return list[storage.Pending](ctx, d, func(g *gorm.DB) *gorm.DB {
		g = g.Where("tenant = ? AND person = ? AND state = 'open' AND expires_at > ?", tenant, person, now)
		if !after.IsZero() {
			g = g.Where("id > ?", after)
		}
		return g.Order("id").Limit(listLimit(limit))
	})
}

// InsertPending implements storage.PendingWriter.
func (d *DB) InsertPending(ctx context.Context, p *storage.Pending, most storage.PendingCap) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.pendingCaps(ctx, p, most); err != nil {
			return err
		}
		_, err := t.add(ctx, d.tables.pending, p)
		return err
	})
}

// openPending counts, up to a bound, the open requests that share one column.
func openPending(column string) query {
	return both("SELECT COUNT(*) FROM (SELECT 1 FROM pending WHERE tenant = ? AND kind = ? AND " + column + " = ? " +
		"AND state = 'open' AND expires_at > ? LIMIT ?) AS counted")
}

var (
	openPendingOfClient  = openPending("client")
	openPendingOfAddress = openPending("address")
	openPendingOfPerson  = openPending("person")
)

func (t *tx) pendingCaps(ctx context.Context, p *storage.Pending, most storage.PendingCap) error {
	for _, c := range []struct {
		most  int
		query query
		value []byte
	}{
		{most.PerClient, openPendingOfClient, p.Client[:]},
		{most.PerAddress, openPendingOfAddress, p.Address},
		{most.PerPerson, openPendingOfPerson, idOrNil(p.Person)},
	} {
		if c.most <= 0 || c.value == nil {
			continue
		}
		var n int
		err := t.conn.QueryRowContext(ctx, c.query.on(t.db.dialect), p.Tenant, string(p.Kind), c.value, p.CreatedAt, c.most).Scan(&n)
		if err != nil {
			return err
		}
		if n >= c.most {
			return errs.New(errs.Throttled, "Too many requests wait to be answered. Try again in a moment.").After(pendingRetry)
		}
	}
	return nil
}

// pendingRetry is when a place may be free again: requests live for minutes.
const pendingRetry = 10 * time.Second

func idOrNil(id storage.ID) []byte {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

var (
	decidePending = both("UPDATE pending SET state = ?, person = ?, session = ?, decision = ? " +
		"WHERE tenant = ? AND id = ? AND state = 'open' AND expires_at > ? AND (person IS NULL OR person = ?)")
	keepPending = both("UPDATE pending SET expires_at = ? WHERE tenant = ? AND id = ? AND state = 'open' AND expires_at < ?")
	pollPending = both("UPDATE pending SET slow = (polled_at + interval_seconds * 1000 > ?), " +
		"interval_seconds = interval_seconds + CASE WHEN polled_at + interval_seconds * 1000 > ? THEN ? ELSE 0 END, " +
		"tries = tries + CASE WHEN polled_at + interval_seconds * 1000 > ? THEN 1 ELSE 0 END, polled_at = ? " +
		"WHERE tenant = ? AND id = ? AND client = ? RETURNING state, slow")
	spendPending = both("UPDATE pending SET state = 'spent' " +
		"WHERE tenant = ? AND id = ? AND client = ? AND person = ? AND state = 'approved' AND expires_at > ?")
	spendPushed = both("UPDATE pending SET state = 'spent', person = ?, session = ? " +
		"WHERE tenant = ? AND id = ? AND client = ? AND kind = 'par' AND state = 'open'")
	pendingStands   = both("SELECT 1 FROM pending WHERE tenant = ? AND id = ?")
	denyPendingOf   = both("UPDATE pending SET state = 'denied' WHERE tenant = ? AND person = ? AND state IN ('open', 'approved') AND (session IS NULL OR session <> ?)")
	deletePendingOf = both("DELETE FROM pending WHERE tenant = ? AND person = ?")
)

// DecidePending implements storage.PendingWriter.
func (d *DB) DecidePending(ctx context.Context, cmd storage.DecidePending, ev *storage.AuditEvent) (bool, error) {
	state := storage.PendingDenied
	if cmd.Approve {
		state = storage.PendingApproved
	}
	hit := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, decidePending, string(state), cmd.Person, cmd.Session, cmd.Decision, cmd.Tenant, cmd.ID, cmd.Now, cmd.Person)
		hit = n == 1
		if err != nil || !hit {
			return err
		}
		if err := t.send(ctx, cmd.Outbox); err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
	return hit && err == nil, err
}

// KeepPending implements storage.PendingKeeper.
func (d *DB) KeepPending(ctx context.Context, tenant, id storage.ID, until time.Time) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, keepPending, until, tenant, id, until)
		return err
	})
}

// PollPending implements storage.PendingWriter.
func (d *DB) PollPending(ctx context.Context, cmd storage.PollPending) (state storage.PendingState, tooFast bool, err error) {
	now := cmd.Now.UnixMilli()
	due := now + cmd.Slack.Milliseconds()
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		args := []any{due, due, storage.SlowDown, due, now, cmd.Tenant, cmd.ID, cmd.Client}
		return t.conn.QueryRowContext(ctx, pollPending.on(d.dialect), args...).Scan(&state, &tooFast)
	})
	if err != nil {
		return "", false, err
	}
	return state, tooFast, nil
}

// SpendPending implements storage.PendingSpender. The session is held first, as by everybody who touches both.
func (d *DB) SpendPending(ctx context.Context, cmd storage.SpendPending, g *storage.Grant, ev *storage.AuditEvent) (bool, error) {
	won := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		won = false
		if err := t.liveSession(ctx, g); err != nil {
			return err
		}
		n, err := t.exec(ctx, spendPending, cmd.Tenant, cmd.ID, g.Client, g.Person, cmd.Now)
		if err != nil || n != 1 {
			return err
		}
		if won, err = t.add(ctx, d.tables.grants, g); err != nil || !won {
			return err
		}
		return t.audit(ctx, ev)
	})
	return won && err == nil, err
}

// spendPushed spends the pushed request of a new grant. One that is there and not open belongs to another grant, or was denied.
func (t *tx) spendPushed(ctx context.Context, g *storage.Grant) error {
	n, err := t.exec(ctx, spendPushed, g.Person, g.Session, g.Tenant, g.Spends, g.Client)
	if err != nil || n == 1 {
		return err
	}
	var found int
	err = t.conn.QueryRowContext(ctx, pendingStands.on(t.db.dialect), g.Tenant, g.Spends).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return errs.New(errs.Conflict, "This request has been used.")
}

// DeleteExpiredPending implements storage.PendingSweeper.
func (d *DB) DeleteExpiredPending(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "pending", key: "id", column: "expires_at"}, before, limit)
}
