package keys

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Settle is how long a new version of a data key only opens and verifies before it also seals and signs. Every node must call Reload within it, so
// that none meets a version that it does not know.
const Settle = time.Minute

const dataKeySize = 32

// Ring holds a tenant's data keys in memory. It is safe for concurrent use.
type Ring struct {
	store  storage.Keyring
	tenant storage.ID
	now    func() time.Time
	state  atomic.Pointer[ringState]

	reload sync.Mutex // one reload or rewrap at a time; readers never take it
	master Master     // guarded by reload
}

// ringState is a snapshot: versions by purpose, newest first.
type ringState struct{ purposes map[string][]dataKey }

type dataKey struct {
	version int
	raw     []byte
	seal    *seal.Key
	macs    *macs
	from    time.Time // seals and signs from here on
	retired bool
}

// OpenRing unwraps all data keys of the tenant and makes version 1 of each purpose that has none. Several processes may start at once: they end with
// the same keys. It fails when the master key does not open what is stored, and then makes nothing.
func OpenRing(ctx context.Context, store storage.Keyring, m Master, tenant storage.ID, now func() time.Time) (*Ring, error) {
	r := &Ring{store: store, tenant: tenant, now: now, master: m}
	r.state.Store(&ringState{})
	if err := r.Reload(ctx); err != nil {
		return nil, err
	}
	for _, purpose := range purposes() {
		if len(r.state.Load().purposes[purpose]) > 0 {
			continue
		}
		if err := r.add(ctx, purpose, 1); err != nil {
			return nil, err
		}
	}
	return r, r.Reload(ctx)
}

// Reload reads versions that other processes made. Known versions are not unwrapped again, so that a node keeps working while the master key is
// exchanged under it. After an error the ring is as it was.
func (r *Ring) Reload(ctx context.Context) error {
	r.reload.Lock()
	defer r.reload.Unlock()
	rows, err := r.store.DataKeys(ctx, r.tenant)
	if err != nil {
		return err
	}
	next := &ringState{purposes: make(map[string][]dataKey)}
	for i := range rows {
		k, err := r.unwrap(&rows[i])
		if err != nil {
			return err
		}
		next.purposes[rows[i].Purpose] = append(next.purposes[rows[i].Purpose], k)
	}
	for _, ks := range next.purposes {
		slices.SortFunc(ks, func(a, b dataKey) int { return cmp.Compare(b.version, a.version) })
	}
	r.state.Store(next)
	return nil
}

// unwrap opens one row, or takes the key from the snapshot when it is known. The caller holds r.reload.
func (r *Ring) unwrap(row *storage.DataKey) (dataKey, error) {
	k, known := r.state.Load().find(row.Purpose, row.Version)
	if !known {
		raw, err := r.master.Unwrap(wrapAAD(row), row.Wrapped)
		if err != nil {
			return dataKey{}, errs.Wrap(errs.Internal, "",
				fmt.Errorf("keys: the master key does not open data key %s/%d (another master key, or a damaged row): %w", row.Purpose, row.Version, err))
		}
		sealing, err := seal.NewKey(row.Version, raw)
		if err != nil {
			return dataKey{}, errs.Wrap(errs.Internal, "", err)
		}
		k = dataKey{version: row.Version, raw: slices.Clip(raw), seal: sealing, macs: newMACs(raw)}
	}
	k.from, k.retired = row.CreatedAt.Add(Settle), row.RetiredAt != nil
	return k, nil
}

// add makes a version of a purpose; if another process was first, its key stands and this one is forgotten.
func (r *Ring) add(ctx context.Context, purpose string, version int) error {
	raw := make([]byte, dataKeySize)
	_, _ = rand.Read(raw) // never fails since Go 1.24: it crashes the process instead
	row := &storage.DataKey{Tenant: r.tenant, Purpose: purpose, Version: version, CreatedAt: r.now()}
	r.reload.Lock()
	master := r.master
	r.reload.Unlock()
	wrapped, err := master.Wrap(wrapAAD(row), raw)
	if err != nil {
		return errs.Wrap(errs.Internal, "", fmt.Errorf("keys: wrap data key %s/%d: %w", purpose, version, err))
	}
	row.Wrapped = wrapped
	_, err = r.store.EnsureDataKey(ctx, row)
	return err
}

// wrapAAD binds a wrapped key to its row: a key moved to another tenant, purpose or version does not unwrap.
func wrapAAD(row *storage.DataKey) []byte {
	b := append([]byte("jedan keyring"), row.Tenant[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(row.Version)) //nolint:gosec // injective for every int
	return append(b, row.Purpose...)
}

func (s *ringState) find(purpose string, version int) (dataKey, bool) {
	for _, k := range s.purposes[purpose] {
		if k.version == version {
			return k, true
		}
	}
	return dataKey{}, false
}

// current is the newest version that may seal: unretired and settled; failing that the oldest unretired one, which every node knows best.
func (s *ringState) current(purpose string, now func() time.Time) dataKey {
	ks := s.purposes[purpose]
	if len(ks) == 1 {
		return ks[0]
	}
	at, oldest := now(), dataKey{}
	for _, k := range ks {
		if k.retired {
			continue
		}
		if !at.Before(k.from) {
			return k
		}
		oldest = k
	}
	return oldest
}
