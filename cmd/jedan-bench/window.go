package main

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// helloTurn asks the bare handler for an answer of a size.
func helloTurn(host string, size int) operation {
	request := get(host, "/"+strconv.Itoa(size))
	return func(w *wire, _ int) error { return w.want(request, 200, nil) }
}

// figures are one window's, per turn.
type figures struct {
	cpu, database  time.Duration
	objects, bytes float64
	rate, busy     float64
}

// window runs op and takes the difference of what the processes had used before and after.
func (s *session) window(ctx context.Context, p *process, load *pool, op operation, length time.Duration, most int) (figures, error) {
	pg0, err := s.pg.cpu()
	if err != nil {
		return figures{}, err
	}
	before, err := p.ask("usage")
	if err != nil {
		return figures{}, err
	}
	began := time.Now()
	n, err := load.run(ctx, op, length, most)
	took := time.Since(began)
	if err != nil {
		return figures{}, err
	}
	after, err1 := p.ask("usage")
	pg1, err2 := s.pg.cpu()
	if err := errors.Join(err1, err2); err != nil {
		return figures{}, err
	}
	if n == 0 {
		return figures{}, errors.New("no turn was taken")
	}
	f := figures{
		cpu: (after.CPU - before.CPU) / time.Duration(n), objects: float64(after.Objects-before.Objects) / float64(n),
		bytes: float64(after.Bytes-before.Bytes) / float64(n), rate: float64(n) / took.Seconds(), busy: float64(after.CPU-before.CPU) / float64(took),
	}
	if p == s.own {
		f.database = (pg1 - pg0) / time.Duration(n)
	}
	return f, nil
}
