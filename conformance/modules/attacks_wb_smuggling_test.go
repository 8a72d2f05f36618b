package modules

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// patience is how long a raw connection waits for a server that says nothing.
const patience = 60 * time.Second

// dial opens a raw connection to the server.
func (w *world) dial() net.Conn {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.issuer().Host)
	w.must(err)
	w.t.Cleanup(func() { _ = conn.Close() })
	w.must(conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

// raw sends bytes, with HOST for the issuer's host, and returns the status of every answer until the server closes the connection.
func (w *world) raw(request string) (statuses []int) {
	w.t.Helper()
	conn := w.dial()
	go func() { _, _ = io.WriteString(conn, strings.ReplaceAll(request, "HOST", w.issuer().Host)) }()
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				w.t.Errorf("the connection stays open after %v: %.80q", statuses, request)
			}
			return statuses
		}
		statuses = append(statuses, resp.StatusCode)
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.Close {
			return statuses
		}
	}
}

// WB11: a request whose end is in doubt is refused and its connection ends, so that no second request hides in it.
func TestWB11_Smuggling(t *testing.T) {
	w := alone(t, cheap, func(c *app.Config) { c.Access = true })
	const (
		hidden = "GET /.well-known/jwks.json HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
		form   = "POST /oauth2/token HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\n"
		get    = "GET /health/live HTTP/1.1\r\nHost: HOST\r\n"
	)
	for name, request := range map[string]string{
		"CL.TE":                 form + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE.CL":                 form + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n" + hidden,
		"TE.TE":                 form + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
		"unknown TE":            form + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE with a tab":         form + "Transfer-Encoding:\tchunked, identity\r\n\r\n0\r\n\r\n" + hidden,
		"TE after a vertical":   form + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE in HTTP/1.0":        strings.Replace(form, "1.1", "1.0", 1) + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"two lengths":           form + "Content-Length: 3\r\nContent-Length: 0\r\n\r\na=1" + hidden,
		"a list of lengths":     form + "Content-Length: 3, 0\r\n\r\na=1" + hidden,
		"a signed length":       form + "Content-Length: +3\r\n\r\na=1" + hidden,
		"a hexadecimal length":  form + "Content-Length: 0x3\r\n\r\na=1" + hidden,
		"a negative length":     form + "Content-Length: -3\r\n\r\na=1" + hidden,
		"a space before colon":  form + "Content-Length : 0\r\n\r\n" + hidden,
		"obs-fold":              form + "X: a\r\n b\r\nContent-Length\r\n : 0\r\n\r\n" + hidden,
		"a bad chunk":           form + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n0\r\n\r\n" + hidden,
		"a bare LF in a chunk":  form + "Transfer-Encoding: chunked\r\n\r\n3\na=1\r\n0\r\n\r\n" + hidden,
		"an LF in an extension": form + "Transfer-Encoding: chunked\r\n\r\n3;x\na=1\r\n0\r\n\r\n" + hidden,
		"a chunk too long":      form + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\na=1\r\n0\r\n\r\n" + hidden,
		"a bare CR":             get + "X: a\rContent-Length: 100\r\n\r\n" + hidden,
		"a NUL":                 get + "X: a\x00b\r\n\r\n" + hidden,
		"two hosts":             get + "Host: evil.test\r\n\r\n" + hidden,
		"no host":               "GET /health/live HTTP/1.1\r\n\r\n" + hidden,
		"a bad name":            get + "X y: a\r\n\r\n" + hidden,
		"a line without colon":  get + "nonsense\r\n\r\n" + hidden,
		"HTTP/0.9":              "GET /health/live\r\n\r\n" + hidden,
		"HTTP/3.0":              "GET /health/live HTTP/3.0\r\nHost: HOST\r\n\r\n" + hidden,
		"an h2 preface":         "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden,
		"h2c by upgrade":        get + "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" + hidden,
		"a body of a GET":       get + "Content-Length: 70000\r\n\r\n" + hidden,
		"binary nonsense":       "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + hidden,
	} {
		mark := w.Log.Mark()
		statuses := w.raw(request)
		if len(statuses) > 1 || len(statuses) == 1 && statuses[0] < 400 && name != "h2c by upgrade" {
			t.Errorf("%s: answered %v", name, statuses)
		}
		if strings.Contains(w.Log.Since(mark), "jwks.json") {
			t.Errorf("%s: the hidden request was served", name)
		}
	}
	mark := w.Log.Mark()
	if got := w.raw(get + "\r\n" + hidden); len(got) != 2 || got[0] != 200 || got[1] != 200 || !strings.Contains(w.Log.Since(mark), "jwks.json") {
		t.Errorf("two honest requests: %v", got)
	}
}

// WB11: thousands of HTTP/2 streams that are reset as soon as they begin end the connection, not the server.
func TestWB11_RapidReset(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, cheap))
	conn, err := tls.Dial("tcp", w.issuer().Host, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}) //nolint:gosec // its certificate is not the subject
	w.must(err)
	defer func() { _ = conn.Close() }()
	w.must(conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, http2.ClientPreface)
	w.must(err)
	f := http2.NewFramer(conn, conn)
	w.must(f.WriteSettings())
	ended := make(chan error, 1)
	go func() { ended <- readFrames(f) }()
	const streams = 3_000
	sent, before, most := 0, runtime.NumGoroutine(), 0
	for ; sent < streams; sent++ {
		id := uint32(2*sent + 1) //nolint:gosec // below 6,001
		if f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: w.h2Request("/.well-known/jwks.json"), EndStream: true, EndHeaders: true}) != nil || f.WriteRSTStream(id, http2.ErrCodeCancel) != nil {
			break // the server has had enough
		}
		most = max(most, runtime.NumGoroutine())
	}
	w.must(conn.SetDeadline(time.Now().Add(patience)))
	if sent == streams {
		w.must(conn.CloseWrite())
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if sent < 500 || most > before+150 { // at most a hundred at a time, whatever was reset before it began
		t.Errorf("%d streams were opened and reset; %d goroutines, %d before", sent, most, before)
	}
	w.ok(w.Get("/health/ready"))
	w.in(guess(w.Browser(), w.email, testkit.Password))
	h2 := &http.Client{Transport: &http2.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // as above
	resp, err := h2.Get(w.URL + "/health/live")
	w.must(err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
		t.Errorf("an honest client over HTTP/%d: %d", resp.ProtoMajor, resp.StatusCode)
	}
}

func (w *world) h2Request(path string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for _, field := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", w.issuer().Host}, {":path", path}} {
		_ = e.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}) // into memory
	}
	return b.Bytes()
}

// readFrames reads until the server ends the connection.
func readFrames(f *http2.Framer) error {
	for {
		_, err := f.ReadFrame()
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			return err
		case err != nil:
			return nil
		}
	}
}
