package feeds

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/risk"
)

// Meter counts what was asked.
type Meter interface{ Feed(name, outcome string) }

// Deps is what New needs.
type Deps struct {
	Fetch Outbound
	Meter Meter
	Log   *slog.Logger
	Now   func() time.Time
}

// source is one feed of addresses. look answers from memory.
type source interface {
	look(a netip.Addr) (r risk.Report, known bool)
	run(ctx context.Context)
}

type named struct {
	name string
	source
}

// Feeds are those that the configuration names. It is safe for concurrent use.
type Feeds struct {
	of        []named
	passwords *Stolen
}

// New makes them. Run must be called for anybody to be asked.
func New(c Config, d Deps) (*Feeds, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Fetch == nil || d.Meter == nil || d.Log == nil || d.Now == nil {
		return nil, errors.New("feeds: a dependency is missing")
	}
	f := &Feeds{}
	all, limits := services(c)
	for i, svc := range all {
		k, err := newAsker(svc, limits[i], d)
		if err != nil {
			return nil, err
		}
		f.of = append(f.of, named{svc.name, k})
	}
	if c.Tor.On {
		f.of = append(f.of, named{TorExits, newExits(c.Tor, d)})
	}
	var err error
	f.passwords, err = newStolen(c.Passwords, d)
	return f, err
}

// Run asks in the background until ctx ends. Each feed has its own line: one that hangs holds up no other.
func (f *Feeds) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, s := range f.of {
		running.Go(func() { s.run(ctx) })
	}
	running.Go(func() { f.passwords.run(ctx) })
	running.Wait()
}

// Close lets go of the file of stolen passwords.
func (f *Feeds) Close() error { return f.passwords.close() }

// Passwords looks up stolen passwords.
func (f *Feeds) Passwords() *Stolen { return f.passwords }

// Of is what the feeds said of an address lately, and which of them have not (yet). It waits for nothing. Addresses that are nobody's on the internet are asked about nowhere.
func (f *Feeds) Of(a netip.Addr) (reports []risk.Report, missed []string) {
	a = a.Unmap().WithZone("")
	if !public(a) {
		return nil, nil
	}
	for _, s := range f.of {
		r, known := s.look(a)
		if !known {
			missed = append(missed, s.name)
			continue
		}
		reports = append(reports, r)
	}
	return reports, missed
}

func public(a netip.Addr) bool {
	return a.IsValid() && a.IsGlobalUnicast() && !a.IsPrivate() && !netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}
