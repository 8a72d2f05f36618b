package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// operation is one turn of the loop on a connection; n counts the turns of all connections, without gaps, over all runs of a scenario.
type operation func(w *wire, n int) error

// pool is the closed loop: each connection sends its next request when the last was answered.
type pool struct {
	wires []*wire
	turn  atomic.Int64 // next n
}

func newPool(addr string, conns int) (*pool, error) {
	p := &pool{}
	for range conns {
		w, err := dial(addr)
		if err != nil {
			p.close()
			return nil, err
		}
		p.wires = append(p.wires, w)
	}
	return p, nil
}

func (p *pool) close() {
	for _, w := range p.wires {
		w.close()
	}
}

// run drives op until length has passed or, if most is not zero, until so many turns were taken. It returns how many there were.
func (p *pool) run(ctx context.Context, op operation, length time.Duration, most int) (int, error) {
	first := int(p.turn.Load())
	end := time.Now().Add(length)
	var failed atomic.Bool
	failures := make([]error, len(p.wires))
	var all sync.WaitGroup
	for i, w := range p.wires {
		all.Go(func() {
			for !failed.Load() && ctx.Err() == nil && (most > 0 || time.Now().Before(end)) {
				n := int(p.turn.Add(1)) - 1
				if most > 0 && n-first >= most {
					p.turn.Add(-1)
					return
				}
				if failures[i] = op(w, n); failures[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	all.Wait()
	return int(p.turn.Load()) - first, errors.Join(append(failures, ctx.Err())...)
}
