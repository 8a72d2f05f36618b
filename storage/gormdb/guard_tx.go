package gormdb

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// guard finds writes that bypass the transaction their own goroutine holds open. On SQLite such a write would wait for itself; on PostgreSQL
// it would not belong to the transaction. A context cannot tell, because the faulty call is the one that uses the wrong context, so the guard
// goes by the goroutine. Its number is looked up only while some caller's transaction is open, and decides nothing but this error.
type guard struct {
	held atomic.Int64 // transactions open now
	mu   sync.Mutex
	by   map[uint64]struct{}
}

func newGuard() *guard { return &guard{by: map[uint64]struct{}{}} }

// enter notes that this goroutine holds a transaction until leave is called, on the same goroutine or another.
func (g *guard) enter() (leave func()) {
	id := goroutineID()
	g.mu.Lock()
	g.by[id] = struct{}{}
	g.mu.Unlock()
	g.held.Add(1)
	return func() {
		g.held.Add(-1)
		g.mu.Lock()
		delete(g.by, id)
		g.mu.Unlock()
	}
}

// check fails if this goroutine holds a transaction. Callers have looked for one in ctx before.
func (g *guard) check() error {
	if g.held.Load() == 0 {
		return nil
	}
	id := goroutineID()
	g.mu.Lock()
	_, inside := g.by[id]
	g.mu.Unlock()
	if inside {
		return errs.Wrap(errs.Internal, "A write bypassed its transaction.", ErrOutsideTransaction)
	}
	return nil
}

// goroutineID reads the number from the header of the stack trace ("goroutine 123 [running]:"), the only place that has it. A zero would only
// blind the guard.
func goroutineID() uint64 {
	var buf [64]byte
	head := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	num, _, _ := bytes.Cut(head, []byte(" "))
	id, _ := strconv.ParseUint(string(num), 10, 64)
	return id
}
