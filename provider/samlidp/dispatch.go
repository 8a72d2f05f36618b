package samlidp

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// visit is one arrival of the browser with a request that was judged.
type visit struct {
	e      *Endpoint
	flow   *flow.Flow
	sealed string
	step   string // signed token of the step that sent the browser back, or ""

	app      *App
	client   *core.Client
	acs      string
	contexts []string

	who    *SignedIn
	goTo   string // the step that is needed next
	status string // what the application is told when it cannot be had
	told   bool   // the person saw why
}

// dispatch decides what the person must do next, and answers the application when nothing is left. No step calls another: each comes back here.
func (e *Endpoint) dispatch(c *gin.Context, fl *flow.Flow, sealed, step string) error {
	ctx := c.Request.Context()
	v := &visit{e: e, flow: fl, sealed: sealed, step: step}
	err := samlxml.Judge(ctx, v, rowsKept())
	if err == nil {
		if v.who, err = e.d.Sessions.SAMLSession(c); err == nil {
			err = samlxml.Judge(ctx, v, rowsNeeds())
		}
	}
	no, refused := errors.AsType[*samlxml.Refusal](err)
	if err != nil && !refused {
		return err
	}
	if !refused {
		return e.issue(c, v)
	}
	if v.goTo != "" && !fl.Params.Has(keptPassive) {
		return httpx.SeeOther(c, e.d.Base+stepPath(v.goTo)+"?"+url.Values{"flow": {sealed}}.Encode())
	}
	return v.refuse(c, no)
}

func stepPath(step string) string {
	switch step {
	case flow.StepConsent:
		return "/consent"
	case flow.StepMFA:
		return "/login/mfa"
	case flow.StepRequired:
		return "/login/required"
	case flow.StepDenied:
		return "/login/denied"
	}
	return "/login"
}

// refuse tells the application, once it is settled which it is; what concerns somebody who is signed in is on record.
func (v *visit) refuse(c *gin.Context, no *samlxml.Refusal) error {
	e, ctx := v.e, c.Request.Context()
	verdict.Log(ctx, e.d.Log, "saml", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, httpx.ErrorID(c))
	e.d.Meter.AuthRequest("saml", "refused")
	if v.acs == "" {
		return e.d.Pages.ErrorPage(c, errs.Invalid.Status(), "invalid_request", "This sign-in request of an application was not accepted.", httpx.ErrorID(c))
	}
	if v.who != nil && v.goTo == "" {
		if err := e.d.Store.AppendAudit(ctx, v.event(c, audit.SAMLRefuse, audit.Failure, no.Reason)); err != nil {
			return err
		}
	}
	status := v.status
	if v.goTo != "" && v.flow.Params.Has(keptPassive) {
		status = statusNoPassive
	}
	if status == "" {
		status = statusFailed
	}
	return e.respond(c, v.answer(status))
}

func (v *visit) event(c *gin.Context, kind, outcome, reason string) *auditRow {
	return v.e.d.Audit.Row(c.Request.Context(), v.e.d.Tenant, audit.Event{
		Type: kind, Severity: audit.Info, ActorKind: audit.Person, Actor: v.who.Person.ID.String(), Target: "saml_app:" + v.app.Row.Name, Client: v.app.ID(), Outcome: outcome,
		Reason: reason, Data: map[string]any{"initiated": v.flow.Params.Get(keptID) == "", "session": v.who.Session.ID.String()},
	})
}

func (v *visit) answer(status string) answer {
	p := v.flow.Params
	return answer{app: v.app, acs: v.acs, request: p.Get(keptID), relay: p.Get(keptRelay), status: status}
}

// contextsOf undoes the joining of classes.
func contextsOf(kept string) []string {
	if kept == "" {
		return nil
	}
	return strings.Split(kept, "\n")
}
