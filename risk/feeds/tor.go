package feeds

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/risk"
)

const (
	torEvery  = time.Hour
	torCounts = 6 * time.Hour // a list that could not be renewed
	torMost   = 4 << 20
)

// exits is the list of Tor's exits: one address a line.
type exits struct {
	url  string
	d    Deps
	list atomic.Pointer[exitList]
}

type exitList struct {
	of map[netip.Addr]struct{}
	at time.Time
}

func newExits(c Tor, d Deps) *exits {
	return &exits{url: cmp.Or(c.URL, "https://check.torproject.org/torbulkexitlist"), d: d}
}

func (x *exits) look(a netip.Addr) (risk.Report, bool) {
	l := x.list.Load()
	if l == nil || x.d.Now().Sub(l.at) > torCounts {
		return risk.Report{}, false
	}
	r := risk.Report{Feed: TorExits, Code: torExit}
	if _, listed := l.of[a]; listed {
		r.Bad = 1
	}
	return r, true
}

func (x *exits) run(ctx context.Context) {
	t := time.NewTimer(0)
	defer t.Stop()
	rest := shortestRest
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		outcome, err := x.fetch(ctx)
		x.d.Meter.Feed(TorExits, outcome)
		if err == nil {
			rest = shortestRest
			t.Reset(torEvery)
			continue
		}
		if ctx.Err() == nil {
			x.d.Log.WarnContext(ctx, "a feed did not answer", slog.String("feed", TorExits), slog.String("outcome", outcome), slog.Duration("rest", rest), slog.Any("error", err))
		}
		t.Reset(rest)
		rest = min(2*rest, longestRest)
	}
}

func (x *exits) fetch(ctx context.Context) (outcome string, err error) {
	resp, err := x.d.Fetch.Get(ctx, fetch.Request{URL: x.url, MaxBytes: torMost, Redirects: true})
	switch {
	case err != nil:
		return outcomeFailed, err
	case resp.Status == http.StatusTooManyRequests:
		return outcomeQuota, errors.New("too many requests")
	case resp.Status != http.StatusOK:
		return outcomeFailed, errors.New(http.StatusText(resp.Status))
	}
	of, err := readExits(resp.Body)
	if err != nil {
		return outcomeGarbage, err
	}
	x.list.Store(&exitList{of, x.d.Now()})
	return outcomeAnswered, nil
}

// readExits refuses a list that is none: a page that says "sorry" must not empty it.
func readExits(body []byte) (map[netip.Addr]struct{}, error) {
	of := map[netip.Addr]struct{}{}
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		a, err := netip.ParseAddr(line)
		if err != nil {
			return nil, errGarbage
		}
		of[a.Unmap()] = struct{}{}
	}
	if len(of) == 0 || lines.Err() != nil {
		return nil, errGarbage
	}
	return of, nil
}
