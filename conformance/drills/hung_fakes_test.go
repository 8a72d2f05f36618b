package drills

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/risk/feeds/feedtest"
)

// fakesVariable turns this test binary into the providers of a server, listening at the address that it names: a mail server, a gateway for text messages and every feed.
const fakesVariable = "DRILLS_FAKES"

// told is a line that the fakes write to the parent.
type told struct {
	Event      string // ready, well, silent, mail, text or broken
	SMTP, HTTP string // of ready: where they listen
	To, ID     string // of mail and text: recipient, and what it has in common with its repetition
	Error      string
}

// fakes answer, or accept and are silent.
type fakes struct {
	silent atomic.Bool
	feeds  http.Handler
	out    speaker
}

func (f *fakes) say(w told) { f.out.say(w) }

// serveFakes obeys the moods on stdin, and does not outlive its parent.
func serveFakes(host string) int {
	feed := feedtest.New()
	defer feed.Close()
	f := &fakes{feeds: feed.Config.Handler, out: speaker{out: os.Stdout}}
	smtp, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		f.say(told{Event: "broken", Error: err.Error()})
		return 1
	}
	web, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		f.say(told{Event: "broken", Error: err.Error()})
		return 1
	}
	go f.mails(smtp)
	go func() { _ = (&http.Server{Handler: f, ReadHeaderTimeout: time.Hour}).Serve(web) }()
	f.say(told{Event: "ready", SMTP: smtp.Addr().String(), HTTP: web.Addr().String()})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		f.silent.Store(lines.Text() == "silent")
		f.say(told{Event: lines.Text()})
	}
	return 0
}

func (f *fakes) mails(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go f.talk(c)
	}
}

var errSilent = errors.New("silent")

// answer says a line. Whoever is not answered is not answered any more on this connection.
func (f *fakes) answer(c net.Conn, line string) error {
	if f.silent.Load() {
		_, _ = io.Copy(io.Discard, c)
		return errSilent
	}
	_, err := io.WriteString(c, line+"\r\n")
	return err
}

// talk is as much of RFC 5321 as one mail needs.
func (f *fakes) talk(c net.Conn) {
	defer c.Close() //nolint:errcheck // it has been read
	r := bufio.NewReader(c)
	for err := f.answer(c, "220 mx.test ESMTP"); err == nil; {
		line, e := r.ReadString('\n')
		if e != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch verb {
		case "DATA":
			err = f.take(c, r)
		case "QUIT":
			_ = f.answer(c, "221 bye")
			return
		default:
			err = f.answer(c, "250 ok")
		}
	}
}

// take counts a mail before it says that it has it: what is counted was not lost.
func (f *fakes) take(c net.Conn, r *bufio.Reader) error {
	if err := f.answer(c, "354 go on"); err != nil {
		return err
	}
	m := told{Event: "mail"}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "." {
			break
		}
		if v, ok := strings.CutPrefix(line, "To: "); ok && m.To == "" {
			m.To = strings.Trim(v, "<>")
		}
		if v, ok := strings.CutPrefix(line, "Message-ID: "); ok && m.ID == "" {
			m.ID, _, _ = strings.Cut(strings.Trim(v, "<>"), "@")
		}
	}
	if !f.silent.Load() {
		f.say(m)
	}
	return f.answer(c, "250 taken")
}

// ServeHTTP is the gateway for text messages and, by their documented paths, every feed.
func (f *fakes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || f.silent.Load() {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if r.URL.Path != "/sms" {
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.feeds.ServeHTTP(w, r)
		return
	}
	var m struct{ ID, To, Text string }
	if json.Unmarshal(body, &m) != nil || m.ID == "" || m.To == "" || m.Text == "" {
		http.Error(w, "no message", http.StatusBadRequest)
		return
	}
	f.say(told{Event: "text", To: m.To, ID: m.ID})
	fmt.Fprintln(w, `{"status":"taken"}`)
}
