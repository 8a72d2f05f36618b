package register

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	path    = "/oauth2/register"
	maxBody = 64 << 10
)

// EndpointDeps is what an Endpoint needs.
type EndpointDeps struct {
	Registrar *Registrar
	Issuer    string
	Keys      core.RemoteKeys // of those who sign software statements by jwks_uri
	Log       core.RefusalLog
	Now       func() time.Time
}

// Endpoint is the client registration endpoint (RFC 7591, OpenID Connect Registration) with the client configuration endpoint (RFC 7592).
type Endpoint struct {
	c          Config
	d          EndpointDeps
	statements *statements
	limit      *ratelimit.Limiter
}

// NewEndpoint returns an endpoint for a configuration that is on.
func NewEndpoint(c Config, d EndpointDeps) (*Endpoint, error) {
	if !c.On() {
		return nil, errors.New("register: registration is off")
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	limit, err := ratelimit.New(ratelimit.Config{Events: c.PerHour, Per: time.Hour, Now: d.Now})
	if err != nil {
		return nil, err
	}
	return &Endpoint{c: c, d: d, limit: limit, statements: &statements{trusted: c.Statements, remote: d.Keys, now: d.Now}}, nil
}

// Mount adds the routes. Scripts of any origin may register: nothing that a browser adds by itself counts here.
func (e *Endpoint) Mount(r httpx.Router) {
	g := httpx.API.CORSAny().MaxBody(maxBody)
	r.Handle(http.MethodPost, path, g, e.post)
	r.Handle(http.MethodGet, path+"/:client", g, e.get)
	r.Handle(http.MethodPut, path+"/:client", g, e.put)
	r.Handle(http.MethodDelete, path+"/:client", g, e.remove)
}

// attempt is one request to register, or to manage a registration.
type attempt struct {
	e     *Endpoint
	http  *http.Request
	addr  string // key of the sender's address
	id    string // client_id in the path; managing only
	token string

	initial   *storage.InitialAccess // nil: none was presented
	client    *storage.Client        // the one that is managed
	given     map[string]any
	statement string // verified
	metadata  storage.ClientMetadata
}

// Rows is the table of who may register.
func Rows() []core.Row[attempt] {
	return []core.Row[attempt]{
		{Name: "registration.bearer", Check: checkBearer},
		{Name: "registration.allowed", Check: checkAllowed},
		{Name: "registration.quota", Check: checkQuota},
	}
}

func (e *Endpoint) attempt(c *gin.Context) *attempt {
	return &attempt{e: e, http: c.Request, addr: ratelimit.AddrKey(httpx.ClientIP(c)), id: c.Param("client")}
}

func (e *Endpoint) post(c *gin.Context) error {
	a := e.attempt(c)
	g, err := e.register(c.Request.Context(), a)
	if err != nil {
		return e.refuse(c, a, err)
	}
	return e.answer(c, http.StatusCreated, g, "")
}

func (e *Endpoint) register(ctx context.Context, a *attempt) (*Registered, error) {
	if err := a.run(ctx, Rows()); err != nil {
		return nil, err
	}
	if err := a.run(ctx, rows()); err != nil {
		return nil, err
	}
	g, err := e.d.Registrar.Create(ctx, a.metadata, Options{
		Actor: Actor{Kind: audit.System, ID: "registration"}, self: &selfRegistration{initial: a.initial, most: e.c.MaxClients},
	})
	return g, asRefusal(err)
}

func (a *attempt) run(ctx context.Context, table []core.Row[attempt]) error {
	vs, err := core.Run(ctx, table, a)
	if err = asRefusal(err); err != nil {
		a.e.d.Log.Verdicts(ctx, "registration", vs)
	}
	return err
}

// asRefusal gives a broken rule its error code of RFC 7591 section 3.2.2.
func asRefusal(err error) error {
	p, ok := AsProblem(err)
	if !ok {
		return err
	}
	return core.Refuse(&fosite.RFC6749Error{ErrorField: p.Code, CodeField: http.StatusBadRequest}, p.Error(), p.Member+" "+p.Rule, "another")
}

func (e *Endpoint) refuse(c *gin.Context, a *attempt, err error) error {
	if errs.Is(err, errs.Throttled) || errs.Is(err, errs.TooLarge) {
		return err
	}
	r := core.AsRefusal(err)
	e.d.Log.Refused(c.Request.Context(), "registration", r)
	if r.Err.CodeField == http.StatusUnauthorized || r.Err.CodeField == http.StatusForbidden {
		return core.WriteBearerError(c.Writer, r, a.token != "")
	}
	return core.WriteError(c.Writer, r, false)
}

// answer is the client information response (RFC 7591 section 3.2.1, RFC 7592 section 3). What only the operator sets is the operator's to read.
func (e *Endpoint) answer(c *gin.Context, status int, g *Registered, access string) error {
	if g.Access != "" {
		access = g.Access
	}
	raw, err := json.Marshal(g.Document())
	if err != nil {
		return err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(raw, &doc); err != nil {
		return err
	}
	for name := range doc {
		if strings.HasPrefix(name, ours) {
			delete(doc, name)
		}
	}
	for name, value := range map[string]string{
		"registration_access_token": access, "registration_client_uri": e.d.Issuer + path + "/" + url.PathEscape(g.Client.ClientID),
	} {
		if doc[name], err = json.Marshal(value); err != nil {
			return err
		}
	}
	return core.WriteJSON(c.Writer, status, doc)
}

func checkBearer(_ context.Context, a *attempt) (err error) {
	a.token, err = core.Bearer(a.http.Header)
	return err
}

// checkAllowed wants an initial access token unless anybody may register; one that is presented must count (DR01).
func checkAllowed(ctx context.Context, a *attempt) (err error) {
	if a.token == "" && a.e.c.Mode == ModeOpen {
		return nil
	}
	if a.token == "" {
		return core.InvalidToken("an initial access token", "none")
	}
	if a.initial, err = a.e.d.Registrar.initialAccess(ctx, a.token); err == nil && a.initial == nil {
		err = core.InvalidToken("an initial access token that counts", "another")
	}
	return err
}

// checkQuota bounds what one address may write here in an hour without a token.
func checkQuota(_ context.Context, a *attempt) error {
	if a.initial != nil {
		return nil
	}
	if ok, wait := a.e.limit.Allow(a.addr); !ok {
		return errs.New(errs.Throttled, "Too many clients were registered from this address. Try again later.").After(wait)
	}
	return nil
}

// body reads a JSON object.
func (a *attempt) body() ([]byte, error) {
	media, _, err := mime.ParseMediaType(a.http.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return nil, refuse("the request", "must have the content type application/json")
	}
	raw, err := io.ReadAll(a.http.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, errs.Wrap(errs.TooLarge, "", err)
	}
	if err != nil {
		return nil, refuse("the request", "must have a body that can be read")
	}
	return raw, nil
}
