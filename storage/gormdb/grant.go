package gormdb

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// GrantByID implements storage.GrantReader.
func (d *DB) GrantByID(ctx context.Context, tenant, id storage.ID) (*storage.Grant, error) {
	return one[storage.Grant](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// Grants implements storage.GrantReader.
func (d *DB) Grants(ctx context.Context, tenant, person, client, after storage.ID, limit int) ([]storage.Grant, error) {
	where, args := personAndClient(tenant, person, client)
	return page[storage.Grant](ctx, d, after, limit, where, args...)
}

// personAndClient leaves out a zero id: it means any.
func personAndClient(tenant, person, client storage.ID) (where string, args []any) {
	where, args = "tenant = ?", []any{tenant}
	if !person.IsZero() {
		where, args = where+" AND person = ?", append(args, person)
	}
	if !client.IsZero() {
		where, args = where+" AND client = ?", append(args, client)
	}
	return where, args
}

// InsertGrant implements storage.GrantWriter. A new grant needs no change row: nobody can have seen it.
func (d *DB) InsertGrant(ctx context.Context, g *storage.Grant, ev *storage.AuditEvent) (*storage.Grant, bool, error) {
	var standing *storage.Grant
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		standing = nil
		if err := t.liveSession(ctx, g); err != nil {
			return err
		}
		inserted, err := t.add(ctx, d.tables.grants, g)
		if err != nil {
			return err
		}
		if inserted {
			return t.newGrant(ctx, g, ev)
		}
		standing = &storage.Grant{}
		return t.orm(ctx).Where("tenant = ? AND origin = ?", g.Tenant, g.Origin).Take(standing).Error
	})
	switch {
	case err != nil:
		return nil, false, err
	case standing != nil:
		return standing, false, nil
	}
	return g, true, nil
}

// newGrant is what goes with an inserted grant.
func (t *tx) newGrant(ctx context.Context, g *storage.Grant, ev *storage.AuditEvent) error {
	if !g.Spends.IsZero() {
		if err := t.spendPushed(ctx, g); err != nil {
			return err
		}
	}
	return t.audit(ctx, ev)
}

// liveSession holds the grant's session as it is until the commit, and refuses one that has ended: a sign-out that comes at the same moment either
// ends the new grant or comes first. The grant rests on what its session rests on.
func (t *tx) liveSession(ctx context.Context, g *storage.Grant) error {
	if g.Session.IsZero() {
		return nil
	}
	var ended bool
	err := t.conn.QueryRowContext(ctx, sessionOfGrant.on(t.db.dialect), g.Tenant, g.Session).Scan(&ended, &g.Link)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && ended:
		return errs.New(errs.Forbidden, "The session has ended.")
	}
	return err
}

var (
	// sessionOfGrant says whether a session has ended and on what it rests, and locks it. A condition on revoked_at instead would let the planner skip
	// the lock.
	sessionOfGrant = query{
		sqlite:   "SELECT revoked_at IS NOT NULL, link FROM sessions WHERE tenant = ? AND id = ?",
		postgres: "SELECT revoked_at IS NOT NULL, link FROM sessions WHERE tenant = $1 AND id = $2 FOR SHARE",
	}
	redeemCode = both("UPDATE grants SET code = 2 " +
		"WHERE tenant = ? AND id = ? AND client = ? AND code = 1 AND code_expires > ? AND expires_at > ? AND revoked_at IS NULL")
	redeemCodeWithRefresh = both("UPDATE grants SET code = 2, nonce1 = ?, generation = 1 " +
		"WHERE tenant = ? AND id = ? AND client = ? AND code = 1 AND code_expires > ? AND expires_at > ? AND revoked_at IS NULL")
	redeemCodeBound = both("UPDATE grants SET code = 2, nonce1 = ?, generation = 1, cnf = ?, rotates = ? " +
		"WHERE tenant = ? AND id = ? AND client = ? AND code = 1 AND code_expires > ? AND expires_at > ? AND revoked_at IS NULL")
	rotateRefresh = both("UPDATE grants SET nonce0 = nonce1, nonce1 = ?, generation = generation + 1, rotated_at = ? " +
		"WHERE tenant = ? AND id = ? AND client = ? AND generation = ? AND expires_at > ? AND revoked_at IS NULL")
	revokeGrant = both("UPDATE grants SET revoked_at = ?, reason = ? WHERE tenant = ? AND id = ? AND revoked_at IS NULL")
)

// RedeemCode implements storage.GrantWriter.
func (d *DB) RedeemCode(ctx context.Context, cmd storage.RedeemCode, ev *storage.AuditEvent) (bool, error) {
	q, args := redeemCode, []any{cmd.Tenant, cmd.Grant, cmd.Client, cmd.Now, cmd.Now}
	switch {
	case cmd.Nonce1.IsZero():
	case cmd.Cnf != "":
		q, args = redeemCodeBound, append([]any{cmd.Nonce1, cmd.Cnf, cmd.Rotates}, args...)
	default:
		q, args = redeemCodeWithRefresh, append([]any{cmd.Nonce1}, args...)
	}
	return d.changeGrant(ctx, cmd.Tenant, cmd.Grant, ev, (*tx).changedQuietly, q, args...)
}

// RotateRefresh implements storage.GrantWriter. A grant past its absolute end rotates no more.
func (d *DB) RotateRefresh(ctx context.Context, cmd storage.RotateRefresh, ev *storage.AuditEvent) (bool, error) {
	return d.changeGrant(ctx, cmd.Tenant, cmd.Grant, ev, (*tx).changedQuietly,
		rotateRefresh, cmd.Next, cmd.Now, cmd.Tenant, cmd.Grant, cmd.Client, cmd.From, cmd.Now)
}

// RevokeGrant implements storage.GrantWriter.
func (d *DB) RevokeGrant(ctx context.Context, cmd storage.RevokeGrant, ev *storage.AuditEvent) (bool, error) {
	tell := func(t *tx, ctx context.Context, tenant storage.ID, kind string, refs ...[]byte) error {
		if err := t.send(ctx, cmd.Outbox); err != nil {
			return err
		}
		if cmd.Announce {
			if err := t.endGrants(ctx, tenant, cmd.Grant); err != nil {
				return err
			}
		}
		return t.changed(ctx, tenant, kind, refs...)
	}
	return d.changeGrant(ctx, cmd.Tenant, cmd.Grant, ev, tell, revokeGrant, cmd.Now, cmd.Reason, cmd.Tenant, cmd.Grant)
}

// changeGrant is one conditional statement; the event and the change row follow only if it hit.
func (d *DB) changeGrant(ctx context.Context, tenant, grant storage.ID, ev *storage.AuditEvent,
	tell func(*tx, context.Context, storage.ID, string, ...[]byte) error, q query, args ...any,
) (bool, error) {
	hit := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, q, args...)
		hit = n == 1
		if err != nil || !hit {
			return err
		}
		if err := t.audit(ctx, ev); err != nil {
			return err
		}
		return tell(t, ctx, tenant, storage.ChangeGrant, grant[:])
	})
	return hit && err == nil, err
}
