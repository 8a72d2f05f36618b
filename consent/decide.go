package consent

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/storage"
)

// decide takes the person's answer and hands over to the dispatcher.
func (m *Module) decide(c *gin.Context) error {
	form, err := httpx.Form(c, "scope")
	if err != nil {
		return err
	}
	a, done, err := m.open(c, form.Get("flow"))
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, a.purpose(), form); err != nil {
		return err
	}
	switch form.Get("decision") {
	case "allow":
		return m.allow(c, a, form)
	case "deny":
		return m.deny(c, a)
	}
	return errs.New(errs.Invalid, "Choose to allow or to cancel.")
}

// allow remembers the answer in one transaction with its event.
func (m *Module) allow(c *gin.Context, a *asked, form url.Values) error {
	ctx := c.Request.Context()
	granted, declined := divide(a.view.Scopes, form["scope"])
	before, err := m.declined(c, a)
	if err != nil {
		return err
	}
	now := m.d.Now()
	answer := &storage.Consent{
		Tenant: m.d.Tenant, ID: storage.NewID(now), Person: a.cur.Person.ID, Client: a.view.Client, Scopes: lasting(a.view.Scopes, granted),
		Declined: stillOff(before, granted, declined), Resources: a.view.Resources, Binding: a.view.Binding, CreatedAt: now, UpdatedAt: now,
	}
	ev := m.event(c, a, audit.ConsentGrant, map[string]any{"scopes": granted, "declined": declined, "resources": a.view.Resources})
	if err := m.d.Consents.UpsertConsent(ctx, answer, ev); err != nil {
		return err
	}
	return m.leave(c, a, map[string]string{"scope": strings.Join(granted, " ")})
}

// deny changes nothing that is remembered.
func (m *Module) deny(c *gin.Context, a *asked) error {
	if err := m.d.Events.AppendAudit(c.Request.Context(), m.event(c, a, audit.ConsentDeny, nil)); err != nil {
		return err
	}
	return m.leave(c, a, map[string]string{"deny": "1"})
}

func (m *Module) leave(c *gin.Context, a *asked, data map[string]string) error {
	token := m.d.Flows.SignStep(flow.Step{Flow: a.flow.ID, Step: flow.StepConsent, Person: a.cur.Person.ID, Session: a.cur.Session.ID, Data: data})
	return httpx.SeeOther(c, m.d.Flows.ReturnURL(m.d.Issuer, a.sealed, token))
}

func (m *Module) event(c *gin.Context, a *asked, typ string, data map[string]any) *storage.AuditEvent {
	return m.d.Audit.Row(c.Request.Context(), m.d.Tenant, audit.Event{
		Type: typ, ActorKind: audit.Person, Actor: a.cur.Person.ID.String(), Target: "client:" + a.view.Client.String(), Client: a.view.ClientID, Data: data,
	})
}

// divide is the rule of what is granted: displayed, requested, and either not
// optional, allowed before, or switched on. Whatever else a form says is not looked at (SE03).
func divide(displayed []Scope, on []string) (granted, declined []string) {
	granted, declined = []string{}, []string{}
	for _, s := range displayed {
		if s.Optional && !s.Allowed && !slices.Contains(on, s.Name) {
			declined = append(declined, s.Name)
			continue
		}
		granted = append(granted, s.Name)
	}
	return granted, declined
}

// lasting leaves out what must be asked each time.
func lasting(displayed []Scope, granted []string) []string {
	out := []string{}
	for _, s := range displayed {
		if !s.Once && slices.Contains(granted, s.Name) {
			out = append(out, s.Name)
		}
	}
	return out
}

// declined is what the person switched off the last time.
func (m *Module) declined(c *gin.Context, a *asked) ([]string, error) {
	before, err := m.d.Consents.ConsentFor(c.Request.Context(), m.d.Tenant, a.cur.Person.ID, a.view.Client)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return before.Declined, nil
}

// stillOff adds to what was switched off now what was switched off before and was
// not on this page: storage replaces the list, while allowed scopes only grow.
func stillOff(before, granted, declined []string) []string {
	off := slices.Clone(declined)
	for _, s := range before {
		if !slices.Contains(granted, s) && !slices.Contains(off, s) {
			off = append(off, s)
		}
	}
	return off
}
