package gormdb

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

const usesChunk = 100

// CountGrantUses implements storage.GrantCounters.
func (d *DB) CountGrantUses(ctx context.Context, uses []storage.GrantUse) error {
	if len(uses) == 0 {
		return nil
	}
	uses = mergeUses(uses)
	return d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		for chunk := range slices.Chunk(uses, usesChunk) {
			args := make([]any, 0, 4*len(chunk))
			for _, u := range chunk {
				args = append(args, u.Tenant, u.Grant, u.Uses, u.UsedAt)
			}
			if _, err := t.exec(ctx, countUses(d.dialect, len(chunk)), args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// countUses joins the grants with n rows of values. PostgreSQL has to be told the types.
func countUses(d migrations.Dialect, n int) query {
	row, typed := "(?, ?, ?, ?)", "(?, ?, ?, ?)"
	if d == migrations.Postgres {
		typed = "(?::bytea, ?::bytea, ?::bigint, ?::timestamptz)"
	}
	return both("UPDATE grants SET uses = uses + v.column3, " +
		"used_at = CASE WHEN used_at IS NULL OR used_at < v.column4 THEN v.column4 ELSE used_at END " +
		"FROM (VALUES " + typed + strings.Repeat(", "+row, n-1) + ") AS v WHERE grants.tenant = v.column1 AND grants.id = v.column2")
}

// mergeUses adds up the uses of one grant, because a joined update counts one row of several, and orders them, so that two nodes lock rows
// in one order.
func mergeUses(uses []storage.GrantUse) []storage.GrantUse {
	type key struct{ tenant, grant storage.ID }
	sum := make(map[key]storage.GrantUse, len(uses))
	for _, u := range uses {
		k := key{u.Tenant, u.Grant}
		s, seen := sum[k]
		if seen {
			u.Uses += s.Uses
			if s.UsedAt.After(u.UsedAt) {
				u.UsedAt = s.UsedAt
			}
		}
		sum[k] = u
	}
	merged := make([]storage.GrantUse, 0, len(sum))
	for _, u := range sum {
		merged = append(merged, u)
	}
	slices.SortFunc(merged, func(a, b storage.GrantUse) int {
		if c := bytes.Compare(a.Tenant[:], b.Tenant[:]); c != 0 {
			return c
		}
		return bytes.Compare(a.Grant[:], b.Grant[:])
	})
	return merged
}
