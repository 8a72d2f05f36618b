package httpx

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// running is a server on a real loopback socket.
type running struct {
	addr string
	stop context.CancelFunc
	done chan error
}

func start(t *testing.T, h http.Handler, change func(*ServerConfig)) *running {
	t.Helper()
	listeners, err := Listen(t.Context(), []string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := ServerConfig{Listeners: listeners, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{addr: listeners[0].Addr().String(), stop: cancel, done: make(chan error, 1)}
	go func() { r.done <- Serve(ctx, cfg, h) }()
	t.Cleanup(func() {
		cancel()
		<-r.done
	})
	return r
}

func (r *running) wait(t *testing.T) {
	t.Helper()
	err := <-r.done
	r.done <- err // for the clean-up
	if err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// raw sends bytes and returns the status line of every answer until the server
// closes the connection.
func (r *running) raw(t *testing.T, request string) []string {
	t.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	var statuses []string
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses
		}
		statuses = append(statuses, fmt.Sprint(resp.StatusCode))
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.Close {
			return statuses
		}
	}
}

func local(t *testing.T, mount func(Router)) *world { return newWorld(t, "http://id.test", nil, mount) }

// WB11: requests whose end is in doubt are refused and the connection ends, so
// that no second request hides in the first.
func TestSmuggling(t *testing.T) {
	var hidden atomic.Int64
	w := local(t, func(r Router) {
		r.Handle("GET", "/hidden", API, func(c *gin.Context) error { hidden.Add(1); c.Status(204); return nil })
	})
	srv := start(t, w.handler, nil)
	const smuggled = "GET /hidden HTTP/1.1\r\nHost: id.test\r\n\r\n"
	head := "POST /oauth2/token HTTP/1.1\r\nHost: id.test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for name, request := range map[string]string{
		"CL.TE":            head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"TE.TE":            head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled,
		"odd TE":           head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled,
		"two lengths":      head + "Content-Length: 3\r\nContent-Length: 0\r\n\r\na=1" + smuggled,
		"list of lengths":  head + "Content-Length: 3, 0\r\n\r\na=1" + smuggled,
		"signed length":    head + "Content-Length: +3\r\n\r\na=1" + smuggled,
		"obs-fold":         head + "X: a\r\n b\r\nContent-Length\r\n : 0\r\n\r\n" + smuggled,
		"space in name":    head + "Content-Length : 0\r\n\r\n" + smuggled,
		"bad chunk":        head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n0\r\n\r\n" + smuggled,
		"bare LF in chunk": head + "Transfer-Encoding: chunked\r\n\r\n3\na=1\r\n0\r\n\r\n" + smuggled,
		"two hosts":        "GET /doc HTTP/1.1\r\nHost: id.test\r\nHost: evil.test\r\n\r\n" + smuggled,
		"no host":          "GET /doc HTTP/1.1\r\n\r\n" + smuggled,
		"bare CR in value": "GET /doc HTTP/1.1\r\nHost: id.test\r\nX: a\rb\r\n\r\n" + smuggled,
		"NUL in value":     "GET /doc HTTP/1.1\r\nHost: id.test\r\nX: a\x00b\r\n\r\n" + smuggled,
		"HTTP/0.9":         "GET /doc\r\n\r\n" + smuggled,
		"h2 preface":       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled,
	} {
		statuses := srv.raw(t, request)
		if len(statuses) > 1 || len(statuses) == 1 && statuses[0][0] == '2' && name != "CL.TE" {
			t.Errorf("%s: answered %v", name, statuses) // CL.TE may be answered by its chunks alone, RFC 9112 §6.1
		}
		if hidden.Swap(0) != 0 {
			t.Errorf("%s: the hidden request was served", name)
		}
	}
	if got := srv.raw(t, "GET /doc HTTP/1.1\r\nHost: id.test\r\nConnection: close\r\n\r\n"); len(got) != 1 || got[0] != "200" {
		t.Errorf("an honest request: %v", got)
	}
}

// DS05: a header of megabytes ends early.
func TestHugeHeaders(t *testing.T) {
	srv := start(t, local(t, nil).handler, nil)
	for _, size := range []int{40 << 10, 64 << 10} {
		got := srv.raw(t, "GET /doc HTTP/1.1\r\nHost: id.test\r\nX: "+strings.Repeat("a", size)+"\r\n\r\n")
		if len(got) != 1 || got[0] != "431" {
			t.Errorf("%d bytes: %v", size, got)
		}
	}
	if got := srv.raw(t, "GET /doc HTTP/1.1\r\nHost: id.test\r\nConnection: close\r\nX: "+strings.Repeat("a", 16<<10)+"\r\n\r\n"); len(got) != 1 || got[0] != "200" {
		t.Errorf("16 KiB: %v", got)
	}
}

func TestOptionsStarIsNotOurs(t *testing.T) {
	srv := start(t, local(t, nil).handler, nil)
	for request, status := range map[string]string{"OPTIONS *": "404", "CONNECT id.test:80": "404", "TRACE /page": "405"} {
		if got := srv.raw(t, request+" HTTP/1.1\r\nHost: id.test\r\nConnection: close\r\n\r\n"); len(got) != 1 || got[0] != status {
			t.Errorf("%s: %v", request, got)
		}
	}
}

// DS03: the limits in time, and half-open connections do not keep others out.
func TestTimeoutsAreSet(t *testing.T) {
	srv := newServer(t.Context(), ServerConfig{Logger: slog.New(slog.DiscardHandler)}, http.NotFoundHandler())
	if srv.ReadHeaderTimeout != 10*time.Second || srv.ReadTimeout != 30*time.Second || srv.WriteTimeout != 60*time.Second ||
		srv.IdleTimeout != 120*time.Second || srv.MaxHeaderBytes != 32<<10 {
		t.Errorf("%+v", srv)
	}
}

func TestSlowlorisDoesNotKeepOthersOut(t *testing.T) {
	srv := start(t, local(t, nil).handler, nil)
	for i := range 300 {
		conn, err := net.Dial("tcp", srv.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		part := []string{"", "GET /doc HTTP/1.1\r\nHost: id", "POST /oauth2/token HTTP/1.1\r\nHost: id.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na="}[i%3]
		if _, err := io.WriteString(conn, part); err != nil {
			t.Fatal(err)
		}
	}
	if got := srv.raw(t, "GET /doc HTTP/1.1\r\nHost: id.test\r\nConnection: close\r\n\r\n"); len(got) != 1 || got[0] != "200" {
		t.Errorf("%v", got)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	slots := make(chan struct{}, 2)
	inner, err := Listen(t.Context(), []string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	l := limitListener(inner[0], slots)
	dial := func() {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	dial()
	dial()
	dial()
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accept(); err != nil {
		t.Fatal(err)
	}
	third := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		third <- err
	}()
	select {
	case err := <-third:
		t.Fatalf("a third connection was accepted: %v", err)
	default:
	}
	for range 2 { // closing twice frees one place
		_ = first.Close()
	}
	if err := <-third; err != nil {
		t.Fatal(err)
	}
	if len(slots) != 2 {
		t.Errorf("%d places are taken", len(slots))
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		waiting <- err
	}()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a full listener does not close: %v", err)
	}
}

// SIGTERM drains: requests that run finish, requests during the delay are served,
// and Serve ends without an error.
func TestDrainFailsNoRequest(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	w := local(t, func(r Router) {
		r.Handle("GET", "/slow", API, func(c *gin.Context) error {
			close(inside)
			<-release
			if err := c.Request.Context().Err(); err != nil {
				return err
			}
			return text("finished")(c)
		})
	})
	delay := make(chan time.Time)
	drained := make(chan struct{})
	srv := start(t, w.handler, func(c *ServerConfig) {
		c.DrainDelay = time.Minute
		c.After = func(time.Duration) <-chan time.Time { close(drained); return delay }
		c.OnDrain = w.Drain
	})
	get := func(path string) (int, string, error) {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+srv.addr+path, nil)
		if err != nil {
			return 0, "", err
		}
		req.Host = "id.test"
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body), err
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if status, body, err := get("/slow"); err != nil || status != 200 || body != "finished" {
			t.Errorf("a running request: %d %q %v", status, body, err)
		}
	})
	<-inside
	srv.stop()
	<-drained
	if status, _, err := get("/health/ready"); err != nil || status != 503 {
		t.Errorf("readiness while draining: %d %v", status, err)
	}
	for range 20 {
		if status, _, err := get("/doc"); err != nil || status != 200 {
			t.Errorf("a request during the delay: %d %v", status, err)
		}
	}
	close(delay)
	close(release)
	wg.Wait()
	srv.wait(t)
	if _, _, err := get("/doc"); err == nil {
		t.Error("still serving")
	}
}

func TestServeNeedsWhatItNeeds(t *testing.T) {
	if err := Serve(t.Context(), ServerConfig{}, http.NotFoundHandler()); err == nil {
		t.Error("served on nothing")
	}
}

func TestBrokenListenerEndsServe(t *testing.T) {
	listeners, err := Listen(t.Context(), []string{"127.0.0.1:0", "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := listeners[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), ServerConfig{Listeners: listeners, Logger: slog.New(slog.DiscardHandler)}, http.NotFoundHandler()); err == nil {
		t.Error("a broken listener went unnoticed")
	}
}

func TestListen(t *testing.T) {
	open, err := Listen(t.Context(), []string{"127.0.0.1:0", "[::1]:0"})
	if err != nil {
		t.Fatal(err)
	}
	taken := open[0].Addr().String()
	for _, addresses := range [][]string{{"127.0.0.1:0", taken}, {"nonsense"}, {"203.0.113.77:1"}} {
		if got, err := Listen(t.Context(), addresses); err == nil {
			t.Errorf("%v: opened %d", addresses, len(got))
		}
	}
	// An address this machine lacks is passed over while another one opens.
	got, err := Listen(t.Context(), []string{"203.0.113.77:1", "127.0.0.1:0"})
	if err != nil || len(got) != 1 {
		t.Errorf("%d %v", len(got), err)
	}
	for _, l := range append(open, got...) {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := DefaultAddresses(); len(got) != 2 || got[0] != "127.0.0.1:8080" || got[1] != "[::1]:8080" {
		t.Errorf("%v", got)
	}
}

func tlsClient(pool *x509.CertPool, change func(*tls.Config)) *http.Client {
	cfg := &tls.Config{RootCAs: pool, ServerName: "id.test", MinVersion: tls.VersionTLS12}
	if change != nil {
		change(cfg)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: true, DisableKeepAlives: true}}
}
