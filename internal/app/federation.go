package app

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	loginpassword "github.com/jedan-auth/jedan-auth/login/password"
	"github.com/jedan-auth/jedan-auth/provider/exchange"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// upstreams shows connectors to the sign-in page.
type upstreams struct{ r *federation.Registry }

// Upstreams implements login.Upstreams.
func (u upstreams) Upstreams(ctx context.Context, clientID string) ([]web.Connector, error) {
	ready, err := u.r.For(ctx, clientID)
	out := make([]web.Connector, len(ready))
	for i, c := range ready {
		out[i] = web.Connector{Name: c.Row.Name, Title: c.Row.Title}
	}
	return out, err
}

// Home implements login.Upstreams.
func (u upstreams) Home(ctx context.Context, clientID, identifier string, typed bool, ip netip.Addr) (*web.Connector, error) {
	c, err := u.r.Home(ctx, federation.Visitor{Client: clientID, Identifier: identifier, Typed: typed, IP: ip})
	if err != nil || c == nil {
		return nil, err
	}
	return &web.Connector{Name: c.Row.Name, Title: c.Row.Title}, nil
}

// steps shows the steps of a sign-in to the broker.
type steps struct{ m *login.Module }

// Visit implements federation.Flows.
func (s steps) Visit(c *gin.Context, sealed string) (*federation.Visit, error) {
	st, err := s.m.Open(c, sealed)
	if err != nil {
		return nil, err
	}
	return &federation.Visit{Sealed: sealed, Client: st.Flow.Client, Name: st.Client.Name, Params: st.Flow.Params, Started: st.Flow.Started, Current: st.Current}, nil
}

// Refuse implements federation.Flows.
func (s steps) Refuse(c *gin.Context, err error) error { return s.m.Refuse(c, err) }

// Continue implements federation.Flows.
func (s steps) Continue(c *gin.Context, sealed string, cur *session.Current) error {
	st, err := s.m.Open(c, sealed)
	if err != nil {
		return s.m.Refuse(c, err)
	}
	return s.m.Continue(c, st, cur)
}

// Nobody implements federation.Flows.
func (s steps) Nobody(c *gin.Context, sealed string) error {
	st, err := s.m.Open(c, sealed)
	if err != nil {
		return s.m.Refuse(c, err)
	}
	return s.m.Nobody(c, st)
}

// federated is the method of a sign-in whose own methods do not count here.
const federated = "fed"

// Finish implements federation.Flows.
func (s steps) Finish(c *gin.Context, sealed string, person *storage.Person, p federation.Proof) error {
	st, err := s.m.Open(c, sealed)
	if err != nil {
		return s.m.Refuse(c, err)
	}
	may, err := s.m.MayBe(c, st, person)
	if err != nil {
		return err
	}
	if !may && st.Silent() {
		return s.m.Nobody(c, st)
	}
	if !may {
		return s.again(c, st, web.ProblemSubject)
	}
	proof := login.Proof{ACR: assurance.One, AMR: []string{cmp.Or(p.Method, federated)}, Kind: p.Kind, Since: p.Since, Until: p.Until, Upstream: p.Upstream, Name: p.Name}
	if p.Strong {
		proof.ACR, proof.AMR = assurance.Two, append(proof.AMR, slices.DeleteFunc(slices.Clone(p.AMR), func(m string) bool { return m == p.Method })...)
	}
	err = s.m.Finish(c, st, person, proof)
	if login.Denied(err) && st.Silent() {
		return s.m.Nobody(c, st)
	}
	if login.Denied(err) {
		return s.again(c, st, web.ProblemUpstream)
	}
	return err
}

// Back implements federation.Pages.
func (s steps) Back(c *gin.Context, to string, params url.Values) error {
	return s.m.Back(c, to, params)
}

// Prove implements federation.Pages.
func (s steps) Prove(c *gin.Context, to string, account storage.ID) error {
	return s.m.Prove(c, to, account)
}

// Begin implements federation.Pages.
func (s steps) Begin(c *gin.Context, to string) (string, error) { return s.m.Own(c, to) }

// Current implements federation.Pages.
func (s steps) Current(c *gin.Context) (*session.Current, error) { return s.m.Current(c) }

// Again implements federation.Pages.
func (s steps) Again(c *gin.Context, sealed, problem string) error {
	st, err := s.m.Open(c, sealed)
	if err != nil {
		return s.m.Refuse(c, err)
	}
	return s.again(c, st, problem)
}

func (s steps) again(c *gin.Context, st *login.Step, problem string) error {
	page, err := s.m.Page(c, st)
	if err != nil {
		return err
	}
	page.Error = problem
	s.m.Render(c, http.StatusForbidden, page)
	return nil
}

// Render implements federation.Pages.
func (s steps) Render(c *gin.Context, status int, sealed string, p func(lang string) web.Page) error {
	var st *login.Step
	if sealed != "" {
		var err error
		if st, err = s.m.Open(c, sealed); err != nil {
			return s.m.Refuse(c, err)
		}
	}
	s.m.Render(c, status, p(s.m.Lang(c, st)))
	return nil
}

// Token implements federation.Forms.
func (s steps) Token(c *gin.Context, purpose string) (string, error) { return s.m.Token(c, purpose) }

// CheckToken implements federation.Forms.
func (s steps) CheckToken(c *gin.Context, purpose string, form url.Values) error {
	return s.m.CheckToken(c, purpose, form)
}

// vouching asks upstreams for the token endpoint, which is made before them.
type vouching struct{ s *server }

// Vouches implements refresh.Upstream.
func (v vouching) Vouches(ctx context.Context, link storage.ID) error {
	return v.s.federation.Vouches(ctx, link)
}

// UpstreamToken implements exchange.Upstream.
func (v vouching) UpstreamToken(ctx context.Context, person storage.ID, connector string) (*exchange.UpstreamToken, error) {
	t, err := v.s.federation.UpstreamTokens(ctx, person, connector)
	if err != nil {
		return nil, err
	}
	return &exchange.UpstreamToken{Access: t.Access, ExpiresAt: t.ExpiresAt, Scope: t.Scope}, nil
}

// Silently implements authorize.Silent.
func (v vouching) Silently(c *gin.Context, clientID, hint string) (string, error) {
	return v.s.Upstreams.Silently(c.Request.Context(), clientID, hint, httpx.ClientIP(c))
}

// Leave implements logout.Elsewhere.
func (v vouching) Leave(c *gin.Context, session storage.ID, next string) (string, error) {
	return v.s.federation.Leave(c, session, next), nil
}

// told are the SAML applications, for the broker, which is made before them.
type told struct{ s *server }

// Leave implements federation.Told.
func (t told) Leave(c *gin.Context, session storage.ID, next string) (string, error) {
	return t.s.provider.SAML().Leave(c, session, next)
}

// after are those who are told of the end of a session by its browser, for the sign-in pages, which are made before the provider.
type after struct{ s *server }

// After implements login.After.
func (a after) After(c *gin.Context, session *storage.Session, next string) (frames []string, by string, err error) {
	return a.s.provider.Logout().After(c, session, next)
}

// adoptConnectors reads the operator's files.
func (s *server) adoptConnectors(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, adoptTimeout)
	defer cancel()
	return s.Connectors.Adopt(ctx, cmp.Or(s.Config.Connectors, filepath.Join(s.Config.Data, "connectors.d")))
}

const adoptTimeout = 30 * time.Second

// directories show those who sign people in by passwords that a directory may know them.
type directories struct{ s *server }

// Serves implements password.Elsewhere.
func (d directories) Serves(ctx context.Context, clientID string) (bool, error) {
	return d.s.federation.TakesPasswords(ctx, clientID)
}

// Check implements password.Elsewhere.
func (d directories) Check(ctx context.Context, clientID string, typed loginpassword.Typed) (signIn func(c *gin.Context, sealed string) error, problem string, err error) {
	who, err := d.s.federation.CheckPassword(ctx, clientID, federation.Credentials(typed))
	var no *federation.Refusal
	switch {
	case err == nil:
		return who.SignIn, "", nil
	case !errors.As(err, &no):
		return nil, "", err
	case no.Person && no.Reason == federation.ReasonChangeHere:
		problem = web.ProblemDirectoryChange
	case no.Person && no.Reason == federation.ReasonMustChange:
		problem = web.ProblemDirectoryPassword
	case no.Person:
		problem = web.ProblemDirectoryAccount
	}
	return nil, problem, nil
}

// Change implements password.Elsewhere.
func (d directories) Change(ctx context.Context, clientID string, typed loginpassword.Typed, next string) (changed bool, problem string, err error) {
	err = d.s.federation.ChangePassword(ctx, clientID, federation.Credentials(typed), next)
	var no *federation.Refusal
	switch {
	case err == nil:
		return true, "", nil
	case !errors.As(err, &no):
		return false, "", err
	case no.Person && no.Reason == federation.ReasonPolicy:
		return false, web.FieldPasswordDirectory, nil
	}
	return false, "", nil
}

func (s *server) makeFederation() (err error) {
	by := steps{s.login}
	s.federation, err = federation.New(federation.Deps{
		Tenant: s.Tenant, Issuer: s.Config.Issuer, Registry: s.Upstreams, Store: s.DB, People: s.Directory, Groups: s.Groups, Applications: s.bridge, Told: told{s}, Flows: by, Pages: by, Forms: by, Browsers: s.sessions, Ring: s.Ring,
		Audit: s.Audit, Failures: s.failures, Meter: s.metrics, Log: s.Log, Now: s.Now,
	})
	return err
}
