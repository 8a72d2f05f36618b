package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// session is one database's measurement.
type session struct {
	o     options
	out   io.Writer
	world *world
	pg    *server // nil on SQLite
	hello *process
	own   *process
	each  map[primitive]time.Duration
}

// part is what was measured on one database.
type part struct {
	database string
	results  []*result
	each     map[primitive]time.Duration
	start    startFigures
}

// measureOn sets up a database, starts both children and runs every scenario.
func measureOn(ctx context.Context, o options, db string, out io.Writer) (p *part, err error) {
	dir, err := os.MkdirTemp("", "jedan-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := &session{o: o, out: out}
	if db == postgres {
		if s.pg, err = newDatabase(ctx, o.postgres); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.pg.drop()) }()
	}
	if s.world, err = newWorld(ctx, dir, s.dsn()); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.world.close()) }()
	chosen := o.chosen()
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no scenario is called %q", o.only)
	}
	for _, sc := range chosen {
		if sc.setup == nil {
			continue
		}
		if err := sc.setup(ctx, s.world); err != nil {
			return nil, fmt.Errorf("%s: set-up: %w", sc.name, err)
		}
	}
	return s.measure(ctx, db, chosen)
}

func (s *session) dsn() string {
	if s.pg == nil {
		return ""
	}
	return s.pg.dsn
}

func (o options) chosen() []scenario {
	var out []scenario
	for _, sc := range scenarios() {
		if strings.Contains(sc.name, o.only) {
			out = append(out, sc)
		}
	}
	return out
}

func (s *session) measure(ctx context.Context, db string, chosen []scenario) (p *part, err error) {
	p = &part{database: db}
	if p.start, err = s.starts(ctx); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }()
	if s.hello, err = spawn(ctx, s.world.dir, childOptions{role: roleHello}, s.dsn(), l.(*net.TCPListener), true); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.hello.stop()) }()
	if err = s.measurePrimitives(p); err != nil {
		return nil, err
	}
	for _, sc := range chosen {
		r, err := s.scenario(ctx, sc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sc.name, err)
		}
		p.results = append(p.results, r)
		fmt.Fprintln(s.out, r.line())
	}
	return p, nil
}

func (s *session) serverOptions() childOptions {
	return childOptions{role: roleServer, data: s.world.dir, issuer: s.world.issuer}
}

func (s *session) measurePrimitives(p *part) error {
	s.each = map[primitive]time.Duration{}
	for _, name := range primitives() {
		before, err := s.pg.cpu()
		if err != nil {
			return err
		}
		r, err := s.hello.ask("primitive " + string(name))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		after, err := s.pg.cpu()
		if err != nil {
			return err
		}
		s.each[name] = r.Each
		if name == primRead || name == primWrite {
			s.each[name] += (after - before) / time.Duration(r.Count)
		}
		fmt.Fprintf(s.out, "%-40s %8s µs\n", name, micros(s.each[name]))
	}
	p.each = s.each
	return nil
}

// scenario starts a server, so that no scenario fills another's caches, and runs the bare handler and the server in turn.
func (s *session) scenario(ctx context.Context, sc scenario) (_ *result, err error) {
	if s.own, err = spawn(ctx, s.world.dir, s.serverOptions(), s.world.dsn, s.world.listener, true); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.own.stop()) }()
	d, err := sc.start(ctx, s.world)
	if err != nil {
		return nil, err
	}
	conns := s.o.conns
	if sc.conns > 0 {
		conns = sc.conns
	}
	own, err := newPool(s.own.addr, conns)
	if err != nil {
		return nil, err
	}
	defer own.close()
	bare, err := newPool(s.hello.addr, s.o.conns)
	if err != nil {
		return nil, err
	}
	defer bare.close()
	size, err := s.warm(ctx, d, own)
	if err != nil {
		return nil, err
	}
	if s.o.profile != "" {
		if err := s.profiled(ctx, sc, d, own); err != nil {
			return nil, err
		}
	}
	return s.interleaved(ctx, sc, d, own, bare, size)
}

// warm runs before anything counts and returns the size of an answer.
func (s *session) warm(ctx context.Context, d *drive, own *pool) (size int, err error) {
	if err := d.refill(ctx); err != nil {
		return 0, err
	}
	if _, err := own.run(ctx, d.op, 0, d.warm); err != nil {
		return 0, err
	}
	return max(2, min(len(own.wires[0].body), longestAnswer)), nil
}

func (d *drive) refill(ctx context.Context) error {
	if d.fresh == nil {
		return nil
	}
	return d.fresh(ctx)
}

func (s *session) interleaved(ctx context.Context, sc scenario, d *drive, own, bare *pool, size int) (*result, error) {
	r := &result{scenario: sc, each: s.each}
	helloOp := helloTurn(s.hello.addr, size)
	var hellos, owns, databases []time.Duration
	var objects, bytes, rates, busy []float64
	for range s.o.runs {
		h, err := s.window(ctx, s.hello, bare, helloOp, s.o.length, 0)
		if err != nil {
			return nil, fmt.Errorf("the bare handler: %w", err)
		}
		if err := d.refill(ctx); err != nil {
			return nil, err
		}
		x, err := s.window(ctx, s.own, own, d.op, s.o.length, d.most)
		if err != nil {
			return nil, err
		}
		hellos, owns, databases = append(hellos, h.cpu), append(owns, x.cpu+x.database), append(databases, x.database)
		r.ratios = append(r.ratios, float64(h.cpu)/float64(x.cpu+x.database))
		objects, bytes, rates, busy = append(objects, x.objects), append(bytes, x.bytes), append(rates, x.rate), append(busy, x.busy)
	}
	r.hello, r.own, r.database = median(hellos), median(owns), median(databases)
	r.objects, r.bytes, r.perSecond, r.busy = median(objects), median(bytes), median(rates), median(busy)
	return r, nil
}

// profiled is an extra run whose figures do not count.
func (s *session) profiled(ctx context.Context, sc scenario, d *drive, own *pool) error {
	if err := os.MkdirAll(s.o.profile, 0o755); err != nil {
		return err
	}
	dir, err := filepath.Abs(s.o.profile)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, sc.name)
	if err := errors.Join(d.refill(ctx), s.tell("allocs "+path+".allocs0"), s.tell("profile "+path+".cpu")); err != nil {
		return err
	}
	_, err = own.run(ctx, d.op, max(s.o.length, 3*time.Second), d.most)
	return errors.Join(err, s.tell("stop"), s.tell("allocs "+path+".allocs1"))
}

func (s *session) tell(line string) error {
	_, err := s.own.ask(line)
	return err
}
