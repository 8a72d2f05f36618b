package gormdb

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// openidGrant finds what an ID token may have been issued for.
const openidGrant = `scopes LIKE '%"openid"%'`

var (
	participants = both("SELECT client, COALESCE(sid, session), subject FROM grants WHERE tenant = ? AND session = ? AND " + openidGrant +
		" UNION SELECT client, sid, subject FROM session_clients WHERE tenant = ? AND session = ? ORDER BY 1, 2")
	moveClients = both("UPDATE session_clients SET session = ?, expires_at = ? WHERE tenant = ? AND session = ?")
	keepClient  = both("INSERT INTO session_clients (tenant, session, client, sid, subject, expires_at) " +
		"SELECT tenant, id, ?, ?, ?, expires_at FROM sessions WHERE tenant = ? AND id = ? AND revoked_at IS NULL " +
		"ON CONFLICT (tenant, session, client, sid) DO NOTHING")
)

// rowsQuerier is a transaction, or a handle outside of any.
type rowsQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// partner is a participant whose client has not been read.
type partner struct {
	client, sid storage.ID
	subject     string
}

func (d *DB) partners(ctx context.Context, conn rowsQuerier, q query, args ...any) ([]partner, error) {
	rows, err := conn.QueryContext(ctx, q.on(d.dialect), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below says what went wrong
	var all []partner
	for rows.Next() {
		var p partner
		if err := rows.Scan(&p.client, &p.sid, &p.subject); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// Participants implements storage.Participants.
func (d *DB) Participants(ctx context.Context, tenant, session storage.ID) ([]storage.Participant, error) {
	var found []partner
	err := d.reading(ctx, func(ctx context.Context, t *tx) (err error) {
		var conn rowsQuerier = d.readerSQL
		if t != nil {
			conn = t.conn
		}
		found, err = d.partners(ctx, conn, participants, tenant, session, tenant, session)
		return err
	})
	if err != nil {
		return nil, err
	}
	return withClients(found, func(id storage.ID) (*storage.Client, error) { return d.ClientByID(ctx, tenant, id) })
}

// withClients reads each client once and leaves out those that are gone.
func withClients(found []partner, read func(id storage.ID) (*storage.Client, error)) ([]storage.Participant, error) {
	var out []storage.Participant
	clients := map[storage.ID]*storage.Client{}
	for _, p := range found {
		c, known := clients[p.client]
		if !known {
			var err error
			if c, err = read(p.client); err != nil && !errs.Is(err, errs.NotFound) {
				return nil, err
			}
			clients[p.client] = c
		}
		if c != nil {
			out = append(out, storage.Participant{Client: c, SID: p.sid, Subject: p.subject})
		}
	}
	return out, nil
}

// endSessions tells the participants of sessions that this transaction has ended. Whoever inserts a grant holds its session meanwhile, so that no
// participant comes after this.
func (t *tx) endSessions(ctx context.Context, tenant storage.ID, sessions ...storage.ID) error {
	if t.db.cfg.Farewell == nil {
		return nil
	}
	for _, id := range sessions {
		if err := t.farewell(ctx, tenant, participants, tenant, id, tenant, id); err != nil {
			return err
		}
	}
	return nil
}

// endGrants tells the clients of grants that this transaction has revoked.
func (t *tx) endGrants(ctx context.Context, tenant storage.ID, grants ...storage.ID) error {
	if t.db.cfg.Farewell == nil {
		return nil
	}
	for some := range slices.Chunk(grants, grantChunk) {
		args := []any{tenant}
		for _, id := range some {
			args = append(args, id)
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(some)), ", ")
		if err := t.farewell(ctx, tenant, both("SELECT DISTINCT client, COALESCE(sid, session), subject FROM grants WHERE tenant = ? AND id IN ("+marks+
			") AND session IS NOT NULL AND "+openidGrant+" ORDER BY 1, 2"), args...); err != nil {
			return err
		}
	}
	return nil
}

// grantChunk is how many grants one statement names.
const grantChunk = 500

func (t *tx) farewell(ctx context.Context, tenant storage.ID, q query, args ...any) error {
	found, err := t.db.partners(ctx, t.conn, q, args...)
	if err != nil || len(found) == 0 {
		return err
	}
	gone, err := withClients(found, func(id storage.ID) (*storage.Client, error) {
		return one[storage.Client](context.WithValue(ctx, txKey{t.db}, t), t.db, "tenant = ? AND id = ?", tenant, id)
	})
	if err != nil {
		return err
	}
	ms, err := t.db.cfg.Farewell(tenant, gone)
	if err != nil {
		return err
	}
	return t.send(ctx, ms)
}

// DeleteDeadGrants implements storage.GrantCounters. While the session of a grant lives, its client stays its participant.
func (d *DB) DeleteDeadGrants(ctx context.Context, before time.Time, limit int) (int64, error) {
	dead := sweepTable{name: "grants", key: "id", column: "expires_at", revoked: true}
	return d.sweepWith(ctx, dead, before, limit, func(ctx context.Context, t *tx, tenant storage.ID, q query, args ...any) (int64, error) {
		return t.sweepGrants(ctx, tenant, q, args...)
	})
}

// sweepGrants runs a statement that deletes grants.
func (t *tx) sweepGrants(ctx context.Context, tenant storage.ID, q query, args ...any) (int64, error) {
	q = q.returning("session, client, COALESCE(sid, session), subject, " + openidGrant)
	rows, err := t.conn.QueryContext(ctx, q.on(t.db.dialect), args...)
	if err != nil {
		return 0, err
	}
	n, kept, err := readSwept(rows)
	if err != nil {
		return n, err
	}
	for _, k := range kept {
		if _, err := t.exec(ctx, keepClient, k.client, k.sid, k.subject, tenant, k.session); err != nil {
			return n, err
		}
	}
	return n, nil
}

// swept is what remains to be known of a deleted grant.
type swept struct {
	session storage.ID
	partner
}

// readSwept counts all rows, and returns those of participants, each once.
func readSwept(rows *sql.Rows) (n int64, kept []swept, err error) {
	seen := map[swept]bool{}
	for rows.Next() {
		var (
			s      swept
			openid bool
		)
		if err := rows.Scan(&s.session, &s.client, &s.sid, &s.subject, &openid); err != nil {
			return n, nil, errors.Join(err, rows.Close())
		}
		n++
		if openid && !s.session.IsZero() && !seen[s] {
			seen[s] = true
			kept = append(kept, s)
		}
	}
	return n, kept, errors.Join(rows.Err(), rows.Close())
}

// DeleteExpiredParticipants implements storage.Participants.
func (d *DB) DeleteExpiredParticipants(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "session_clients", key: "session", column: "expires_at"}, before, limit)
}

// returning adds a clause to a statement.
func (q query) returning(columns string) query {
	return query{sqlite: q.sqlite + " RETURNING " + columns, postgres: q.postgres + " RETURNING " + columns}
}
