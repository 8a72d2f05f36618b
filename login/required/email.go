package required

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	purposeEmail = "required_email"
	codeLife     = 15 * time.Minute
)

func gone() error { return errs.New(errs.NotFound, "This code works no longer.") }

func showEmail(m *Module, v *visit) error {
	return m.emailPage(v, http.StatusOK, web.RequiredPage{})
}

func (m *Module) emailPage(v *visit, status int, p web.RequiredPage) error {
	own, err := m.d.Directory.Claims(v.person)
	if err != nil {
		return err
	}
	p.Action, p.To = web.RequiredEmail, own.String("email")
	return m.render(v, status, p)
}

// takeEmail sends a code, or takes one.
func takeEmail(m *Module, v *visit) error {
	if v.form.Get("send") == "1" {
		return m.send(v)
	}
	if v.form.Get("code") == "" {
		return m.emailPage(v, http.StatusBadRequest, web.RequiredPage{Sent: true, Error: web.ProblemCodeMissing})
	}
	code, err := m.d.Codes.Try(v.ctx(), purposeEmail, v.st.Flow.ID, v.person.ID) // counted before it is judged
	if err == nil && !m.d.Codes.Typed(code, v.form.Get("code"), onetime.Bound(v.person)) {
		err = gone()
	}
	if err == nil {
		err = m.confirm(v, code)
	}
	if errs.Is(err, errs.NotFound) {
		return m.emailPage(v, http.StatusForbidden, web.RequiredPage{Sent: true, Error: web.ProblemSentCode})
	}
	if err != nil {
		return err
	}
	return m.on(v)
}

// send mails a code to the address as it stands.
func (m *Module) send(v *visit) error {
	own, err := m.d.Directory.Claims(v.person)
	if err != nil {
		return err
	}
	to, lang := own.String("email"), own.String("locale")
	if lang == "" {
		lang = m.d.Steps.Lang(v.c, v.st)
	}
	sent := false
	if ok, _ := m.d.Asks.Take(string(v.person.ID[:])); ok {
		sent, err = m.d.Notify.Request(v.ctx(), notify.Request{Kind: web.MailConfirm, To: to, Known: true}, func(ctx context.Context) error {
			code, err := m.d.Codes.Issue(ctx, onetime.Order{
				Purpose: purposeEmail, Person: v.person.ID, Flow: v.st.Flow.ID, Channel: notify.MailKind, Bound: onetime.Bound(v.person), Life: codeLife, Typed: true,
			})
			if err != nil {
				return err
			}
			return m.d.Notify.Send(ctx, notify.Mail{To: to, Until: code.Until, Mail: web.Mail{Kind: web.MailConfirm, Lang: lang, Code: code.Code, Valid: codeLife}})
		})
	}
	if err != nil {
		return err
	}
	if !sent {
		return m.emailPage(v, http.StatusTooManyRequests, web.RequiredPage{Error: web.ProblemRequiredSends})
	}
	return m.emailPage(v, http.StatusOK, web.RequiredPage{Sent: true})
}

// confirm spends the code, writes the address down as proved and meets the demand, in one transaction. errs.NotFound when another request has spent it, or
// the person has changed since: the address that was proved must be the one that stands.
func (m *Module) confirm(v *visit, code *storage.Code) error {
	return m.spend(v, code, func(ctx context.Context, actor directory.Actor) error {
		now, err := m.d.Directory.Update(ctx, v.person.Tenant, v.person.ID, directory.UpdatePerson{Claims: directory.Claims{"email_verified": true}}, actor)
		if err != nil {
			return err
		}
		if !bytes.Equal(onetime.Bound(now), onetime.Bound(v.person)) {
			return gone()
		}
		if !now.Required.Has(storage.RequireVerifyEmail) {
			return nil
		}
		_, err = m.d.Directory.Require(ctx, now.Tenant, now.ID, directory.Requirements{Lift: []string{storage.RequireVerifyEmail}}, actor)
		return err
	})
}

// spend spends a code that proves an address and does what follows from it, in one transaction with its event. errs.NotFound when another request has spent it.
func (m *Module) spend(v *visit, code *storage.Code, then func(ctx context.Context, actor directory.Actor) error) error {
	actor := self(v)
	ev := m.d.Audit.Row(v.ctx(), v.person.Tenant, audit.Event{
		Type: audit.UserEmailVerify, Severity: audit.Notice, ActorKind: actor.Kind, Actor: actor.ID, Target: "person:" + actor.ID,
	})
	return m.d.Tx.InTx(v.ctx(), func(ctx context.Context) error {
		first, err := m.d.Codes.Spend(ctx, code.ID, ev)
		if err != nil {
			return err
		}
		if !first {
			return gone()
		}
		return then(ctx, actor)
	})
}
