package ciba

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// GrantType is the grant type's name (section 10.1).
const GrantType = "urn:openid:params:grant-type:ciba"

// Delivery modes (section 5). There is no push: tokens are fetched.
const (
	Poll = "poll"
	Ping = "ping"
)

// path is the backchannel authentication endpoint.
const path = "/oauth2/bc-authorize"

// Objects opens signed authentication requests (provider/jar).
type Objects interface {
	Backchannel(ctx context.Context, client *core.Client, object string) (*core.SignedRequest, error)
}

// Store keeps the requests, and finds whom they are for.
type Store interface {
	PendingByID(ctx context.Context, tenant, id storage.ID) (*storage.Pending, error)
	storage.PendingLister
	InsertPending(ctx context.Context, p *storage.Pending, most storage.PendingCap) error
	DecidePending(ctx context.Context, cmd storage.DecidePending, ev *storage.AuditEvent) (bool, error)
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
	PersonBySubject(ctx context.Context, tenant storage.ID, subject string) (*storage.Person, error)
	SessionByID(ctx context.Context, tenant, id storage.ID) (*storage.Session, error)
	SpendOnce(ctx context.Context, r *storage.Replay) (fresh bool, err error)
}

// People finds a person by what they sign in with; errs.NotFound for nobody.
type People interface {
	PersonByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error)
}

// Ring makes the hashes that addresses are counted by.
type Ring interface {
	Index(table, column string, value []byte) []byte
}

// Deps is what New needs; everything is required.
type Deps struct {
	Tenant   storage.ID
	Issuer   string
	Lifetime time.Duration // of a request that asks for no other
	Most     int           // requests of one client that may reach one person in ten minutes without being allowed
	Skew     time.Duration
	Authn    *core.Authn
	Clients  *core.Clients
	Subjects *core.Subjects
	Live     *core.Live
	Rules    *core.Rules // nil: none
	Issuance *core.Issuance
	Tokens   *core.Tokens
	Signer   core.Signer
	Objects  Objects
	Store    Store
	People   People
	Classes  []string // as authorize.Endpoint's
	Vault    core.Vault
	Ring     Ring
	Sealer   outbox.Sealer
	Audit    core.Auditor
	Log      core.RefusalLog
	Now      func() time.Time
}

// Endpoint is the backchannel authentication endpoint with what waits behind it.
type Endpoint struct {
	d       Deps
	unasked *ratelimit.Limiter // requests that were not allowed, by client and person
}

// New makes the endpoint.
func New(d Deps) (*Endpoint, error) {
	l, err := ratelimit.New(ratelimit.Config{Events: d.Most, Per: 10 * time.Minute, Now: d.Now})
	if err != nil {
		return nil, err
	}
	return &Endpoint{d: d, unasked: l}, nil
}

// Mount adds the routes.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodPost, path, httpx.API, e.serve)
	e.mountAutomatic(r)
}

// request is what the rows judge.
type request struct {
	e     *Endpoint
	authn *core.AuthnRequest
	form  url.Values // as it came
	ip    netip.Addr

	client    *core.Client
	signed    *core.SignedRequest // nil: not signed
	params    url.Values          // what counts
	scopes    []string
	resources []string
	acr       []string
	life      time.Duration
	person    *storage.Person
	counted   string // key of the allowance that was taken, or ""
}

// get returns a parameter; one sent without a value counts as omitted.
func (r *request) get(name string) string { return r.params.Get(name) }

// Rows is the table of the backchannel authentication endpoint. What a refused client may send again is judged before anything is used up.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "ciba.client_authentication", Check: checkClient},
		{Name: "ciba.grant_type_allowed", Check: checkAllowed},
		{Name: "ciba.signed", Check: checkSigned},
		{Name: "ciba.nothing_outside", Check: checkNothingOutside},
		{Name: "ciba.request_object", Check: checkRequestObject},
		{Name: "ciba.scope", Check: checkScope},
		{Name: "ciba.resource", Check: checkResource},
		{Name: "ciba.notification_token", Check: checkNotificationToken},
		{Name: "ciba.binding_message", Check: checkBindingMessage},
		{Name: "ciba.acr_values", Check: checkACR},
		{Name: "ciba.requested_expiry", Check: checkExpiry},
		{Name: "ciba.one_hint", Check: checkOneHint},
		{Name: "ciba.hint", Check: checkHint},
		{Name: "ciba.permitted", Check: checkPermitted},
		{Name: "ciba.person_allowance", Check: checkAllowance},
		{Name: "ciba.unused", Check: checkUnused},
	}
}

func (e *Endpoint) serve(c *gin.Context) error {
	form, err := core.ReadForm(c)
	if err != nil {
		return core.Answer(c, e.d.Log, "ciba", false, err)
	}
	r := &request{e: e, authn: core.ClientRequest(c.Request, form, e.d.Issuer+path), form: form, ip: httpx.ClientIP(c)}
	made, err := e.begin(c.Request.Context(), r)
	if err != nil {
		return core.Answer(c, e.d.Log, "ciba", r.authn.Basic(), err)
	}
	return core.WriteJSON(c.Writer, http.StatusOK, made)
}

// begin judges a request and stores it. One that was not stored costs its person's allowance nothing.
func (e *Endpoint) begin(ctx context.Context, r *request) (*answer, error) {
	vs, err := core.Run(ctx, Rows(), r)
	if err != nil {
		e.d.Log.Verdicts(ctx, "ciba", vs)
	}
	var made *answer
	if err == nil {
		made, err = e.insert(ctx, r)
	}
	if err != nil && r.counted != "" {
		e.unasked.Give(r.counted)
	}
	return made, err
}
