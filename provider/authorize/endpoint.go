package authorize

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// SignedIn is the session of the browser and its person.
type SignedIn struct {
	Session *storage.Session
	Person  *storage.Person
	Doubt   Doubt
	Score   float64 // of the risk of this use
}

// Sessions finds the session of a request, and the browser's id.
type Sessions interface {
	Current(c *gin.Context) (*SignedIn, error) // nil, nil when nobody is signed in
	Browser(c *gin.Context) ([16]byte, error)
}

// Consents remembers what people allowed.
type Consents interface {
	Remembered(ctx context.Context, tenant, person, client storage.ID, scopes, resources []string, binding string) (missing bool, granted []string, err error)
}

// StepUp knows how strong a session can be made by a second factor alone; "" when there is none.
type StepUp interface {
	Reach(ctx context.Context, cur *storage.Session, p *storage.Person) (string, error)
}

// Watch is the session_state of an authorization response (OpenID Connect Session Management section 3), "" where there is none.
type Watch func(c *gin.Context, clientID, redirect string) (string, error)

// Pages renders what a person sees of this endpoint.
type Pages interface {
	ErrorPage(c *gin.Context, status int, code, description, errorID string) error
	FormPost(c *gin.Context, action string, fields [][2]string) error
	Expired(c *gin.Context, clientName, backURL string) error
}

// Meter counts authorization requests.
type Meter interface{ AuthRequest(kind, outcome string) }

// Grants makes grants.
type Grants interface {
	InsertGrant(ctx context.Context, g *storage.Grant, ev *storage.AuditEvent) (standing *storage.Grant, inserted bool, err error)
}

// Silent asks for somebody elsewhere where no page may be shown (prompt=none).
type Silent interface {
	// Silently is the page below the issuer that does so for the client's people, or "".
	Silently(c *gin.Context, clientID, hint string) (string, error)
}

// Endpoint is the authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3).
type Endpoint struct {
	Tenant     storage.ID
	Issuer     string
	Base       string // path prefix of the issuer
	Config     core.Config
	Clients    *core.Clients
	Subjects   *core.Subjects
	Tokens     *core.Tokens
	Signer     core.Signer
	Engine     *core.Engine
	Issuance   *core.Issuance
	Details    core.Details
	Vocabulary *core.Vocabulary
	Claims     *core.People
	Flows      *flow.Flows
	Sessions   Sessions
	Classes    []string // of sign-ins that this installation reaches beside the usual ones
	Consents   Consents
	StepUp     StepUp
	Grants     Grants
	Live       *core.Live
	Required   Required
	Rules      *core.Rules // nil: none
	Signup     bool        // people may make an account
	Audit      core.Auditor
	Objects    Objects
	Pushed     Pushed
	Watch      Watch
	Silent     Silent // nil: who is not signed in here is nobody
	Pages      Pages
	Log        core.RefusalLog
	Meter      Meter
	Now        func() time.Time
}

const path = "/oauth2/authorize"

// Mount adds the routes. POST carries no cookie worth believing, so it only turns the request into a flow.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, path, httpx.Page, e.get)
	r.Handle(http.MethodPost, path, httpx.Page.CrossSite(), e.post)
}

func (e *Endpoint) get(c *gin.Context) error {
	q, err := httpx.Query(c, "resource")
	if err != nil {
		return e.refuse(c, nil, malformed(err))
	}
	if q.Has("flow") {
		return e.resume(c, q.Get("flow"), q.Get("step"))
	}
	browser, err := e.Sessions.Browser(c)
	if err != nil {
		return err
	}
	r, err := e.judge(c.Request.Context(), q, origin{opened: e.Now()})
	if err != nil {
		return e.refuse(c, r, err)
	}
	fl, sealed, err := e.begin(c.Request.Context(), r, browser)
	if err != nil {
		return e.refuse(c, r, err)
	}
	return e.dispatch(c, &visit{request: r, flow: fl, sealed: sealed})
}

func (e *Endpoint) post(c *gin.Context) error {
	form, err := httpx.Form(c, "resource")
	if err != nil {
		return e.refuse(c, nil, malformed(err))
	}
	r, err := e.judge(c.Request.Context(), form, origin{opened: e.Now()})
	if err != nil {
		return e.refuse(c, r, err)
	}
	_, sealed, err := e.begin(c.Request.Context(), r, [16]byte{})
	if err != nil {
		return e.refuse(c, r, err)
	}
	return redirect(c, e.Base+path+"?"+url.Values{"flow": {sealed}}.Encode())
}

// resume takes a flow up again after a step. The request is judged again: what was registered may have changed since.
func (e *Endpoint) resume(c *gin.Context, sealed, step string) error {
	browser, err := e.Sessions.Browser(c)
	if err != nil {
		return err
	}
	fl, err := e.Flows.Open(sealed, browser)
	if a, again := flow.AgainOf(err); again && a.Why == flow.Foreign {
		fl, sealed, err = e.Flows.Adopt(sealed, browser)
	}
	if err != nil {
		return e.expired(c, err)
	}
	r, err := e.judge(c.Request.Context(), fl.Params, origin{opened: fl.Started, flow: true})
	if err != nil {
		return e.refuse(c, r, err)
	}
	return e.dispatch(c, &visit{request: r, flow: fl, sealed: sealed, step: step})
}

// begin seals the request into a flow. A pushed request that does not fit is referred to, and kept until the flow ends.
func (e *Endpoint) begin(ctx context.Context, r *request, browser [16]byte) (*flow.Flow, string, error) {
	fl := e.Flows.Begin(e.Tenant, browser)
	fl.Client, fl.Params = r.Client.ClientID, r.flowParams()
	sealed, err := e.Flows.Seal(fl)
	if err != nil && r.requestURI != "" {
		if err := e.Pushed.Keep(ctx, r.Pushed, e.Now().Add(e.Config.FlowLifetime)); err != nil {
			return nil, "", err
		}
		fl.Params = r.flowReference()
		sealed, err = e.Flows.Seal(fl)
	}
	if err != nil {
		return nil, "", core.InvalidRequest("The request is too large.", "a request that fits 4 KB", "a larger one")
	}
	return &fl, sealed, nil
}

// judge runs the table.
func (e *Endpoint) judge(ctx context.Context, params url.Values, from origin) (*request, error) {
	r := &request{e: e, Params: params, from: from}
	vs, err := core.Run(ctx, Rows(), r)
	r.verdicts = vs
	return r, ashore(r, err)
}

// ashore keeps the person here when a stranger's request is wrong: a client that nobody vetted could otherwise use our address to lead people to its
// own (RFC 9700 section 4.11.2). Once the person has seen who asks, and for prompt=none, which is made for no person to see, it is answered as usual.
func ashore(r *request, err error) error {
	if err == nil || r.Client == nil || !r.Client.Metadata.Unvetted {
		return err
	}
	return core.AsRefusal(err).OnPage("")
}

// Push judges a request that its client sends by itself, by the same table as one that a browser brings, and returns what counts of it.
func (e *Endpoint) Push(ctx context.Context, params url.Values) (*core.PushedRequest, error) {
	r, err := e.judge(ctx, params, origin{opened: e.Now(), push: true})
	if err != nil {
		verdict.Log(ctx, e.Log.Log, "authorize", r.verdicts, "")
		return nil, err
	}
	return &core.PushedRequest{Params: r.known(), Signed: r.Signed}, nil
}

func redirect(c *gin.Context, to string) error {
	c.Writer.Header().Set("Location", to)
	c.Writer.WriteHeader(http.StatusSeeOther)
	return nil
}
