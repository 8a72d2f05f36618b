package httpx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Every limit in time that a connection meets.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 120 * time.Second
)

// DefaultMaxConnections bounds the memory that open connections can take.
const DefaultMaxConnections = 8192

// ServerConfig is how to serve. Listeners and Logger are required.
type ServerConfig struct {
	// Listeners are what Listen opened; Serve closes them.
	Listeners []net.Listener
	// Asking are further listeners, with TLS, on which clients are asked for a certificate (RFC 8705); Serve closes them.
	Asking []net.Listener
	// AskAll asks on Listeners too.
	AskAll bool
	// Certificates turns on TLS, with HTTP/2; nil is plain HTTP/1.1.
	Certificates *Certificates
	// LongHeaders says whose connections, by the address of the peer, may have headers of MaxLongHeader; nil: nobody's. It is asked for each connection, and waits
	// for nothing.
	LongHeaders func(peer netip.Addr) bool
	// MaxConnections over all listeners; 0 is DefaultMaxConnections.
	MaxConnections int
	// DrainDelay is how long requests are still taken after the end was asked for,
	// so that load balancers and keep-alive clients leave first.
	DrainDelay time.Duration
	// ShutdownTimeout is how long running requests may take to finish after that;
	// 0 is WriteTimeout, which every request keeps anyway.
	ShutdownTimeout time.Duration
	// OnDrain is called first: Engine.Drain.
	OnDrain func()
	// Logger takes what net/http complains about.
	Logger *slog.Logger
	// After is the drain delay's clock; nil is time.After.
	After func(time.Duration) <-chan time.Time
}

// Serve answers on every listener until ctx ends, then drains: readiness first,
// then the delay, then a shutdown that lets every running request finish.
func Serve(ctx context.Context, cfg ServerConfig, h http.Handler) error {
	if len(cfg.Listeners) == 0 || cfg.Logger == nil {
		return errors.New("httpx: a listener and a logger are required")
	}
	if (len(cfg.Asking) > 0 || cfg.AskAll) && cfg.Certificates == nil {
		return errors.New("httpx: clients can be asked for a certificate over TLS only")
	}
	srv, long := newServer(ctx, cfg, h), newLongServer(ctx, cfg, h)
	slots := make(chan struct{}, maxConnections(cfg))
	stopped := make(chan error, 2*(len(cfg.Listeners)+len(cfg.Asking)))
	open := func(l net.Listener, asking bool) {
		limited := net.Listener(limitListener(l, slots))
		if cfg.LongHeaders != nil {
			s := split(limited, cfg.LongHeaders)
			limited = s
			go func() { stopped <- serveListener(long, longSide{s}, asking, cfg.Certificates) }()
		}
		go func() { stopped <- serveListener(srv, limited, asking, cfg.Certificates) }()
	}
	for _, l := range cfg.Listeners {
		open(l, cfg.AskAll)
	}
	for _, l := range cfg.Asking {
		open(l, true)
	}
	var failure error
	select {
	case failure = <-stopped: // a listener broke: end the others as gently
	case <-ctx.Done():
		drain(cfg)
	}
	return errors.Join(failure, shutdown(cfg, srv, long))
}

func maxConnections(cfg ServerConfig) int {
	if cfg.MaxConnections > 0 {
		return cfg.MaxConnections
	}
	return DefaultMaxConnections
}

func serveListener(srv *http.Server, l net.Listener, asking bool, certificates *Certificates) error {
	serve := srv.Serve
	switch {
	case asking:
		serve = func(l net.Listener) error { return srv.Serve(tls.NewListener(l, certificates.asking())) }
	case srv.TLSConfig != nil:
		serve = func(l net.Listener) error { return srv.ServeTLS(l, "", "") }
	}
	if err := serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("httpx: serving %s: %w", l.Addr(), err)
	}
	return nil
}

func drain(cfg ServerConfig) {
	if cfg.OnDrain != nil {
		cfg.OnDrain()
	}
	after := cfg.After
	if after == nil {
		after = time.After
	}
	if cfg.DrainDelay > 0 {
		<-after(cfg.DrainDelay)
	}
}

func shutdown(cfg ServerConfig, servers ...*http.Server) error {
	timeout := cfg.ShutdownTimeout
	if timeout <= 0 {
		timeout = writeTimeout
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var failed []error
	for _, srv := range servers {
		if err := srv.Shutdown(ctx); err != nil {
			failed = append(failed, fmt.Errorf("httpx: requests were cut off at shutdown: %w", errors.Join(err, srv.Close())))
		}
	}
	return errors.Join(failed...)
}

func newServer(ctx context.Context, cfg ServerConfig, h http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    MaxHeaderBytes,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
		ErrorLog:          slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelDebug),
		// A request outlives the signal to stop: that is what draining means.
		BaseContext:                  func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ConnContext:                  withPeer,
		DisableGeneralOptionsHandler: true,
	}
	if cfg.Certificates != nil {
		protocols.SetHTTP2(true)
		srv.TLSConfig = cfg.Certificates.tlsConfig()
	}
	return srv
}
