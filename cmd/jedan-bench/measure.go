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
	if o.step != "" {
		return &part{database: db}, s.serving(ctx, chosen[0], s.stepped)
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
		if o.step == sc.name || o.step == "" && strings.Contains(sc.name, o.only) {
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
	if s.hello, err = spawn(ctx, s.world.dir, childOptions{role: roleHello, data: s.world.dir}, s.dsn(), l.(*net.TCPListener), true); err != nil {
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
	p.each = map[primitive]time.Duration{}
	for _, name := range primitives() {
		if name == primBind && s.world.ldap == nil {
			continue
		}
		d, err := s.primitive(name)
		if err != nil {
			return err
		}
		p.each[name] = d
		fmt.Fprintf(s.out, "%-40s %8s µs\n", name, micros(d))
	}
	return nil
}

// primitive measures one in the bare handler's process; PostgreSQL's part is added where it takes one.
func (s *session) primitive(name primitive) (time.Duration, error) {
	before, err := s.pg.cpu()
	if err != nil {
		return 0, err
	}
	r, err := s.hello.ask("primitive " + string(name))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	after, err := s.pg.cpu()
	if name == primRead || name == primWrite {
		r.Each += (after - before) / time.Duration(r.Count)
	}
	return r.Each, err
}

// scenario runs the bare handler and the server in turn.
func (s *session) scenario(ctx context.Context, sc scenario) (r *result, err error) {
	err = s.serving(ctx, sc, func(ctx context.Context, d *drive, own *pool) error {
		bare, err := newPool(s.hello.addr, s.o.conns)
		if err != nil {
			return err
		}
		defer bare.close()
		if s.o.profile != "" {
			if err := s.profiled(ctx, sc, d, own); err != nil {
				return err
			}
		}
		r, err = s.interleaved(ctx, sc, d, own, bare)
		return err
	})
	return r, err
}

// serving starts a server, so that no scenario fills another's caches, and lets use drive it when it is warm.
func (s *session) serving(ctx context.Context, sc scenario, use func(ctx context.Context, d *drive, own *pool) error) (err error) {
	if s.own, err = spawn(ctx, s.world.dir, s.serverOptions(), s.world.dsn, s.world.listener, true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.own.stop()) }()
	d, err := sc.start(ctx, s.world)
	if err != nil {
		return err
	}
	conns := s.o.conns
	if sc.conns > 0 {
		conns = sc.conns
	}
	if err := d.refill(ctx); err != nil { // before the connections: a server does not wait long for a first request
		return err
	}
	own, err := newPool(s.own.addr, conns)
	if err != nil {
		return err
	}
	defer own.close()
	if _, err := own.run(ctx, d.op, 0, d.warm); err != nil { // before anything counts
		return err
	}
	return use(ctx, d, own)
}

// answerSize is the size of the pool's last answers.
func (p *pool) answerSize() int {
	size := 2
	for _, w := range p.wires { // a short warm-up has not used every connection
		size = max(size, len(w.body))
	}
	return min(size, longestAnswer)
}

func (d *drive) refill(ctx context.Context) error {
	if d.fresh == nil {
		return nil
	}
	return d.fresh(ctx)
}

func (s *session) interleaved(ctx context.Context, sc scenario, d *drive, own, bare *pool) (*result, error) {
	r := &result{scenario: sc, each: map[primitive]time.Duration{}}
	helloOp := helloTurn(s.hello.addr, own.answerSize())
	all := map[primitive][]time.Duration{}
	var hellos, owns []figures
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
		hellos, owns = append(hellos, h), append(owns, x)
		r.ratios = append(r.ratios, float64(h.cpu)/float64(x.cpu+x.database))
		for _, name := range sc.goal.primitives() {
			took, err := s.primitive(name)
			if err != nil {
				return nil, err
			}
			all[name] = append(all[name], took)
			if name == sc.goal.unit && sc.goal.most == 0 {
				r.units = append(r.units, float64(took)/float64(x.cpu+x.database))
			}
		}
	}
	for name, took := range all {
		r.each[name] = median(took)
	}
	r.summarize(hellos, owns)
	return r, nil
}

// summarize takes the medians.
func (r *result) summarize(hellos, owns []figures) {
	r.hello = medianOf(hellos, func(f figures) time.Duration { return f.cpu })
	r.own = medianOf(owns, func(f figures) time.Duration { return f.cpu + f.database })
	r.database = medianOf(owns, func(f figures) time.Duration { return f.database })
	r.objects = medianOf(owns, func(f figures) float64 { return f.objects })
	r.bytes = medianOf(owns, func(f figures) float64 { return f.bytes })
	r.perSecond = medianOf(owns, func(f figures) float64 { return f.rate })
	r.busy = medianOf(owns, func(f figures) float64 { return f.busy })
}

func medianOf[T float64 | time.Duration](all []figures, of func(figures) T) T {
	v := make([]T, len(all))
	for i, f := range all {
		v[i] = of(f)
	}
	return median(v)
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
