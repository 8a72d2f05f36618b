package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"strings"
	"time"
)

// Roles of a child process.
const (
	roleServer = "server"
	roleHello  = "hello"
)

// databaseEnv carries the child's DSN: it may hold a password, which no command line may.
const databaseEnv = "JEDAN_BENCH_DATABASE"

// childOptions are what a child is told.
type childOptions struct {
	role   string
	data   string
	issuer string
}

// Reply is what a child answers to one line on its standard input.
type Reply struct {
	Ready   bool          `json:"ready,omitempty"`
	CPU     time.Duration `json:"cpu,omitempty"`     // used so far
	Objects uint64        `json:"objects,omitempty"` // allocated so far
	Bytes   uint64        `json:"bytes,omitempty"`   // allocated so far
	Each    time.Duration `json:"each,omitempty"`    // CPU time of one primitive
	Count   int           `json:"count,omitempty"`   // how many primitives were run
	Error   string        `json:"error,omitempty"`
}

// run serves until standard input ends.
func (o childOptions) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return fmt.Errorf("the inherited listener: %w", err)
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		if o.role == roleHello {
			done <- serveHello(ctx, l, ready)
		} else {
			done <- serveServer(ctx, o, l, ready)
		}
	}()
	select {
	case <-ready:
	case err := <-done:
		return err
	}
	err = (&control{in: bufio.NewScanner(os.Stdin), out: json.NewEncoder(os.Stdout), data: o.data}).loop()
	cancel()
	return errors.Join(err, <-done)
}

// control answers the parent.
type control struct {
	in      *bufio.Scanner
	out     *json.Encoder
	profile io.Closer
	data    string
}

func (c *control) loop() error {
	if err := c.out.Encode(Reply{Ready: true}); err != nil {
		return err
	}
	for c.in.Scan() {
		verb, arg, _ := strings.Cut(c.in.Text(), " ")
		r, err := c.do(verb, arg)
		if err != nil {
			r.Error = err.Error()
		}
		if err := c.out.Encode(r); err != nil {
			return err
		}
	}
	return c.in.Err()
}

func (c *control) do(verb, arg string) (Reply, error) {
	switch verb {
	case "usage":
		return usage()
	case "profile":
		return Reply{}, c.startProfile(arg)
	case "stop":
		return Reply{}, c.stopProfile()
	case "allocs":
		return Reply{}, writeAllocs(arg)
	case "primitive":
		return runPrimitive(arg, c.data)
	}
	return Reply{}, fmt.Errorf("no verb %q", verb)
}

func usage() (Reply, error) {
	cpu, err := cpuTime()
	s := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return Reply{CPU: cpu, Objects: s[0].Value.Uint64(), Bytes: s[1].Value.Uint64()}, err
}

func (c *control) startProfile(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	c.profile = f
	return pprof.StartCPUProfile(f)
}

func (c *control) stopProfile() error {
	pprof.StopCPUProfile()
	return c.profile.Close()
}

// writeAllocs writes everything allocated since the start: subtract an earlier one (go tool pprof -base).
func writeAllocs(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	runtime.GC() // the profile is of two collections ago
	runtime.GC()
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}
