package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.SAMLAppReader = (*DB)(nil)
	_ storage.SAMLAppWriter = (*DB)(nil)
	_ storage.SAMLKeys      = (*DB)(nil)
	_ storage.SAMLSessions  = (*DB)(nil)
)

// SAMLAppByName implements storage.SAMLAppReader.
func (d *DB) SAMLAppByName(ctx context.Context, tenant storage.ID, name string) (*storage.SAMLApp, error) {
	return one[storage.SAMLApp](ctx, d, "tenant = ? AND name = ?", tenant, name)
}

// SAMLApps implements storage.SAMLAppReader.
func (d *DB) SAMLApps(ctx context.Context, tenant, after storage.ID, limit int) ([]storage.SAMLApp, error) {
	return page[storage.SAMLApp](ctx, d, after, limit, "tenant = ?", tenant)
}

// InsertSAMLApp implements storage.SAMLAppWriter.
func (d *DB) InsertSAMLApp(ctx context.Context, a *storage.SAMLApp, ev *storage.AuditEvent) error {
	return insert(ctx, d, a, a.Tenant, storage.ChangeSAMLApp, a.ID, ev)
}

// UpdateSAMLApp implements storage.SAMLAppWriter. The name never changes.
func (d *DB) UpdateSAMLApp(ctx context.Context, tenant, id storage.ID, change func(*storage.SAMLApp) error, ev *storage.AuditEvent) (*storage.SAMLApp, error) {
	keep := func(old, a *storage.SAMLApp) {
		a.Tenant, a.ID, a.Name, a.CreatedAt, a.Version = old.Tenant, old.ID, old.Name, old.CreatedAt, old.Version+1
		a.UpdatedAt = d.touched(old.UpdatedAt, a.UpdatedAt)
	}
	return update(ctx, d, tenant, id, storage.ChangeSAMLApp, change, keep, ev)
}

var (
	deleteSAMLSessionsOf = both("DELETE FROM saml_sessions WHERE tenant = ? AND app = ?")
	deleteSAMLKeys       = both("DELETE FROM saml_keys WHERE tenant = ? AND serial < ?")
	moveSAMLSessions     = both("UPDATE saml_sessions SET session = ? WHERE tenant = ? AND session = ?")
	touchSAMLSession     = both("UPDATE saml_sessions SET expires_at = ? WHERE tenant = ? AND session = ? AND app = ? AND subject = ? AND expires_at < ?")
)

// DeleteSAMLApp implements storage.SAMLAppWriter.
func (d *DB) DeleteSAMLApp(ctx context.Context, tenant, id storage.ID, ev *storage.AuditEvent) error {
	return d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		if err := remove[storage.SAMLApp](t.orm(ctx), tenant, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, deleteSAMLSessionsOf, tenant, id); err != nil {
			return err
		}
		if err := t.deleteConsents(ctx, tenant, "client = ?", id); err != nil {
			return err
		}
		return t.record(ctx, tenant, storage.ChangeSAMLApp, id, ev)
	})
}

// SAMLKeys implements storage.SAMLKeys.
func (d *DB) SAMLKeys(ctx context.Context, tenant storage.ID) ([]storage.SAMLKey, error) {
	return list[storage.SAMLKey](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ?", tenant).Order("serial") })
}

// InsertSAMLKey implements storage.SAMLKeys.
func (d *DB) InsertSAMLKey(ctx context.Context, k *storage.SAMLKey, spare int64, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.orm(ctx).Create(k).Error; err != nil {
			return err
		}
		if _, err := t.exec(ctx, deleteSAMLKeys, k.Tenant, spare); err != nil {
			return err
		}
		return t.record(ctx, k.Tenant, storage.ChangeSAMLKey, k.ID, ev)
	})
}

// KeepSAMLSession implements storage.SAMLSessions.
func (d *DB) KeepSAMLSession(ctx context.Context, s *storage.SAMLSession, ev *storage.AuditEvent) (*storage.SAMLSession, error) {
	standing := &storage.SAMLSession{}
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.liveSession(ctx, &storage.Grant{Tenant: s.Tenant, Session: s.Session}); err != nil {
			return err
		}
		if _, err := t.add(ctx, d.tables.samlSessions, s); err != nil {
			return err
		}
		if _, err := t.exec(ctx, touchSAMLSession, s.ExpiresAt, s.Tenant, s.Session, s.App, s.Subject, s.ExpiresAt); err != nil {
			return err
		}
		where := "tenant = ? AND session = ? AND app = ? AND subject = ?"
		if err := t.orm(ctx).Where(where, s.Tenant, s.Session, s.App, s.Subject).Take(standing).Error; err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
	return standing, err
}

// SAMLSessionsIn implements storage.SAMLSessions.
func (d *DB) SAMLSessionsIn(ctx context.Context, tenant, session storage.ID) ([]storage.SAMLSession, error) {
	return list[storage.SAMLSession](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ? AND session = ?", tenant, session).Order("id") })
}

// SAMLSessionsOf implements storage.SAMLSessions.
func (d *DB) SAMLSessionsOf(ctx context.Context, tenant, app storage.ID, subject []byte, limit int) ([]storage.SAMLSession, error) {
	return list[storage.SAMLSession](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND app = ? AND subject = ?", tenant, app, subject).Order("id DESC").Limit(listLimit(limit))
	})
}

// DeleteExpiredSAMLSessions implements storage.SAMLSessions.
func (d *DB) DeleteExpiredSAMLSessions(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "saml_sessions", key: "id", column: "expires_at"}, before, limit)
}
