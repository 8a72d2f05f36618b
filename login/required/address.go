package required

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const purposeAddress = "required_address"

// maxAddress bounds what is typed, in bytes (RFC 5321 section 4.5.3.1.3).
const maxAddress = 256

func addressDue(_ *Rules, p *storage.Person, own directory.Claims) bool {
	return p.Required.Has(storage.RequireAddEmail) && own.String("email") == ""
}

func showAddress(m *Module, v *visit) error {
	return m.addressPage(v, http.StatusOK, web.RequiredPage{})
}

func (m *Module) addressPage(v *visit, status int, p web.RequiredPage) error {
	p.Action = web.RequiredAddress
	return m.render(v, status, p)
}

// takeAddress sends a code to an address that was typed, or takes one. Nothing is written down before the address is proved.
func takeAddress(m *Module, v *visit) error {
	to := strings.TrimSpace(v.form.Get("email"))
	if v.form.Get("send") == "1" {
		return m.sendTo(v, to)
	}
	page := web.RequiredPage{Sent: true, To: to}
	if v.form.Get("code") == "" {
		page.Error = web.ProblemCodeMissing
		return m.addressPage(v, http.StatusBadRequest, page)
	}
	code, err := m.d.Codes.Try(v.ctx(), purposeAddress, v.st.Flow.ID, v.person.ID) // counted before it is judged
	if err == nil && !m.d.Codes.Typed(code, v.form.Get("code"), onetime.Bound(v.person)) {
		err = gone()
	}
	if err == nil {
		err = m.add(v, code)
	}
	switch {
	case errs.Is(err, errs.NotFound):
		page.Error = web.ProblemSentCode
		return m.addressPage(v, http.StatusForbidden, page)
	case errs.Is(err, errs.Conflict): // whoever proves an address may know that it has an account
		return m.addressPage(v, http.StatusConflict, web.RequiredPage{To: to, Error: web.ProblemRequiredTaken})
	case err != nil:
		return err
	}
	return m.on(v)
}

// sendTo mails a code to an address that nobody has proved yet; whether it is somebody's here, is not said.
func (m *Module) sendTo(v *visit, to string) error {
	if _, err := directory.CanonicalEmail(to); err != nil || len(to) > maxAddress {
		return m.addressPage(v, http.StatusBadRequest, web.RequiredPage{To: to[:min(len(to), maxAddress)], Error: web.ProblemSignupAddress})
	}
	sent, err := false, error(nil)
	if ok, _ := m.d.Asks.Take(string(v.person.ID[:])); ok {
		sent, err = m.d.Notify.Request(v.ctx(), notify.Request{Kind: web.MailConfirm, To: to, Known: true, Stranger: true}, func(ctx context.Context) error {
			code, err := m.d.Codes.Issue(ctx, onetime.Order{
				Purpose: purposeAddress, Person: v.person.ID, Flow: v.st.Flow.ID, Channel: notify.MailKind, Bound: onetime.Bound(v.person), Data: []byte(to), Life: codeLife, Typed: true,
			})
			if err != nil {
				return err
			}
			return m.d.Notify.Send(ctx, notify.Mail{To: to, Until: code.Until, Mail: web.Mail{Kind: web.MailConfirm, Lang: m.d.Steps.Lang(v.c, v.st), Code: code.Code, Valid: codeLife}})
		})
	}
	if err != nil {
		return err
	}
	if !sent {
		return m.addressPage(v, http.StatusTooManyRequests, web.RequiredPage{To: to, Error: web.ProblemRequiredSends})
	}
	return m.addressPage(v, http.StatusOK, web.RequiredPage{Sent: true, To: to})
}

// add spends the code, writes the address that it was sent to down as proved and meets the demand, in one transaction.
func (m *Module) add(v *visit, code *storage.Code) error {
	to, err := m.d.Codes.Data(code)
	if err != nil {
		return err
	}
	return m.spend(v, code, func(ctx context.Context, actor directory.Actor) error {
		now, err := m.d.Directory.Require(ctx, v.person.Tenant, v.person.ID, directory.Requirements{Lift: []string{storage.RequireAddEmail}}, actor)
		if err != nil {
			return err
		}
		if !bytes.Equal(onetime.Bound(now), onetime.Bound(v.person)) { // another address was added meanwhile
			return gone()
		}
		claims := directory.Claims{"email": string(to), "email_verified": true}
		_, err = m.d.Directory.Update(ctx, v.person.Tenant, v.person.ID, directory.UpdatePerson{Claims: claims}, actor)
		return err
	})
}
