package challenge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Alarm says who is under attack.
type Alarm interface {
	// Address says that far more strangers are refused from an address, or everywhere, than people err, or that it asks too much.
	Address(ip netip.Addr) bool
	// Account says so of what was typed, whether there is such an account or not; act is one of login's Named….
	Account(act, identifier string) bool
}

// Ring signs (keys.Ring).
type Ring interface {
	MAC(purpose string, parts ...[]byte) (version int, mac []byte)
	VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool
}

// Browsers knows the browser, apart from who is signed in.
type Browsers interface {
	Browser(w http.ResponseWriter, r *http.Request) session.Browser
}

// Fetch asks other services (fetch.Client).
type Fetch interface {
	PostForm(ctx context.Context, address string, form url.Values, header http.Header) (*fetch.Response, error)
}

// Meter counts (telemetry.Metrics).
type Meter interface{ Challenge(kind, outcome string) }

// Deps is what New needs; everything is required.
type Deps struct {
	Tenant   storage.ID
	Issuer   string // without a trailing slash
	Host     string // of the issuer, without a port
	Ring     Ring
	Browsers Browsers
	Spent    storage.Replays
	Alarm    Alarm
	Fetch    Fetch
	Pages    *web.Renderer
	Meter    Meter
	Logger   *slog.Logger
	Now      func() time.Time
}

func (d Deps) complete() bool {
	return !d.Tenant.IsZero() && d.Issuer != "" && d.Host != "" && d.Ring != nil && d.Browsers != nil && d.Spent != nil && d.Alarm != nil && d.Fetch != nil &&
		d.Pages != nil && d.Meter != nil && d.Logger != nil && d.Now != nil
}

// Module is the gate.
type Module struct {
	c       Config
	d       Deps
	waits   *ratelimit.Limiter // the lines of addresses
	resting atomic.Int64       // Unix nanoseconds: until then the other service is not asked
}

var _ login.Challenge = (*Module)(nil)

// New makes the module.
func New(c Config, d Deps) (*Module, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !d.complete() {
		return nil, errors.New("login/challenge: a dependency is missing")
	}
	c = c.withDefaults()
	waits, err := ratelimit.New(ratelimit.Config{Events: c.Waits, Per: c.Wait, Now: d.Now})
	return &Module{c: c, d: d, waits: waits}, err
}

// Mount adds the line of those who run no scripts.
func (m *Module) Mount(r httpx.Router) {
	if m.c.On() {
		r.Handle(http.MethodPost, "/login/challenge", httpx.Page, m.wait)
	}
}

// wanted says that something is asked for.
func (m *Module) wanted(c *gin.Context, a login.Asked) bool {
	if !m.c.On() {
		return false
	}
	act := a.Purpose
	if act == login.ForLost {
		act = login.NamedRecovery
	}
	return m.d.Alarm.Address(httpx.ClientIP(c)) || a.Identifier != "" && m.d.Alarm.Account(act, a.Identifier)
}

// Wanted implements login.Challenge.
func (m *Module) Wanted(c *gin.Context, a login.Asked) web.Challenge {
	if !m.wanted(c, a) {
		return web.Challenge{}
	}
	now, browser := m.d.Now(), m.d.Browsers.Browser(c.Writer, c.Request).ID
	if pass := c.Request.URL.Query().Get("waited"); pass != "" {
		if t := m.open(pass, a.Purpose, browser); t != nil && t.kind == web.ChallengeWaited && now.Before(t.until) {
			return web.Challenge{Kind: t.kind, Token: pass}
		}
	}
	t := &token{kind: m.c.kind(), from: now, until: now.Add(lifetime), nonce: fresh()}
	if now.UnixNano() < m.resting.Load() {
		t.kind = web.ChallengeWork
	}
	if t.kind == web.ChallengeWork {
		t.pieces, t.bits = pieces, m.c.Bits-3 // eight pieces
	}
	return web.Challenge{
		Kind: t.kind, Token: m.sign(t, a.Purpose, browser), Nonce: t.text(), Pieces: t.pieces, Bits: t.bits, SiteKey: m.c.SiteKey, Purpose: a.Purpose, Flow: a.Flow,
		Wait: m.c.Wait,
	}
}
