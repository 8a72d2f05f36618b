package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"log/slog"
	"sync/atomic"

	"golang.org/x/crypto/argon2"

	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
)

// deriveFunc is argon2id; tests count it.
type deriveFunc func(pw, salt []byte, p Params, size uint32) []byte

// Hasher makes and checks password hashes, a bounded number at a time. It is safe for concurrent use.
type Hasher struct {
	params Params
	gate   *ratelimit.Gate
	dear   *ratelimit.Gate // one at a time: stored hashes that cost more memory or lanes than ours
	dummy  stored          // what is verified for an account that does not exist
	derive deriveFunc
	made   atomic.Uint64
	log    *slog.Logger
}

// New returns a Hasher, or an error when c is out of range. It does not insist on strong parameters: Config.Validate does, for operators.
func New(c Config) (*Hasher, error) {
	c = c.withDefaults()
	if err := c.bounds(); err != nil {
		return nil, err
	}
	gate, err := ratelimit.NewGate(c.Workers, c.Queue, c.MaxWait)
	if err != nil {
		return nil, err
	}
	dear, err := ratelimit.NewGate(1, c.Queue, c.MaxWait)
	if err != nil {
		return nil, err
	}
	return &Hasher{
		params: c.Params,
		gate:   gate,
		dear:   dear,
		dummy:  stored{params: c.Params, salt: random(saltSize), hash: random(hashSize)},
		derive: argon2id,
		log:    c.Log,
	}, nil
}

func argon2id(pw, salt []byte, p Params, size uint32) []byte {
	return argon2.IDKey(pw, salt, p.Iterations, p.MemoryKiB, p.Parallelism, size)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24: it crashes the process instead
	return b
}

// Full reports whether so many hashes are waited for that another would be turned away.
func (h *Hasher) Full() bool { return h.gate.Full() }

// Hash returns the PHC string of a password under a fresh salt. errs.Invalid or errs.TooLarge when pw cannot be a password (see Normalise);
// errs.Unavailable with RetryAfter when too many are being hashed.
func (h *Hasher) Hash(ctx context.Context, pw string) (phc string, err error) {
	pw, err = Normalise(pw)
	if err != nil {
		return "", err
	}
	s := stored{params: h.params, salt: random(saltSize)}
	err = h.gate.Do(ctx, func() error {
		s.hash = h.work(pw, s, hashSize)
		return nil
	})
	if err != nil {
		return "", err
	}
	return s.encode(), nil
}

// Verify reports whether pw is the password behind phc, and whether phc should be made anew with today's parameters. An empty or unusable phc
// costs the same work and is never ok. Errors are those of Hash, decided before phc is looked at, so that they say nothing about the account.
func (h *Hasher) Verify(ctx context.Context, phc, pw string) (ok, rehash bool, err error) {
	if phc == "" {
		return false, false, h.VerifyDummy(ctx, pw)
	}
	s, err := parsePHC(phc)
	if err != nil {
		h.log.WarnContext(ctx, "a stored password hash is not used", "error", err)
		return false, false, h.VerifyDummy(ctx, pw)
	}
	ok, err = h.compare(ctx, s, pw)
	return ok, ok && h.outdated(s), err
}

// VerifyDummy does the work of Verify for an account that does not exist or has no password (PW01).
func (h *Hasher) VerifyDummy(ctx context.Context, pw string) error {
	_, err := h.compare(ctx, h.dummy, pw)
	return err
}

func (h *Hasher) compare(ctx context.Context, s stored, pw string) (ok bool, err error) {
	pw, err = Normalise(pw)
	if err != nil {
		return false, err
	}
	hash := func() error {
		got := h.work(pw, s, uint32(len(s.hash))) //nolint:gosec // at most 64
		ok = subtle.ConstantTimeCompare(got, s.hash) == 1
		return nil
	}
	if s.params.MemoryKiB <= h.params.MemoryKiB && s.params.Parallelism <= h.params.Parallelism {
		err = h.gate.Do(ctx, hash)
		return ok, err
	}
	// The place in the main gate is taken last, so that nobody holds one while waiting for the other.
	err = h.dear.Do(ctx, func() error { return h.gate.Do(ctx, hash) })
	return ok, err
}

// work is the one place where a hash is computed.
func (h *Hasher) work(pw string, s stored, size uint32) []byte {
	h.made.Add(1)
	return h.derive([]byte(pw), s.salt, s.params, size)
}

// Made is how many hashes were computed so far, for metrics and for tests that count work instead of time.
func (h *Hasher) Made() uint64 { return h.made.Load() }

// Load says how many hashes run and how many wait, for metrics.
func (h *Hasher) Load() (running, waiting int) { return h.gate.Running(), h.gate.Waiting() }

func (h *Hasher) outdated(s stored) bool {
	return s.params != h.params || len(s.salt) != saltSize || len(s.hash) != hashSize
}
