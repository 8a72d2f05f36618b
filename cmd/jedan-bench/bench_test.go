package main

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"testing"
	"time"
)

// pipes is a listener whose connections are in memory: the kernel's part of a request, which is the same for every handler, falls away.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// remote gives a pipe the address that a server expects of a connection.
type remote struct{ net.Conn }

func (remote) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000} }

func (p pipes) dial() *wire {
	a, b := net.Pipe()
	p <- remote{b}
	return &wire{conn: a, r: bufio.NewReaderSize(a, 32<<10)}
}

// Each scenario without the kernel: what to look at before and after a change. cpu-µs is the process's, the generator's part included: compare with
// the bare handler's.
func BenchmarkScenarios(b *testing.B) {
	ctx, cancel := context.WithCancel(b.Context())
	w, err := newWorld(ctx, b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	for _, sc := range scenarios() {
		if sc.setup == nil {
			continue
		}
		if err := sc.setup(ctx, w); err != nil {
			b.Fatal(err)
		}
	}
	l, ready, done := make(pipes), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- serveServer(ctx, childOptions{role: roleServer, data: w.dir, issuer: w.issuer}, l, ready)
	}()
	<-ready
	b.Cleanup(func() {
		cancel()
		close(l)
		if err := <-done; err != nil {
			b.Error(err)
		}
		if err := w.close(); err != nil {
			b.Error(err)
		}
	})
	b.Run("hello", benchHello)
	for _, sc := range scenarios() {
		b.Run(sc.name, func(b *testing.B) { benchScenario(b, w, sc, l) })
	}
}

func benchScenario(b *testing.B, w *world, sc scenario, l pipes) {
	if sc.turns > 1 || sc.name == "introspect-jwt-new" {
		b.Skip("needs more than one connection in memory, or tokens for every turn")
	}
	d, err := sc.start(b.Context(), w)
	if err != nil {
		b.Fatal(err)
	}
	c := l.dial()
	defer c.close()
	for n := range d.warm {
		if err := d.op(c, n); err != nil {
			b.Fatal(err)
		}
	}
	measure(b, func(n int) error { return d.op(c, d.warm+n) })
}

func benchHello(b *testing.B) {
	l := make(pipes)
	s := &http.Server{Handler: hello(make([]byte, longestAnswer))} //nolint:gosec // bare on purpose
	go func() { _ = s.Serve(l) }()
	defer close(l)
	c := l.dial()
	defer c.close()
	op := helloTurn("127.0.0.1", 1000)
	measure(b, func(n int) error { return op(c, n) })
}

func measure(b *testing.B, turn func(n int) error) {
	b.ReportAllocs()
	b.ResetTimer()
	before, err := cpuTime()
	if err != nil {
		b.Skip(err)
	}
	for n := range b.N {
		if err := turn(n); err != nil {
			b.Fatal(err)
		}
	}
	after, err := cpuTime()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(after-before)/float64(b.N)/float64(time.Microsecond), "cpu-µs/op")
}
