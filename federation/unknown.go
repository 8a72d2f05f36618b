package federation

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// unknown decides about somebody who is nobody here yet. An address counts only if the upstream has verified it: nothing is linked with, and nobody is told
// of, an account because of one that anybody could have typed there (FE01, FE02).
func (m *Module) unknown(c *gin.Context, t *trip, from *Ready, id *Identity) error {
	ctx := c.Request.Context()
	claims := newcomer(from.mapper.apply(id))
	p, err := m.holder(ctx, claims)
	if err != nil {
		return err
	}
	if p != nil {
		return m.collides(c, t, from, id, p)
	}
	if !from.Settings.Create {
		return m.refused(c, t, from, &Refusal{Check: "identity.create", Expected: "somebody who has an account", Received: "nobody", Reason: "unknown", Person: true})
	}
	p, link, err := m.create(ctx, from, id, claims)
	if err != nil {
		return err
	}
	return m.finish(c, t, from, id, link, p)
}

// newcomer are the claims of a new account: those that the directory knows, an address only if it is verified, and no say in anything else.
func newcomer(said map[string]any) directory.Claims {
	out := directory.Claims{}
	for name, value := range said {
		switch name {
		case "email", "email_verified", "phone_number", "phone_number_verified", "username", "preferred_username", "groups", "sub":
		default:
			out[name] = value
		}
	}
	if address, _ := said["email"].(string); address != "" && said["email_verified"] == true {
		out["email"], out["email_verified"] = address, true
	}
	return out
}

// holder is whose verified address it is; nil: nobody's.
func (m *Module) holder(ctx context.Context, claims directory.Claims) (*storage.Person, error) {
	address := claims.String("email")
	if address == "" {
		return nil, nil
	}
	p, err := m.d.People.ByIdentifier(ctx, m.d.Tenant, address)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return p, err
}

// collides applies the connector's rule to an address that is somebody's.
func (m *Module) collides(c *gin.Context, t *trip, from *Ready, id *Identity, p *storage.Person) error {
	ctx := c.Request.Context()
	now, err := m.d.People.Claims(p)
	if err != nil {
		return err
	}
	switch {
	case from.Settings.Link == LinkVerified && now.Bool("email_verified") && p.State == storage.PersonActive:
		if _, err := m.connect(ctx, from, id, p.ID, string(LinkVerified)); err != nil && !errs.Is(err, errs.Conflict) {
			return err
		}
		return m.again(c, t, from, id)
	case from.Settings.Link == LinkDeny:
		return m.refused(c, t, from, &Refusal{Check: "identity.address", Expected: "an address that is nobody's", Received: "somebody's", Reason: "taken", Person: true})
	}
	return m.ask(c, t, from, id, p)
}

// again looks the link up once more, now that there is one: of two sign-ins at once the same person comes of both.
func (m *Module) again(c *gin.Context, t *trip, from *Ready, id *Identity) error {
	l, err := m.d.Store.LinkByKey(c.Request.Context(), m.d.Tenant, from.Row.ID, m.keys(from, id))
	if err != nil {
		return err
	}
	return m.known(c, t, from, id, l)
}

// create makes the account and its link in one transaction. Roles and groups are never taken from what the upstream says by itself (FE10).
func (m *Module) create(ctx context.Context, from *Ready, id *Identity, claims directory.Claims) (*storage.Person, storage.ID, error) {
	if claims.String("email") == "" {
		claims["username"] = from.Row.Name + "-" + strings.ToLower(secretName())
	}
	p, link, err := m.insert(ctx, from, id, claims)
	if errs.Is(err, errs.Invalid) { // a claim that the directory does not take: who they are is not in doubt
		p, link, err = m.insert(ctx, from, id, bare(claims))
	}
	if errs.Is(err, errs.Conflict) { // somebody else was quicker with the same address, or this person in another tab
		err = errs.Wrap(errs.Conflict, "This account was just made. Start again.", err)
	}
	return p, link, err
}

func (m *Module) insert(ctx context.Context, from *Ready, id *Identity, claims directory.Claims) (p *storage.Person, link storage.ID, err error) {
	by := directory.Actor{Kind: audit.System, ID: "connector:" + from.Row.Name}
	err = m.d.Store.InTx(ctx, func(ctx context.Context) (err error) {
		if p, err = m.d.People.Create(ctx, m.d.Tenant, directory.NewPerson{Claims: claims}, by); err != nil {
			return err
		}
		if from.Settings.AskEmail && claims.String("email") == "" {
			if p, err = m.d.People.Require(ctx, m.d.Tenant, p.ID, directory.Requirements{Ask: []string{storage.RequireAddEmail}}, by); err != nil {
				return err
			}
		}
		link, err = m.connect(ctx, from, id, p.ID, "create")
		return err
	})
	return p, link, err
}

// bare are the claims that identify somebody, alone.
func bare(claims directory.Claims) directory.Claims {
	few := directory.Claims{}
	for name, value := range claims {
		if identifies(name) {
			few[name] = value
		}
	}
	return few
}

// secretName is the part of a user name that nobody chose: 60 random bits.
func secretName() string { return strings.NewReplacer("-", "x", "_", "y").Replace(secret()[:10]) }

// ask keeps the identity and has the person prove that the account is theirs. Whose it is, is not said.
func (m *Module) ask(c *gin.Context, t *trip, from *Ready, id *Identity, p *storage.Person) error {
	ticket := secret()
	id.Claims = nil // what the rules have read is not needed any more
	if err := m.depart(c, byTicket, ticket, &trip{Connector: from.Row.ID, Flow: t.Flow, Began: m.d.Now(), Found: id, Candidate: p.ID}); err != nil {
		return err
	}
	return m.d.Pages.Render(c, http.StatusOK, t.Flow, func(lang string) web.Page {
		return web.LinkAskPage{Lang: lang, Ticket: ticket, Connector: from.Row.Title, There: id.called()}
	})
}
