package testkit

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Shared is one server for all tests of a package that neither move its clock nor use up its limits: a start costs as much as ten requests. Close
// it in TestMain.
type Shared struct {
	once  sync.Once
	s     *Server
	owner *owner
}

// For returns the server as the test's own; the first test starts it.
func (p *Shared) For(t testing.TB, options ...Option) *Server {
	t.Helper()
	p.once.Do(func() {
		p.owner = &owner{TB: t}
		p.s = Start(p.owner, options...)
	})
	if p.s == nil {
		t.Fatal("the shared server did not start; see the first test that asked for it")
	}
	return p.s.For(t)
}

// Close stops the server if a test has started it.
func (p *Shared) Close() error {
	if p.owner == nil {
		return nil
	}
	for i := len(p.owner.cleanups) - 1; i >= 0; i-- {
		p.owner.cleanups[i]()
	}
	return errors.Join(p.owner.errs...)
}

// For returns the same server reporting to another test. Stop and Restart stay with the one that Start returned.
func (s *Server) For(t testing.TB) *Server {
	return &Server{URL: s.URL, App: s.App, Clock: s.Clock, Log: s.Log, T: t, HTTP: s.HTTP, roots: s.roots, via: s.via}
}

// owner outlives the test that happened to start a shared server: what a test would clean up at its end waits for Close.
type owner struct {
	testing.TB
	cleanups []func()
	errs     []error
}

func (o *owner) Cleanup(f func()) { o.cleanups = append(o.cleanups, f) }

func (o *owner) Errorf(format string, args ...any) {
	o.errs = append(o.errs, fmt.Errorf(format, args...)) //nolint:err113 // a test's message
}

func (o *owner) TempDir() string {
	dir, err := os.MkdirTemp("", "jedan-shared-")
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			o.Errorf("%w", err)
		}
	})
	return dir
}
