package forwardauth

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Claims chooses the claims of a person (core.People).
type Claims interface {
	UserinfoClaims(ctx context.Context, p *storage.Person, g *storage.Grant, scopes []string) (map[string]any, error)
}

// Groups names those that somebody is in.
type Groups interface {
	NamesOf(ctx context.Context, person storage.ID) ([]string, error)
}

// Redeemer is the authorization_code grant type (code.Grant).
type Redeemer interface {
	Serve(ctx context.Context, r *core.TokenRequest) (*core.TokenResponse, error)
}

// Vault seals what browsers keep (internal/keys.Ring).
type Vault interface {
	SealBytes(purpose string, aad, plaintext []byte) []byte
	OpenBytes(purpose string, aad, sealed []byte) ([]byte, error)
}

// Endpoint answers proxies.
type Endpoint struct {
	Tenant   storage.ID
	Issuer   string
	Hosts    *core.ForwardHosts
	Verifier *core.Verifier
	Code     Redeemer
	Claims   Claims
	Groups   Groups
	Vault    Vault
	Log      core.RefusalLog
	Now      func() time.Time
}

const path = "/forward-auth"

// Mount adds the routes: a proxy may send the method of the request that it asks about, and Envoy its path below ours.
func (e *Endpoint) Mount(r httpx.Router) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
		r.Handle(method, path, httpx.Proxied, e.serve)
		r.Handle(method, path+"/*asked", httpx.Proxied, e.serve)
	}
}

// serve answers one question. Rows in order: what was asked for, whether somebody is signed in there, and whether they may.
func (e *Endpoint) serve(c *gin.Context) error {
	ctx := c.Request.Context()
	r := &request{e: e, http: c.Request, out: c.Writer, in: c.Request.Header}
	if vs, err := core.Run(ctx, asked, r); err != nil {
		return e.refuse(ctx, vs, err)
	}
	if name, ours := r.ours(); ours {
		return e.own(r, name)
	}
	r.rule = r.find()
	if r.rule.Public {
		return e.pass(r, nil)
	}
	if vs, err := core.Run(ctx, signedIn, r); err != nil {
		return e.unknown(r, vs, err)
	}
	if vs, err := core.Run(ctx, permitted, r); err != nil {
		return e.refuse(ctx, vs, err)
	}
	claims, err := e.Claims.UserinfoClaims(ctx, r.token.Person, r.token.Grant, r.token.Scopes)
	if err != nil {
		return err
	}
	claims["sub"] = r.token.Subject
	return e.pass(r, claims)
}

// pass lets the request through. Every header that carries somebody's identity is said, empty when there is none: the proxy overwrites what a stranger sent.
func (e *Endpoint) pass(r *request, claims map[string]any) error {
	for name, value := range headers(r.client.Metadata.Forward, claims) {
		r.out.Header().Set(name, value)
	}
	r.out.WriteHeader(http.StatusOK)
	return nil
}

// refuse answers 403, or what the refusal says.
func (e *Endpoint) refuse(ctx context.Context, vs []verdict.Verdict, err error) error {
	e.Log.Verdicts(ctx, "forward_auth", vs)
	return forbidden(err)
}

// unknown answers a request without a session: browsers are sent to sign in, others told that they must.
func (e *Endpoint) unknown(r *request, vs []verdict.Verdict, err error) error {
	if core.AsRefusal(err).Err.CodeField >= http.StatusInternalServerError {
		return err
	}
	e.Log.Log.DebugContext(r.http.Context(), "nobody is signed in at a protected host", slog.String("host", r.asked.Host))
	if !r.navigates() {
		r.out.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		r.out.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	return e.send(r)
}
