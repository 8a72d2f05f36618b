package flow

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/keys/file"
	"github.com/jedan-auth/jedan-auth/storage"
)

// memoryKeyring is a storage.Keyring without a database.
type memoryKeyring struct {
	mu   sync.Mutex
	rows []storage.DataKey
}

func (m *memoryKeyring) DataKeys(context.Context, storage.ID) ([]storage.DataKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]storage.DataKey(nil), m.rows...), nil
}

func (m *memoryKeyring) EnsureDataKey(_ context.Context, k *storage.DataKey) (*storage.DataKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.rows {
		if m.rows[i].Purpose == k.Purpose && m.rows[i].Version == k.Version {
			return &m.rows[i], nil
		}
	}
	m.rows = append(m.rows, *k)
	return k, nil
}

func (m *memoryKeyring) RewrapDataKeys(context.Context, []storage.DataKey, *storage.AuditEvent) error {
	return nil
}

// fixture is Flows over a real ring and a clock that tests move.
type fixture struct {
	*Flows
	ring   *keys.Ring
	now    time.Time
	tenant storage.ID
}

func newFixture(tb testing.TB, c Config) *fixture {
	tb.Helper()
	master, err := file.Parse(file.Generate())
	if err != nil {
		tb.Fatal(err)
	}
	f := &fixture{now: time.Date(2026, 11, 24, 8, 0, 0, 123456000, time.UTC)}
	f.tenant = storage.NewID(f.now)
	clock := func() time.Time { return f.now }
	f.ring, err = keys.OpenRing(tb.Context(), &memoryKeyring{}, master, f.tenant, clock)
	if err != nil {
		tb.Fatal(err)
	}
	f.Flows = New(Deps{Ring: f.ring, Now: clock}, c)
	return f
}
