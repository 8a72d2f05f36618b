package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	askLink         = both("UPDATE links SET asking_until = ? WHERE tenant = ? AND id = ? AND (asking_until IS NULL OR asking_until <= ?) AND (checked_at IS NULL OR checked_at <= ?)")
	answerLink      = both("UPDATE links SET asking_until = NULL WHERE tenant = ? AND id = ? AND asking_until IS NOT NULL")
	checkLink       = both("UPDATE links SET checked_at = ?, failing_since = NULL, asking_until = NULL WHERE tenant = ? AND id = ?")
	checkLinkTokens = both("UPDATE links SET checked_at = ?, failing_since = NULL, asking_until = NULL, tokens = ? WHERE tenant = ? AND id = ?")
	failLink        = both("UPDATE links SET failing_since = COALESCE(failing_since, ?), asking_until = NULL WHERE tenant = ? AND id = ? RETURNING failing_since")
)

// AskLink implements storage.LinkWriter: of many at once one asks.
func (d *DB) AskLink(ctx context.Context, cmd storage.AskLink) (mine bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, askLink, cmd.Until, cmd.Tenant, cmd.ID, cmd.Now, cmd.Since)
		mine = n == 1
		return err
	})
	return mine && err == nil, err
}

// FreeLink implements storage.LinkWriter.
func (d *DB) FreeLink(ctx context.Context, tenant, id storage.ID) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, answerLink, tenant, id)
		return err
	})
}

// CheckLink implements storage.LinkWriter.
func (d *DB) CheckLink(ctx context.Context, cmd storage.CheckLink) (there bool, err error) {
	q, args := checkLink, []any{cmd.Now, cmd.Tenant, cmd.ID}
	if !cmd.Tokens.IsZero() {
		q, args = checkLinkTokens, []any{cmd.Now, cmd.Tokens, cmd.Tenant, cmd.ID}
	}
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, q, args...)
		there = n == 1
		return err
	})
	return there && err == nil, err
}

// FailLink implements storage.LinkWriter.
func (d *DB) FailLink(ctx context.Context, tenant, id storage.ID, now time.Time) (since time.Time, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		return t.conn.QueryRowContext(ctx, failLink.on(d.dialect), now, tenant, id).Scan(&since)
	})
	return since, err
}

// EndLink implements storage.LinkWriter.
func (d *DB) EndLink(ctx context.Context, cmd storage.EndLink, ev *storage.AuditEvent) (ended bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, answerLink, cmd.Tenant, cmd.ID); err != nil {
			return err
		}
		sessions, err := t.revoke(ctx, storage.ChangeSession, cmd.Tenant, cmd.Now, cmd.Reason, "link = ?", cmd.ID)
		if err != nil {
			return err
		}
		for _, id := range sessions {
			if err := t.endOnlineGrants(ctx, cmd.Tenant, id, cmd.Now, cmd.Reason); err != nil {
				return err
			}
		}
		grants, err := t.revoke(ctx, storage.ChangeGrant, cmd.Tenant, cmd.Now, cmd.Reason, "link = ?", cmd.ID)
		if err != nil {
			return err
		}
		if ended = len(sessions)+len(grants) > 0; !ended {
			return nil
		}
		if err := t.endSessions(ctx, cmd.Tenant, sessions...); err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
	return ended && err == nil, err
}
