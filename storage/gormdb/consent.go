package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/jedan-auth/jedan-auth/storage"
)

// ConsentFor implements storage.Consents.
func (d *DB) ConsentFor(ctx context.Context, tenant, person, client storage.ID) (*storage.Consent, error) {
	return one[storage.Consent](ctx, d, "tenant = ? AND person = ? AND client = ?", tenant, person, client)
}

// ConsentsOf implements storage.Consents.
func (d *DB) ConsentsOf(ctx context.Context, tenant, person, client, after storage.ID, limit int) ([]storage.Consent, error) {
	where, args := personAndClient(tenant, person, client)
	return page[storage.Consent](ctx, d, after, limit, where, args...)
}

// UpsertConsent implements storage.Consents. Afterwards c is what stands, the standing row's id and creation time included.
func (d *DB) UpsertConsent(ctx context.Context, c *storage.Consent, ev *storage.AuditEvent) error {
	var standing storage.Consent
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		standing = *c
		res := t.orm(ctx).Clauses(onConsent()).Create(&standing)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			standing = storage.Consent{}
			if err := t.mergeConsent(ctx, &standing, c); err != nil {
				return err
			}
		}
		return t.record(ctx, c.Tenant, storage.ChangeConsent, standing.ID, ev)
	})
	if err == nil {
		*c = standing
	}
	return err
}

func onConsent() clause.OnConflict {
	return clause.OnConflict{Columns: []clause.Column{{Name: "tenant"}, {Name: "person"}, {Name: "client"}}, DoNothing: true}
}

func (t *tx) mergeConsent(ctx context.Context, standing, c *storage.Consent) error {
	where := "tenant = ? AND person = ? AND client = ?"
	if err := t.orm(ctx).Clauses(forUpdate()).Where(where, c.Tenant, c.Person, c.Client).Take(standing).Error; err != nil {
		return err
	}
	if standing.Binding != c.Binding { // somebody else, as far as the person could see: what was allowed to the old name is forgotten (SE05)
		standing.Scopes, standing.Resources = nil, nil
	}
	standing.Scopes = union(standing.Scopes, c.Scopes)
	standing.Resources = union(standing.Resources, c.Resources)
	standing.Declined, standing.Binding, standing.UpdatedAt = c.Declined, c.Binding, c.UpdatedAt
	return t.orm(ctx).Model(standing).Select("*").UpdateColumns(standing).Error
}

// union keeps the order: what stands, then what is new.
func union(standing, more storage.Strings) storage.Strings {
	all := append(storage.Strings{}, standing...)
	for _, s := range more {
		if !all.Has(s) {
			all = append(all, s)
		}
	}
	return all
}

// RevokeConsent implements storage.Consents; errs.NotFound when there was neither a consent nor a live grant.
func (d *DB) RevokeConsent(ctx context.Context, tenant, person, client storage.ID, now time.Time, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		consents, err := t.ids(ctx, deleteConsents("person = ? AND client = ?"), tenant, person, client)
		if err != nil {
			return err
		}
		grants, err := t.revoke(ctx, storage.ChangeGrant, tenant, now, "consent_revoked", "person = ? AND client = ?", person, client)
		if err != nil {
			return err
		}
		if len(consents)+len(grants) == 0 {
			return gorm.ErrRecordNotFound
		}
		if err := t.changedIDs(ctx, tenant, storage.ChangeConsent, consents...); err != nil {
			return err
		}
		if err := t.endGrants(ctx, tenant, grants...); err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

func deleteConsents(where string) query {
	return both("DELETE FROM consents WHERE tenant = ? AND " + where + " RETURNING id")
}

func (t *tx) deleteConsents(ctx context.Context, tenant storage.ID, where string, args ...any) error {
	gone, err := t.ids(ctx, deleteConsents(where), append([]any{tenant}, args...)...)
	if err != nil {
		return err
	}
	return t.changedIDs(ctx, tenant, storage.ChangeConsent, gone...)
}
