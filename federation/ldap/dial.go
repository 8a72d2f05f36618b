package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// wire is a connection to one server, under TLS.
type wire struct {
	*goldap.Conn
	raw  net.Conn
	at   server
	idle time.Time // since when
}

// guard ends the connection when ctx does: no operation outlives whom it is for. What it returns undoes that, and is false when it was too late.
// The socket goes first: Close waits for a write that hangs.
func (w *wire) guard(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, func() { _ = errors.Join(w.raw.Close(), w.Close()) })
}

// dial connects to the first server that answers; only where the connection itself fails another one is tried. prefer, if any, goes first.
func (c *connector) dial(ctx context.Context, prefer server) (*wire, error) {
	all, err := c.servers(ctx)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, s := range c.down.order(all, prefer) {
		if ctx.Err() != nil {
			break
		}
		w, err := c.connect(ctx, s)
		if err == nil {
			c.down.up(s)
			return w, nil
		}
		c.down.fell(s)
		c.d.Log.WarnContext(ctx, "a directory's server does not answer", slog.String("connector", c.name), slog.String("server", s.address()), slog.Any("error", err))
		failed = append(failed, err)
	}
	return nil, away(errors.Join(append(failed, ctx.Err())...))
}

// connect makes TLS before anything else is said. A server that refuses StartTLS, or whose certificate is not the right one, has heard no name and no password.
func (c *connector) connect(ctx context.Context, s server) (*wire, error) {
	ctx, cancel := context.WithTimeout(ctx, c.c.connectTime())
	defer cancel()
	raw, err := c.d.Dialer.Dial(ctx, s.address())
	if err != nil {
		return nil, err
	}
	config := c.tls.Clone()
	config.ServerName = c.serverName(s)
	if s.tls {
		secure := tls.Client(raw, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		w := &wire{Conn: goldap.NewConn(secure, true), raw: raw, at: s}
		w.SetTimeout(c.c.operationTime())
		w.Start()
		return w, nil
	}
	w := &wire{Conn: goldap.NewConn(raw, false), raw: raw, at: s}
	w.SetTimeout(c.c.connectTime())
	w.Start()
	release := w.guard(ctx)
	err = w.StartTLS(config)
	if _, secure := w.TLSConnectionState(); err == nil && !secure {
		err = errs.New(errs.Unavailable, "The directory's server did not start TLS.")
	}
	if !release() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	w.SetTimeout(c.c.operationTime())
	return w, nil
}

// dialBound is a connection of our own account, for searches.
func (c *connector) dialBound(ctx context.Context, prefer server) (*wire, error) {
	w, err := c.dial(ctx, prefer)
	if err != nil || c.c.BindDN == "" {
		return w, err
	}
	release := w.guard(ctx)
	defer release()
	if err := w.Bind(c.c.BindDN, c.c.BindPassword); err != nil {
		return nil, errors.Join(away(err), w.Close())
	}
	return w, nil
}

// downFor is how long a server that did not answer is asked last.
const downFor = 15 * time.Second

// outages remembers who did not answer.
type outages struct {
	now func() time.Time
	mu  sync.Mutex
	at  map[server]time.Time
}

func newOutages(now func() time.Time) *outages { return &outages{now: now, at: map[server]time.Time{}} }

func (o *outages) fell(s server) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.at) > 4*maxServers { // records of a domain have changed
		clear(o.at)
	}
	o.at[s] = o.now()
}

func (o *outages) up(s server) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.at, s)
}

// order puts the preferred one first and those that fell a moment ago last.
func (o *outages) order(all []server, prefer server) []server {
	o.mu.Lock()
	defer o.mu.Unlock()
	var first, well, ill []server
	for _, s := range all {
		fell, ok := o.at[s]
		switch {
		case ok && o.now().Sub(fell) < downFor:
			ill = append(ill, s)
		case s == prefer:
			first = append(first, s)
		default:
			well = append(well, s)
		}
	}
	return append(append(first, well...), ill...)
}
