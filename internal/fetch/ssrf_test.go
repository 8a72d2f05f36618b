package fetch_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// canary listens on the loopbacks and tells who came first.
type canary struct {
	t     *testing.T
	port  string
	first []chan string
	at    []net.Listener
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	c := &canary{t: t}
	for _, address := range []string{"127.0.0.1:0", "[::1]:" + "0"} {
		if c.port != "" {
			address = "[::1]:" + c.port
		}
		l, err := net.Listen("tcp", address)
		if err != nil && c.port != "" {
			t.Log("no IPv6 here: ", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_, c.port, _ = net.SplitHostPort(l.Addr().String())
		first := make(chan string, 1)
		c.first, c.at = append(c.first, first), append(c.at, l)
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			first <- conn.RemoteAddr().String()
			_ = conn.Close()
		}()
		t.Cleanup(func() { _ = l.Close() })
	}
	return c
}

// quiet ends the test unless nobody has connected: the next connection, our own, must be the first.
func (c *canary) quiet() {
	c.t.Helper()
	for i, l := range c.at {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			c.t.Fatal(err)
		}
		if got := <-c.first[i]; got != conn.LocalAddr().String() {
			c.t.Errorf("%s was connected to by %s", l.Addr(), got)
		}
		_ = conn.Close()
	}
}

// hostile are hosts that lead, or would lead a careless client, to where nobody outside should.
var hostile = []string{
	"127.0.0.1", "127.1", "127.255.255.254", "0.0.0.0", "0", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "0177.1", "127.0.0.1.", "127.0.0.01", "１２７.0.0.1", "127。0。0。1",
	"localhost", "localhost.", "LOCALHOST", "%6cocalhost", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::1%25lo]", "[::1%25eth0]",
	"169.254.169.254", "100.100.100.200", "168.63.129.16", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1",
	"239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
	"[fd00::1]", "[fc00::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2001:db8::1]", "[100::1]",
}

func TestDR07_AddressesThatAreNotPublic(t *testing.T) {
	c := newCanary(t)
	for _, plain := range []bool{false, true} {
		for _, host := range hostile {
			client, err := fetch.New(fetch.Config{AllowHTTP: plain}, fetch.Deps{Resolver: everything{netip.MustParseAddr("127.0.0.1")}})
			if err != nil {
				t.Fatal(err)
			}
			for _, scheme := range []string{"https", "http"} {
				address := scheme + "://" + host + ":" + c.port + "/jwks"
				_, err := client.Get(context.Background(), fetch.Request{URL: address})
				if code(t, err, errs.Invalid); !errors.Is(err, fetch.ErrRefused) {
					t.Errorf("%s: %v", address, err)
				}
				if _, err = client.Document(context.Background(), fetch.DocumentRequest{URL: address}); !errors.Is(err, fetch.ErrRefused) {
					t.Errorf("document %s: %v", address, err)
				}
			}
		}
	}
	c.quiet()
}

// TestDR07_NamesThatLeadInside resolves an innocent name to every address that is not public.
func TestDR07_NamesThatLeadInside(t *testing.T) {
	c := newCanary(t)
	for _, to := range []string{
		"127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.1.1", "100.64.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16",
		"fd00::1", "fe80::1", "fe80::1%lo", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::1", "::127.0.0.1",
	} {
		client, err := fetch.New(fetch.Config{}, fetch.Deps{Resolver: everything{netip.MustParseAddr(to)}})
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{"innocent.example", "localtest.me", "a"} {
			if _, err := client.PostForm(context.Background(), "https://"+host+":"+c.port+"/", nil, nil); !errors.Is(err, fetch.ErrRefused) {
				t.Errorf("%s: %v", to, err)
			}
		}
	}
	c.quiet()
}

func TestOnlyAllowedNetworksAreOpened(t *testing.T) {
	c := newCanary(t)
	client, err := fetch.New(fetch.Config{AllowNetworks: []string{"10.0.0.0/8", "127.0.0.2/32"}}, fetch.Deps{Resolver: everything{netip.MustParseAddr("127.0.0.1")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"a.example", "127.0.0.1", "[::1]"} {
		if _, err := client.Get(context.Background(), fetch.Request{URL: "https://" + host + ":" + c.port}); !errors.Is(err, fetch.ErrRefused) {
			t.Errorf("%s: %v", host, err)
		}
	}
	c.quiet()
}

// TestPlainHTTPNeedsBothSettings: http goes only to allowed networks, and only when it is allowed at all.
func TestPlainHTTPNeedsBothSettings(t *testing.T) {
	served := newWorld(t, nil, func(http.ResponseWriter, *http.Request) {})
	plain := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("plain")) })}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = plain.Serve(l) }()
	t.Cleanup(func() { _ = plain.Close() })
	address := "http://example.com:" + port(l.Addr().String())
	for _, one := range []struct {
		http bool
		nets []string
		want bool
	}{{false, []string{"127.0.0.0/8"}, false}, {true, nil, false}, {true, []string{"127.0.0.0/8"}, true}} {
		client, err := fetch.New(fetch.Config{AllowHTTP: one.http, AllowNetworks: one.nets}, fetch.Deps{Resolver: everything{netip.MustParseAddr("127.0.0.1")}})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Get(context.Background(), fetch.Request{URL: address})
		if (err == nil) != one.want || one.want && string(resp.Body) != "plain" {
			t.Errorf("%+v: %v", one, err)
		}
		client.Close()
	}
	if _, err := served.client.Get(context.Background(), fetch.Request{URL: address}); !errors.Is(err, fetch.ErrRefused) {
		t.Error(err)
	}
}

func TestRedirects(t *testing.T) {
	c := newCanary(t)
	w := newWorld(t, nil, func(w http.ResponseWriter, r *http.Request) {
		to := r.URL.Query().Get("to")
		switch {
		case r.URL.Path == "/end":
			_, _ = w.Write([]byte("end"))
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			http.Redirect(w, r, to, http.StatusFound)
		}
	})
	resp, err := w.get("/?to=/end")
	if err != nil || resp.Status != http.StatusFound {
		t.Error("a redirect is followed unasked: ", resp, err)
	}
	follow := func(path string) (*fetch.Response, error) {
		return w.client.Get(context.Background(), fetch.Request{URL: w.base + path, Redirects: true})
	}
	if resp, err = follow("/?to=/end"); err != nil || string(resp.Body) != "end" {
		t.Error(resp, err)
	}
	for _, to := range []string{
		"https://127.0.0.1:" + c.port + "/", "http://127.0.0.1:" + c.port + "/", "https://other.example.com:" + port(w.base) + "/end", "http://example.com:" + port(w.base) + "/end",
		"https://example.com:" + c.port + "/end", "file:///etc/passwd", "//127.0.0.1:" + c.port, "https://a@example.com:" + port(w.base) + "/end",
	} {
		if _, err := follow("/?to=" + to); err == nil {
			t.Error("followed to ", to)
		}
	}
	_, err = follow("/loop")
	code(t, err, errs.Invalid)
	c.quiet()
}
