package qr

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// try is one request of either side on its way through its tables.
type try struct {
	m *Module
	c *gin.Context

	// of the phone
	token  string
	link   []byte
	number string
	cur    *session.Current

	// of the browser that asks
	step   *login.Step
	still  bool // the page does not look again by itself
	person *storage.Person

	row    *storage.QRSignIn
	secret secret
	asker  asker
	word   word
}

// unseal opens what the row keeps.
func (a *try) unseal() error {
	if err := a.m.open(a.row, "secret", a.row.Secret, &a.secret); err != nil {
		return err
	}
	if err := a.m.open(a.row, "request", a.row.Request, &a.asker); err != nil {
		return err
	}
	return a.m.open(a.row, "decision", a.row.Decision, &a.word)
}

// here is the device of this request.
func here(c *gin.Context) device {
	agent := c.Request.UserAgent()
	return device{Agent: strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], ""), IP: httpx.ClientIP(c)}
}

// move is what who is signed in on the phone does. With proof it says what their session proves.
func (a *try) move(proof bool) (storage.QRMove, error) {
	cmd := storage.QRMove{Tenant: a.row.Tenant, ID: a.row.ID, Person: a.cur.Person.ID, Session: a.cur.Session.ID, Now: a.m.d.Now()}
	said := word{device: here(a.c)}
	if proof {
		said.AMR, said.AuthTime = conveyed(a.cur.Session.AMR), a.cur.Session.AuthTime
	}
	var err error
	cmd.Decision, err = a.m.seal(a.row, "decision", said)
	return cmd, err
}

// event is what one side did, with the other one's device. request is in those of both.
func (a *try) event(ctx context.Context, typ, severity, outcome, reason string) *storage.AuditEvent {
	other, who := a.word.device, a.row.Person
	if a.cur != nil {
		other, who = a.asker.device, a.cur.Person.ID
	}
	data := map[string]any{"request": a.row.ID.String(), "other_device": other.Agent}
	if other.IP.IsValid() {
		data["other_ip"] = other.IP.String()
	}
	return a.m.d.Audit.Row(ctx, a.row.Tenant, audit.Event{
		Type: typ, Severity: severity, ActorKind: audit.Person, Actor: who.String(), Target: "person:" + who.String(), Client: a.asker.Client, Outcome: outcome,
		Reason: reason, Data: data,
	})
}

// refused counts what was refused; which check it was is in the log.
func (a *try) refused(reason string) {
	r := audit.Refusal{Tenant: a.m.d.Steps.Tenant(), IP: httpx.ClientIP(a.c), Reason: "qr_" + reason}
	if a.cur != nil {
		r.Person = a.cur.Person.ID
	}
	a.m.d.Failures.Add(r)
	a.m.d.Meter.AuthRequest(kind, "refused")
	a.m.d.Meter.FailedLogin(kind, reason)
}
