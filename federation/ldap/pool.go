package ldap

import (
	"context"
	"errors"
	"sync"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// idleMost is how long a connection waits for the next search: less than servers and firewalls allow.
const idleMost = time.Minute

// pool keeps a few connections of our own account. Who finds none free waits as long as they may.
type pool struct {
	slots chan struct{}
	dial  func(ctx context.Context, prefer server) (*wire, error)
	now   func() time.Time

	mu   sync.Mutex
	free []*wire
}

func newPool(most int, dial func(context.Context, server) (*wire, error), now func() time.Time) *pool {
	return &pool{slots: make(chan struct{}, most), dial: dial, now: now}
}

// with lends a connection. A search on one that had been waiting, and fails because it was cut meanwhile, is done again on a new one, once.
func (p *pool) with(ctx context.Context, prefer server, use func(w *wire) error) error {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return away(ctx.Err())
	}
	if w := p.take(prefer); w != nil {
		if err := p.use(ctx, w, use); !cut(err) || ctx.Err() != nil {
			return said(err)
		}
	}
	w, err := p.dial(ctx, prefer)
	if err != nil {
		return err
	}
	return said(p.use(ctx, w, use))
}

func (p *pool) use(ctx context.Context, w *wire, use func(w *wire) error) error {
	release := w.guard(ctx)
	err := use(w)
	if !release() || cut(err) || w.IsClosing() {
		_ = w.Close() // it is gone already, or of no use
		return errors.Join(err, ctx.Err())
	}
	p.put(w)
	return err
}

func (p *pool) take(prefer server) *wire {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.free) - 1; i >= 0; i-- {
		w := p.free[i]
		if prefer != (server{}) && w.at != prefer {
			continue
		}
		p.free = append(p.free[:i], p.free[i+1:]...)
		if p.now().Sub(w.idle) < idleMost && !w.IsClosing() {
			return w
		}
		_ = w.Close()
	}
	return nil
}

func (p *pool) put(w *wire) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.idle = p.now()
	if len(p.free) == cap(p.slots) { // of other servers than the one that is wanted now
		_ = p.free[0].Close()
		p.free = p.free[1:]
	}
	p.free = append(p.free, w)
	time.AfterFunc(idleMost, p.expire)
}

// expire ends connections that nobody has wanted for long: also those of a connector that another one has taken the place of.
func (p *pool) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.free) > 0 && p.now().Sub(p.free[0].idle) >= idleMost {
		_ = p.free[0].Close()
		p.free = p.free[1:]
	}
}

// cut says that the connection failed, and not the server said no.
func cut(err error) bool {
	var no *goldap.Error
	if errors.As(err, &no) {
		return no.ResultCode >= goldap.ErrorNetwork
	}
	return err != nil && !ours(err)
}

// ours are errors that say already what they mean.
func ours(err error) bool {
	var no *federation.Refusal
	var known *errs.Error
	return errors.As(err, &no) || errors.As(err, &known)
}

// said turns what a search may fail with into what nothing is known by.
func said(err error) error {
	if err == nil || ours(err) {
		return err
	}
	return away(err)
}
