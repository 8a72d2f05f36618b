package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// startFigures are medians over some starts of the server on an existing database, on all cores.
type startFigures struct {
	ready time.Duration // from the start of the process to the first 200 of /health/ready
	rss   float64       // MiB of memory resident while idle
	anon  float64       // MiB of that which is not the program file
}

// settle is how long a started server is left alone before its memory is read.
const settle = 1500 * time.Millisecond

// starts measures starting and idling.
func (s *session) starts(ctx context.Context) (startFigures, error) {
	var ready []time.Duration
	var rss, anon []float64
	for range s.o.runs {
		f, err := s.startOnce(ctx)
		if err != nil {
			return f, err
		}
		ready, rss, anon = append(ready, f.ready), append(rss, f.rss), append(anon, f.anon)
	}
	f := startFigures{ready: median(ready), rss: median(rss), anon: median(anon)}
	fmt.Fprintf(s.out, "ready after %s, idle with %.1f MiB resident (%.1f MiB of it not the program)\n", f.ready.Round(time.Millisecond), f.rss, f.anon)
	return f, nil
}

func (s *session) startOnce(ctx context.Context) (f startFigures, err error) {
	p, err := spawn(ctx, s.world.dir, s.serverOptions(), s.world.dsn, s.world.listener, false)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	w, err := dial(p.addr)
	if err != nil {
		return f, err
	}
	defer w.close()
	for ask := get(s.world.host, "/health/ready"); ; time.Sleep(time.Millisecond) {
		status, err := w.do(ask)
		if err != nil {
			return f, err
		}
		if status == 200 {
			break
		}
		if time.Since(p.began) > 20*time.Second {
			return f, fmt.Errorf("not ready: %d %.200s", status, w.body)
		}
	}
	f.ready = time.Since(p.began)
	time.Sleep(settle)
	f.rss, f.anon, err = memory(p.cmd.Process.Pid)
	return f, err
}

// memory reads a process's resident memory in MiB.
func memory(pid int) (rss, anon float64, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	mib := func(name string) float64 {
		for line := range bytes.Lines(raw) {
			if v, ok := strings.CutPrefix(string(line), name+":"); ok {
				n, _ := strconv.ParseFloat(strings.Fields(v)[0], 64)
				return n / 1024
			}
		}
		return 0
	}
	return mib("VmRSS"), mib("RssAnon"), nil
}
