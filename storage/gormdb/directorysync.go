package gormdb

import (
	"context"
	"reflect"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	claimSync = both("UPDATE directory_syncs SET holder = ?, lease_until = ? WHERE tenant = ? AND connector = ? AND (holder IS NULL OR lease_until <= ?) AND ran_at <= ?")
	keepSync  = both("UPDATE directory_syncs SET lease_until = ?, generation = ? WHERE tenant = ? AND connector = ? AND holder = ?")
	endSync   = both("UPDATE directory_syncs SET holder = NULL, lease_until = ?, progress = ?, ran_at = ?, asks = ?, problem = ?, group_progress = ? WHERE tenant = ? AND connector = ? AND holder = ?")
)

// ClaimDirectorySync implements storage.Directories. Of two at once one wins: the row is made, or taken, by one conditional statement.
func (d *DB) ClaimDirectorySync(ctx context.Context, s storage.DirectorySync, due time.Time) (out *storage.DirectorySync, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		first := storage.DirectorySync{Tenant: s.Tenant, Connector: s.Connector, LeaseUntil: s.RanAt, RanAt: time.Unix(0, 0).UTC()}
		if _, err := t.add(ctx, d.tables.of[reflect.TypeFor[storage.DirectorySync]()], &first); err != nil {
			return err
		}
		n, err := t.exec(ctx, claimSync, s.Holder, s.LeaseUntil, s.Tenant, s.Connector, s.RanAt, due)
		if err != nil || n == 0 {
			return err
		}
		out = new(storage.DirectorySync)
		return t.orm(ctx).Where("tenant = ? AND connector = ?", s.Tenant, s.Connector).Take(out).Error
	})
	return out, err
}

// KeepDirectorySync implements storage.Directories.
func (d *DB) KeepDirectorySync(ctx context.Context, s *storage.DirectorySync) (kept bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, keepSync, s.LeaseUntil, s.Generation, s.Tenant, s.Connector, s.Holder)
		kept = n == 1
		return err
	})
	return kept && err == nil, err
}

// EndDirectorySync implements storage.Directories.
func (d *DB) EndDirectorySync(ctx context.Context, s *storage.DirectorySync, ev *storage.AuditEvent) (ended bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, endSync, s.RanAt, s.Progress, s.RanAt, s.Asks, s.Problem, s.GroupProgress, s.Tenant, s.Connector, s.Holder)
		if ended = n == 1; err != nil || !ended {
			return err
		}
		return t.audit(ctx, ev)
	})
	return ended && err == nil, err
}

// DirectorySyncOf implements storage.Directories.
func (d *DB) DirectorySyncOf(ctx context.Context, tenant, connector storage.ID) (*storage.DirectorySync, error) {
	s, err := one[storage.DirectorySync](ctx, d, "tenant = ? AND connector = ?", tenant, connector)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "This directory has not been synchronised.")
	}
	return s, err
}
