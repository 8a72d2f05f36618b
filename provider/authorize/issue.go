package authorize

import (
	"context"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// issue commits the one grant of this flow and answers the client.
func (e *Endpoint) issue(c *gin.Context, v *visit) error {
	ctx := c.Request.Context()
	g, err := e.newGrant(ctx, v)
	if err != nil {
		return e.refuse(c, v.request, err)
	}
	if err := e.Clients.Keep(ctx, v.Client); err != nil {
		return e.refuse(c, v.request, err)
	}
	standing, inserted, err := e.Grants.InsertGrant(ctx, g, e.createEvent(ctx, v, g))
	if errs.Is(err, errs.Forbidden) { // signed out since the dispatcher looked
		err = core.Refuse(fosite.ErrLoginRequired, "The person signed out meanwhile.", "a session", "an ended one")
	}
	if errs.Is(err, errs.Conflict) || err == nil && !inserted && !v.Pushed.IsZero() && !e.sameAgain(v, standing) {
		err = usedUp()
	}
	if err != nil {
		return e.refuse(c, v.request, err)
	}
	if !inserted {
		if !e.sameAgain(v, standing) {
			return e.expired(c, nil)
		}
		g = standing
	}
	params, err := e.params(ctx, v, g)
	if err != nil {
		return e.refuse(c, v.request, err)
	}
	if err := e.watch(c, v, params); err != nil {
		return e.refuse(c, v.request, err)
	}
	e.Meter.AuthRequest("authorize", "success")
	return e.respond(c, v.request, params)
}

// watch tells an OpenID client what it may ask the check_session iframe about.
func (e *Endpoint) watch(c *gin.Context, v *visit, params url.Values) error {
	if !slices.Contains(v.Scopes, "openid") {
		return nil
	}
	state, err := e.Watch(c, v.Client.ClientID, v.RedirectURI)
	if err == nil && state != "" {
		params.Set("session_state", state)
	}
	return err
}

// sameAgain accepts a double click: the same person and session, while the code was not used and the grant lives.
func (e *Endpoint) sameAgain(v *visit, g *storage.Grant) bool {
	return g.Client == v.Client.ID && g.Person == v.who.Person.ID && g.Session == v.who.Session.ID && g.Live(e.Now()) &&
		(g.Code == storage.CodeNone || (g.Code == storage.CodeIssued && e.Now().Before(g.CodeExpires)))
}

func (e *Endpoint) newGrant(ctx context.Context, v *visit) (*storage.Grant, error) {
	now := e.Now()
	scopes := v.scopesGranted()
	if len(v.Scopes) > 0 && len(scopes) == 0 {
		return nil, core.Refuse(fosite.ErrAccessDenied, "The person allowed nothing of it.", "a granted scope", "none")
	}
	claims, err := v.claimsGranted()
	if err != nil {
		return nil, err
	}
	details, err := v.detailsGranted()
	if err != nil {
		return nil, err
	}
	g := &storage.Grant{
		Tenant: e.Tenant, ID: storage.NewID(now), Client: v.Client.ID, Person: v.who.Person.ID, Session: v.who.Session.ID, Origin: v.grantOrigin(), Spends: v.Pushed,
		Subject: e.Subjects.Of(v.Client, v.who.Person), Scopes: scopes, Resources: v.Resources, Claims: claims, ACR: v.acr(), AMR: v.who.Session.AMR,
		AuthTime: v.who.Session.AuthTime, Challenge: v.get("code_challenge"), RedirectURI: v.RedirectURI, Nonce: v.get("nonce"), CreatedAt: now,
		DPoPJKT: v.get("dpop_jkt"), Details: details,
	}
	return g, e.lifetimes(ctx, v, g)
}

// lifetimes decides whether a refresh token goes with the grant and when it all ends.
func (e *Endpoint) lifetimes(ctx context.Context, v *visit, g *storage.Grant) error {
	life := v.Client.CodeLife(e.Config.CodeLifetime)
	if !v.returns("code") {
		return e.Issuance.Ephemeral(ctx, v.Client, g, life)
	}
	g.Code, g.CodeExpires = storage.CodeIssued, g.CreatedAt.Add(life)
	return e.Issuance.Endure(ctx, v.Client, g, life)
}

func (e *Endpoint) params(ctx context.Context, v *visit, g *storage.Grant) (url.Values, error) {
	access, err := e.Issuance.Template(ctx, v.Client, g, g.Scopes, g.Resources)
	if err != nil {
		return nil, err
	}
	if v.returns("token") {
		if err := access.Mintable(); err != nil {
			return nil, err
		}
	}
	s := &core.Session{Grant: g, Client: v.Client, Access: access, IDLife: v.Client.IDTokenLife(e.Config.IDTokenLifetime), Now: access.IssuedAt, Redirect: v.RedirectURI, State: v.get("state")}
	if slices.Contains(g.Scopes, "openid") && v.returns("id_token") {
		if s.Claims, err = e.Claims.IDTokenClaims(ctx, g, v.ResponseType != "id_token"); err != nil {
			return nil, err
		}
	}
	return e.Engine.AuthorizeParams(ctx, s, v.ResponseType)
}

func (e *Endpoint) createEvent(ctx context.Context, v *visit, g *storage.Grant) *storage.AuditEvent {
	return e.Audit.Row(ctx, e.Tenant, audit.Event{
		Type: "grant.create", Severity: "info", ActorKind: "person", Actor: v.who.Person.ID.String(), Client: v.Client.ClientID,
		Target: "grant:" + g.ID.String(), Outcome: "success",
	})
}
