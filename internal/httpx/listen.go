package httpx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
)

// DefaultAddresses are port 8080 on both loopbacks.
func DefaultAddresses() []string { return []string{"127.0.0.1:8080", "[::1]:8080"} }

// Listen opens every address or none. An address family that this machine lacks
// is passed over as long as another address could be opened.
func Listen(ctx context.Context, addresses []string) ([]net.Listener, error) {
	if len(addresses) == 0 {
		addresses = DefaultAddresses()
	}
	var open []net.Listener
	var missing, failed []error
	for _, a := range addresses {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a)
		switch {
		case err == nil:
			open = append(open, l)
		case errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT):
			missing = append(missing, fmt.Errorf("httpx: listen: %w", err))
		default:
			failed = append(failed, fmt.Errorf("httpx: listen: %w", err))
		}
	}
	if len(open) == 0 {
		failed = append(failed, missing...)
	}
	if len(failed) > 0 {
		for _, l := range open {
			failed = append(failed, l.Close())
		}
		return nil, errors.Join(failed...)
	}
	return open, nil
}

// limitedListener accepts only while fewer than cap(slots) connections are open,
// over all listeners that share slots. The rest waits in the kernel's queue.
type limitedListener struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func limitListener(l net.Listener, slots chan struct{}) *limitedListener {
	return &limitedListener{Listener: l, slots: slots, closed: make(chan struct{})}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitedConn{Conn: conn, free: func() { <-l.slots }}, nil
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	once sync.Once
	free func()
}

func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.free)
	return err
}
