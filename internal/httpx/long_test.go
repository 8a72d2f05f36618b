package httpx

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// TestLongHeaders: a ticket of 64 KiB passes on connections of the peers that may bring one; everything else is as short there as elsewhere, and other peers notice
// nothing.
func TestLongHeaders(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method)
	})
	ticket := func(n int) string { return "Authorization: Negotiate " + strings.Repeat("A", n) + "\r\n" }
	for name, c := range map[string]struct {
		long          bool
		method, lines string
		want          string
	}{
		"a ticket":                      {true, "GET", ticket(88 << 10), "200"},
		"a ticket, spelled otherwise":   {true, "GET", "authorization: NEGOTIATE  " + strings.Repeat("A", 88<<10) + "\r\n", "200"},
		"a ticket with other headers":   {true, "GET", ticket(88<<10) + "X: " + strings.Repeat("a", 20<<10) + "\r\n", "200"},
		"no ticket":                     {true, "GET", "", "200"},
		"a ticket of a form":            {true, "POST", ticket(40 << 10), "431"},
		"two tickets":                   {true, "GET", ticket(20<<10) + ticket(20<<10), "431"},
		"another scheme":                {true, "GET", "Authorization: Bearer " + strings.Repeat("A", 40<<10) + "\r\n", "431"},
		"another header":                {true, "GET", "X: " + strings.Repeat("a", 40<<10) + "\r\n", "431"},
		"many small ones":               {true, "GET", strings.Repeat("X: aaaaaaaaaaaaaaaa\r\n", 3000), "431"},
		"more than there can be":        {true, "GET", ticket(200 << 10), "431"},
		"a ticket of a stranger":        {false, "GET", ticket(88 << 10), "431"},
		"a small ticket of a stranger":  {false, "GET", ticket(8 << 10), "200"},
		"another header of a stranger":  {false, "GET", "X: " + strings.Repeat("a", 40<<10) + "\r\n", "431"},
		"a form of somebody who may":    {true, "POST", "", "200"},
		"an empty one":                  {true, "GET", "Authorization: Negotiate\r\n", "200"},
		"a header name that looks like": {true, "GET", "X-Authorization: Negotiate " + strings.Repeat("A", 40<<10) + "\r\n", "431"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan netip.Addr, 8)
			srv := start(t, h, func(cfg *ServerConfig) {
				cfg.LongHeaders = func(peer netip.Addr) bool {
					asked <- peer
					return c.long
				}
			})
			got := srv.raw(t, c.method+" / HTTP/1.1\r\nHost: id.test\r\nConnection: close\r\n"+c.lines+"\r\n")
			if len(got) != 1 || got[0] != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
			if peer := <-asked; !peer.IsLoopback() {
				t.Error(peer)
			}
		})
	}
}

// TestLongHeadersEnd: both servers stop with the listener, and let what runs finish.
func TestLongHeadersEnd(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-leave
		_, _ = io.WriteString(w, "done")
	})
	srv := start(t, h, func(cfg *ServerConfig) { cfg.LongHeaders = func(netip.Addr) bool { return true } })
	got := make(chan []string, 1)
	go func() { got <- srv.raw(t, "GET / HTTP/1.1\r\nHost: id.test\r\nConnection: close\r\n\r\n") }()
	<-inside
	srv.stop()
	close(leave)
	if answer := <-got; len(answer) != 1 || answer[0] != "200" {
		t.Error(answer)
	}
	srv.wait(t)
}

func TestNegotiated(t *testing.T) {
	for text, want := range map[string]struct {
		token string
		sent  bool
	}{
		"Negotiate YWxpY2U=": {"alice", true}, "negotiate  YWxpY2U= ": {"alice", true}, "Negotiate": {"", true}, "Negotiate !": {"", true}, "Negotiate YWxpY2U": {"", true},
		"Basic YWxpY2U=": {"", true}, "": {"", true}, "-": {"", false},
	} {
		r := &http.Request{Header: http.Header{"Authorization": {text}}}
		if text == "-" {
			r.Header.Del("Authorization")
		}
		if token, sent := Negotiated(r); string(token) != want.token || sent != want.sent {
			t.Errorf("%q: %q %v", text, token, sent)
		}
	}
	if token, sent := Negotiated(&http.Request{Header: http.Header{"Authorization": {"Negotiate YQ==", "Negotiate YQ=="}}}); token != nil || !sent {
		t.Error("two headers are one")
	}
}
