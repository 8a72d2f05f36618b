package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// DenyToken implements storage.Denials.
func (d *DB) DenyToken(ctx context.Context, den *storage.Denial, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		first, err := t.add(ctx, d.tables.denials, den)
		if err != nil || !first {
			return err
		}
		if err := t.audit(ctx, ev); err != nil {
			return err
		}
		return t.changed(ctx, den.Tenant, storage.ChangeToken, den.TokenID)
	})
}

// TokenDenied implements storage.Denials.
func (d *DB) TokenDenied(ctx context.Context, tenant storage.ID, tokenID []byte) (bool, error) {
	_, err := one[storage.Denial](ctx, d, "tenant = ? AND token_id = ?", tenant, tokenID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// DeleteExpiredDenials implements storage.Denials.
func (d *DB) DeleteExpiredDenials(ctx context.Context, now time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "denials", key: "token_id", column: "expires_at"}, now, limit)
}

// SpendOnce implements storage.Replays.
func (d *DB) SpendOnce(ctx context.Context, r *storage.Replay) (bool, error) {
	first := false
	err := d.write(ctx, func(ctx context.Context, t *tx) (err error) {
		first, err = t.add(ctx, d.tables.replays, r)
		return err
	})
	return first && err == nil, err
}

// DeleteExpiredReplays implements storage.Replays.
func (d *DB) DeleteExpiredReplays(ctx context.Context, now time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "replays", key: "hash", column: "expires_at"}, now, limit)
}
