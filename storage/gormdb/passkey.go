package gormdb

import (
	"context"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// PasskeyByCredential implements storage.PasskeyReader.
func (d *DB) PasskeyByCredential(ctx context.Context, tenant storage.ID, credentialID []byte) (*storage.Passkey, error) {
	return one[storage.Passkey](ctx, d, "tenant = ? AND credential_id = ?", tenant, credentialID)
}

// PasskeysOf implements storage.PasskeyReader.
func (d *DB) PasskeysOf(ctx context.Context, tenant, person storage.ID) ([]storage.Passkey, error) {
	return list[storage.Passkey](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND person = ?", tenant, person).Order("id")
	})
}

// InsertPasskey implements storage.PasskeyWriter. The person's row is held, so that two at once do not pass the limit together, and no passkey is left
// behind by a person who is being erased.
func (d *DB) InsertPasskey(ctx context.Context, p *storage.Passkey, most int, ev *storage.AuditEvent) error {
	return d.ofPerson(ctx, p.Tenant, p.Person, func(t *tx, _ *storage.Person) error {
		n, err := t.passkeys(ctx, p.Tenant, p.Person)
		if err != nil {
			return err
		}
		if n >= int64(most) {
			return errs.New(errs.Forbidden, "There are too many passkeys already.")
		}
		if err := t.orm(ctx).Create(p).Error; err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

// RenamePasskey implements storage.PasskeyWriter.
func (d *DB) RenamePasskey(ctx context.Context, tenant, person, id storage.ID, name seal.Text, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		res := t.orm(ctx).Model(&storage.Passkey{}).Where("tenant = ? AND id = ? AND person = ?", tenant, id, person).
			Select("Name").UpdateColumns(&storage.Passkey{Name: name})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return gorm.ErrRecordNotFound
		}
		return t.audit(ctx, ev)
	})
}

var (
	deletePasskey    = both("DELETE FROM passkeys WHERE tenant = ? AND id = ? AND person = ?")
	deletePasskeysOf = both("DELETE FROM passkeys WHERE tenant = ? AND person = ?")
)

// DeletePasskey implements storage.PasskeyWriter. The person's row is held, so that of two who remove the last two at once one is refused.
func (d *DB) DeletePasskey(ctx context.Context, tenant, person, id storage.ID, ev *storage.AuditEvent) error {
	return d.ofPerson(ctx, tenant, person, func(t *tx, p *storage.Person) error {
		gone, err := t.exec(ctx, deletePasskey, tenant, id, person)
		if err == nil && gone == 0 {
			err = gorm.ErrRecordNotFound
		}
		if err != nil {
			return err
		}
		if err := t.stillSignsIn(ctx, p); err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

// ofPerson runs fn while the person's row is held.
func (d *DB) ofPerson(ctx context.Context, tenant, person storage.ID, fn func(t *tx, p *storage.Person) error) error {
	return mapError(d.hold(ctx, func(ctx context.Context, t *tx) error {
		p := new(storage.Person)
		if err := t.orm(ctx).Clauses(forUpdate()).Where("tenant = ? AND id = ?", tenant, person).Take(p).Error; err != nil {
			return err
		}
		return fn(t, p)
	}))
}

func (t *tx) passkeys(ctx context.Context, tenant, person storage.ID) (n int64, err error) {
	err = t.orm(ctx).Model(&storage.Passkey{}).Where("tenant = ? AND person = ?", tenant, person).Count(&n).Error
	return n, err
}

var (
	countPasskey = both("UPDATE passkeys SET sign_count = ?, verified = (verified OR ?), synced = ?, last_used_at = ? " +
		"WHERE tenant = ? AND id = ? AND (sign_count < ? OR (sign_count = 0 AND ? = 0))")
	usePasskey = both("UPDATE passkeys SET verified = (verified OR ?), synced = ?, last_used_at = ? WHERE tenant = ? AND id = ?")
)

// UsePasskey implements storage.PasskeyUser.
func (d *DB) UsePasskey(ctx context.Context, cmd storage.PasskeyUse, ev *storage.AuditEvent) (storage.PasskeyUsed, error) {
	used := storage.PasskeyCounted
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		used = storage.PasskeyCounted
		n, err := t.exec(ctx, countPasskey, cmd.Count, cmd.Verified, cmd.Synced, cmd.Now, cmd.Tenant, cmd.ID, cmd.Count, cmd.Count)
		if err != nil || n == 1 {
			return err
		}
		used, err = t.wentBack(ctx, cmd, ev)
		return err
	})
	return used, err
}

// wentBack writes down that a count went back, if the passkey is still there.
func (t *tx) wentBack(ctx context.Context, cmd storage.PasskeyUse, ev *storage.AuditEvent) (storage.PasskeyUsed, error) {
	var n int64
	var err error
	if cmd.Lenient {
		n, err = t.exec(ctx, usePasskey, cmd.Verified, cmd.Synced, cmd.Now, cmd.Tenant, cmd.ID)
	} else {
		err = t.orm(ctx).Model(&storage.Passkey{}).Where("tenant = ? AND id = ?", cmd.Tenant, cmd.ID).Count(&n).Error
	}
	if err != nil || n == 0 {
		return storage.PasskeyGone, err
	}
	return storage.PasskeyWentBack, t.audit(ctx, ev)
}

var (
	insertRelyingParty = both("INSERT INTO relying_parties (tenant, name, created_at) VALUES (?, ?, ?) ON CONFLICT (tenant) DO NOTHING")
	renameRelyingParty = both("UPDATE relying_parties SET name = ? WHERE tenant = ? AND name = ? " +
		"AND NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.tenant = relying_parties.tenant)")
)

// EnsureRelyingParty implements storage.RelyingParties.
func (d *DB) EnsureRelyingParty(ctx context.Context, r *storage.RelyingParty) (*storage.RelyingParty, error) {
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, insertRelyingParty, r.Tenant, r.Name, r.CreatedAt)
		return err
	})
	if err != nil {
		return nil, err
	}
	return one[storage.RelyingParty](ctx, d, "tenant = ?", r.Tenant)
}

// RenameRelyingParty implements storage.RelyingParties.
func (d *DB) RenameRelyingParty(ctx context.Context, tenant storage.ID, from, to string) (bool, error) {
	hit := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, renameRelyingParty, to, tenant, from)
		hit = n == 1
		return err
	})
	return hit && err == nil, err
}
