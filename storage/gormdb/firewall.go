package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

// FirewallRules implements storage.FirewallReader.
func (d *DB) FirewallRules(ctx context.Context, tenant, after storage.ID, limit int) ([]storage.FirewallRule, error) {
	return page[storage.FirewallRule](ctx, d, after, limit, "tenant = ?", tenant)
}

// InsertFirewallRule implements storage.FirewallWriter.
func (d *DB) InsertFirewallRule(ctx context.Context, r *storage.FirewallRule, ev *storage.AuditEvent) error {
	return insert(ctx, d, r, r.Tenant, storage.ChangeFirewall, r.ID, ev)
}

var deleteFirewallRule = both("DELETE FROM firewall_rules WHERE tenant = ? AND kind = ? AND value = ? RETURNING id")

// DeleteFirewallRule implements storage.FirewallWriter.
func (d *DB) DeleteFirewallRule(ctx context.Context, tenant storage.ID, kind, value string, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		ids, err := t.ids(ctx, deleteFirewallRule, tenant, kind, value)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return gorm.ErrRecordNotFound
		}
		return t.record(ctx, tenant, storage.ChangeFirewall, ids[0], ev)
	})
}

// DeleteExpiredFirewallRules implements storage.FirewallWriter. Rules that have expired count no more, so caches need not hear of it.
func (d *DB) DeleteExpiredFirewallRules(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "firewall_rules", key: "id", column: "expires_at"}, before, limit)
}
