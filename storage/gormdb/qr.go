package gormdb

import (
	"context"
	"reflect"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.QRReader  = (*DB)(nil)
	_ storage.QRWriter  = (*DB)(nil)
	_ storage.QRSpender = (*DB)(nil)
)

// Sessions and people are looked at by the statement itself: what ended a moment ago approves nothing and is not signed in.
var (
	replaceQR = both("UPDATE qr_sign_ins SET state = 'denied' WHERE tenant = ? AND flow = ? AND state IN ('open', 'seen', 'approved')")
	seeQR     = both("UPDATE qr_sign_ins SET state = 'seen', person = ?, decision = ? " +
		"WHERE tenant = ? AND id = ? AND state = 'open' AND expires_at > ?")
	approveQR = both("UPDATE qr_sign_ins SET state = 'approved', session = ?, decision = ? " +
		"WHERE tenant = ? AND id = ? AND person = ? AND state = 'seen' AND expires_at > ? " +
		"AND EXISTS (SELECT 1 FROM sessions s WHERE s.tenant = qr_sign_ins.tenant AND s.id = ? AND s.person = qr_sign_ins.person AND s.revoked_at IS NULL)")
	denyQR = both("UPDATE qr_sign_ins SET state = 'denied', person = ? " +
		"WHERE tenant = ? AND id = ? AND (state = 'open' OR state = 'seen' AND person = ?) AND expires_at > ?")
	spendQR = both("UPDATE qr_sign_ins SET state = 'spent' WHERE tenant = ? AND id = ? AND flow = ? AND state = 'approved' AND expires_at > ? " +
		"AND EXISTS (SELECT 1 FROM sessions s WHERE s.tenant = qr_sign_ins.tenant AND s.id = qr_sign_ins.session AND s.revoked_at IS NULL) " +
		"AND EXISTS (SELECT 1 FROM people p WHERE p.tenant = qr_sign_ins.tenant AND p.id = qr_sign_ins.person AND p.state = 'active')")
	endQROf    = both("UPDATE qr_sign_ins SET state = 'denied' WHERE tenant = ? AND person = ? AND state IN ('seen', 'approved')")
	deleteQROf = both("DELETE FROM qr_sign_ins WHERE tenant = ? AND person = ?")

	waitingQROfAddress = both("SELECT COUNT(*) FROM (SELECT 1 FROM qr_sign_ins WHERE tenant = ? AND address = ? AND expires_at > ? LIMIT ?) AS counted")
	waitingQR          = both("SELECT COUNT(*) FROM (SELECT 1 FROM qr_sign_ins WHERE tenant = ? AND expires_at > ? LIMIT ?) AS counted")
)

// QRByID implements storage.QRReader.
func (d *DB) QRByID(ctx context.Context, tenant, id storage.ID) (*storage.QRSignIn, error) {
	return one[storage.QRSignIn](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// QRByFlow implements storage.QRReader.
func (d *DB) QRByFlow(ctx context.Context, tenant, flow storage.ID) (*storage.QRSignIn, error) {
	rows, err := list[storage.QRSignIn](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND flow = ?", tenant, flow).Order("id DESC").Limit(1)
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.New(errs.NotFound, "")
	}
	return &rows[0], nil
}

// InsertQR implements storage.QRWriter.
func (d *DB) InsertQR(ctx context.Context, q *storage.QRSignIn, most storage.QRCap) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.qrCaps(ctx, q, most); err != nil {
			return err
		}
		if _, err := t.exec(ctx, replaceQR, q.Tenant, q.Flow); err != nil {
			return err
		}
		_, err := t.add(ctx, d.tables.of[reflect.TypeFor[storage.QRSignIn]()], q)
		return err
	})
}

// qrCaps counts every row that has not expired, whatever became of it: it is the writes that are bounded.
func (t *tx) qrCaps(ctx context.Context, q *storage.QRSignIn, most storage.QRCap) error {
	if q.Address != nil {
		if err := t.qrCap(ctx, most.PerAddress, waitingQROfAddress, q.Tenant, q.Address, q.CreatedAt, most.PerAddress); err != nil {
			return err
		}
	}
	return t.qrCap(ctx, most.All, waitingQR, q.Tenant, q.CreatedAt, most.All)
}

func (t *tx) qrCap(ctx context.Context, most int, q query, args ...any) error {
	if most <= 0 {
		return nil
	}
	var n int
	if err := t.conn.QueryRowContext(ctx, q.on(t.db.dialect), args...).Scan(&n); err != nil {
		return err
	}
	if n >= most {
		return errs.New(errs.Throttled, "Too many sign-ins wait for a phone. Try again in a moment.").After(pendingRetry)
	}
	return nil
}

// SeeQR implements storage.QRWriter.
func (d *DB) SeeQR(ctx context.Context, cmd storage.QRMove, ev *storage.AuditEvent) (bool, error) {
	return d.moveQR(ctx, ev, seeQR, cmd.Person, cmd.Decision, cmd.Tenant, cmd.ID, cmd.Now)
}

// ApproveQR implements storage.QRWriter.
func (d *DB) ApproveQR(ctx context.Context, cmd storage.QRMove, ev *storage.AuditEvent) (bool, error) {
	return d.moveQR(ctx, ev, approveQR, cmd.Session, cmd.Decision, cmd.Tenant, cmd.ID, cmd.Person, cmd.Now, cmd.Session)
}

// DenyQR implements storage.QRWriter.
func (d *DB) DenyQR(ctx context.Context, cmd storage.QRMove, ev *storage.AuditEvent) (bool, error) {
	return d.moveQR(ctx, ev, denyQR, cmd.Person, cmd.Tenant, cmd.ID, cmd.Person, cmd.Now)
}

// SpendQR implements storage.QRSpender.
func (d *DB) SpendQR(ctx context.Context, tenant, id, flow storage.ID, now time.Time, ev *storage.AuditEvent) (bool, error) {
	return d.moveQR(ctx, ev, spendQR, tenant, id, flow, now)
}

// moveQR is one statement; the event follows only if it hit.
func (d *DB) moveQR(ctx context.Context, ev *storage.AuditEvent, q query, args ...any) (hit bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, q, args...)
		if hit = n == 1; err != nil || !hit {
			return err
		}
		return t.audit(ctx, ev)
	})
	return hit && err == nil, err
}

// DeleteExpiredQR implements storage.QRSpender.
func (d *DB) DeleteExpiredQR(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "qr_sign_ins", key: "id", column: "expires_at"}, before, limit)
}
