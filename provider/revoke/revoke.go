package revoke

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// RefreshNamer finds the grant that a refresh token names.
type RefreshNamer interface {
	Named(ctx context.Context, token string) (*storage.Grant, error)
}

// Endpoint is the revocation endpoint.
type Endpoint struct {
	Authn    *core.Authn
	Tokens   *core.Tokens
	Refresh  RefreshNamer
	Redeemer *core.Redeemer
	Denials  storage.Denials
	Audit    core.Auditor
	Log      core.RefusalLog
	Tenant   storage.ID
	URL      string
	CORS     func(ctx context.Context, origin string) bool
}

// Mount adds the route.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodPost, "/oauth2/revoke", httpx.API.CORS(e.CORS), e.serve)
}

func (e *Endpoint) serve(c *gin.Context) error {
	form, err := core.ReadForm(c)
	if err != nil {
		return core.Answer(c, e.Log, "revoke", false, err)
	}
	attempt := core.ClientRequest(c.Request, form, e.URL)
	if err := e.revoke(c.Request.Context(), attempt); err != nil {
		return core.Answer(c, e.Log, "revoke", attempt.Basic(), err)
	}
	return core.WriteBody(c.Writer, http.StatusOK, "application/json", []byte("{}"))
}

func (e *Endpoint) revoke(ctx context.Context, attempt *core.AuthnRequest) error {
	client, err := e.Authn.Authenticate(ctx, attempt)
	if err != nil {
		return err
	}
	token := attempt.Form.Get("token")
	if token == "" {
		return core.InvalidRequest("The token parameter is missing.", "a token", "none")
	}
	if strings.HasPrefix(token, core.PrefixRefresh) {
		return e.revokeGrant(ctx, client, token)
	}
	return e.revokeAccess(ctx, client, token)
}

// revokeGrant ends the grant of the client's own refresh token. An unknown token is no error (RFC 7009 section 2.2); a failing database is.
func (e *Endpoint) revokeGrant(ctx context.Context, client *core.Client, token string) error {
	g, err := e.Refresh.Named(ctx, token)
	if err != nil {
		return unlessRefused(err)
	}
	if g.Client != client.ID {
		return nil
	}
	return e.Redeemer.Revoke(ctx, g, client, "client_revoked")
}

func (e *Endpoint) revokeAccess(ctx context.Context, client *core.Client, token string) error {
	a, err := e.Tokens.ParseAccess(token)
	if err != nil {
		return unlessRefused(err)
	}
	if a.ClientID != client.ClientID {
		return nil
	}
	ev := e.Audit.Row(ctx, e.Tenant, audit.Event{
		Type: "token.revoke", Severity: "info", ActorKind: "client", Actor: client.ClientID, Client: client.ClientID, Target: "token:" + a.ID.String(), Outcome: "success",
	})
	return e.Denials.DenyToken(ctx, &storage.Denial{Tenant: e.Tenant, TokenID: a.ID[:], ExpiresAt: a.ExpiresAt}, ev)
}

func unlessRefused(err error) error {
	if core.AsRefusal(err).Err.CodeField < http.StatusInternalServerError {
		return nil
	}
	return err
}
