package gormdb

import (
	"context"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// PersonByID implements storage.PersonReader.
func (d *DB) PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error) {
	return one[storage.Person](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// PersonBySubject implements storage.PersonReader.
func (d *DB) PersonBySubject(ctx context.Context, tenant storage.ID, subject string) (*storage.Person, error) {
	return one[storage.Person](ctx, d, "tenant = ? AND subject = ?", tenant, subject)
}

// PersonByIndex implements storage.PersonReader. Should an address and somebody else's user name match, the address wins.
func (d *DB) PersonByIndex(ctx context.Context, tenant storage.ID, hashes ...[]byte) (*storage.Person, error) {
	hashes = slices.DeleteFunc(slices.Clone(hashes), func(h []byte) bool { return len(h) == 0 })
	if len(hashes) == 0 {
		return nil, errs.New(errs.NotFound, "There is nothing here.")
	}
	in := "(?" + strings.Repeat(", ?", len(hashes)-1) + ")" // as many as there are key versions
	args := []any{tenant}
	for range 3 {
		for _, h := range hashes {
			args = append(args, h)
		}
	}
	return one[storage.Person](ctx, d, "tenant = ? AND (email_hash IN "+in+" OR username_hash IN "+in+") ORDER BY CASE WHEN email_hash IN "+in+" THEN 0 ELSE 1 END", args...)
}

// People implements storage.PersonReader.
func (d *DB) People(ctx context.Context, tenant, after storage.ID, limit int) ([]storage.Person, error) {
	return page[storage.Person](ctx, d, after, limit, "tenant = ?", tenant)
}

// AdminExists implements storage.PersonReader.
func (d *DB) AdminExists(ctx context.Context, tenant storage.ID) (bool, error) {
	_, err := one[storage.Person](ctx, d, "tenant = ? AND admin", tenant)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// InsertPerson implements storage.PersonWriter.
func (d *DB) InsertPerson(ctx context.Context, p *storage.Person, ev *storage.AuditEvent) error {
	return insert(ctx, d, p, p.Tenant, storage.ChangePerson, p.ID, ev)
}

// UpdatePerson implements storage.PersonWriter. Tenant, id, subject and creation time stay; Version grows by one.
func (d *DB) UpdatePerson(ctx context.Context, tenant, id storage.ID, change func(*storage.Person) error, ev *storage.AuditEvent) (*storage.Person, error) {
	keep := func(old, p *storage.Person) {
		p.Tenant, p.ID, p.Subject, p.CreatedAt, p.Version = old.Tenant, old.ID, old.Subject, old.CreatedAt, old.Version+1
		p.UpdatedAt = d.touched(old.UpdatedAt, p.UpdatedAt)
	}
	return update(ctx, d, tenant, id, storage.ChangePerson, change, keep, ev)
}

// EndPerson implements storage.PersonWriter.
func (d *DB) EndPerson(ctx context.Context, cmd storage.EndPerson, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		sessions, grants, args := "person = ?", "person = ?", []any{cmd.Person}
		if !cmd.Except.IsZero() {
			args = append(args, cmd.Except)
			sessions += " AND id <> ?"
			grants += " AND (session IS NULL OR session <> ?)"
		}
		if cmd.KeepOffline {
			grants += " AND NOT offline"
		}
		ended, err := t.revoke(ctx, storage.ChangeSession, cmd.Tenant, cmd.Now, cmd.Reason, sessions, args...)
		if err != nil {
			return err
		}
		if _, err := t.revoke(ctx, storage.ChangeGrant, cmd.Tenant, cmd.Now, cmd.Reason, grants, args...); err != nil {
			return err
		}
		if _, err := t.exec(ctx, denyPendingOf, cmd.Tenant, cmd.Person, cmd.Except[:]); err != nil {
			return err
		}
		if _, err := t.exec(ctx, distrustOf, cmd.Tenant, cmd.Person); err != nil {
			return err
		}
		if _, err := t.exec(ctx, endQROf, cmd.Tenant, cmd.Person); err != nil {
			return err
		}
		if err := t.endSessions(ctx, cmd.Tenant, ended...); err != nil {
			return err
		}
		if err := t.send(ctx, cmd.Outbox); err != nil {
			return err
		}
		if err := t.audit(ctx, ev); err != nil {
			return err
		}
		return t.changedIDs(ctx, cmd.Tenant, storage.ChangePerson, cmd.Person)
	})
}

// DeletePerson implements storage.PersonWriter: the person, their sessions, factors, passkeys and consents go; their grants are revoked and swept later.
func (d *DB) DeletePerson(ctx context.Context, tenant, id storage.ID, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := remove[storage.Person](t.orm(ctx), tenant, id); err != nil {
			return err
		}
		if err := t.deleteConsents(ctx, tenant, "person = ?", id); err != nil {
			return err
		}
		if err := t.deleteFactorsOf(ctx, tenant, id); err != nil {
			return err
		}
		sessions, err := t.ids(ctx, deleteSessionsOf, tenant, id)
		if err != nil {
			return err
		}
		if err := t.changedIDs(ctx, tenant, storage.ChangeSession, sessions...); err != nil {
			return err
		}
		if _, err := t.exec(ctx, deletePendingOf, tenant, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, deleteQROf, tenant, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, deletePasskeysOf, tenant, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, deleteLinksOf, tenant, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, deleteCodesOf, tenant, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, leaveGroups, tenant, id); err != nil {
			return err
		}
		if err := t.forgetRisk(ctx, tenant, id); err != nil {
			return err
		}
		if _, err := t.revoke(ctx, storage.ChangeGrant, tenant, d.now(), "person_deleted", "person = ?", id); err != nil {
			return err
		}
		return t.record(ctx, tenant, storage.ChangePerson, id, ev)
	})
}

var (
	deleteSessionsOf = both("DELETE FROM sessions WHERE tenant = ? AND person = ? RETURNING id")
	deleteCodesOf    = both("DELETE FROM codes WHERE tenant = ? AND person = ?")
	rehashPassword   = both("UPDATE people SET password_hash = ? WHERE tenant = ? AND id = ? AND password_hash = ?")
)

// RehashPassword implements storage.PersonWriter. The password stays what it was, so Version and UpdatedAt do too.
func (d *DB) RehashPassword(ctx context.Context, tenant, id storage.ID, old, new string) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, rehashPassword, new, tenant, id, old)
		if err != nil || n == 0 {
			return err
		}
		return t.changedIDs(ctx, tenant, storage.ChangePerson, id)
	})
}
