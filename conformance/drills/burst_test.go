package drills

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

func (a answer) text(name string) string { v, _ := a.body[name].(string); return v }

func (a answer) String() string { return fmt.Sprintf("%d %.200s", a.status, a.raw) }

// refused reports an OAuth error answer.
func (a answer) refused(code string) bool {
	return a.status == http.StatusBadRequest && a.text("error") == code
}

func readAnswer(resp *http.Response) (answer, error) {
	defer resp.Body.Close() //nolint:errcheck // it has been read
	b, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(b)}
	_ = json.Unmarshal(b, &a.body) // not every answer is JSON
	return a, err
}

// lane is one open connection to a server.
type lane struct {
	conn net.Conn
	in   *bufio.Reader
}

// volley keeps connections open and sends requests over all of them at the same moment.
type volley struct {
	t     *testing.T
	lanes []lane
	rnd   *rand.Rand
}

// newVolley opens n connections, in turn to each node.
func newVolley(t *testing.T, nodes []*node, n int, rnd *rand.Rand) *volley {
	t.Helper()
	v := &volley{t: t, rnd: rnd}
	for i := range n {
		conn, err := net.Dial("tcp", nodes[i%len(nodes)].address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		v.lanes = append(v.lanes, lane{conn: conn, in: bufio.NewReader(conn)})
	}
	return v
}

// fire sends the same form on every connection but for the last byte, and then the last bytes in a burst: every handler is waiting in the middle of
// the body when the first one is let go.
func (v *volley) fire(path string, form url.Values, header ...string) []answer {
	v.t.Helper()
	last := v.hold(path, form, header...)
	for _, i := range v.rnd.Perm(len(v.lanes)) {
		v.write(v.lanes[i], last)
	}
	answers := make([]answer, len(v.lanes))
	for i := range v.lanes {
		answers[i] = v.read(i)
	}
	return answers
}

// hold sends all but the last byte on every connection. header are further lines.
func (v *volley) hold(path string, form url.Values, header ...string) (last []byte) {
	v.t.Helper()
	body := form.Encode()
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", path, issuer[len("http://"):], len(body))
	for _, line := range header {
		head += line + "\r\n"
	}
	message := []byte(head + "\r\n" + body)
	cut := len(message) - 1
	for _, l := range v.lanes {
		v.write(l, message[:cut])
	}
	return message[cut:]
}

func (v *volley) read(i int) answer {
	v.t.Helper()
	resp, err := http.ReadResponse(v.lanes[i].in, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	a, err := readAnswer(resp)
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}

// once sends the form over connection i alone.
func (v *volley) once(i int, path string, form url.Values) answer {
	v.t.Helper()
	return (&volley{t: v.t, lanes: v.lanes[i : i+1], rnd: v.rnd}).fire(path, form)[0]
}

func (v *volley) write(l lane, b []byte) {
	v.t.Helper()
	if err := l.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		v.t.Fatal(err)
	}
	if _, err := l.conn.Write(b); err != nil {
		v.t.Fatal(err)
	}
}
