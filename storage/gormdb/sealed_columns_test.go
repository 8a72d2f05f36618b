package gormdb_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// TestTheDatabaseItselfRefusesPlaintext goes past gorm, which sees raw SQL as it is.
func TestTheDatabaseItselfRefusesPlaintext(t *testing.T) {
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) {
		for _, column := range []string{
			"people.profile", "clients.secret_sealed", "sessions.device", "sessions.upstream_names", "grants.nonce1", "grants.nonce0", "signing_keys.private", "audit_events.detail",
			"pending.request", "pending.decision", "outbox.payload", "factors.name", "factors.secret", "passkeys.name", "codes.data",
		} {
			table, name, _ := strings.Cut(column, ".")
			for what, value := range map[string][]byte{
				"plaintext": []byte("maria@example.org, a text that is long enough to be a sealed one"),
				"too short": append([]byte{1}, make([]byte, 41)...),
				"empty":     {},
			} {
				if err := insertRaw(db, table, name, value); err == nil {
					t.Errorf("%s took what is %s", column, what)
				}
			}
			if err := insertRaw(db, table, name, append([]byte{1}, make([]byte, 42)...)); err != nil {
				t.Errorf("%s refused a sealed value: %v", column, err)
			}
		}
		if db.Dialect() == migrations.SQLite { // a text is no blob there, whatever it begins with
			_, err := db.SQL().Exec("UPDATE people SET profile = char(1) || '" + strings.Repeat("x", 60) + "'")
			if err == nil {
				t.Error("people.profile took a text")
			}
		}
	})
}

// insertRaw fills the columns that must not be NULL with whatever their types take.
func insertRaw(db *gormdb.DB, table, column string, value []byte) error {
	required := map[string]string{
		"people":       "tenant b, id b, subject t, password_hash t, state t, admin f, created_at d, updated_at d, version n",
		"clients":      "tenant b, id b, client_id t, metadata t, secret_key n, secret_phc t, disabled f, created_at d, updated_at d, version n",
		"sessions":     "tenant b, id b, person b, auth_time d, acr t, amr t, created_at d, last_seen_at d, expires_at d, reason t",
		"signing_keys": "tenant b, id b, key_id t, algorithm t, public t, created_at d, activates_at d",
		"audit_events": "tenant b, id b, time d, type t, severity t, actor_kind t, actor t, target t, client t, org t, outcome t, reason t, request_id t",
		"pending":      "tenant b, id b, kind t, client b, handle b, state t, interval_seconds n, polled_at n, slow f, tries n, expires_at d, created_at d",
		"passkeys": "tenant b, id b, person b, credential_id b, public_key b, aaguid b, sign_count n, transports t, verified f, syncs f, synced f, hardware f, " +
			"created_at d",
		"outbox":  "tenant b, id b, kind t, target t, state t, attempts n, next_at d, status t, created_at d",
		"factors": "tenant b, id b, person b, kind t, state t, last_step n, created_at d",
		"codes":   "tenant b, id b, purpose t, channel t, hash_key n, attempts n, expires_at d, created_at d",
		"grants": "tenant b, id b, client b, person b, origin t, subject t, scopes t, resources t, claims t, acr t, amr t, auth_time d, challenge t, " +
			"redirect_uri t, nonce t, cnf t, dpop_jkt t, code n, code_expires d, offline f, refresh f, rotates f, generation n, expires_at d, uses n, " +
			"created_at d, reason t",
	}[table]
	names, marks, args := []string{column}, []string{"$1"}, []any{value}
	for _, field := range strings.Split(required, ", ") {
		name, kind, _ := strings.Cut(field, " ")
		names = append(names, name)
		unique := fmt.Sprintf("%s-%x", column, len(value))
		marks = append(marks, map[string]string{"b": "'" + unique + "'", "t": "'" + unique + "'", "n": "0", "f": "false", "d": "CURRENT_TIMESTAMP"}[kind])
	}
	query := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
	if db.Dialect() == migrations.SQLite {
		query = strings.Replace(query, "$1", "?", 1)
	}
	_, err := db.SQL().ExecContext(context.Background(), query, args...)
	return err
}
