package app

import (
	"context"
	"log/slog"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/limits"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage/redisdb"
)

// bounds shows the limits to the edge, to the provider and to those who sign people in.
type bounds struct {
	l       *limits.Limits
	proxies []netip.Prefix
	classes map[string]limits.Class // of routes, as gin has them; set before the first request
	metrics *telemetry.Metrics
	redis   *redisdb.Counter // nil: each node counts for itself
}

func (s *server) makeBounds(proxies []netip.Prefix) (b *bounds, err error) {
	b = &bounds{proxies: proxies, metrics: s.metrics}
	deps := limits.Deps{Ring: s.Ring, Now: s.Now, Changed: s.redisChanged}
	if url := s.Config.Redis.Reveal(); url != "" {
		if b.redis, err = redisdb.Open(url); err != nil {
			return nil, err
		}
		deps.Shared = b.redis
	}
	if b.l, err = limits.New(s.Config.Limits.Config, deps); err != nil || b.redis == nil {
		return b, err
	}
	return b, s.metrics.Redis(b.l.Up)
}

// redisChanged is told once when Redis fails and once when it is back.
func (s *server) redisChanged(ctx context.Context, err error) {
	if err != nil {
		s.Log.WarnContext(ctx, "Redis does not answer: this node counts requests for itself", slog.String("reason", redisdb.Refused(err)))
		return
	}
	s.Log.InfoContext(ctx, "Redis answers again: all nodes count requests together")
}

func (b *bounds) close() error {
	if b.redis == nil {
		return nil
	}
	return b.redis.Close()
}

// classify gives every route its class. Public documents have none.
func (b *bounds) classify(base string, routes []httpx.Route) {
	b.classes = make(map[string]limits.Class, len(routes))
	for _, r := range routes {
		class := limits.ClassOf(strings.TrimPrefix(r.Path, base))
		if r.Kind == "document" || r.Kind == "proxied" { // the latter are other hosts' requests
			class = limits.Uncounted
		}
		if known, ok := b.classes[r.Path]; !ok || known == limits.Uncounted {
			b.classes[r.Path] = class
		}
	}
}

// enter is what the edge asks first: the firewall, then the limits of addresses.
func (s *server) enter(c *gin.Context) error {
	if err := s.gate(c); err != nil {
		return err
	}
	return s.bounds.admit(c)
}

// admit counts a request by its address and the kind of its route.
func (b *bounds) admit(c *gin.Context) error {
	class, routed := b.classes[c.FullPath()]
	if !routed {
		class = limits.Other
	}
	if class == limits.Uncounted {
		return nil
	}
	ctx := c.Request.Context()
	ip := httpx.ClientIP(c)
	if b.exempt(ctx, ip) {
		return nil
	}
	if wait := b.l.Address(ctx, class, ip); wait > 0 {
		b.metrics.Limited("address", class.String())
		return errs.New(errs.Throttled, "Too many requests come from your network. Try again later.").After(wait)
	}
	return nil
}

// exempt never holds for an address that stands in for one that a proxy's header did not say.
func (b *bounds) exempt(ctx context.Context, ip netip.Addr) bool {
	if !b.l.Exempt(ip) {
		return false
	}
	return !httpx.FromTrustedProxy(ctx) || !slices.ContainsFunc(b.proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// ClientWait implements core.ClientLimits.
func (b *bounds) ClientWait(ctx context.Context, endpoint string, c *core.Client) (wait time.Duration) {
	ip := httpx.ContextIP(ctx)
	if b.exempt(ctx, ip) {
		return 0
	}
	if !c.Public() {
		ip = netip.Addr{}
	}
	if wait = b.l.Client(ctx, endpoint, c.ClientID, ip); wait > 0 {
		b.metrics.Limited("client", path.Base(endpoint))
	}
	return wait
}

// Take implements login.Naming.
func (b *bounds) Take(ctx context.Context, act, identifier string) (wait time.Duration) {
	if wait = b.l.Account(ctx, act, directory.Canonical(identifier)); wait > 0 {
		b.metrics.Limited("account", act)
	}
	return wait
}

// Give implements login.Naming.
func (b *bounds) Give(ctx context.Context, act, identifier string) {
	b.l.Forgive(ctx, act, directory.Canonical(identifier))
}
