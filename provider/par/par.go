package par

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Requests judges what is pushed, by the table of the authorization endpoint.
type Requests interface {
	Push(ctx context.Context, params url.Values) (*core.PushedRequest, error)
}

// Store keeps pushed requests.
type Store interface {
	PendingByID(ctx context.Context, tenant, id storage.ID) (*storage.Pending, error)
	InsertPending(ctx context.Context, p *storage.Pending, most storage.PendingCap) error
	DecidePending(ctx context.Context, cmd storage.DecidePending, ev *storage.AuditEvent) (bool, error)
	storage.PendingKeeper
}

// Deps is what the endpoint uses.
type Deps struct {
	Tenant   storage.ID
	URL      string // of the endpoint
	Authn    *core.Authn
	Proofs   core.Proofs
	Store    Store
	Vault    core.Vault
	Ring     core.Ring
	Lifetime time.Duration // of a request_uri that nobody opens
	CORS     func(ctx context.Context, origin string) bool
	Log      core.RefusalLog
	Now      func() time.Time
}

// Endpoint is the pushed authorization request endpoint. It also finds what was pushed, for the authorization endpoint.
type Endpoint struct {
	d        Deps
	requests Requests
}

// New returns the endpoint. Judge must follow before it is mounted.
func New(d Deps) *Endpoint { return &Endpoint{d: d} }

// Judge names who judges what is pushed: the two endpoints need each other.
func (e *Endpoint) Judge(r Requests) { e.requests = r }

// Mount adds the route.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodPost, path, httpx.API.CORS(e.d.CORS), e.serve)
}

// request is what the rows judge.
type request struct {
	e      *Endpoint
	http   *http.Request
	answer http.Header
	authn  *core.AuthnRequest
	form   url.Values
	client *core.Client
	pushed *core.PushedRequest
	proof  *core.Proof // nil if there is none
}

// Rows is the table of the endpoint.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "par.client_authentication", Check: checkClient},
		{Name: "par.request_uri", Check: checkRequestURI},
		{Name: "par.request", Check: checkRequest},
		{Name: "par.dpop", Check: checkProof},
	}
}

func (e *Endpoint) serve(c *gin.Context) error {
	form, err := core.ReadForm(c)
	if err != nil {
		return core.Answer(c, e.d.Log, "par", false, err)
	}
	ctx := c.Request.Context()
	r := &request{e: e, http: c.Request, answer: c.Writer.Header(), authn: core.ClientRequest(c.Request, form, e.d.URL), form: form}
	if vs, err := core.Run(ctx, Rows(), r); err != nil {
		e.d.Log.Verdicts(ctx, "par", vs)
		return core.Answer(c, e.d.Log, "par", r.authn.Basic(), err)
	}
	uri, err := e.store(ctx, r)
	if err == nil {
		err = e.spend(ctx, r)
	}
	if err != nil {
		return core.Answer(c, e.d.Log, "par", r.authn.Basic(), err)
	}
	return core.WriteJSON(c.Writer, http.StatusCreated, answer{RequestURI: uri, ExpiresIn: int64(r.client.PushedLife(e.d.Lifetime).Seconds())})
}

// answer is RFC 9126 section 2.2's.
type answer struct {
	RequestURI string `json:"request_uri"`
	ExpiresIn  int64  `json:"expires_in"` // seconds
}

func checkClient(ctx context.Context, r *request) (err error) {
	r.client, err = r.e.d.Authn.Authenticate(ctx, r.authn)
	return err
}

// checkRequestURI: what is pushed cannot itself be a reference (RFC 9126 section 2.1).
func checkRequestURI(_ context.Context, r *request) error {
	if r.form.Has("request_uri") {
		return core.InvalidRequest("A pushed request must not have a request_uri.", "no request_uri", "one")
	}
	return nil
}

// checkRequest lets the authorization endpoint judge the rest, for the client that has proven who it is.
func checkRequest(ctx context.Context, r *request) (err error) {
	params := url.Values{}
	for name, values := range r.form {
		if name != "client_secret" && name != "client_assertion" && name != "client_assertion_type" {
			params[name] = values
		}
	}
	params.Set("client_id", r.client.ClientID)
	r.pushed, err = r.e.requests.Push(ctx, params)
	return err
}
