package password

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// cheap is as little as argon2id allows.
func cheap() Params { return Params{MemoryKiB: 8, Iterations: 1, Parallelism: 1} }

func newHasher(tb testing.TB, c Config) *Hasher {
	tb.Helper()
	h, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// counting replaces argon2id by its cost: every call is counted with its parameters.
type counting struct {
	mu    sync.Mutex
	calls []Params
}

func (c *counting) into(h *Hasher) *counting {
	h.derive = func(pw, salt []byte, p Params, size uint32) []byte {
		c.mu.Lock()
		c.calls = append(c.calls, p)
		c.mu.Unlock()
		return argon2id(pw, salt, cheap(), size)
	}
	return c
}

func TestHashAndVerify(t *testing.T) {
	h := newHasher(t, Config{Params: cheap()})
	phc, err := h.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=8,t=1,p=1$") || CheckHash(phc) != nil {
		t.Fatalf("not a PHC string of ours")
	}
	again, err := h.Hash(t.Context(), "correct horse battery staple")
	if err != nil || again == phc {
		t.Error("two hashes share a salt")
	}
	for pw, want := range map[string]bool{"correct horse battery staple": true, "correct horse battery stapl": false, "": false} {
		ok, rehash, err := h.Verify(t.Context(), phc, pw)
		if err != nil || ok != want || rehash {
			t.Errorf("%q: ok %v, rehash %v, err %v", pw, ok, rehash, err)
		}
	}
}

// The reference implementation's own output (argon2 command line, RFC 9106 version 0x13).
func TestVerifyReferenceHash(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	h := newHasher(t, Config{})
	ok, rehash, err := h.Verify(t.Context(), phc, "password")
	if err != nil || !ok || !rehash {
		t.Errorf("ok %v, rehash %v, err %v", ok, rehash, err)
	}
	if ok, rehash, err := h.Verify(t.Context(), phc, "Password"); err != nil || ok || rehash {
		t.Errorf("wrong password: ok %v, rehash %v, err %v", ok, rehash, err)
	}
}

// PW10: composed and decomposed spellings are one password; nothing is cut off or folded.
func TestVerifyNormalises(t *testing.T) {
	h := newHasher(t, Config{Params: cheap()})
	phc, err := h.Hash(t.Context(), "pässwort 👩‍👩‍👧 zum test")
	if err != nil {
		t.Fatal(err)
	}
	for pw, want := range map[string]bool{"pa\u0308sswort 👩‍👩‍👧 zum test": true, "passwort 👩‍👩‍👧 zum test": false, "pässwort 👩‍👩‍👧 zum test ": false} {
		if ok, _, err := h.Verify(t.Context(), phc, pw); err != nil || ok != want {
			t.Errorf("%q: %v %v", pw, ok, err)
		}
	}
	long := strings.Repeat("x", MaxRunes)
	if phc, err = h.Hash(t.Context(), long); err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Verify(t.Context(), phc, long[:MaxRunes-1]); err != nil || ok {
		t.Error("a long password is cut off")
	}
}

// PW11: what cannot be a password is refused before anything is hashed, with or without an account behind it.
func TestUnusablePasswordsAreNotHashed(t *testing.T) {
	h := newHasher(t, Config{Params: cheap()})
	phc, err := h.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	count := (&counting{}).into(h)
	for name, c := range map[string]struct {
		pw   string
		code errs.Code
	}{
		"1 MB":         {strings.Repeat("a", 1<<20), errs.TooLarge},
		"1025 bytes":   {strings.Repeat("a", 1025), errs.TooLarge},
		"257 runes":    {strings.Repeat("a", 257), errs.TooLarge},
		"NUL":          {"a\x00b", errs.Invalid},
		"not UTF-8":    {"a\xffb", errs.Invalid},
		"a surrogate":  {"a\xed\xa0\x80b", errs.Invalid},
		"overlong NUL": {"a\xc0\x80b", errs.Invalid},
	} {
		_, hashErr := h.Hash(t.Context(), c.pw)
		ok, _, verifyErr := h.Verify(t.Context(), phc, c.pw)
		for _, err := range []error{hashErr, verifyErr, h.VerifyDummy(t.Context(), c.pw)} {
			if !errs.Is(err, c.code) || ok {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	if len(count.calls) != 0 {
		t.Errorf("%d hashes were made", len(count.calls))
	}
}

// PW01: an unknown account, one without a password and one whose hash cannot be used cost what a wrong password costs.
func TestEveryAccountCostsTheSame(t *testing.T) {
	h := newHasher(t, Config{})
	ours, err := h.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	count := (&counting{}).into(h)
	for _, phc := range []string{ours, "", "$argon2id$v=19$m=4194304,t=10,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "$2b$31$x", "x"} {
		if ok, rehash, err := h.Verify(t.Context(), phc, "wrong"); ok || rehash || err != nil {
			t.Errorf("%.20q: %v %v %v", phc, ok, rehash, err)
		}
	}
	if err := h.VerifyDummy(t.Context(), "wrong"); err != nil {
		t.Error(err)
	}
	if len(count.calls) != 6 {
		t.Errorf("%d hashes for 6 attempts", len(count.calls))
	}
	for _, p := range count.calls {
		if p != DefaultParams() {
			t.Errorf("other work: %+v", p)
		}
	}
}

func TestRehashWhenParametersChange(t *testing.T) {
	h := newHasher(t, Config{Params: cheap()})
	phc, err := h.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	dearer := newHasher(t, Config{Params: Params{MemoryKiB: 16, Iterations: 1, Parallelism: 1}})
	if ok, rehash, err := dearer.Verify(t.Context(), phc, "correct horse battery staple"); !ok || !rehash || err != nil {
		t.Errorf("%v %v %v", ok, rehash, err)
	}
	if ok, rehash, err := dearer.Verify(t.Context(), phc, "wrong"); ok || rehash || err != nil {
		t.Errorf("wrong: %v %v %v", ok, rehash, err)
	}
}

func TestConfig(t *testing.T) {
	if err := (Config{}).Validate(); err != nil {
		t.Error(err)
	}
	h := newHasher(t, Config{})
	if h.params != DefaultParams() {
		t.Errorf("%+v", h.params)
	}
	if d := (Config{}).withDefaults(); d.Workers != max(1, runtime.GOMAXPROCS(0)-1) || d.Queue != 64*d.Workers || d.MaxWait != 2*time.Second {
		t.Errorf("%+v", d)
	}
	for name, c := range map[string]Config{
		"too much memory": {Params: Params{MemoryKiB: maxMemoryKiB + 1, Iterations: 1, Parallelism: 1}},
		"too much work":   {Params: Params{MemoryKiB: maxMemoryKiB, Iterations: 3, Parallelism: 1}},
		"no passes":       {Params: Params{MemoryKiB: 19456, Parallelism: 1}},
		"no lanes":        {Params: Params{MemoryKiB: 19456, Iterations: 2}},
		"too many lanes":  {Params: Params{MemoryKiB: 19456, Iterations: 2, Parallelism: 9}},
		"workers":         {Workers: -1},
		"queue":           {Queue: -1},
		"wait":            {MaxWait: -1},
	} {
		if c.Validate() == nil {
			t.Errorf("%s: valid", name)
		}
		if _, err := New(c); err == nil {
			t.Errorf("%s: made", name)
		}
	}
	for _, weak := range []Params{cheap(), {MemoryKiB: 7167, Iterations: 10, Parallelism: 1}, {MemoryKiB: 19456, Iterations: 1, Parallelism: 1}} {
		if (Config{Params: weak}).Validate() == nil {
			t.Errorf("%+v: strong enough for people", weak)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	h := newHasher(b, Config{})
	phc, err := h.Hash(b.Context(), "correct horse battery staple")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ok, _, err := h.Verify(b.Context(), phc, "correct horse battery staple"); !ok || err != nil {
			b.Fatal(err)
		}
	}
}

func TestMadeCountsEveryHash(t *testing.T) {
	h, err := New(Config{Params: Params{MemoryKiB: 8, Iterations: 1, Parallelism: 1}})
	if err != nil {
		t.Fatal(err)
	}
	phc, err := h.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	for _, stored := range []string{phc, "", "$2y$31$nonsense"} {
		if _, _, err := h.Verify(t.Context(), stored, "another"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := h.Verify(t.Context(), phc, string(make([]byte, 2000))); err == nil || h.Made() != 4 {
		t.Errorf("%d hashes, %v", h.Made(), err)
	}
}
