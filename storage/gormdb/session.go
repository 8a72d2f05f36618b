package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

// SessionByID implements storage.SessionReader.
func (d *DB) SessionByID(ctx context.Context, tenant, id storage.ID) (*storage.Session, error) {
	return one[storage.Session](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// SessionsOf implements storage.SessionReader, oldest first, ended ones included.
func (d *DB) SessionsOf(ctx context.Context, tenant, person storage.ID) ([]storage.Session, error) {
	return list[storage.Session](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ? AND person = ?", tenant, person).Order("id") })
}

// InsertSession implements storage.SessionWriter. Grants move only from a session that was still live.
func (d *DB) InsertSession(ctx context.Context, s *storage.Session, replaces storage.ID, samePerson bool, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.orm(ctx).Create(s).Error; err != nil {
			return err
		}
		if !replaces.IsZero() {
			if err := t.replaceSession(ctx, s, replaces, samePerson); err != nil {
				return err
			}
		}
		return t.audit(ctx, ev)
	})
}

// moveGrants moves ended ones too: their clients still take part.
var moveGrants = both("UPDATE grants SET sid = COALESCE(sid, session), session = ? WHERE tenant = ? AND session = ? AND person = ? RETURNING id")

func (t *tx) replaceSession(ctx context.Context, s *storage.Session, old storage.ID, samePerson bool) error {
	ended, err := t.revoke(ctx, storage.ChangeSession, s.Tenant, s.CreatedAt, "replaced", "id = ?", old)
	if err != nil {
		return err
	}
	if !samePerson || len(ended) == 0 {
		if err := t.endOnlineGrants(ctx, s.Tenant, old, s.CreatedAt, "session_replaced"); err != nil {
			return err
		}
		return t.endSessions(ctx, s.Tenant, ended...)
	}
	moved, err := t.ids(ctx, moveGrants, s.ID, s.Tenant, old, s.Person)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, moveClients, s.ID, s.ExpiresAt, s.Tenant, old); err != nil {
		return err
	}
	if _, err := t.exec(ctx, moveSAMLSessions, s.ID, s.Tenant, old); err != nil {
		return err
	}
	return t.changedIDs(ctx, s.Tenant, storage.ChangeGrant, moved...)
}

func (t *tx) endOnlineGrants(ctx context.Context, tenant, session storage.ID, now time.Time, reason string) error {
	_, err := t.revoke(ctx, storage.ChangeGrant, tenant, now, reason, "session = ? AND NOT offline", session)
	return err
}

var touchSession = both("UPDATE sessions SET last_seen_at = ? " +
	"WHERE tenant = ? AND id = ? AND last_seen_at < ? AND revoked_at IS NULL AND expires_at > ?")

// TouchSession implements storage.SessionWriter. It has no change row: caches need not know.
func (d *DB) TouchSession(ctx context.Context, tenant, id storage.ID, seen time.Time) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, touchSession, seen, tenant, id, seen, seen)
		return err
	})
}

// RevokeSession implements storage.SessionWriter. The event is written only by the call that ended the session.
func (d *DB) RevokeSession(ctx context.Context, tenant, id storage.ID, now time.Time, reason string, ev *storage.AuditEvent, tell ...*storage.OutboxMessage) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		ended, err := t.revoke(ctx, storage.ChangeSession, tenant, now, reason, "id = ?", id)
		if err != nil {
			return err
		}
		if err := t.endOnlineGrants(ctx, tenant, id, now, reason); err != nil {
			return err
		}
		if len(ended) == 0 {
			return nil
		}
		if err := t.endSessions(ctx, tenant, ended...); err != nil {
			return err
		}
		if err := t.send(ctx, tell); err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

// DeleteDeadSessions implements storage.SessionWriter.
func (d *DB) DeleteDeadSessions(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "sessions", key: "id", column: "expires_at", revoked: true}, before, limit)
}
