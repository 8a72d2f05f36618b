package token

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Endpoint is the token endpoint (RFC 6749 section 3.2).
type Endpoint struct {
	authn        *core.Authn
	kinds        map[string]core.GrantType
	proofs       core.Proofs
	certificates core.Certificates
	log          core.RefusalLog
	url          string
	cors         func(ctx context.Context, origin string) bool
	meter        Meter
}

// Config is what the endpoint uses. Everything is needed.
type Config struct {
	Authn        *core.Authn
	Proofs       core.Proofs
	Certificates core.Certificates
	Log          core.RefusalLog
	Meter        Meter
	URL          string // its own
	CORS         func(ctx context.Context, origin string) bool
}

// Meter counts tokens.
type Meter interface{ TokenIssued(grant, kind string) }

// New returns the endpoint, serving the given grant types.
func New(c Config, kinds ...core.GrantType) *Endpoint {
	e := &Endpoint{
		authn: c.Authn, kinds: map[string]core.GrantType{}, proofs: c.Proofs, certificates: c.Certificates, log: c.Log, url: c.URL, cors: c.CORS, meter: c.Meter,
	}
	for _, k := range kinds {
		e.kinds[k.GrantType()] = k
	}
	return e
}

// Mount adds the route.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodPost, path, httpx.API.CORS(e.cors), e.serve)
}

// request is what the rows judge.
type request struct {
	e      *Endpoint
	http   *http.Request
	answer http.Header
	authn  *core.AuthnRequest
	kind   core.GrantType
	core.TokenRequest
}

// Rows is the table of the token endpoint; a grant type's own table follows.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "token.client_authentication", Check: checkClient},
		{Name: "token.grant_type_supported", Check: checkSupported},
		{Name: "token.grant_type_allowed", Check: checkAllowed},
		{Name: "token.dpop", Check: checkProof},
		{Name: "token.mtls", Check: checkCertificate},
		{Name: "token.binding_required", Check: checkBinding},
	}
}

var table = Rows() // made once: a request only reads it

func (e *Endpoint) serve(c *gin.Context) error {
	form, err := core.ReadForm(c)
	if err != nil {
		return core.Answer(c, e.log, "token", false, err)
	}
	r := e.attempt(c.Request, c.Writer.Header(), form)
	resp, err := e.grant(c.Request.Context(), r)
	if err != nil {
		return core.Answer(c, e.log, "token", r.authn.Basic(), err)
	}
	e.meter.TokenIssued(r.kind.GrantType(), resp.Kind())
	return core.WriteBody(c.Writer, http.StatusOK, "application/json", resp.Append(make([]byte, 0, resp.Room())))
}

func (e *Endpoint) grant(ctx context.Context, r *request) (*core.TokenResponse, error) {
	if _, err := core.Run(ctx, table, r); err != nil {
		return nil, err
	}
	resp, err := r.kind.Serve(ctx, &r.TokenRequest)
	if err == nil && resp.Cnf != r.Binding {
		return nil, errUnbound
	}
	return resp, err
}

// errUnbound is a grant type's mistake: a token that is bound to less than the request proved must not get out.
var errUnbound = errors.New("token: the answer is not bound to the keys of its request")

func checkClient(ctx context.Context, r *request) (err error) {
	r.Client, err = r.e.authn.Authenticate(ctx, r.authn)
	return err
}

func checkSupported(_ context.Context, r *request) error {
	name := r.Form.Get("grant_type")
	if name == "" {
		return core.InvalidRequest("The grant_type parameter is missing.", "a grant_type", "none")
	}
	kind, ok := r.e.kinds[name]
	if !ok {
		return core.Refuse(fosite.ErrUnsupportedGrantType, "The grant type is not supported.", "a supported grant type", "another")
	}
	r.kind = kind
	return nil
}

func checkAllowed(_ context.Context, r *request) error {
	if !r.Client.MayUse(r.kind.GrantType()) {
		return core.Refuse(fosite.ErrUnauthorizedClient, "The client is not registered for this grant type.", "a registered grant type", r.kind.GrantType())
	}
	return nil
}
