package register

import (
	"context"
	"crypto/subtle"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Needs is the table of who may manage a registration (RFC 7592 section 2).
func Needs() []core.Row[attempt] {
	return []core.Row[attempt]{
		{Name: "registration.manage_bearer", Check: checkBearer},
		{Name: "registration.manage_token", Check: checkManageToken},
		{Name: "registration.manage_enabled", Check: checkManageEnabled},
	}
}

// checkManageToken wants the client's own token. Another's, an old one and one of a client that is gone look alike (DR03).
func checkManageToken(ctx context.Context, a *attempt) error {
	c, err := a.e.d.Registrar.d.Store.ClientByClientID(ctx, a.e.d.Registrar.d.Tenant, a.id)
	if errs.Is(err, errs.NotFound) {
		c, err = &storage.Client{Tenant: a.e.d.Registrar.d.Tenant, RegistrationHash: make([]byte, 32), RegistrationKey: 1}, nil // the same work
	}
	if err != nil {
		return err
	}
	if !a.e.d.Registrar.mayManage(c, a.token) {
		return core.InvalidToken("the client's registration access token", "none or another")
	}
	a.client = c
	return nil
}

func checkManageEnabled(_ context.Context, a *attempt) error {
	if a.client.Disabled {
		return core.Refuse(fosite.ErrAccessDenied, "The client is disabled.", "an enabled client", "a disabled one")
	}
	return nil
}

// get shows a registration. The secret is not known any more.
func (e *Endpoint) get(c *gin.Context) error {
	a := e.attempt(c)
	if err := a.run(c.Request.Context(), Needs()); err != nil {
		return e.refuse(c, a, err)
	}
	return e.answer(c, http.StatusOK, &Registered{Client: a.client}, a.token)
}

// put replaces a registration whole: what is left out falls back to its default (RFC 7592 section 2.2). The token is renewed, so that one that leaked
// earlier is good for nothing once its owner has changed something.
func (e *Endpoint) put(c *gin.Context) error {
	a := e.attempt(c)
	g, err := e.change(c.Request.Context(), a)
	if err != nil {
		return e.refuse(c, a, err)
	}
	if g.Secret == "" && hasSecret(&g.Client.Metadata) {
		g.Secret = text(a.given, "client_secret") // it has just been proved
	}
	return e.answer(c, http.StatusOK, g, "")
}

func (e *Endpoint) change(ctx context.Context, a *attempt) (*Registered, error) {
	if err := a.run(ctx, Needs()); err != nil {
		return nil, err
	}
	if err := a.run(ctx, rows()); err != nil {
		return nil, err
	}
	g, err := e.d.Registrar.Update(ctx, a.client.ClientID, Change{
		Metadata: func(m *storage.ClientMetadata) error { *m = a.metadata; return nil }, Actor: a.actor(), self: a.client,
	})
	return g, gone(asRefusal(err))
}

// remove ends a registration with its grants (RFC 7592 section 2.3).
func (e *Endpoint) remove(c *gin.Context) error {
	a := e.attempt(c)
	err := a.run(c.Request.Context(), Needs())
	if err == nil {
		err = gone(e.d.Registrar.Delete(c.Request.Context(), a.client.ClientID, a.actor()))
	}
	if err != nil {
		return e.refuse(c, a, err)
	}
	c.Writer.Header().Set("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

func (a *attempt) actor() Actor { return Actor{Kind: audit.Client, ID: a.client.ClientID} }

// gone: whoever changed or removed the client meanwhile has made this token an old one.
func gone(err error) error {
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Conflict) {
		return core.InvalidToken("the client as it stood a moment ago", "a changed one")
	}
	return err
}

// hasThisSecret compares a client's secret with what is stored of it; a slow hash is not computed for strangers.
func (r *Registrar) hasThisSecret(c *storage.Client, secret string) bool {
	if !c.SecretSealed.IsZero() {
		known, err := r.d.Ring.Open(core.SecretAt(c), c.SecretSealed)
		return err == nil && subtle.ConstantTimeCompare(known, []byte(secret)) == 1
	}
	return len(c.SecretHash) > 0 && r.d.Ring.VerifyMAC(keys.SecretPepper, c.SecretKey, c.SecretHash, []byte("client secret"), c.Tenant[:], c.ID[:], []byte(secret))
}
