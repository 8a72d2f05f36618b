package device

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// decidePurpose binds the form to the session and to the request that was shown: the form of another page, or of a page that showed another request,
// is no answer.
func decidePurpose(v *visitor, id storage.ID) string {
	return "device " + v.session.ID.String() + " " + id.String()
}

// decide takes the person's answer.
func (e *Endpoint) decide(c *gin.Context) error {
	form, err := httpx.Form(c, "scope")
	if err != nil {
		return err
	}
	id, err := storage.ParseID(form.Get("request"))
	if err != nil {
		return errs.New(errs.Invalid, "This form does not say what it answers.")
	}
	v, done, err := e.visitor(c, path)
	if done || err != nil {
		return err
	}
	if err := e.d.Forms.Check(c, decidePurpose(v, id), form); err != nil {
		return err
	}
	f, err := e.byID(c.Request.Context(), v.person, id)
	if errs.Is(err, errs.NotFound) {
		return e.over(c)
	}
	if errs.Is(err, errs.Forbidden) {
		return e.denied(c, f)
	}
	if err != nil {
		return err
	}
	granted, err := answerOf(form, f.shown)
	if err != nil {
		return err
	}
	if granted == nil {
		return e.record(c, v, f, nil)
	}
	return e.meet(c, v, f, func() error { return e.record(c, v, f, granted) })
}

// answerOf are the scopes of a yes; nil is a no. A yes to nothing of what was asked is one too.
func answerOf(form url.Values, shown []web.ConsentScope) ([]string, error) {
	switch form.Get("decision") {
	case "deny":
		return nil, nil
	case "allow":
		granted := core.Chosen(shown, form["scope"])
		if len(shown) > 0 && len(granted) == 0 {
			return nil, nil
		}
		return granted, nil
	}
	return nil, errs.New(errs.Invalid, "Choose to allow or to cancel.")
}

func (e *Endpoint) byID(ctx context.Context, p *storage.Person, id storage.ID) (*found, error) {
	row, err := e.d.Store.PendingByID(ctx, e.d.Tenant, id)
	if err != nil {
		return nil, err
	}
	return e.open(ctx, p, row)
}

// record writes the answer down; only an open request takes one.
func (e *Endpoint) record(c *gin.Context, v *visitor, f *found, granted []string) error {
	ctx := c.Request.Context()
	now := e.d.Now()
	cmd := storage.DecidePending{Tenant: e.d.Tenant, ID: f.row.ID, Person: v.person.ID, Session: v.session.ID, Approve: granted != nil, Now: now}
	kind := audit.ConsentDeny
	if cmd.Approve {
		kind = audit.ConsentGrant
		sealed, err := core.SealDecision(e.d.Vault, e.d.Tenant, f.row.ID, core.DecisionIn(v.session, granted))
		if err != nil {
			return err
		}
		cmd.Decision = sealed
	}
	ev := e.d.Audit.Row(ctx, e.d.Tenant, audit.Event{
		Type: kind, Severity: audit.Info, ActorKind: audit.Person, Actor: v.person.ID.String(), Target: "client:" + f.client.ID.String(),
		Client: f.client.ClientID, Outcome: audit.Success, Reason: "device", Data: map[string]any{"scopes": granted, "resources": f.waiting.Resources},
	})
	decided, err := e.d.Store.DecidePending(ctx, cmd, ev)
	if err != nil {
		return err
	}
	if !decided {
		return e.over(c)
	}
	return e.d.Pages.Show(c, http.StatusOK, web.DeviceDonePage{Lang: e.d.Pages.Language(c), ClientName: f.client.Name(), Allowed: cmd.Approve})
}

// over says that the request does not wait any more.
func (e *Endpoint) over(c *gin.Context) error {
	return e.ask(c, http.StatusNotFound, web.DevicePage{Error: web.DeviceCodeUnknown})
}
