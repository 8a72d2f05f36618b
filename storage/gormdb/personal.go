package gormdb

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.Personal = (*DB)(nil)
	_ storage.Eraser   = (*DB)(nil)
)

// personalQuery completes a statement with the table's condition, and says what its places hold.
func personalQuery(before string, t storage.PersonalTable, after string, tenant, person storage.ID, more ...any) (query, []any) {
	text, args := before+" WHERE tenant = {tenant} AND ("+t.Where+")", []any{}
	values := map[string]any{"{tenant}": tenant, "{person}": person, "{actor}": person.String(), "{target}": "person:" + person.String()}
	var out strings.Builder
	for {
		place, at := "", len(text)
		for name := range values {
			if i := strings.Index(text, name); i >= 0 && i < at {
				place, at = name, i
			}
		}
		out.WriteString(text[:at])
		if place == "" {
			return both(out.String() + after), append(args, more...)
		}
		out.WriteString("?")
		args, text = append(args, values[place]), text[at+len(place):]
	}
}

// PersonalRows implements storage.Personal.
func (d *DB) PersonalRows(ctx context.Context, t storage.PersonalTable, tenant, person, after storage.ID, limit int) ([]storage.PersonalRow, error) {
	rest, more := "", []any(nil)
	if t.Key != "" {
		rest, more = " AND "+t.Key+" > ? ORDER BY "+t.Key+" LIMIT ?", []any{after[:], listLimit(limit)}
	}
	q, args := personalQuery("SELECT * FROM "+t.Name, t, rest, tenant, person, more...)
	var out []storage.PersonalRow
	err := d.reading(ctx, func(ctx context.Context, t *tx) (err error) {
		var conn rowsQuerier = d.readerSQL
		if t != nil {
			conn = t.conn
		}
		rows, err := conn.QueryContext(ctx, q.on(d.dialect), args...)
		if err != nil {
			return err
		}
		out, err = personalRows(rows)
		return err
	})
	return out, err
}

func personalRows(rows *sql.Rows) (out []storage.PersonalRow, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		row := storage.PersonalRow{}
		for i, name := range columns {
			row[name] = values[i]
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// ErasePersonal implements storage.Personal.
func (d *DB) ErasePersonal(ctx context.Context, t storage.PersonalTable, tenant, person storage.ID) (n int64, err error) {
	q, args := personalQuery("DELETE FROM "+t.Name, t, "", tenant, person)
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err = t.exec(ctx, q, args...)
		return err
	})
	return n, err
}

// Erasing implements storage.Eraser. SQLite overwrites what is deleted while fn runs, freed pages included, and then empties the journal that still has
// the pages as they were. PostgreSQL does so when it next vacuums.
func (d *DB) Erasing(ctx context.Context, fn func(ctx context.Context) error) error {
	err := d.hold(ctx, func(ctx context.Context, t *tx) error {
		if err := t.secureDelete(ctx, "ON"); err != nil {
			return err
		}
		if err := fn(context.WithValue(ctx, txKey{d}, t)); err != nil {
			return errors.Join(err, t.secureDelete(ctx, "FAST"))
		}
		return t.secureDelete(ctx, "FAST")
	})
	if err != nil || d.dialect != migrations.SQLite {
		return err
	}
	if t, _ := d.txIn(ctx); t != nil {
		return nil // not committed yet
	}
	var busy, pages, moved int
	return mapError(d.writerSQL.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved))
}

// secureDelete says how thoroughly SQLite overwrites what is deleted: FAST is as far as it costs no further writes, and how every connection begins.
func (t *tx) secureDelete(ctx context.Context, how string) error {
	if t.db.dialect != migrations.SQLite {
		return nil
	}
	var now int
	return t.sql.QueryRowContext(ctx, "PRAGMA secure_delete("+how+")").Scan(&now)
}

// lastAdmin names administrators who may sign in, and on PostgreSQL keeps them so until the commit: of two who go at once the second sees that the
// first has gone.
var lastAdmin = query{
	sqlite:   "SELECT id FROM people WHERE tenant = ? AND admin AND state = 'active' ORDER BY id LIMIT 2",
	postgres: "SELECT id FROM people WHERE tenant = $1 AND admin AND state = 'active' ORDER BY id FOR UPDATE",
}

// LastAdmin implements storage.Eraser.
func (d *DB) LastAdmin(ctx context.Context, tenant, person storage.ID) (last bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		admins, err := t.ids(ctx, lastAdmin, tenant)
		last = len(admins) == 1 && admins[0] == person
		return err
	})
	return last, err
}
