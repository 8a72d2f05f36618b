package drills

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy stands between servers and PostgreSQL and can be cut: open connections break and new ones are refused, as when the database's machine goes.
type proxy struct {
	t    *testing.T
	to   string
	addr string

	gate sync.RWMutex // held while no byte may pass

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]struct{}
	running  sync.WaitGroup
}

// newProxy returns a proxy for the DSN and the DSN through it.
func newProxy(t *testing.T, dsn string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, to: u.Host, addr: "127.0.0.1:0", open: map[net.Conn]struct{}{}}
	p.mend()
	p.addr = p.listener.Addr().String()
	u.Host = p.addr
	t.Cleanup(func() {
		p.cut()
		p.running.Wait()
	})
	return p, u.String()
}

// mend lets connections through again.
func (p *proxy) mend() {
	p.t.Helper()
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.listener = l
	p.mu.Unlock()
	p.running.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.join(in) })
		}
	})
}

// join carries bytes both ways until either side ends.
func (p *proxy) join(in net.Conn) {
	defer in.Close() //nolint:errcheck // it is over
	out, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer out.Close() //nolint:errcheck // as above
	if !p.keep(in) {
		return
	}
	defer p.forget(in)
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			_, _ = io.Copy(gated{&p.gate, way[0]}, way[1]) // it ends when somebody closes
			done <- struct{}{}
		}()
	}
	<-done
	_, _ = in.Close(), out.Close()
	<-done
}

func (p *proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return false
	}
	p.open[c] = struct{}{}
	return true
}

func (p *proxy) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

// cut breaks every connection and refuses new ones.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return
	}
	_ = p.listener.Close()
	p.listener = nil
	for c := range p.open {
		_ = c.Close()
	}
}

// gated writes when the gate is open.
type gated struct {
	gate *sync.RWMutex
	to   io.Writer
}

func (g gated) Write(b []byte) (int, error) {
	g.gate.RLock()
	defer g.gate.RUnlock()
	return g.to.Write(b)
}
