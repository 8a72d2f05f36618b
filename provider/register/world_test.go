package register

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// plainMaster wraps nothing: these tests are not about the master key.
type plainMaster struct{}

func (plainMaster) Wrap(_, raw []byte) ([]byte, error)   { return raw, nil }
func (plainMaster) Unwrap(_, raw []byte) ([]byte, error) { return raw, nil }

type world struct {
	*Registrar
	t      *testing.T
	db     *gormdb.DB
	ring   *keys.Ring
	audit  *audit.Recorder
	hasher *password.Hasher
	tenant storage.ID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := gormtest.SQLite(t, gormdb.Config{})
	var ticks atomic.Int64
	now := func() time.Time { // each look at the clock is a millisecond later, so that ids have an order
		return time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC).Add(time.Duration(ticks.Add(1)) * time.Millisecond)
	}
	tenant, err := db.EnsureTenant(t.Context(), &storage.Tenant{ID: storage.NewID(now()), Name: "default", CreatedAt: now()})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, tenant: tenant.ID}
	if w.ring, err = keys.OpenRing(t.Context(), db, plainMaster{}, tenant.ID, now); err != nil {
		t.Fatal(err)
	}
	if w.hasher, err = password.New(password.Config{Params: password.Params{MemoryKiB: 8, Iterations: 1, Parallelism: 1}, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	w.audit = audit.New(audit.Deps{Ring: w.ring, Now: now})
	w.Registrar = New(Deps{
		Store: db, Ring: w.ring, Audit: w.audit, Hasher: w.hasher, Tenant: tenant.ID, Issuer: "https://id.test", Now: now,
	})
	return w
}

func operator() Actor { return Actor{Kind: audit.Operator, ID: "command-line"} }

// base is the smallest registration of a web application.
func base() storage.ClientMetadata {
	return storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}}
}

func (w *world) create(m storage.ClientMetadata, o Options) *Registered {
	w.t.Helper()
	o.Actor = operator()
	g, err := w.Create(w.t.Context(), m, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// events returns the types of events about a target, oldest first, and everything they say as JSON.
func (w *world) events(target string) (types []string, text string) {
	w.t.Helper()
	rows, err := w.db.AuditEvents(context.Background(), w.tenant, storage.AuditFilter{Target: target, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range rows {
		e, err := w.audit.Open(row)
		if err != nil {
			w.t.Fatal(err)
		}
		if e.ActorKind != audit.Operator || e.Actor != "command-line" {
			w.t.Errorf("%s: the actor is %s:%s", e.Type, e.ActorKind, e.Actor)
		}
		raw, err := json.Marshal(e)
		if err != nil {
			w.t.Fatal(err)
		}
		types, text = append(types, e.Type), text+string(raw)
	}
	return types, text
}
