package gormdb

import (
	"context"
	"database/sql"
	"reflect"
	"sync"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// listDefault is the length of a list whose caller named none.
const listDefault = 100

// one finds the single row that matches; errs.NotFound when there is none.
func one[T any](ctx context.Context, d *DB, where string, args ...any) (*T, error) {
	for _, a := range args {
		if s, ok := a.(string); ok && !isText(s) {
			return nil, errs.New(errs.NotFound, "There is nothing here.") // it cannot have been stored
		}
	}
	from := d.tables.of[reflect.TypeFor[T]()]
	text := d.finds.text(d.dialect, from, where+" LIMIT 1")
	var row *T
	err := d.reading(ctx, func(ctx context.Context, t *tx) error {
		var conn rowQuerier = d.rows
		if t != nil {
			conn = t.conn
		}
		row = new(T)
		return conn.QueryRowContext(ctx, text, args...).Scan(from.places(ctx, row)...)
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

// many finds all rows that match: list for the few that are asked for at every turn, without gorm's part.
func many[T any](ctx context.Context, d *DB, where string, args ...any) (out []T, err error) {
	from := d.tables.of[reflect.TypeFor[T]()]
	text := d.finds.text(d.dialect, from, where)
	err = d.reading(ctx, func(ctx context.Context, t *tx) error {
		var conn rowsQuerier = d.rows
		if t != nil {
			conn = t.conn
		}
		rows, err := conn.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // Err below says what went wrong
		for out = nil; rows.Next(); {
			var row T
			if err := rows.Scan(from.places(ctx, &row)...); err != nil {
				return err
			}
			out = append(out, row)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// rowQuerier is what single rows, and many, are read through: a transaction, PostgreSQL's pool, or SQLite's prepared readers.
type rowQuerier interface {
	rowsQuerier
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// finds keeps the texts of one and many, which are as many as the places that call it.
type finds struct{ texts sync.Map }

func (f *finds) text(d migrations.Dialect, from table, where string) string {
	key := [2]string{from.name, where}
	if text, ok := f.texts.Load(key); ok {
		return text.(string) //nolint:forcetypeassert // only strings are stored
	}
	text := both(`SELECT ` + from.columns + ` FROM "` + from.name + `" WHERE ` + where).on(d)
	f.texts.Store(key, text)
	return text
}

// page lists by id, after the given one (zero: from the first), at most limit (0: listDefault).
func page[T any](ctx context.Context, d *DB, after storage.ID, limit int, where string, args ...any) ([]T, error) {
	return list[T](ctx, d, func(g *gorm.DB) *gorm.DB {
		g = g.Where(where, args...)
		if !after.IsZero() {
			g = g.Where("id > ?", after)
		}
		return g.Order("id").Limit(listLimit(limit))
	})
}

// list finds all rows of what narrow makes of the query.
func list[T any](ctx context.Context, d *DB, narrow func(g *gorm.DB) *gorm.DB) ([]T, error) {
	var rows []T
	err := d.read(ctx, func(g *gorm.DB) error {
		rows = nil
		return narrow(g).Find(&rows).Error
	})
	return rows, err
}

func listLimit(limit int) int {
	if limit <= 0 {
		return listDefault
	}
	return limit
}

// insert adds one row with its change row and event.
func insert[T any](ctx context.Context, d *DB, row *T, tenant storage.ID, kind string, id storage.ID, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.orm(ctx).Create(row).Error; err != nil {
			return err
		}
		return t.record(ctx, tenant, kind, id, ev)
	})
}

// update locks a row, lets change alter it, lets keep restore what may not be altered, and saves it with its change row and event. An error of
// change comes back as it is.
func update[T any](ctx context.Context, d *DB, tenant, id storage.ID, kind string, change func(*T) error, keep func(old, row *T), ev *storage.AuditEvent) (*T, error) {
	var done *T
	err := d.hold(ctx, func(ctx context.Context, t *tx) error {
		row, old := new(T), new(T)
		if err := t.orm(ctx).Clauses(forUpdate()).Where("tenant = ? AND id = ?", tenant, id).Take(row).Error; err != nil {
			return mapError(err)
		}
		*old = *row
		if err := change(row); err != nil {
			return err
		}
		keep(old, row)
		if err := t.orm(ctx).Model(row).Select("*").UpdateColumns(row).Error; err != nil {
			return mapError(err)
		}
		done = row
		return mapError(t.record(ctx, tenant, kind, id, ev))
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// remove deletes the row with this id; errs.NotFound when there is none.
func remove[T any](g *gorm.DB, tenant, id storage.ID) error {
	res := g.Where("tenant = ? AND id = ?", tenant, id).Delete(new(T))
	if res.Error == nil && res.RowsAffected == 0 {
		return gorm.ErrRecordNotFound
	}
	return res.Error
}
