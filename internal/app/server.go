package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/account"
	"github.com/jedan-auth/jedan-auth/admin/setup"
	"github.com/jedan-auth/jedan-auth/consent"
	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/login/challenge"
	"github.com/jedan-auth/jedan-auth/login/lost"
	"github.com/jedan-auth/jedan-auth/login/passkey"
	loginpassword "github.com/jedan-auth/jedan-auth/login/password"
	"github.com/jedan-auth/jedan-auth/provider"
	"github.com/jedan-auth/jedan-auth/web"
)

// Version is the release, set by the linker.
const unreleased = "dev"

// server is everything that answers requests.
type server struct {
	*App
	issuer     *url.URL
	engine     *httpx.Engine
	handler    http.Handler
	metrics    *telemetry.Metrics
	sessions   *session.Manager
	flows      *flow.Flows
	render     *web.Renderer
	pages      *pages
	failures   *audit.Failures
	bridge     *bridge
	consents   late
	provider   *provider.Module
	factors    factors
	seconds    *login.Seconds
	login      *login.Module
	password   *loginpassword.Module
	federation *federation.Module
	passkey    *passkey.Module
	account    *account.Module
	setup      *setup.Module
	outbox     *outbox.Runner
	messages   []*outbox.Runner // to people
	mailed     []mounter        // features that stand on mail
	lost       *lost.Module
	risk       *risks
	rules      *rules // nil: there are none

	bounds *bounds

	challenge *challenge.Module
}

// late hands the consent feature to the provider, which is made before it.
type late struct {
	m atomic.Pointer[consent.Module]
}

// newServer wires the features. The order is that of who needs whom.
func (a *App) newServer() (*server, error) {
	s := &server{App: a}
	for _, step := range []func() error{
		s.makeEdge, s.makeRules, s.makePlatform, s.makeRisk, s.makeFactors, s.makeProvider, s.makeChallenge, s.makeLogin, s.makeFederation, s.makeConsent, s.makeAccount, s.makeSetup, s.makeOutbox, s.makeMessages, s.makeRecovery, s.makeSignup, s.mount,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *server) makeEdge() (err error) {
	if s.issuer, err = s.Config.issuer(); err != nil {
		return err
	}
	proxies, err := s.Config.proxies()
	if err != nil {
		return err
	}
	if s.metrics, err = telemetry.NewMetrics(unreleased); err != nil {
		return err
	}
	s.feedMeter.m.Store(s.metrics)
	if s.bounds, err = s.makeBounds(proxies); err != nil {
		return err
	}
	if s.render, err = web.New(web.Options{BasePath: s.base(), Secure: s.issuer.Scheme == "https", ThemeDir: s.Config.Theme.Dir, ProductName: s.Config.Theme.ProductName, Log: s.Log, Without: s.without(), Attributes: s.Attributes.Labels()}); err != nil {
		return err
	}
	s.pages = &pages{render: s.render, now: s.Now, watched: s.cookies().Name(httpx.WatchedCookie)}
	edge := s.edge(proxies)
	if edge.Alias, err = s.Config.MTLS.alias(s.Config); err != nil {
		return err
	}
	s.engine, err = httpx.New(edge)
	return err
}

func (s *server) edge(proxies []netip.Prefix) httpx.Config {
	return httpx.Config{
		Issuer: s.issuer, TrustedProxies: proxies, Pages: s.pages, Logger: s.Log, AccessLog: s.Config.Access, Observer: s.metrics, Now: s.Now, Gate: s.enter, Door: s.door,
		Metrics: s.metrics.Handler(), Checks: []httpx.Check{{Name: "database", Run: s.DB.Ping}, {Name: "changes", Run: s.fresh}},
	}
}

// fresh says no while this node may not have seen what others changed.
func (s *server) fresh(context.Context) error {
	if !s.Feed.Fresh() {
		return errors.New("the change tail is behind")
	}
	return nil
}

// base is the issuer's path.
func (s *server) base() string { return strings.TrimSuffix(s.issuer.EscapedPath(), "/") }

func (s *server) cookies() httpx.Cookies {
	return httpx.Cookies{Secure: s.issuer.Scheme == "https", Path: s.base()}
}

func (s *server) makePlatform() error {
	s.flows = flow.New(flow.Deps{Ring: s.Ring, Now: s.Now}, flow.Config{Lifetime: s.Config.Tokens.FlowLifetime})
	deps := session.Deps{
		Tenant: s.Tenant, Reader: s.DB, Writer: s.DB, People: s.DB, Own: s.DB, Ring: s.Ring, Audit: s.Audit, Feed: s.Feed, Now: s.Now,
		Cookies: s.cookies(), Log: s.Log,
	}
	if s.rules != nil {
		deps.Limits = s.rules
	}
	s.sessions = session.New(deps, s.Config.Sessions.config())
	s.failures = audit.NewFailures(s.Audit, s.DB, s.Now, 0)
	s.bridge = &bridge{issuer: s.Config.Issuer, base: s.base(), people: s.Directory, saml: s.SAMLApps, attributes: s.Attributes, words: s.Vocabulary}
	return nil
}

func (s *server) makeProvider() (err error) {
	browsers := &browserSessions{m: s.sessions, tenant: s.Tenant, risk: s.risk}
	deps := provider.Deps{
		Tenant: s.Tenant, Issuer: s.Config.Issuer, Base: s.base(), Store: s.DB, Ring: s.Ring, Keys: s.Keys, Audit: s.Audit, Slow: s.Hasher,
		Directory: claims{s.Directory, s.Attributes}, Vocabulary: s.Vocabulary, Groups: s.Groups, Fetch: s.Fetch, Registrar: s.Registrar, Register: s.Config.Register, Profiles: s.Config.profiles(), Feed: s.Feed, Flows: s.flows,
		Sessions: browsers, StepUp: s.seconds, Required: s.required(), Refreshes: s.risk, Upstream: vouching{s}, Tokens: vouching{s}, Elsewhere: vouching{s}, Silent: vouching{s}, Classes: s.Config.classes(), Consents: &s.consents, Forms: s.sessions.Forms(), Words: s.bridge,
		Failures: s.failures, Pages: s.pages, Log: s.Log, Meter: s.metrics, Now: s.Now, MTLS: s.mtls, Signup: s.Config.Login.Signup.Asks(),
	}
	if s.rules != nil {
		deps.Rules = s.rules
	}
	deps.Limits, deps.SAMLApps, deps.SAMLKeys = s.bounds, s.SAMLApps, s.SAMLKeys
	if s.Config.Sessions.Watched {
		deps.Watched = browsers
	}
	s.provider, err = provider.New(s.Config.Tokens, deps)
	s.bridge.provider = s.provider
	return err
}

func (s *server) makeLogin() (err error) {
	party, err := s.party()
	if err != nil {
		return err
	}
	offer := s.offer(party)
	deps := login.Deps{
		Tenant: s.Tenant, Flows: s.flows, Sessions: s.sessions, Accounts: s.sessions, Browsers: s.sessions, Clients: s.bridge, Subjects: s.bridge, Names: s.Directory,
		Pages: s.render, Forms: s.sessions.Forms(), Second: s.seconds, Invitation: offer, Risk: s.risk, Trusted: s.DB, Naming: s.bounds, Challenge: s.challenge,
		Upstreams: upstreams{s.Upstreams}, Negotiation: negotiation{s}, After: after{s},
	}
	if s.rules != nil {
		deps.Rules = s.rules
	}
	s.login, err = login.New(login.Config{Issuer: s.Config.Issuer, Passkeys: party.ID != "", ByMail: s.Config.Login.ByMail, ByPhone: s.Config.Login.QR.Enabled, Signup: s.Config.Login.Signup.Asks(), Lost: s.Config.Recovery.On()}, deps)
	if err != nil {
		return err
	}
	if err := s.makePasskeys(party, offer); err != nil {
		return err
	}
	s.password, err = loginpassword.New(s.Config.Login.Attempts, loginpassword.Deps{
		Steps: s.login, People: s.Directory, Hasher: s.Hasher, Rehasher: s.DB, Failures: s.risk.failures(s.failures), Audit: s.Audit, Events: s.DB, Meter: s.metrics,
		Logger: s.Log, Now: s.Now, Elsewhere: directories{s},
	})
	return err
}

func (s *server) makeConsent() error {
	m, err := consent.New(s.Config.Consent, consent.Deps{
		Tenant: s.Tenant, Issuer: s.Config.Issuer, Flows: s.flows, Sessions: s.sessions, Requests: s.bridge, Starts: s.bridge, Registry: s.bridge,
		Consents: s.DB, Ledger: s.DB, Names: s.Directory, Pages: s.render, Forms: s.sessions.Forms(), Audit: s.Audit, Events: s.DB, Now: s.Now,
	})
	s.consents.m.Store(m)
	return err
}

func (s *server) mount() (err error) {
	assets := s.render.Assets()
	s.engine.Handle(http.MethodGet, "/assets/*name", httpx.Document, func(c *gin.Context) error {
		http.StripPrefix(s.base(), assets).ServeHTTP(c.Writer, c.Request)
		return nil
	})
	for _, m := range s.modules() {
		m.Mount(gated{s})
	}
	if s.handler, err = s.engine.Handler(); err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	s.bounds.classify(s.base(), s.engine.Routes())
	return nil
}
