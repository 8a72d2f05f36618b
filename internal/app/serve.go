package app

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// Serve answers requests until ctx ends, then drains. A second server on one SQLite file is refused by name.
func (a *App) Serve(ctx context.Context) error { return a.ServeReady(ctx, func([]net.Addr, string) {}) }

// ServeReady is Serve; ready is called once requests are answered, with the addresses and, while there is no administrator, the set-up link.
func (a *App) ServeReady(ctx context.Context, ready func(addrs []net.Addr, setupLink string)) (err error) {
	lock, err := a.DB.LockServe()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	tuneMemory()
	s, err := a.newServer()
	if err != nil {
		return err
	}
	if err := s.adoptConnectors(ctx); err != nil {
		return err
	}
	if err := s.Upstreams.Load(ctx); err != nil {
		return err
	}
	proxies, err := s.Config.proxies()
	if err != nil {
		return err
	}
	listeners, certificates, err := s.listen(ctx)
	if err != nil {
		return err
	}
	asking, err := s.asking(ctx)
	if err != nil {
		return err
	}
	if err := s.risk.load(ctx); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	keys := s.watchKeys()
	running.Go(func() { s.reloadOnHangup(background, certificates) })
	running.Go(func() { keys(background) })
	running.Go(func() { s.risk.follow(background) })
	running.Go(func() { s.Feed.Run(background, s.DB) })
	running.Go(func() { s.outbox.Run(background) })
	running.Go(func() { s.Feeds.Run(background) })
	s.runMessages(background, &running)
	endJobs, err := s.startJobs(background)
	if err != nil {
		stop()
		return err
	}
	defer func() {
		err = errors.Join(err, endJobs())
		stop()
		running.Wait()
		err = errors.Join(err, s.flush())
	}()
	link, err := s.firstLink(ctx)
	if err != nil {
		return err
	}
	ready(addresses(listeners), link)
	running.Go(func() { s.giveBack(background) })
	return httpx.Serve(ctx, httpx.ServerConfig{
		Listeners: listeners, Asking: asking, AskAll: a.Config.MTLS.Request, Certificates: certificates, MaxConnections: a.Config.Limits.Connections, DrainDelay: a.Config.Shutdown.DrainDelay,
		ShutdownTimeout: a.Config.Shutdown.Timeout, OnDrain: s.engine.Drain, Logger: a.Log,
		LongHeaders: func(peer netip.Addr) bool { return s.Upstreams.Near(peer, proxies) },
	}, s.handler)
}

// firstRounds is how long the background work takes to have been through everything once.
const firstRounds = time.Second

// giveBack returns the memory that only the start needed, and then what the first rounds of the background work did.
func (s *server) giveBack(ctx context.Context) {
	for range 2 {
		if err := trim(); err != nil {
			s.Log.DebugContext(ctx, "memory of the start not given back", "error", err)
		}
		select {
		case <-time.After(firstRounds):
		case <-ctx.Done():
			return
		}
	}
}

func (s *server) listen(ctx context.Context) ([]net.Listener, *httpx.Certificates, error) {
	var certificates *httpx.Certificates
	if s.Config.TLS.Certificate != "" {
		c, err := httpx.NewCertificates(s.Config.TLS.Certificate, s.Config.TLS.Key, s.Log, s.Now)
		if err != nil {
			return nil, nil, err
		}
		certificates = c
	}
	if len(s.listeners) > 0 {
		return s.listeners, certificates, nil
	}
	l, err := httpx.Listen(ctx, s.Config.Listen)
	return l, certificates, err
}

func addresses(ls []net.Listener) []net.Addr {
	out := make([]net.Addr, len(ls))
	for i, l := range ls {
		out[i] = l.Addr()
	}
	return out
}

// firstLink makes a set-up link while there is no administrator.
func (s *server) firstLink(ctx context.Context) (string, error) {
	exists, err := s.DB.AdminExists(ctx, s.Tenant)
	if err != nil || exists {
		return "", err
	}
	return s.SetupLink(ctx)
}

// SetupLink makes a new one-time link for the first administrator.
func (a *App) SetupLink(ctx context.Context) (string, error) {
	links, err := a.links()
	if err != nil {
		return "", err
	}
	return links.NewLink(ctx)
}

// flush writes down what waits in memory.
func (s *server) flush() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.risk.m.Flush(ctx); err != nil { // what was learned since the last minute: nobody was told that it is kept
		s.Log.WarnContext(ctx, "what people usually do was not written down", "error", err)
	}
	if err := s.risk.m.Keep(ctx); err != nil {
		s.Log.WarnContext(ctx, "what is known of the traffic was not written down", "error", err)
	}
	return errors.Join(s.provider.Flush(ctx), s.failures.FlushAll(ctx), s.bounds.close())
}
