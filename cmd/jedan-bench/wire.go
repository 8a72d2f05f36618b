package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// wire is one keep-alive connection of the load generator. It reads only what it must, so that the generator's core is never the limit.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	head []byte // header lines of the last answer
	body []byte // body of the last answer
}

func dial(addr string) (*wire, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &wire{conn: c, r: bufio.NewReaderSize(c, 32<<10)}, nil
}

func (w *wire) close() { _ = w.conn.Close() }

// do sends a request and reads the whole answer into head and body.
func (w *wire) do(request []byte) (status int, err error) {
	if _, err := w.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := w.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, errors.New("not an HTTP answer")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked, err := w.header()
	if err != nil {
		return 0, err
	}
	w.body = w.body[:0]
	if chunked {
		return status, w.chunks()
	}
	return status, w.take(length)
}

func (w *wire) header() (length int, chunked bool, err error) {
	w.head = w.head[:0]
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}
		if len(line) <= 2 {
			return length, chunked, nil
		}
		w.head = append(w.head, line...)
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return 0, false, err
			}
		}
		chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
	}
}

func (w *wire) take(n int) error {
	have := len(w.body)
	w.body = append(w.body, make([]byte, n)...)
	_, err := io.ReadFull(w.r, w.body[have:])
	return err
}

func (w *wire) chunks() error {
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if err := w.take(int(n) + 2); err != nil { // and the line's end
			return err
		}
		w.body = w.body[:len(w.body)-2]
		if n == 0 {
			return nil
		}
	}
}

// value returns the first value of an answer's header, as net/http spells names.
func (w *wire) value(name string) string {
	for line := range bytes.Lines(w.head) {
		if v, ok := bytes.CutPrefix(line, []byte(name+": ")); ok {
			return string(bytes.TrimSpace(v))
		}
	}
	return ""
}

// want is do for an answer with a status and a part that says it is the right one.
func (w *wire) want(request []byte, status int, part []byte) error {
	got, err := w.do(request)
	if err != nil {
		return err
	}
	if got != status || !bytes.Contains(w.body, part) {
		return fmt.Errorf("answered %d instead of %d with %q: %.300s", got, status, part, w.body)
	}
	return nil
}

// get renders a GET request.
func get(host, path string, headers ...string) []byte { return render("GET", host, path, "", headers) }

// post renders a form POST.
func post(host, path, form string, headers ...string) []byte {
	return render("POST", host, path, form, append(headers, "Content-Type", "application/x-www-form-urlencoded"))
}

func render(method, host, path, body string, headers []string) []byte {
	b := make([]byte, 0, 256+len(path)+len(body))
	b = append(b, method+" "+path+" HTTP/1.1\r\nHost: "+host+"\r\nUser-Agent: jedan-bench\r\nAccept: application/json\r\n"...)
	for i := 0; i+1 < len(headers); i += 2 {
		b = append(b, headers[i]+": "+headers[i+1]+"\r\n"...)
	}
	if method == "POST" {
		b = append(b, "Content-Length: "+strconv.Itoa(len(body))+"\r\n"...)
	}
	return append(append(b, "\r\n"...), body...)
}
