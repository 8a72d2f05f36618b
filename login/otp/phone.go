package otp

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/web"
)

// kindPhone is a number that stands in the profile and is no factor by that. It is proved as one is.
const kindPhone = "phone"

const phonePath = "/account/phone"

func (o *Own) phone(c *gin.Context) error {
	cur, done, err := o.d.Account.Proved(c, phonePath)
	if done || err != nil {
		return err
	}
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	said := map[string]string{"added": web.PhoneAdded, "removed": web.PhoneRemoved}[query.Get("done")]
	return o.phonePage(c, cur, http.StatusOK, web.PhonePage{Done: said})
}

func (o *Own) phonePage(c *gin.Context, cur *session.Current, status int, p web.PhonePage) (err error) {
	m := o.d.Factors
	own, err := m.d.Directory.Claims(cur.Person)
	if err != nil {
		return err
	}
	factor, err := m.own(c.Request.Context(), cur.Person, KindSMS)
	if err != nil {
		return err
	}
	if p.CSRF, err = o.d.Forms.Token(c, purpose(cur)); err != nil {
		return err
	}
	p.Lang, p.Number, p.Verified, p.Factor = m.d.Pages.Locale(c.Request, ""), own.String("phone_number"), own.Bool("phone_number_verified"), factor != nil
	m.d.Pages.Render(c.Writer, c.Request, status, p)
	return nil
}

func (o *Own) changePhone(c *gin.Context) error {
	cur, form, done, err := o.submitted(c, phonePath)
	if done || err != nil {
		return err
	}
	switch form.Get("action") {
	case "add":
		return o.add(c, cur, kindPhone, form.Get("number"))
	case "ask":
		return o.phonePage(c, cur, http.StatusOK, web.PhonePage{RemoveAsk: true})
	case "remove":
		return o.removePhone(c, cur)
	}
	return errs.New(errs.Invalid, "There is no such action.")
}

// removePhone takes the number out of the profile, with the factor that sends codes to it.
func (o *Own) removePhone(c *gin.Context, cur *session.Current) error {
	m, p := o.d.Factors, cur.Person
	err := m.d.Store.InTx(c.Request.Context(), func(ctx context.Context) error {
		if err := m.Drop(ctx, p, KindSMS); err != nil {
			return err
		}
		gone := directory.UpdatePerson{Claims: directory.Claims{"phone_number": nil, "phone_number_verified": nil}}
		_, err := m.d.Directory.Update(ctx, p.Tenant, p.ID, gone, directory.Actor{Kind: audit.Person, ID: p.ID.String()})
		return err
	})
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, o.d.Issuer+phonePath+"?done=removed")
}
