package httpx

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// MaxLongHeader bounds a request's header where a ticket may be in it (RFC 4559): 64 KiB in base64, beside what every request has.
const MaxLongHeader = MaxHeaderBytes + 96<<10

// splitListener hands connections of some peers to another server than the others, so that only theirs may have long headers: the memory that strangers can take
// stays as it is.
type splitListener struct {
	net.Listener
	long   func(peer netip.Addr) bool
	to     chan net.Conn
	closed chan struct{}
	once   sync.Once // both servers close it
}

func split(l net.Listener, long func(netip.Addr) bool) *splitListener {
	return &splitListener{Listener: l, long: long, to: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept returns the next connection of the others.
func (l *splitListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || !l.long(peerAddr(conn.RemoteAddr().String())) {
			return conn, err
		}
		select {
		case l.to <- conn:
		case <-l.closed:
			_ = conn.Close()
		}
	}
}

// Close ends both.
func (l *splitListener) Close() (err error) {
	l.once.Do(func() {
		close(l.closed)
		err = l.Listener.Close()
	})
	return err
}

// longSide is the listener of the server that takes long headers. It ends with the other side.
type longSide struct{ *splitListener }

// Accept returns the next of the peers' connections.
func (l longSide) Accept() (net.Conn, error) {
	select {
	case conn := <-l.to:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// newLongServer is for those peers.
func newLongServer(ctx context.Context, cfg ServerConfig, h http.Handler) *http.Server {
	srv := newServer(ctx, cfg, keepShort(h))
	srv.MaxHeaderBytes = MaxLongHeader
	peer := srv.ConnContext
	srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(peer(ctx, c), longKey{}, true)
	}
	return srv
}

type longKey struct{}

// longer says that a request came over a connection that takes long headers.
func longer(ctx context.Context) bool { return ctx.Value(longKey{}) != nil }

// keepShort holds everything but the ticket of a GET to what other servers' requests may weigh.
func keepShort(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if weight(r) > MaxHeaderBytes {
			w.Header().Set("Connection", "close")
			http.Error(w, "431 "+http.StatusText(http.StatusRequestHeaderFieldsTooLarge), http.StatusRequestHeaderFieldsTooLarge)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// weight is what a header takes as HTTP/1.1 sends it, without a ticket.
func weight(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		if _, ok := negotiated(values); ok && name == "Authorization" && r.Method == http.MethodGet {
			continue
		}
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}
