package device

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// GrantType is the grant type's name (RFC 8628 section 3.4).
const GrantType = "urn:ietf:params:oauth:grant-type:device_code"

// interval is how many seconds lie between two polls (RFC 8628 section 3.2).
const interval = 5

// How many requests may wait at once. Anybody can ask in the name of a public client, so that its address counts.
const (
	maxPerClient  = 5000
	maxPerAddress = 5000
	maxOfPublic   = 100 // per address
)

// Store keeps the requests.
type Store interface {
	storage.PendingReader
	InsertPending(ctx context.Context, p *storage.Pending, most storage.PendingCap) error
	DecidePending(ctx context.Context, cmd storage.DecidePending, ev *storage.AuditEvent) (bool, error)
}

// Ring makes the hashes that user codes and addresses are found by.
type Ring interface {
	Index(table, column string, value []byte) []byte
	Indexes(table, column string, value []byte) [][]byte
}

// Sessions tells who is signed in, and in which browser.
type Sessions interface {
	SignedIn(c *gin.Context) (*storage.Session, *storage.Person, error) // nil, nil, nil when nobody is
	Browser(c *gin.Context) ([16]byte, error)
}

// Forms makes and checks form tokens, bound to the browser.
type Forms interface {
	Token(c *gin.Context, purpose string) (string, error)
	Check(c *gin.Context, purpose string, form url.Values) error
}

// Words says scopes to people.
type Words interface {
	AskedScopes(p *storage.Person, scopes []string) ([]web.ConsentScope, error)
	Display(p *storage.Person) (name, identifier string)
}

// Pages renders the screens.
type Pages interface {
	Show(c *gin.Context, status int, page web.Page) error
	Language(c *gin.Context) string
}

// Failures sums wrong codes into audit events (audit.Failures).
type Failures interface{ Add(r audit.Refusal) }

// StepUp knows how strong a session can be made by a second factor alone; "" when there is none.
type StepUp interface {
	Reach(ctx context.Context, cur *storage.Session, p *storage.Person) (string, error)
}

// Deps is what New needs; everything is required but Rules.
type Deps struct {
	Tenant   storage.ID
	Issuer   string
	Base     string        // path of the issuer
	Lifetime time.Duration // of a request
	Authn    *core.Authn
	Clients  *core.Clients
	Issuance *core.Issuance
	Rules    *core.Rules // nil: none
	StepUp   StepUp
	Live     *core.Live
	Tokens   *core.Tokens
	Store    Store
	Vault    core.Vault
	Ring     Ring
	Flows    *flow.Flows
	Sessions Sessions
	Forms    Forms
	Words    Words
	Pages    Pages
	Audit    core.Auditor
	Failures Failures
	CORS     func(ctx context.Context, origin string) bool
	Log      core.RefusalLog
	Now      func() time.Time
}

// Endpoint is the device authorization endpoint and its screen.
type Endpoint struct {
	d    Deps
	try  *ratelimit.Limiter // codes looked up, by session and by account
	miss *ratelimit.Limiter // codes that nobody waits with, by address
}

// New makes the endpoint.
func New(d Deps) (*Endpoint, error) {
	e := &Endpoint{d: d}
	var err error
	if e.try, err = ratelimit.New(ratelimit.Config{Events: tries, Per: triesPer, Now: d.Now}); err != nil {
		return nil, err
	}
	e.miss, err = ratelimit.New(ratelimit.Config{Events: tries, Per: triesPer, Now: d.Now})
	return e, err
}

// Mount adds the routes.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodPost, "/oauth2/device_authorization", httpx.API.CORS(e.d.CORS), e.serve)
	r.Handle(http.MethodGet, path, httpx.Page, e.show)
	r.Handle(http.MethodPost, path, httpx.Page, e.enter)
	r.Handle(http.MethodPost, decidePath, httpx.Page, e.decide)
}

// request is what the rows judge.
type request struct {
	e         *Endpoint
	authn     *core.AuthnRequest
	form      url.Values
	client    *core.Client
	scopes    []string
	resources []string
}

// Rows is the table of the device authorization endpoint.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "device.client_authentication", Check: checkClient},
		{Name: "device.grant_type_allowed", Check: checkAllowed},
		{Name: "device.scope", Check: checkScope},
		{Name: "device.resource", Check: checkResource},
	}
}

func (e *Endpoint) serve(c *gin.Context) error {
	form, err := core.ReadForm(c)
	if err != nil {
		return core.Answer(c, e.d.Log, "device", false, err)
	}
	ctx := c.Request.Context()
	r := &request{e: e, authn: core.ClientRequest(c.Request, form, e.d.Issuer+"/oauth2/device_authorization"), form: form}
	vs, err := core.Run(ctx, Rows(), r)
	if err != nil {
		e.d.Log.Verdicts(ctx, "device", vs)
		return core.Answer(c, e.d.Log, "device", r.authn.Basic(), err)
	}
	made, err := e.insert(ctx, r, httpx.ClientIP(c))
	if err != nil {
		return core.Answer(c, e.d.Log, "device", r.authn.Basic(), err)
	}
	return core.WriteJSON(c.Writer, http.StatusOK, made)
}

func checkClient(ctx context.Context, r *request) (err error) {
	r.client, err = r.e.d.Authn.Authenticate(ctx, r.authn)
	return err
}

func checkAllowed(_ context.Context, r *request) error {
	if !r.client.MayUse(GrantType) {
		return core.Refuse(fosite.ErrUnauthorizedClient, "The client is not registered for this grant type.", GrantType, "others")
	}
	return nil
}

func checkScope(_ context.Context, r *request) (err error) {
	r.scopes, err = core.RequestedScopes(r.client, r.form.Get("scope"))
	return err
}

func checkResource(ctx context.Context, r *request) (err error) {
	r.resources, err = r.e.d.Issuance.Resources.Requested(ctx, r.client, r.client.Named(r.form["resource"]))
	return err
}

// address is the keyed hash of who asks, an IPv6 one by its /64.
func (e *Endpoint) address(ip netip.Addr) []byte {
	if !ip.IsValid() {
		return nil
	}
	return e.d.Ring.Index("pending", "address", []byte(ratelimit.AddrKey(ip)))
}
