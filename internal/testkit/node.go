package testkit

import (
	"net"
	"testing"
	"time"
)

// Node starts another server of the same issuer on the same PostgreSQL and returns it as its clients see it: the issuer's address leads to it, as if a
// balancer had chosen it. It skips on SQLite, which one server owns.
func (s *Server) Node(t testing.TB) *Server {
	t.Helper()
	if s.App.Config.Database == "" {
		t.Skip("one server owns an SQLite file")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &Server{URL: s.URL, Clock: s.Clock, Log: &Log{}, T: t, HTTP: plainClient(s.roots, l.Addr().String()), roots: s.roots, via: l.Addr().String()}
	n.boot(s.App.Config, l)
	return n
}

// Within asks until it is so, and fails when it takes longer than limit.
func (s *Server) Within(limit time.Duration, what string, so func() bool) {
	s.T.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !so(); <-tick.C {
		if time.Now().After(deadline) {
			s.T.Fatalf("not within %s: %s", limit, what)
		}
	}
}
