package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	checkLink       = both("UPDATE links SET checked_at = ?, failing_since = NULL WHERE tenant = ? AND id = ?")
	checkLinkTokens = both("UPDATE links SET checked_at = ?, failing_since = NULL, tokens = ? WHERE tenant = ? AND id = ?")
	failLink        = both("UPDATE links SET failing_since = COALESCE(failing_since, ?) WHERE tenant = ? AND id = ? RETURNING failing_since")
)

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
