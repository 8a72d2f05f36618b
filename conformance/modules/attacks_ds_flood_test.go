package modules

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime/metrics"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// heap is how many bytes live and dead objects take now.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// watch samples the hasher and the heap until stop; what it returns are the highest values it saw.
func (w *world) watch() (stop func() (running, waiting int, bytes uint64)) {
	var running, waiting atomic.Int64
	var bytes atomic.Uint64
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			r, q := w.App.Hasher.Load()
			running.Store(max(running.Load(), int64(r)))
			waiting.Store(max(waiting.Load(), int64(q)))
			bytes.Store(max(bytes.Load(), heap()))
			select {
			case <-quit:
				return
			case <-tick.C:
			}
		}
	}()
	return func() (int, int, uint64) {
		close(quit)
		<-done
		return int(running.Load()), int(waiting.Load()), bytes.Load()
	}
}

// DS01: two hundred sign-ins at once, half of them for nobody: a bounded number is hashed, the rest is told when to come back, and who refreshes
// meanwhile is served.
func TestDS01_HashFlood(t *testing.T) {
	const logins, workers, queue = 200, 1, 6
	w := alone(t, free, func(c *app.Config) { c.Passwords.Workers, c.Passwords.Queue = workers, queue })
	rp := w.Client(storage.ClientMetadata{})
	tokens := w.offline(rp)
	page := w.Browser().Get("/login")
	before, stop := heap(), w.watch()
	var judged, shed, other atomic.Int64
	hashes := make(chan int, 1)
	go func() {
		hashes <- w.hashed(func() {
			several(logins, logins, func(i int) {
				identifier := w.email
				if i%2 == 0 {
					identifier = fmt.Sprintf("nobody%d@example.org", i)
				}
				a := page.SubmitRaw("identifier", identifier, "password", fmt.Sprint("guess number ", i))
				switch {
				case a.Status == http.StatusForbidden:
					judged.Add(1)
				case (a.Status == http.StatusServiceUnavailable || a.Status == http.StatusTooManyRequests) && slices.Contains([]string{"1", "2"}, a.Header.Get("Retry-After")):
					shed.Add(1)
				default:
					other.Add(1)
				}
			})
		})
	}()
	served, n := 0, -1
	for n < 0 {
		w.ok(w.Refresh(rp, tokens.Text("refresh_token")))
		w.ok(w.Get("/health/live"))
		w.ok(w.Introspect(rp, tokens.Text("access_token")))
		served++
		select {
		case n = <-hashes:
		default:
		}
	}
	running, waiting, most := stop()
	if judged.Load()+shed.Load() != logins || other.Load() != 0 || shed.Load() == 0 || int64(n) != judged.Load() {
		t.Errorf("%d judged with %d hashes, %d told to come back, %d otherwise", judged.Load(), n, shed.Load(), other.Load())
	}
	if running != workers || waiting > queue {
		t.Errorf("%d ran and %d waited at a time", running, waiting)
	}
	if served < 3 {
		t.Errorf("tokens were refreshed only %d times meanwhile", served)
	}
	if most > before+300<<20 { // one hash takes 19 MiB; all at once would take four gigabytes
		t.Errorf("the heap grew from %d to %d MiB", before>>20, most>>20)
	}
	w.in(guess(w.Browser(), w.email, testkit.Password))
}

// DS03: two thousand connections that say nothing, half of a header or half of a body are ended by the server, and others are served meanwhile.
func TestDS03_Slowloris(t *testing.T) {
	t.Parallel() // waits for the server's time limits
	w := alone(t, cheap)
	form := "POST /oauth2/token HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na="
	var headers, bodies []net.Conn
	for i := range 2000 {
		conn, part := w.dial(), []string{"", "GET / HTTP/1.1\r\nHo", "GET / HTTP/1.1\r\nHost: HOST\r\nX: ", "POST /login HTTP/1.1\r\nHost: HOST\r\nCookie: a=b\r\n"}[i%4]
		if i%40 == 3 {
			part, bodies = form, append(bodies, conn)
		} else {
			headers = append(headers, conn)
		}
		_, err := io.WriteString(conn, strings.ReplaceAll(part, "HOST", w.issuer().Host))
		w.must(err)
	}
	began := time.Now()
	w.ok(w.Get("/health/live"))
	w.in(guess(w.Browser(), w.email, testkit.Password))
	w.tokens(w.Client(storage.ClientMetadata{}))
	served := time.Since(began)
	open := stillOpen(headers)
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("half a header is listened to for %s", took)
	}
	if open += stillOpen(bodies); open > 0 {
		t.Errorf("%d connections stay open", open)
	}
	if served > 10*time.Second {
		t.Errorf("others were served only when the connections had ended: after %s", served)
	}
	w.ok(w.Get("/health/live"))
}

// stillOpen waits for the server to end connections, and counts those that it does not.
func stillOpen(conns []net.Conn) (n int) {
	for _, conn := range conns {
		var late net.Error
		if _, err := io.Copy(io.Discard, conn); errors.As(err, &late) && late.Timeout() {
			n++
		}
	}
	return n
}

// endless writes chunks of a body until the server has had enough, and says how much it took.
func endless(conn net.Conn) (sent int) {
	chunk := fmt.Appendf(nil, "%x\r\n%s\r\n", 32<<10, strings.Repeat("x", 32<<10))
	for sent < 1<<30 {
		n, err := conn.Write(chunk)
		sent += n
		if err != nil {
			return sent
		}
	}
	return sent
}

// DS04: a gigabyte sent to any route is refused, by its length or after a few kilobytes, and memory stays flat; what is packed is not unpacked.
func TestDS04_LargeBodies(t *testing.T) {
	w := alone(t, cheap, free)
	const gigabyte = 1 << 30
	head := func(method, path, more string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: " + w.issuer().Host + "\r\nOrigin: " + w.URL + "\r\nContent-Type: application/x-www-form-urlencoded\r\n" + more + "\r\n"
	}
	for _, r := range append(w.routes(), w.routes()[0]) {
		posts := r.Method == http.MethodPost && r.Kind != "proxied" // those are refused before anything else, and read no body
		for name, more := range map[string]string{"by length": fmt.Sprintf("Content-Length: %d\r\n", gigabyte), "in chunks": "Transfer-Encoding: chunked\r\n"} {
			sent, status := 0, 0
			bytes := allocated(func() { status, sent = w.pour(head(r.Method, r.Path, more)) })
			unread := status == http.StatusNotFound && strings.Contains(r.Path, "/nothing/") // there is no such connector
			if posts && status != http.StatusRequestEntityTooLarge && !unread || status < 200 || status >= 500 {
				t.Errorf("%s %s, %s: %d", r.Method, r.Path, name, status)
			}
			if sent > 16<<20 || bytes > 4<<20 { // what the kernel's buffers hold
				t.Errorf("%s %s, %s: %d bytes were taken, %d allocated", r.Method, r.Path, name, sent, bytes)
			}
		}
		if posts {
			bomb := strings.Repeat("\x1f\x8b\x08\x00\x00\x00\x00\x00", 100)
			for _, encoding := range []string{"gzip", "deflate", "br", "zstd", "x-gzip", "gzip, gzip", "GZIP"} {
				if a := w.Raw(r.Method, r.Path, bomb, "Content-Type", testkit.FormType, "Content-Encoding", encoding, "Origin", w.URL); a.Status != http.StatusUnsupportedMediaType {
					t.Errorf("%s %s with %s: %d", r.Method, r.Path, encoding, a.Status)
				}
			}
		}
	}
	json := w.Raw(http.MethodPost, "/oauth2/token", "{"+strings.Repeat(`"a":1,`, 20_000)+"}", "Content-Type", "application/json")
	if json.Status != http.StatusRequestEntityTooLarge && json.Status != http.StatusUnsupportedMediaType {
		t.Errorf("a large JSON body: %d", json.Status)
	}
	w.in(guess(w.Browser(), w.email, testkit.Password))
}

// pour sends a header and then bytes without end, and returns the answer's status and how much the server took.
func (w *world) pour(header string) (status, sent int) {
	w.t.Helper()
	conn := w.dial()
	defer func() { _ = conn.Close() }()
	_, err := io.WriteString(conn, header)
	w.must(err)
	taken := make(chan int, 1)
	go func() { taken <- endless(conn) }()
	status = statusLine(conn)
	_ = conn.Close()
	return status, <-taken
}

// statusLine reads the status of an answer; 0 when there is none.
func statusLine(r io.Reader) (status int) {
	line := make([]byte, 12)
	if _, err := io.ReadFull(r, line); err != nil {
		return 0
	}
	if _, err := fmt.Sscanf(string(line), "HTTP/1.1 %d", &status); err != nil {
		return 0
	}
	return status
}

// DS05: a million fields, a hundred thousand parameters, a header of megabytes: refused before they are taken apart.
func TestDS05_ParameterFloods(t *testing.T) {
	w := alone(t, cheap, free)
	fields := func(n int) string { return strings.TrimSuffix(strings.Repeat("a=1&", n), "&") }
	distinct := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d=1&", i)
		}
		return b.String()
	}
	for _, r := range w.routes() {
		if r.Method != http.MethodPost {
			continue
		}
		for name, body := range map[string]string{"a million fields": fields(1_000_000), "ten thousand fields": distinct(7_000), "three hundred fields": distinct(300), "only separators": strings.Repeat("&", 60_000), "only bad escapes": strings.Repeat("%zz", 20_000)} {
			var a *testkit.Answer
			bytes := allocated(func() { a = w.Raw(r.Method, r.Path, body, "Content-Type", testkit.FormType, "Origin", w.URL) })
			if a.Status < 400 || a.Status > 499 || bytes > 4<<20 {
				t.Errorf("%s, %s: %d, %d bytes allocated", r.Path, name, a.Status, bytes)
			}
		}
	}
	for _, path := range w.paths("page", "document") {
		for name, query := range map[string]string{"three hundred parameters": distinct(300), "20 KB": "a=" + strings.Repeat("b", 20<<10)} {
			request := "GET " + path + "?" + query + " HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
			var got []int
			bytes := allocated(func() { got = w.raw(request) })
			if len(got) != 1 || got[0] < 400 || got[0] > 499 || bytes > uint64(8*len(request)+4<<20) {
				t.Errorf("%s, %s: %v, %d bytes allocated", path, name, got, bytes)
			}
		}
	}
	if got := w.raw("GET /login?" + fields(100_000) + " HTTP/1.1\r\nHost: HOST\r\n\r\n"); len(got) != 1 || got[0] != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a hundred thousand parameters: %v", got)
	}
	for name, header := range map[string]string{
		"8 MB in one": "X: " + strings.Repeat("a", 8<<20) + "\r\n", "8 MB in many": strings.Repeat("X: "+strings.Repeat("a", 100)+"\r\n", 80_000), "100,000 headers": strings.Repeat("a:b\r\n", 100_000),
		"a huge cookie": "Cookie: jedan-session=" + strings.Repeat("a", 64<<10) + "\r\n",
	} {
		if got := w.raw("GET /login HTTP/1.1\r\nHost: HOST\r\n" + header + "\r\n"); len(got) > 1 || len(got) == 1 && got[0] != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: %v", name, got)
		}
	}
	many := "Cookie: " + strings.Repeat("a=b; ", 5_000) + "c=d\r\n"
	if got := w.raw("GET /login HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n" + many + "\r\n"); len(got) != 1 || got[0] >= 500 {
		t.Errorf("five thousand cookies: %v", got)
	}
	if got := w.raw("GET /login?a=1&b=2 HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nX: " + strings.Repeat("a", 8<<10) + "\r\n\r\n"); len(got) != 1 || got[0] != http.StatusSeeOther {
		t.Errorf("an honest request: %v", got)
	}
	w.in(guess(w.Browser(), w.email, testkit.Password))
	if a := w.Get("/login?" + url.Values{"a": {"1"}}.Encode()); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	}
}
