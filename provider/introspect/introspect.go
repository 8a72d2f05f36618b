package introspect

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// RefreshReader reads a presented refresh token and whether it counts.
type RefreshReader interface {
	ReadRefresh(ctx context.Context, token string) (*storage.Grant, error)
}

// Endpoint is the introspection endpoint.
type Endpoint struct {
	Authn     *core.Authn
	Verifier  *core.Verifier
	Refresh   RefreshReader
	Resources *core.Resources
	Log       core.RefusalLog
	URL       string
	Issuer    string
	Signer    core.Signer
	Now       func() time.Time
}

// Mount adds the route.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodPost, "/oauth2/introspect", httpx.API, e.serve)
}

func inactive() []byte { return []byte(`{"active":false}`) }

func (e *Endpoint) serve(c *gin.Context) error {
	form, err := core.ReadForm(c)
	if err != nil {
		return core.Answer(c, e.Log, "introspect", false, err)
	}
	attempt := core.ClientRequest(c.Request, form, e.URL)
	contentType, body, err := e.answer(c.Request.Context(), attempt, wantsJWT(c.Request.Header))
	if err != nil {
		return core.Answer(c, e.Log, "introspect", attempt.Basic(), err)
	}
	return core.WriteBody(c.Writer, http.StatusOK, contentType, body)
}

func (e *Endpoint) answer(ctx context.Context, attempt *core.AuthnRequest, asJWT bool) (contentType string, body []byte, err error) {
	body, err = e.introspect(ctx, attempt)
	if err != nil || !asJWT && !attempt.Client.Demands.SignedAnswers {
		return "application/json", body, err
	}
	body, err = e.jwt(ctx, attempt.Client, body)
	return mediaType, body, err
}

func (e *Endpoint) introspect(ctx context.Context, attempt *core.AuthnRequest) ([]byte, error) {
	client, err := e.Authn.Authenticate(ctx, attempt)
	if err != nil {
		return nil, err
	}
	if client.Public() { // RFC 7662 section 2.1: the caller must be authorized, and anybody can be a public client
		return nil, core.Refuse(fosite.ErrUnauthorizedClient, "A public client may not introspect.", "a confidential client", "a public one")
	}
	token := attempt.Form.Get("token")
	if token == "" {
		return nil, core.InvalidRequest("The token parameter is missing.", "a token", "none")
	}
	if strings.HasPrefix(token, core.PrefixRefresh) {
		if attempt.Form.Get("token_type_hint") != "refresh_token" { // a resource server that was handed one must not take it for access (TK35)
			return inactive(), nil
		}
		return e.refresh(ctx, client, token)
	}
	return e.access(ctx, client, token)
}

// access answers for an access token. A token that does not count and one that is none of the caller's business look the same.
func (e *Endpoint) access(ctx context.Context, client *core.Client, token string) ([]byte, error) {
	v, err := e.Verifier.Verify(ctx, token)
	if err != nil {
		if core.AsRefusal(err).Err.CodeField >= http.StatusInternalServerError {
			return nil, err
		}
		return inactive(), nil
	}
	mine, err := e.concerns(ctx, client, v)
	if err != nil {
		return nil, err
	}
	if !mine {
		return inactive(), nil
	}
	return appendAccess(make([]byte, 0, 768), v), nil
}

func (e *Endpoint) concerns(ctx context.Context, client *core.Client, v *core.Verified) (bool, error) {
	if v.Registered.ID == client.ID {
		return true, nil
	}
	for _, aud := range v.Audience {
		r, err := e.Resources.ByIdentifier(ctx, aud)
		if errs.CodeOf(err) == errs.NotFound {
			continue
		}
		if err != nil {
			return false, err
		}
		if r.Owner == client.ID {
			return true, nil
		}
	}
	return false, nil
}

func appendAccess(b []byte, v *core.Verified) []byte {
	b = append(b, `{"active":true,"iss":`...)
	b = core.AppendString(b, v.Issuer)
	b = core.AppendString(append(b, `,"client_id":`...), v.ClientID)
	b = core.AppendString(append(b, `,"sub":`...), v.Subject)
	b = core.AppendAudience(append(b, `,"aud":`...), v.Audience)
	b = strconv.AppendInt(append(b, `,"exp":`...), v.ExpiresAt.Unix(), 10)
	b = strconv.AppendInt(append(b, `,"iat":`...), v.IssuedAt.Unix(), 10)
	b = core.AppendString(append(b, `,"jti":`...), v.ID.String())
	b = core.AppendString(append(b, `,"token_type":`...), v.Cnf.TokenType())
	if !v.Cnf.IsZero() {
		b = v.Cnf.AppendCnf(append(b, `,"cnf":`...))
	}
	if len(v.Scopes) > 0 {
		b = core.AppendString(append(b, `,"scope":`...), v.Scope())
	}
	if v.OfPerson() && !v.AuthTime.IsZero() {
		b = strconv.AppendInt(append(b, `,"auth_time":`...), v.AuthTime.Unix(), 10)
		b = core.AppendString(append(b, `,"acr":`...), v.ACR)
	}
	if v.Details != "" { // RFC 9396 section 9.2
		b = append(append(b, `,"authorization_details":`...), v.Details...)
	}
	if v.Act != "" { // RFC 8693 section 4.1
		b = append(append(b, `,"act":`...), v.Act...)
	}
	return append(b, '}')
}

// refresh answers for a refresh token, to its own client only.
func (e *Endpoint) refresh(ctx context.Context, client *core.Client, token string) ([]byte, error) {
	g, err := e.Refresh.ReadRefresh(ctx, token)
	if err != nil {
		if core.AsRefusal(err).Err.CodeField >= http.StatusInternalServerError {
			return nil, err
		}
		return inactive(), nil
	}
	if g.Client != client.ID {
		return inactive(), nil
	}
	b := core.AppendString([]byte(`{"active":true,"iss":`), e.Issuer)
	b = core.AppendString(append(b, `,"client_id":`...), client.ClientID)
	b = core.AppendString(append(b, `,"sub":`...), g.Subject)
	b = strconv.AppendInt(append(b, `,"exp":`...), g.ExpiresAt.Unix(), 10)
	b = strconv.AppendInt(append(b, `,"iat":`...), g.CreatedAt.Unix(), 10)
	b = core.AppendString(append(b, `,"scope":`...), strings.Join(g.Scopes, " "))
	if g.Cnf != "" { // the keys without which it cannot be used
		b = append(append(b, `,"cnf":`...), g.Cnf...)
	}
	return append(b, '}'), nil
}
