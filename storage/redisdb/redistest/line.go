package redistest

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// Line is a way to a server that can become slow.
type Line struct {
	Addr  string
	delay atomic.Int64
}

// Lay makes a line to an address; it ends with the test.
func Lay(t testing.TB, to string) *Line {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	line := &Line{Addr: l.Addr().String()}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go line.join(in, to)
		}
	}()
	return line
}

// URL is where the line begins.
func (l *Line) URL() string { return "redis://" + l.Addr }

// Slow delays everything that is sent through by d.
func (l *Line) Slow(d time.Duration) { l.delay.Store(int64(d)) }

func (l *Line) join(in net.Conn, to string) {
	defer in.Close() //nolint:errcheck // a test's line
	out, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", to)
	if err != nil {
		return
	}
	defer out.Close()   //nolint:errcheck // as above
	go io.Copy(in, out) //nolint:errcheck // ends with the connection
	buf := make([]byte, 32<<10)
	for {
		n, err := in.Read(buf)
		if err != nil {
			return
		}
		time.Sleep(time.Duration(l.delay.Load()))
		if _, err := out.Write(buf[:n]); err != nil {
			return
		}
	}
}
