package redistest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Server is a Redis that ends with its test.
type Server struct {
	Addr string

	t    testing.TB
	path string
	dir  string
	cmd  *exec.Cmd
}

// Start starts one on loopback, without persistence, or skips the test where there is no redis-server.
func Start(t testing.TB) *Server {
	t.Helper()
	path := os.Getenv("JEDAN_TEST_REDIS")
	if path == "" {
		found, err := exec.LookPath("redis-server")
		if err != nil {
			t.Skip("JEDAN_TEST_REDIS is not set and there is no redis-server in the PATH: nothing is counted in a real Redis")
		}
		path = found
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: l.Addr().String(), t: t, path: path, dir: t.TempDir()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	s.Again()
	return s
}

// URL is where it answers.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Again starts it after Kill, empty, at the same address.
func (s *Server) Again() {
	s.t.Helper()
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.Command(s.path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.dir)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if got, err := s.do("PING"); err == nil && got == "+PONG" {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatal("redis-server does not answer")
		}
	}
}

// Kill ends it as a crash does; twice is no error.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended by itself
	_ = s.cmd.Wait()         // it was killed
	s.cmd = nil
}

// Do sends a command without spaces in its parts and returns the first line of the answer; an error fails the test.
func (s *Server) Do(parts ...string) string {
	s.t.Helper()
	got, err := s.do(parts...)
	if err != nil || strings.HasPrefix(got, "-") {
		s.t.Fatalf("redis: %v: %q %v", parts, got, err)
	}
	return got
}

func (s *Server) do(parts ...string) (string, error) {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", s.Addr)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // the answer has been read
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", strings.Join(parts, " ")); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
