package gormdb

import (
	"context"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.LinkReader = (*DB)(nil)
	_ storage.LinkWriter = (*DB)(nil)

	_ storage.UpstreamSessions = (*DB)(nil)
)

// LinkByKey implements storage.LinkReader.
func (d *DB) LinkByKey(ctx context.Context, tenant, connector storage.ID, keys ...[]byte) (*storage.Link, error) {
	if len(keys) == 1 { // as almost always: without gorm's part
		return one[storage.Link](ctx, d, "tenant = ? AND connector = ? AND key = ?", tenant, connector, keys[0])
	}
	rows, err := list[storage.Link](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND connector = ? AND key IN ?", tenant, connector, keys).Limit(1)
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.New(errs.NotFound, "")
	}
	return &rows[0], nil
}

// LinkByID implements storage.LinkReader.
func (d *DB) LinkByID(ctx context.Context, tenant, id storage.ID) (*storage.Link, error) {
	return one[storage.Link](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// LinksOf implements storage.LinkReader.
func (d *DB) LinksOf(ctx context.Context, tenant, person storage.ID) ([]storage.Link, error) {
	return list[storage.Link](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ? AND person = ?", tenant, person).Order("id") })
}

// InsertLink implements storage.LinkWriter. The person's row is held, so that two at once do not pass the limit together, and no link is left behind by a
// person who is being erased.
func (d *DB) InsertLink(ctx context.Context, l *storage.Link, most int, ev *storage.AuditEvent) error {
	return d.ofPerson(ctx, l.Tenant, l.Person, func(t *tx, _ *storage.Person) error {
		var n int64
		if err := t.orm(ctx).Model(&storage.Link{}).Where("tenant = ? AND person = ?", l.Tenant, l.Person).Count(&n).Error; err != nil {
			return err
		}
		if n >= int64(most) {
			return errs.New(errs.Forbidden, "There are too many linked sign-ins already.")
		}
		if err := t.orm(ctx).Create(l).Error; err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

var (
	deleteLink    = both("DELETE FROM links WHERE tenant = ? AND id = ? AND person = ?")
	deleteLinksOf = both("DELETE FROM links WHERE tenant = ? AND person = ?")
	useLink       = both("UPDATE links SET identity = ?, used_at = ?, checked_at = ?, failing_since = NULL WHERE tenant = ? AND id = ?")
	useLinkTokens = both("UPDATE links SET identity = ?, tokens = ?, used_at = ?, checked_at = ?, failing_since = NULL WHERE tenant = ? AND id = ?")
)

// DeleteLink implements storage.LinkWriter. The person's row is held, so that of two who remove the last two ways to sign in one is refused.
func (d *DB) DeleteLink(ctx context.Context, tenant, person, id storage.ID, ev *storage.AuditEvent) error {
	return d.ofPerson(ctx, tenant, person, func(t *tx, p *storage.Person) error {
		gone, err := t.exec(ctx, deleteLink, tenant, id, person)
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

// stillSignsIn is errs.Forbidden when the person has neither password nor passkey nor link.
func (t *tx) stillSignsIn(ctx context.Context, p *storage.Person) error {
	if p.PasswordHash != "" {
		return nil
	}
	var links int64
	passkeys, err := t.passkeys(ctx, p.Tenant, p.ID)
	if err == nil {
		err = t.orm(ctx).Model(&storage.Link{}).Where("tenant = ? AND person = ?", p.Tenant, p.ID).Count(&links).Error
	}
	if err == nil && passkeys+links == 0 {
		err = errs.New(errs.Forbidden, "This is the only way to sign in to the account.")
	}
	return err
}

// UseLink implements storage.LinkWriter.
func (d *DB) UseLink(ctx context.Context, cmd storage.UseLink) (used bool, err error) {
	q, args := useLink, []any{cmd.Identity, cmd.Now, cmd.Now, cmd.Tenant, cmd.ID}
	if !cmd.Tokens.IsZero() {
		q, args = useLinkTokens, []any{cmd.Identity, cmd.Tokens, cmd.Now, cmd.Now, cmd.Tenant, cmd.ID}
	}
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, q, args...)
		used = n == 1
		return err
	})
	return used && err == nil, err
}

// SessionsByUpstream implements storage.UpstreamSessions.
func (d *DB) SessionsByUpstream(ctx context.Context, tenant storage.ID, upstream []byte) ([]storage.Session, error) {
	return d.upstreamSessions(ctx, "upstream", tenant, upstream)
}

// SessionsByUpstreamSubject implements storage.UpstreamSessions.
func (d *DB) SessionsByUpstreamSubject(ctx context.Context, tenant storage.ID, subject []byte) ([]storage.Session, error) {
	return d.upstreamSessions(ctx, "upstream_subject", tenant, subject)
}

func (d *DB) upstreamSessions(ctx context.Context, column string, tenant storage.ID, mark []byte) ([]storage.Session, error) {
	return list[storage.Session](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND "+column+" = ? AND revoked_at IS NULL", tenant, mark).Order("id")
	})
}
