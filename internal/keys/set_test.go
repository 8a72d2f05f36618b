package keys

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// memSigning is a storage.SigningKeys as several processes would share it.
type memSigning struct {
	mu     sync.Mutex
	rows   []storage.SigningKey
	events []storage.AuditEvent
}

func (m *memSigning) SigningKeys(context.Context, storage.ID) ([]storage.SigningKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.rows), nil
}

func (m *memSigning) RotateSigningKey(
	_ context.Context, next *storage.SigningKey, newest storage.ID, retires, expires time.Time, ev *storage.AuditEvent,
) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	previous := -1
	for i, r := range m.rows {
		if r.Algorithm == next.Algorithm && (previous < 0 || r.ActivatesAt.After(m.rows[previous].ActivatesAt)) {
			previous = i
		}
	}
	if (previous < 0) != newest.IsZero() || previous >= 0 && m.rows[previous].ID != newest {
		return false, nil
	}
	if previous >= 0 {
		m.rows[previous].RetiresAt, m.rows[previous].ExpiresAt = &retires, &expires
	}
	m.rows, m.events = append(m.rows, *next), append(m.events, *ev)
	return true, nil
}

func (m *memSigning) DeleteExpiredSigningKeys(_ context.Context, now time.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.rows)
	m.rows = slices.DeleteFunc(m.rows, func(r storage.SigningKey) bool { return r.ExpiresAt != nil && r.ExpiresAt.Before(now) })
	return int64(before - len(m.rows)), nil
}

func (m *memSigning) change(kid string, f func(*storage.SigningKey)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.rows {
		if m.rows[i].KeyID == kid {
			f(&m.rows[i])
		}
	}
}

// world is what several nodes of one tenant share.
type world struct {
	store *memSigning
	ring  *Ring
	clock *clock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	c := newClock()
	return &world{store: &memSigning{}, ring: openRing(t, &memKeyring{}, master(t, 1), c), clock: c}
}

func (w *world) node(t testing.TB, c SetConfig) *Set {
	t.Helper()
	s, err := OpenSet(t.Context(), SetDeps{
		Store: w.store, Ring: w.ring, Tenant: tenantA, Now: w.clock.Now, Audit: audit.New(audit.Deps{Ring: w.ring, Now: w.clock.Now}),
	}, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var all = []string{RS256, PS256, ES256, EdDSA}

var quick = SetConfig{Algorithms: []string{ES256}, RotateEvery: 24 * time.Hour, PublishAhead: time.Hour, TokenLifetimeMax: 2 * time.Hour}

func published(t testing.TB, s *Set) *jose.JSONWebKeySet {
	t.Helper()
	body, _, _ := s.JWKS()
	set := new(jose.JSONWebKeySet)
	if err := json.Unmarshal(body, set); err != nil {
		t.Fatal(err)
	}
	return set
}

func kids(t testing.TB, s *Set) []string {
	t.Helper()
	var out []string
	for _, k := range published(t, s).Keys {
		out = append(out, k.KeyID)
	}
	return out
}

func kidOf(t testing.TB, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	h, err := parseHeader(head)
	if err != nil {
		t.Fatal(err)
	}
	return h.KeyID
}

// TestSignVerifiesWithJose checks every algorithm against another implementation, many times over, since r and s vary in length.
func TestSignVerifiesWithJose(t *testing.T) {
	s := newWorld(t).node(t, SetConfig{Algorithms: all})
	set := published(t, s)
	claims := []byte(`{"sub":"maria","aud":"https://api.example.org"}`)
	rounds := map[string]int{RS256: 3, PS256: 3, ES256: 600, EdDSA: 20}
	for _, alg := range all {
		for _, typ := range []string{"at+jwt", "JWT", "", "my+jwt"} {
			for range rounds[alg] {
				token, err := s.Sign(alg, typ, claims)
				if err != nil {
					t.Fatal(err)
				}
				jws, err := jose.ParseSigned(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
				if err != nil {
					t.Fatalf("%s: %v", alg, err)
				}
				got, err := jws.Verify(set)
				if err != nil || !bytes.Equal(got, claims) {
					t.Fatalf("%s: %q, %v", alg, got, err)
				}
				h := jws.Signatures[0].Protected
				if h.Algorithm != alg || len(set.Key(h.KeyID)) != 1 || typ != "" && h.ExtraHeaders[jose.HeaderType] != typ {
					t.Fatalf("%s: header %+v", alg, h)
				}
				own, kid, err := s.Verify(token, []string{alg}, typ)
				if err != nil || !bytes.Equal(own, claims) || kid != h.KeyID {
					t.Fatalf("%s: own verification: %v", alg, err)
				}
			}
		}
	}
}

func TestJWKSIsPublicAndNamedByThumbprint(t *testing.T) {
	w := newWorld(t)
	s := w.node(t, SetConfig{Algorithms: all, PublishAhead: time.Hour})
	body, etag, maxAge := s.JWKS()
	var raw struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		t.Fatal(err)
	}
	allowed := []string{"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"}
	for i, k := range raw.Keys {
		for name := range k {
			if !slices.Contains(allowed, name) {
				t.Errorf("member %s is published", name)
			}
		}
		if k["alg"] != all[i] || k["use"] != "sig" {
			t.Errorf("key %d: %v", i, k)
		}
	}
	seen := map[string]bool{}
	for _, k := range published(t, s).Keys {
		kid, err := thumbprint(k.Key)
		if err != nil || kid != k.KeyID || seen[kid] {
			t.Errorf("kid %s, thumbprint %s, %v", k.KeyID, kid, err)
		}
		seen[kid] = true
	}
	if len(seen) != 4 || maxAge <= 0 || maxAge > time.Hour || len(etag) < 10 || etag[0] != '"' {
		t.Errorf("%d keys, max-age %v, etag %s", len(seen), maxAge, etag)
	}
	if _, again, _ := w.node(t, SetConfig{Algorithms: all}).JWKS(); again != etag {
		t.Error("two nodes have other ETags for the same keys")
	}
	for _, r := range w.store.rows {
		if v, err := r.Private.Value(); err != nil || v == nil || strings.Contains(r.Public, `"d"`) {
			t.Error("a private key is not sealed")
		}
	}
}

func TestFirstStartTogether(t *testing.T) {
	w := newWorld(t)
	sets := make([]*Set, 6)
	var wg sync.WaitGroup
	for i := range sets {
		wg.Go(func() { sets[i] = w.node(t, quick) })
	}
	wg.Wait()
	if len(w.store.rows) != 1 {
		t.Fatalf("%d keys", len(w.store.rows))
	}
	for i, s := range sets {
		token, err := s.Sign(ES256, "JWT", []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := sets[(i+1)%len(sets)].Verify(token, []string{ES256}, "JWT"); err != nil {
			t.Error(err)
		}
	}
}

func TestStoredKeyIsNotTrusted(t *testing.T) {
	damage := map[string]func(a, b *storage.SigningKey){
		"private of another row": func(a, b *storage.SigningKey) { a.Private = b.Private },
		"another kid":            func(a, b *storage.SigningKey) { a.KeyID = b.KeyID },
		"another algorithm":      func(a, _ *storage.SigningKey) { a.Algorithm = EdDSA },
		"another row id":         func(a, b *storage.SigningKey) { a.ID = b.ID },
	}
	for name, f := range damage {
		w := newWorld(t)
		s := w.node(t, quick)
		if err := s.Rotate(t.Context(), ES256, ""); err != nil {
			t.Fatal(err)
		}
		f(&w.store.rows[0], &w.store.rows[1])
		_, err := OpenSet(t.Context(), s.deps, quick)
		if !errs.Is(err, errs.Internal) {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Reload(t.Context()); name != "private of another row" && !errs.Is(err, errs.Internal) {
			t.Errorf("%s: reload: %v", name, err)
		}
		if _, err := s.Sign(ES256, "", []byte("{}")); err != nil {
			t.Errorf("%s: a failed reload took the keys away: %v", name, err)
		}
	}
	w := newWorld(t)
	s := w.node(t, quick)
	w.store.rows[0].Public = `{"kty":"EC","crv":"P-256","x":"attacker","y":"attacker"}`
	if err := s.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	if body, _, _ := s.JWKS(); bytes.Contains(body, []byte("attacker")) {
		t.Error("the stored public key is published")
	}
}

func TestSetConfig(t *testing.T) {
	bad := map[string]SetConfig{
		"none":      {},
		"unknown":   {Algorithms: []string{"HS256"}},
		"twice":     {Algorithms: []string{ES256, ES256}},
		"RSA small": {Algorithms: []string{RS256}, RSABits: 1024},
		"RSA large": {Algorithms: []string{RS256}, RSABits: 8192},
		"negative":  {Algorithms: []string{ES256}, PublishAhead: -1},
		"too often": {Algorithms: []string{ES256}, PublishAhead: time.Hour, RotateEvery: time.Hour},
	}
	for name, c := range bad {
		if c.Validate() == nil {
			t.Errorf("%s is taken", name)
		}
		if _, err := OpenSet(t.Context(), SetDeps{}, c); err == nil {
			t.Errorf("%s opens", name)
		}
	}
	s := newWorld(t).node(t, quick)
	if !slices.Equal(s.Algorithms(), []string{ES256}) || s.TickEvery() != time.Minute {
		t.Errorf("%v, %v", s.Algorithms(), s.TickEvery())
	}
	if _, err := s.Sign(RS256, "", nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("an algorithm that is not offered: %v", err)
	}
}

// TestDroppedAlgorithm: what was signed before an algorithm left the configuration still verifies; nothing new is signed with it.
func TestDroppedAlgorithm(t *testing.T) {
	w := newWorld(t)
	token, err := w.node(t, SetConfig{Algorithms: []string{ES256, EdDSA}}).Sign(EdDSA, "", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	s := w.node(t, quick)
	if _, _, err := s.Verify(token, all, ""); err != nil || len(kids(t, s)) != 2 {
		t.Errorf("%v", err)
	}
	if _, err := s.Sign(EdDSA, "", []byte("{}")); !errs.Is(err, errs.Invalid) {
		t.Errorf("signs: %v", err)
	}
}

func TestSignTogether(t *testing.T) {
	w := newWorld(t)
	s := w.node(t, SetConfig{Algorithms: []string{ES256, EdDSA}, PublishAhead: time.Hour, RotateEvery: 2 * time.Hour})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			alg := []string{ES256, EdDSA}[i%2]
			for range 40 {
				want := []byte(`{"n":` + strings.Repeat("1", 1+i*9) + `}`)
				token, err := s.Sign(alg, "JWT", want)
				if err != nil {
					t.Error(err)
					return
				}
				if got, _, err := s.Verify(token, []string{alg}, "JWT"); err != nil || !bytes.Equal(got, want) {
					t.Errorf("got %s, %v", got, err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			w.clock.Add(10 * time.Minute)
			if err := s.Tick(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}
