package gormdb

import (
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// firstOfTargets finds the first waiting message of each target of the kinds by stepping through the index outbox_target from target to target.
const firstOfTargets = "WITH RECURSIVE heads(id) AS (" +
	"SELECT (SELECT n.id FROM outbox AS n WHERE n.tenant = ? AND n.state = 'waiting' AND n.target <> '' AND n.kind = k.kind ORDER BY n.target, n.id LIMIT 1) " +
	"FROM (%kinds) AS k UNION ALL " +
	"SELECT (SELECT n.id FROM outbox AS n WHERE n.tenant = o.tenant AND n.state = 'waiting' AND n.target <> '' AND n.kind = o.kind AND n.target > o.target " +
	"ORDER BY n.target, n.id LIMIT 1) FROM heads JOIN outbox AS o ON o.tenant = ? AND o.id = heads.id) "

// headOf is the first waiting message of the first target of a kind, or of the first one after another.
const headOf = "(SELECT o.kind, o.target, o.id, o.next_at, o.lease_until FROM outbox AS o WHERE o.tenant = ? AND o.state = 'waiting' AND o.target <> '' AND o.kind = %kind " +
	"ORDER BY o.target, o.id LIMIT 1) AS n"

// heads are the first messages of targets. PostgreSQL knows little of a table that fills while providers hang, and joins what it believes to be a few rows one with
// another: the square of what waits. So it steps for each kind alone, carries what is asked of a head, and is left to join only as many as are wanted.
func (t *tx) heads(tenant storage.ID, cmd storage.ClaimOutbox, limit int) claimQuery {
	var kinds []any
	for _, k := range cmd.Kinds {
		kinds = append(kinds, k)
	}
	list := "SELECT CAST(? AS text) AS kind" + strings.Repeat(" UNION ALL SELECT CAST(? AS text)", len(kinds)-1)
	if t.db.dialect != migrations.Postgres {
		return claimQuery{
			with: strings.ReplaceAll(firstOfTargets, "%kinds", list), where: "tenant = ? AND id IN (SELECT id FROM heads WHERE id IS NOT NULL)",
			args: slices.Concat([]any{tenant}, kinds, []any{tenant, tenant}),
		}
	}
	return claimQuery{
		with: "WITH RECURSIVE heads AS (SELECT n.* FROM (" + list + ") AS k CROSS JOIN LATERAL " + strings.ReplaceAll(headOf, "%kind", "k.kind") +
			" UNION ALL SELECT n.* FROM heads AS h CROSS JOIN LATERAL " + strings.ReplaceAll(headOf, "%kind", "h.kind AND o.target > h.target") + ") ",
		where: "tenant = ? AND id IN (SELECT h.id FROM heads AS h WHERE h.next_at <= ? AND (h.lease_until IS NULL OR h.lease_until <= ?) ORDER BY h.next_at, h.id LIMIT ?)",
		args:  slices.Concat(kinds, []any{tenant, tenant, tenant, cmd.Now, cmd.Now, 2*limit + 8}), // some are being claimed by others at this moment
	}
}
