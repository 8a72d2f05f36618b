package keys

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// memKeyring is a storage.Keyring as several processes would share it.
type memKeyring struct {
	mu     sync.Mutex
	rows   []storage.DataKey
	events []*storage.AuditEvent
	before func() // runs before a rewrap is written
}

func (m *memKeyring) DataKeys(_ context.Context, tenant storage.ID) ([]storage.DataKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []storage.DataKey
	for _, r := range m.rows {
		if r.Tenant == tenant {
			out = append(out, r)
		}
	}
	return out, nil
}

func (m *memKeyring) EnsureDataKey(_ context.Context, k *storage.DataKey) (*storage.DataKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, r := range m.rows {
		if r.Tenant == k.Tenant && r.Purpose == k.Purpose && r.Version == k.Version {
			return &m.rows[i], nil
		}
	}
	m.rows = append(m.rows, *k)
	return k, nil
}

func (m *memKeyring) RewrapDataKeys(_ context.Context, ks []storage.DataKey, ev *storage.AuditEvent) error {
	if m.before != nil {
		m.before()
		m.before = nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if ev != nil {
		m.events = append(m.events, ev)
	}
	for _, k := range ks {
		for i, r := range m.rows {
			if r.Tenant == k.Tenant && r.Purpose == k.Purpose && r.Version == k.Version {
				m.rows[i].Wrapped = k.Wrapped
			}
		}
	}
	return nil
}

// testMaster wraps with one byte repeated.
type testMaster struct{ key *seal.Key }

func master(t testing.TB, fill byte) *testMaster {
	t.Helper()
	k, err := seal.NewKey(1, bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &testMaster{k}
}

func (m *testMaster) Wrap(aad, raw []byte) ([]byte, error) { return m.key.SealBytes(aad, raw), nil }
func (m *testMaster) Unwrap(aad, wrapped []byte) ([]byte, error) {
	return m.key.OpenBytes(aad, wrapped)
}

// clock is an injected time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

var (
	tenantA = storage.ID{1}
	tenantB = storage.ID{2}
	place   = seal.Location{Table: "people", Column: "profile", Tenant: tenantA, Row: [16]byte{3}}
)

func openRing(t testing.TB, store storage.Keyring, m Master, c *clock) *Ring {
	t.Helper()
	r, err := OpenRing(t.Context(), store, m, tenantA, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOpenRingMakesEveryPurposeOnce(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	a := openRing(t, store, master(t, 1), c)
	b := openRing(t, store, master(t, 1), c)
	if len(store.rows) != len(purposes()) {
		t.Fatalf("%d rows", len(store.rows))
	}
	seen := map[string]bool{}
	for _, p := range purposes() {
		va, ka := a.Current(p)
		vb, kb := b.Current(p)
		if va != 1 || vb != 1 || !bytes.Equal(ka, kb) || len(ka) != 32 || seen[string(ka)] {
			t.Errorf("%s: versions %d and %d, or a shared key", p, va, vb)
		}
		seen[string(ka)] = true
		for _, row := range store.rows {
			if bytes.Contains(row.Wrapped, ka) {
				t.Errorf("%s: the key is stored in the clear", p)
			}
		}
	}
}

func TestOpenRingTogether(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	rings := make([]*Ring, 8)
	m := master(t, 1)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			r, err := OpenRing(context.Background(), store, m, tenantA, c.Now)
			if err != nil {
				t.Error(err)
				return
			}
			rings[i] = r
		})
	}
	wg.Wait()
	sealed := rings[0].Seal(place, []byte("secret"))
	for i, r := range rings {
		if got, err := r.Open(place, sealed); err != nil || string(got) != "secret" {
			t.Errorf("ring %d: %v", i, err)
		}
	}
}

func TestWrongMasterMakesNothing(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	openRing(t, store, master(t, 1), c)
	store.rows = store.rows[:3]
	if _, err := OpenRing(t.Context(), store, master(t, 2), tenantA, c.Now); !errs.Is(err, errs.Internal) {
		t.Fatalf("got %v", err)
	}
	if len(store.rows) != 3 {
		t.Error("keys were made under the wrong master")
	}
}

func TestWrappedKeyIsBoundToItsRow(t *testing.T) {
	moves := map[string]func(*storage.DataKey){
		"tenant":  func(k *storage.DataKey) { k.Tenant = tenantB },
		"purpose": func(k *storage.DataKey) { k.Purpose = Refresh },
		"version": func(k *storage.DataKey) { k.Version = 2 },
	}
	for name, move := range moves {
		store, c := &memKeyring{}, newClock()
		openRing(t, store, master(t, 1), c)
		row := store.rows[slices.IndexFunc(store.rows, func(k storage.DataKey) bool { return k.Purpose == Codes })]
		move(&row)
		store.rows = []storage.DataKey{row}
		if _, err := OpenRing(t.Context(), store, master(t, 1), row.Tenant, c.Now); err == nil {
			t.Errorf("%s: a moved row unwraps", name)
		}
	}
}

func TestRotateDataKeySettles(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	a, b := openRing(t, store, master(t, 1), c), openRing(t, store, master(t, 1), c)
	old := a.Seal(place, []byte("old"))
	oldMAC := func() []byte { _, m := a.MAC(Columns, []byte("x")); return m }()
	if v, err := a.RotateDataKey(t.Context(), Columns); err != nil || v != 2 {
		t.Fatal(v, err)
	}
	if v, _ := a.Current(Columns); v != 1 {
		t.Error("a fresh version seals before other nodes can know it")
	}
	if err := b.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Add(Settle)
	fresh := a.Seal(place, []byte("new"))
	if fresh.KeyVersion() != 2 {
		t.Fatalf("sealed by version %d", fresh.KeyVersion())
	}
	for _, sealed := range []seal.Text{old, fresh} {
		if _, err := b.Open(place, sealed); err != nil {
			t.Errorf("version %d: %v", sealed.KeyVersion(), err)
		}
	}
	if !slices.Equal(b.Versions(Columns), []int{2, 1}) {
		t.Errorf("versions %v", b.Versions(Columns))
	}
	if !b.VerifyMAC(Columns, 1, oldMAC, []byte("x")) || b.VerifyMAC(Columns, 2, oldMAC, []byte("x")) {
		t.Error("a MAC must verify with its own version only")
	}
}

func TestRotateDataKeyRefuses(t *testing.T) {
	r := openRing(t, &memKeyring{}, master(t, 1), newClock())
	for _, p := range []string{EmailIndex, "", "other"} {
		if _, err := r.RotateDataKey(t.Context(), p); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func TestRetiredVersionVerifiesOnly(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	r := openRing(t, store, master(t, 1), c)
	if _, err := r.RotateDataKey(t.Context(), Sessions); err != nil {
		t.Fatal(err)
	}
	c.Add(Settle)
	_, mac := r.MAC(Sessions, []byte("x"))
	at := c.Now()
	for i := range store.rows {
		if store.rows[i].Purpose == Sessions && store.rows[i].Version == 2 {
			store.rows[i].RetiredAt = &at
		}
	}
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, _ := r.Current(Sessions); v != 1 {
		t.Errorf("version %d signs", v)
	}
	if !r.VerifyMAC(Sessions, 2, mac, []byte("x")) {
		t.Error("a retired version no longer verifies")
	}
}

func TestMACIsUnambiguous(t *testing.T) {
	r := openRing(t, &memKeyring{}, master(t, 1), newClock())
	v, mac := r.MAC(Codes, []byte("ab"), []byte("c"))
	if !r.VerifyMAC(Codes, v, mac, []byte("ab"), []byte("c")) {
		t.Fatal("does not verify")
	}
	refused := map[string]bool{
		"slid":          r.VerifyMAC(Codes, v, mac, []byte("a"), []byte("bc")),
		"joined":        r.VerifyMAC(Codes, v, mac, []byte("abc")),
		"empty part":    r.VerifyMAC(Codes, v, mac, []byte("ab"), []byte("c"), nil),
		"other purpose": r.VerifyMAC(Refresh, v, mac, []byte("ab"), []byte("c")),
		"no version":    r.VerifyMAC(Codes, 9, mac, []byte("ab"), []byte("c")),
		"cut":           r.VerifyMAC(Codes, v, mac[:16], []byte("ab"), []byte("c")),
		"no purpose":    r.VerifyMAC("other", v, mac, []byte("ab"), []byte("c")),
	}
	if v, zeros := r.MAC(Codes, []byte("a"), []byte("b")); r.VerifyMAC(Codes, v, zeros, []byte("a\x00\x00\x00\x00\x00\x00\x00\x00b")) {
		t.Error("eight zero bytes separate")
	}
	for name, ok := range refused {
		if ok {
			t.Errorf("%s: verifies", name)
		}
	}
}

func TestRingBytesAndIndex(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	r := openRing(t, store, master(t, 1), c)
	sealed := r.SealBytes(Flows, []byte("aad"), []byte("request"))
	if got, err := r.OpenBytes(Flows, []byte("aad"), sealed); err != nil || string(got) != "request" {
		t.Errorf("got %q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"purpose": func() ([]byte, error) { return r.OpenBytes(Opaque, []byte("aad"), sealed) },
		"aad":     func() ([]byte, error) { return r.OpenBytes(Flows, nil, sealed) },
		"empty":   func() ([]byte, error) { return r.OpenBytes(Flows, []byte("aad"), nil) },
	} {
		if _, err := open(); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	one := r.Index("people", "email", []byte("a@b"))
	all := r.Indexes("people", "email", []byte("a@b"))
	if len(all) != 1 || !bytes.Equal(one, all[0]) {
		t.Error("index and indexes differ")
	}
	if _, err := r.Open(place, seal.Text{}); !errors.Is(err, seal.ErrOpen) {
		t.Error("NULL opens")
	}
}

func TestRewrap(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	m1, m2 := master(t, 1), master(t, 2)
	r, other := openRing(t, store, m1, c), openRing(t, store, m1, c)
	sealed := r.Seal(place, []byte("secret"))
	store.before = func() { // a process with the old master makes a key in the very moment
		if _, err := other.RotateDataKey(context.Background(), Codes); err != nil {
			t.Error(err)
		}
	}
	if err := r.Rewrap(t.Context(), m2, &storage.AuditEvent{Type: "keyring.rewrap"}); err != nil {
		t.Fatal(err)
	}
	if len(store.events) != 1 {
		t.Errorf("%d events", len(store.events))
	}
	if err := other.Reload(t.Context()); err != nil {
		t.Errorf("a running node lost its keys: %v", err)
	}
	fresh := openRing(t, store, m2, c)
	if got, err := fresh.Open(place, sealed); err != nil || string(got) != "secret" {
		t.Errorf("got %q, %v", got, err)
	}
	if !slices.Equal(fresh.Versions(Codes), []int{2, 1}) {
		t.Errorf("versions %v", fresh.Versions(Codes))
	}
	if _, err := OpenRing(t.Context(), store, m1, tenantA, c.Now); err == nil {
		t.Error("the old master still opens the ring")
	}
	if _, err := r.RotateDataKey(t.Context(), Codes); err != nil {
		t.Errorf("the ring does not go on with the new master: %v", err)
	}
}

func TestRewrapResumes(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	m1, m2 := master(t, 1), master(t, 2)
	r := openRing(t, store, m1, c)
	half, err := r.rewrapRows(store.rows[:4], m2)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.RewrapDataKeys(t.Context(), half, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Rewrap(t.Context(), m2, nil); err != nil {
		t.Fatal(err)
	}
	openRing(t, store, m2, c)
	if err := openRing(t, store, m2, c).Rewrap(t.Context(), master(t, 3), nil); err != nil {
		t.Fatal(err)
	}
	r2 := &Ring{store: store, tenant: tenantA, now: c.Now, master: m1}
	if err := r2.Rewrap(t.Context(), m2, nil); !errs.Is(err, errs.Internal) {
		t.Errorf("rows of a third master: %v", err)
	}
}

func TestUnknownPurposePanics(t *testing.T) {
	r := openRing(t, &memKeyring{}, master(t, 1), newClock())
	defer func() {
		if recover() == nil {
			t.Error("seals without a key")
		}
	}()
	r.SealBytes("other", nil, nil)
}

// Everybody would be a stranger to every client if the key of pairwise subjects changed.
func TestTheFirstKeyOfAPurposeServesForEver(t *testing.T) {
	store, c := &memKeyring{}, newClock()
	r := openRing(t, store, master(t, 1), c)
	before := r.FirstMAC(Pairwise, []byte("a"), []byte("b"))
	if _, err := r.RotateDataKey(t.Context(), Pairwise); !errs.Is(err, errs.Invalid) {
		t.Errorf("rotated: %v", err)
	}
	if _, err := r.RotateDataKey(t.Context(), Sessions); err != nil {
		t.Fatal(err)
	}
	first := r.FirstMAC(Sessions, []byte("a"))
	c.Add(2 * Settle)
	if _, now := r.MAC(Sessions, []byte("a")); bytes.Equal(now, first) || !bytes.Equal(r.FirstMAC(Sessions, []byte("a")), first) {
		t.Error("the first version gave way to a newer one")
	}
	again := openRing(t, store, master(t, 1), c)
	if !bytes.Equal(again.FirstMAC(Pairwise, []byte("a"), []byte("b")), before) || bytes.Equal(again.FirstMAC(Pairwise, []byte("ab")), before) {
		t.Error("not the same after a restart, or parts run together")
	}
}
