package userinfo

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Claims chooses the claims of a person for UserInfo.
type Claims interface {
	UserinfoJSON(ctx context.Context, subject string, p *storage.Person, g *storage.Grant, scopes []string) ([]byte, error)
	UserinfoClaims(ctx context.Context, p *storage.Person, g *storage.Grant, scopes []string) (map[string]any, error)
}

// Endpoint is the UserInfo endpoint.
type Endpoint struct {
	Verifier     *core.Verifier
	Claims       Claims
	Demands      Demands
	Signer       core.Signer
	Proofs       core.Proofs
	Algs         []string // of proofs
	Certificates core.Certificates
	Log          core.RefusalLog
	Issuer       string
	URL          string
	Metadata     string // URL of what it says of itself (RFC 9728)
	Now          func() time.Time
	CORS         func(ctx context.Context, origin string) bool
}

const path = "/oauth2/userinfo"

// Mount adds the routes.
func (e *Endpoint) Mount(r httpx.Router) {
	g := httpx.API.CORS(e.CORS)
	r.Handle(http.MethodGet, path, g, e.serve)
	r.Handle(http.MethodPost, path, g, e.serve)
}

// request is what the rows judge.
type request struct {
	e    *Endpoint
	form map[string][]string
	core.Presented
}

// Rows is the table of the UserInfo endpoint.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "userinfo.bearer", Check: checkBearer},
		{Name: "userinfo.token", Check: checkToken},
		{Name: "userinfo.scheme", Check: func(_ context.Context, r *request) error { return r.CheckScheme() }},
		{Name: "userinfo.dpop", Check: func(ctx context.Context, r *request) error { return r.CheckProof(ctx) }},
		{Name: "userinfo.mtls", Check: func(_ context.Context, r *request) error { return r.CheckCertificate() }},
		{Name: "userinfo.person", Check: checkPerson},
		{Name: "userinfo.scope", Check: checkScope},
		{Name: "userinfo.audience", Check: checkAudience},
		{Name: "userinfo.authentication", Check: checkAuthentication},
	}
}

var table = Rows() // made once: a request only reads it

func (e *Endpoint) serve(c *gin.Context) error {
	r := &request{e: e, Presented: core.Presented{
		Proofs: e.Proofs, Certificates: e.Certificates, ProofRequest: core.ProofRequest{HTTP: c.Request, Path: path, Answer: c.Writer.Header()},
	}}
	if err := e.readForm(c, r); err != nil {
		return core.Answer(c, e.Log, "userinfo", false, err)
	}
	if _, err := core.Run(c.Request.Context(), table, r); err != nil {
		refusal := core.AsRefusal(err)
		e.Log.Refused(c.Request.Context(), "userinfo", refusal)
		bound := r.Scheme == core.TypeDPoP || r.Verified != nil && r.Cnf.JKT != ""
		return core.WriteResourceError(c.Writer, refusal, r.Token != "", bound, e.Algs, e.Metadata)
	}
	return e.answer(c, r)
}

// readForm reads a POST body only when there is one of a form's type: the token may be in the header as well (section 5.3.1).
func (e *Endpoint) readForm(c *gin.Context, r *request) error {
	if c.Request.Method != http.MethodPost || (c.Request.ContentLength == 0 && c.GetHeader("Content-Type") == "") {
		return nil
	}
	form, err := core.ReadForm(c)
	r.form = form
	return err
}

func (e *Endpoint) answer(c *gin.Context, r *request) error {
	contentType, body, err := e.body(c.Request.Context(), r)
	if err != nil {
		return core.Answer(c, e.Log, "userinfo", false, err)
	}
	interact(c.Writer.Header(), r, e.Now())
	return core.WriteBody(c.Writer, http.StatusOK, contentType, body)
}

func (e *Endpoint) body(ctx context.Context, r *request) (contentType string, body []byte, err error) {
	if alg := r.Registered.Metadata.UserinfoSignedRespAlg; alg != "" {
		body, err = e.signed(ctx, alg, r)
		return "application/jwt", body, err
	}
	if body, err = e.Claims.UserinfoJSON(ctx, r.Subject, r.Person, r.Grant, r.Scopes); err != nil {
		return "", nil, err
	}
	if box := r.Registered.UserinfoEncryption(); box.Alg != "" {
		jwe, err := box.Wrap(ctx, r.Registered, body)
		return "application/jwt", []byte(jwe), err
	}
	return "application/json", body, nil
}

// signed is a JWT for the client (section 5.3.2), in a JWE if it wants one.
func (e *Endpoint) signed(ctx context.Context, alg string, r *request) ([]byte, error) {
	claims, err := e.Claims.UserinfoClaims(ctx, r.Person, r.Grant, r.Scopes)
	if err != nil {
		return nil, err
	}
	claims["sub"], claims["iss"], claims["aud"], claims["iat"] = r.Subject, e.Issuer, r.ClientID, e.Now().Unix()
	body, err := json.Marshal(claims)
	if err != nil {
		return nil, err
	}
	jwt, err := e.Signer.Sign(alg, "JWT", body)
	if err != nil {
		return nil, err
	}
	jwt, err = r.Registered.UserinfoEncryption().Nest(ctx, r.Registered, jwt)
	return []byte(jwt), err
}

// checkBearer finds the one token in the header or the POST body (RFC 6750 section 2); in the query it is never read.
func checkBearer(_ context.Context, r *request) error {
	scheme, token, err := core.Authorization(r.HTTP.Header)
	if err != nil {
		return err
	}
	inBody := r.form["access_token"]
	if r.HTTP.URL.RawQuery != "" && r.HTTP.URL.Query().Has("access_token") {
		return core.InvalidRequest("The access token must not be in the query.", "a token in the header or the body", "one in the query")
	}
	if token != "" && len(inBody) > 0 {
		return core.InvalidRequest("The access token was sent twice.", "one access token", "two")
	}
	if len(inBody) == 1 {
		scheme, token = core.TypeBearer, inBody[0]
	}
	r.Scheme, r.Token = scheme, token
	if token == "" {
		return core.InvalidToken("a bearer token", "none")
	}
	return nil
}

func checkToken(ctx context.Context, r *request) (err error) {
	r.Verified, err = r.e.Verifier.Verify(ctx, r.Token)
	return err
}

// checkPerson refuses a client's own token, whatever its subject says (TK22).
func checkPerson(_ context.Context, r *request) error {
	if !r.OfPerson() || r.Person == nil {
		return core.InvalidToken("a token of a person", "a client's own")
	}
	return nil
}

func checkScope(_ context.Context, r *request) error {
	if !r.HasScope("openid") {
		return core.InsufficientScope("openid")
	}
	return nil
}

func checkAudience(_ context.Context, r *request) error {
	if !slices.Contains(r.Audience, r.e.URL) && !slices.Contains(r.Audience, r.e.Issuer) {
		return core.InvalidToken("this endpoint or the issuer as audience", "another")
	}
	return nil
}
