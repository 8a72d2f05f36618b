package gormdb

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

var _ storage.Codes = (*DB)(nil)

var (
	replaceCodesOfFlow   = both("UPDATE codes SET spent_at = ? WHERE tenant = ? AND purpose = ? AND flow = ? AND spent_at IS NULL")
	replaceCodesOfPerson = both("UPDATE codes SET spent_at = ? WHERE tenant = ? AND purpose = ? AND person = ? AND flow IS NULL AND spent_at IS NULL")
	spendSentCode        = both("UPDATE codes SET spent_at = ? WHERE tenant = ? AND id = ? AND spent_at IS NULL AND expires_at > ?")
)

// InsertCode implements storage.Codes.
func (d *DB) InsertCode(ctx context.Context, c *storage.Code) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		var err error
		switch {
		case !c.Flow.IsZero():
			_, err = t.exec(ctx, replaceCodesOfFlow, c.CreatedAt, c.Tenant, c.Purpose, c.Flow)
		case !c.Person.IsZero():
			_, err = t.exec(ctx, replaceCodesOfPerson, c.CreatedAt, c.Tenant, c.Purpose, c.Person)
		}
		if err == nil {
			_, err = t.add(ctx, d.codeTable(), c)
		}
		return err
	})
}

func (d *DB) codeTable() table { return d.tables.of[reflect.TypeFor[storage.Code]()] }

// TryCode implements storage.Codes: what is counted is what is found.
func (d *DB) TryCode(ctx context.Context, cmd storage.TryCode) (*storage.Code, error) {
	where, args := "tenant = ? AND purpose = ?", []any{cmd.Tenant, cmd.Purpose}
	for _, c := range []struct {
		column string
		id     storage.ID
	}{{"id", cmd.ID}, {"flow", cmd.Flow}, {"person", cmd.Person}} {
		if !c.id.IsZero() {
			where, args = where+" AND "+c.column+" = ?", append(args, c.id)
		}
	}
	if cmd.ID.IsZero() && cmd.Flow.IsZero() {
		where += " AND 1 = 0" // it would count an attempt at everybody's codes
	}
	from := d.codeTable()
	q := both("UPDATE codes SET attempts = attempts + 1 WHERE " + where + " AND spent_at IS NULL AND expires_at > ? AND attempts < ? RETURNING " + from.columns)
	var found *storage.Code
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		found = new(storage.Code)
		return t.conn.QueryRowContext(ctx, q.on(d.dialect), append(args, cmd.Now, cmd.Most)...).Scan(from.places(ctx, found)...)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// SpendCode implements storage.Codes.
func (d *DB) SpendCode(ctx context.Context, tenant, id storage.ID, now time.Time, ev *storage.AuditEvent) (bool, error) {
	spent := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, spendSentCode, now, tenant, id, now)
		spent = n == 1
		if err != nil || !spent {
			return err
		}
		return t.audit(ctx, ev)
	})
	return spent && err == nil, err
}

// CodeByID implements storage.Codes.
func (d *DB) CodeByID(ctx context.Context, tenant, id storage.ID, purpose string, now time.Time) (*storage.Code, error) {
	return one[storage.Code](ctx, d, "tenant = ? AND id = ? AND purpose = ? AND spent_at IS NULL AND expires_at > ?", tenant, id, purpose, now)
}

// EndCodes implements storage.Codes.
func (d *DB) EndCodes(ctx context.Context, tenant, person storage.ID, now time.Time, purposes ...string) error {
	if len(purposes) == 0 {
		return nil
	}
	args := []any{now, tenant, person}
	for _, p := range purposes {
		args = append(args, p)
	}
	q := both("UPDATE codes SET spent_at = ? WHERE tenant = ? AND person = ? AND spent_at IS NULL AND purpose IN (?" + strings.Repeat(", ?", len(purposes)-1) + ")")
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, q, args...)
		return err
	})
}

// DeleteExpiredCodes implements storage.Codes.
func (d *DB) DeleteExpiredCodes(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "codes", key: "id", column: "expires_at"}, before, limit)
}
