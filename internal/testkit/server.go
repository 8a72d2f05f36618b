package testkit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
)

// Server is a running server of one test.
type Server struct {
	URL   string // the issuer
	App   *app.App
	Clock *Clock
	Log   *Log
	T     testing.TB
	HTTP  *http.Client // follows no redirect, has no cookies

	roots  *x509.CertPool // trusted by its clients; nil: the system's
	via    string         // address that its clients really talk to; empty: the issuer's
	asking []net.Listener // for clients with certificates
	stop   func() error
	once   sync.Once
}

// Config is the configuration that options change.
type Config = app.Config

// Option changes the configuration before the start.
type Option func(*app.Config)

// Start boots a server; it stops with the test.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	return start(t, "http://", nil, nil, options)
}

// StartNamed boots a server whose issuer has a name instead of an address, as passkeys want: localhost, which is this machine.
func StartNamed(t testing.TB, options ...Option) *Server {
	t.Helper()
	return start(t, "http://localhost", nil, nil, options)
}

// front is the issuer's URL for a listener: a scheme takes its address, a scheme with a name its port.
func front(scheme string, l net.Listener) string {
	addr := l.Addr().String()
	if strings.HasSuffix(scheme, "/") {
		return scheme + addr
	}
	return scheme + addr[strings.LastIndexByte(addr, ':'):]
}

func start(t testing.TB, scheme string, roots *x509.CertPool, asking []net.Listener, options []Option) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{URL: front(scheme, l), Clock: &Clock{}, Log: &Log{}, T: t, HTTP: plainClient(roots, ""), roots: roots, asking: asking}
	cfg, err := config.Defaults[app.Config]()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Issuer, cfg.Data, cfg.Shutdown.DrainDelay = s.URL, t.TempDir(), 0
	cfg.Database = config.Secret(database(t))
	for _, o := range options {
		o(&cfg)
	}
	if cfg.Database == "" {
		putSchema(t, cfg.Data)
	}
	s.boot(cfg, l)
	return s
}

// Restart stops the server and starts it again on the same data, at the same address.
func (s *Server) Restart() {
	s.T.Helper()
	cfg := s.App.Config
	s.Stop()
	var l net.Listener
	var err error
	for range 100 { // the port was ours a moment ago
		if l, err = net.Listen("tcp", s.URL[strings.LastIndexByte(s.URL, '/')+1:]); err == nil {
			break
		}
	}
	if err != nil {
		s.T.Fatal(err)
	}
	s.once = sync.Once{}
	s.boot(cfg, l)
}

func (s *Server) boot(cfg app.Config, l net.Listener) {
	s.T.Helper()
	log, err := telemetry.NewLogger(telemetry.LogConfig{Level: "debug"}, telemetry.LogDeps{Out: s.Log, RequestID: httpx.ContextRequestID, Now: s.Clock.Now})
	if err != nil {
		s.T.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if s.App, err = app.Open(ctx, cfg, app.Options{Log: log, Now: s.Clock.Now, Listeners: []net.Listener{l}, Asking: s.asking, GenerateKey: lendKeys(s.T)}); err != nil {
		cancel()
		s.T.Fatal(err)
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.App.ServeReady(ctx, func([]net.Addr, string) { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		cancel()
		s.T.Fatal(err)
	}
	s.stop = func() error { cancel(); return <-done }
	s.T.Cleanup(s.Stop)
	s.waitFresh()
}

// waitFresh waits until caches are in use, so that tests meet them.
func (s *Server) waitFresh() {
	for deadline := time.Now().Add(10 * time.Second); !s.App.Feed.Fresh(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.T.Fatal("the change tail did not catch up")
		}
	}
}

// Stop drains and stops the server; twice is no error.
func (s *Server) Stop() {
	s.once.Do(func() {
		if err := s.stop(); err != nil {
			s.T.Errorf("stop: %v", err)
		}
		if err := s.App.Close(); err != nil {
			s.T.Errorf("close: %v", err)
		}
	})
}

func plainClient(roots *x509.CertPool, via string) *http.Client {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if via != "" {
			addr = via
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial, MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second,
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
