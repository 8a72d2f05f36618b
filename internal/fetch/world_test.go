package fetch_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// names is a resolver.
type names map[string][]netip.Addr

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if addrs, found := n[host]; found {
		return addrs, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// everything resolves any name to one address.
type everything struct{ to netip.Addr }

func (e everything) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{e.to}, nil
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a TLS server that is known as example.com, and a client that may reach it.
type world struct {
	*testing.T
	client *fetch.Client
	server *httptest.Server
	base   string // https://example.com:port
	clock  *clock
}

func newWorld(t *testing.T, change func(*fetch.Config), handler http.HandlerFunc) *world {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	cfg := fetch.Config{AllowNetworks: []string{"127.0.0.0/8"}, Trust: trust(t, srv)}
	if change != nil {
		change(&cfg)
	}
	w := &world{T: t, server: srv, clock: newClock(), base: "https://example.com:" + port(srv.URL)}
	hosts := names{"example.com": {netip.MustParseAddr("127.0.0.1")}, "other.example.com": {netip.MustParseAddr("127.0.0.1")}}
	client, err := fetch.New(cfg, fetch.Deps{Resolver: hosts, Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	w.client = client
	return w
}

func port(url string) string { return url[strings.LastIndexByte(url, ':')+1:] }

// trust is a file with the server's certificate.
func trust(t *testing.T, srv *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trust.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) get(path string) (*fetch.Response, error) {
	return w.client.Get(context.Background(), fetch.Request{URL: w.base + path})
}

func code(t *testing.T, err error, want errs.Code) {
	t.Helper()
	if got := errs.CodeOf(err); err == nil || got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}
