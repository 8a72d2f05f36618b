package password

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"
)

// Params are the cost parameters of argon2id (RFC 9106 section 3.1).
type Params struct {
	MemoryKiB   uint32 // memory in KiB
	Iterations  uint32 // passes over the memory
	Parallelism uint8  // lanes
}

// DefaultParams returns OWASP's recommendation: 19 MiB, two passes, one lane. About 22 ms on one core of 2025.
func DefaultParams() Params { return Params{MemoryKiB: 19456, Iterations: 2, Parallelism: 1} }

// Bounds of every hash, ours and those made elsewhere. They admit RFC 9106's second recommendation and Django's default, and stop a hash that
// would take minutes or gigabytes (PW12).
const (
	maxMemoryKiB   = 128 * 1024
	maxIterations  = 10
	maxParallelism = 8
	maxWork        = 256 * 1024 // KiB times passes
)

// The weakest parameters that an operator may configure (OWASP password storage: 7 MiB with five passes, or more memory with fewer).
const (
	floorMemoryKiB = 7168
	floorWork      = 35840
)

// Config says how dear one hash is and how many may run.
type Config struct {
	Params  Params        // zero: DefaultParams
	Workers int           // hashes at a time; 0: one less than the cores Go uses, at least one, so that a core stays free for tokens
	Queue   int           // callers that may wait; 0: 64 for each worker
	MaxWait time.Duration // longest wait before a caller is refused; 0: two seconds
	Log     *slog.Logger  // takes stored hashes that cannot be used, never their text; nil: slog's default
}

// Validate reports a setting that is out of range or too weak for passwords of people.
func (c Config) Validate() error {
	c = c.withDefaults()
	if err := c.bounds(); err != nil {
		return err
	}
	p := c.Params
	if p.MemoryKiB < floorMemoryKiB || p.work() < floorWork {
		return fmt.Errorf("password: memory %d KiB with %d passes is too weak: at least %d KiB, and memory times passes at least %d",
			p.MemoryKiB, p.Iterations, floorMemoryKiB, floorWork)
	}
	return nil
}

// bounds are what the machine needs, whatever the strength: tests may hash cheaply.
func (c Config) bounds() error {
	if !c.Params.inBounds() {
		return fmt.Errorf("password: parameters out of bounds: at least 8 KiB a lane, at most %d KiB, %d passes, %d lanes, and memory times passes %d",
			maxMemoryKiB, maxIterations, maxParallelism, maxWork)
	}
	if c.Workers < 1 || c.Queue < 0 || c.MaxWait < 0 {
		return errors.New("password: workers, queue and longest wait cannot be negative")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Params == (Params{}) {
		c.Params = DefaultParams()
	}
	if c.Workers == 0 {
		c.Workers = max(1, runtime.GOMAXPROCS(0)-1)
	}
	if c.Queue == 0 {
		c.Queue = 64 * max(c.Workers, 1)
	}
	if c.MaxWait == 0 {
		c.MaxWait = 2 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func (p Params) inBounds() bool {
	return p.Parallelism >= 1 && p.Parallelism <= maxParallelism &&
		p.Iterations >= 1 && p.Iterations <= maxIterations &&
		p.MemoryKiB >= 8*uint32(p.Parallelism) && p.MemoryKiB <= maxMemoryKiB && p.work() <= maxWork
}

func (p Params) work() uint64 { return uint64(p.MemoryKiB) * uint64(p.Iterations) }
