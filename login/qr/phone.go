package qr

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// visitor is who opens a link. Until somebody is signed in nothing is looked up; done says that the browser was sent to sign in and will come back.
func (m *Module) visitor(c *gin.Context, token string) (a *try, done bool, err error) {
	a = &try{m: m, c: c, token: token}
	if _, _, ok := parse(token); !ok {
		return a, true, a.ended()
	}
	if a.cur, err = m.d.Steps.Current(c); err != nil {
		return nil, true, err
	}
	if a.cur == nil {
		return nil, true, m.d.Steps.Back(c, linkPath(token), nil)
	}
	return a, false, nil
}

// waits judges the link; done says that the person was told that it has ended.
func (a *try) waits() (done bool, err error) {
	reason, err := a.m.judge(a, rows().link)
	if err != nil || reason == "" {
		return false, err
	}
	return true, a.ended()
}

// look shows who asks, or takes the number once the person has said to go on. It changes nothing: whatever follows links does no harm.
func (m *Module) look(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	a, done, err := m.visitor(c, query.Get("token"))
	if done || err != nil {
		return err
	}
	if done, err := a.waits(); done || err != nil {
		return err
	}
	return a.ask(http.StatusOK, "")
}

// ask is the page of the phone.
func (a *try) ask(status int, problem string) error {
	token, err := a.m.d.Steps.Token(a.c, a.purpose())
	if err != nil {
		return err
	}
	client, err := a.client(a.c.Request.Context())
	if err != nil {
		return err
	}
	name, identifier := a.m.d.Steps.Display(a.cur.Person)
	lang := a.m.d.Steps.Lang(a.c, nil)
	a.m.d.Steps.Render(a.c, status, web.QRAskPage{
		Lang: lang, CSRF: token, Token: a.token, ClientName: client.Name, ClientHost: client.Host, Verified: client.Verified,
		Number: a.row.State == storage.QRSeen, Asks: a.m.shown(a.asker.device, lang), Elsewhere: a.m.elsewhere(a.asker.IP, httpx.ClientIP(a.c)), At: a.row.CreatedAt,
		Until: a.row.ExpiresAt, Error: problem, Person: name, PersonIdentifier: identifier,
	})
	return nil
}

// client is the application that the sign-in is for; empty for our own pages, and for one that has gone meanwhile.
func (a *try) client(ctx context.Context) (login.Client, error) {
	if a.asker.Client == "" {
		return login.Client{}, nil
	}
	client, err := a.m.d.Clients.ClientDisplay(ctx, a.m.d.Steps.Tenant(), a.asker.Client)
	if errs.Is(err, errs.NotFound) {
		return login.Client{}, nil
	}
	return client, err
}

// elsewhere says how far who asks is from the phone. Where countries are known they say it: a phone is often in another network than the desk it lies on.
func (m *Module) elsewhere(asks, phone netip.Addr) string {
	there, here := m.d.Country(asks), m.d.Country(phone)
	switch {
	case there != "" && here != "" && there != here:
		return web.QROtherCountry
	case there != "" && here != "", ratelimit.AddrKey(asks) == ratelimit.AddrKey(phone):
		return ""
	}
	return web.QROtherNetwork
}

// purpose binds the form to the session and the link that it was shown for.
func (a *try) purpose() string { return "account qr " + a.cur.Session.ID.String() + " " + a.token }

// answer takes what the person says.
func (m *Module) answer(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	a, done, err := m.visitor(c, form.Get("token"))
	if done || err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, a.purpose(), form); err != nil {
		return err
	}
	if done, err := a.waits(); done || err != nil {
		return err
	}
	switch form.Get("decision") {
	case "deny":
		return a.deny()
	case "go":
		return a.unlessHeld(a.see)
	case "allow":
		return a.unlessHeld(func() error { return a.allow(form) })
	}
	return errs.New(errs.Invalid, "Choose to go on or to refuse.")
}

// see makes it the person's, and the browser that asks shows the number and this device.
func (a *try) see() error {
	cmd, err := a.move(false)
	if err != nil {
		return err
	}
	seen, err := a.m.d.Store.SeeQR(a.c.Request.Context(), cmd, nil)
	if err != nil {
		return err
	}
	if !seen && a.row.State != storage.QRSeen { // pressed twice is no harm
		return a.ended()
	}
	return httpx.SeeOther(a.c, a.m.d.Steps.Link(phonePath, "token", a.token))
}

// allow takes the number. What cannot be one is no try; a wrong one is the last.
func (a *try) allow(form url.Values) error {
	typed := form.Get("number")
	number, ok := digits(typed)
	switch {
	case typed == "":
		return a.ask(http.StatusBadRequest, web.QRNumberMissing)
	case !ok:
		return a.ask(http.StatusBadRequest, web.QRNumberFormat)
	}
	a.number = number
	reason, err := a.m.judge(a, rows().allow)
	switch {
	case err != nil:
		return err
	case reason == reasonNumber:
		return a.wrong()
	case reason != "":
		return a.ended()
	}
	return a.done(web.QRAllowed)
}

// wrong ends it for good: of three guesses none is a second one.
func (a *try) wrong() error {
	ctx := a.c.Request.Context()
	cmd, err := a.move(false)
	if err != nil {
		return err
	}
	if _, err := a.m.d.Store.DenyQR(ctx, cmd, a.event(ctx, audit.QRDeny, audit.Warning, audit.Failure, reasonNumber)); err != nil {
		return err
	}
	a.refused(reasonNumber)
	return a.ended()
}

// deny ends it at once: it was somebody else.
func (a *try) deny() error {
	ctx := a.c.Request.Context()
	cmd, err := a.move(false)
	if err != nil {
		return err
	}
	denied, err := a.m.d.Store.DenyQR(ctx, cmd, a.event(ctx, audit.QRDeny, audit.Warning, audit.Success, "not_me"))
	if err != nil {
		return err
	}
	if !denied {
		return a.ended()
	}
	a.m.d.Meter.AuthRequest(kind, "denied")
	return a.done(web.QRDenied)
}

func (a *try) done(outcome web.QROutcome) error {
	client, err := a.client(a.c.Request.Context())
	if err != nil {
		return err
	}
	a.m.d.Steps.Render(a.c, http.StatusOK, web.QRDonePage{Lang: a.m.d.Steps.Lang(a.c, nil), ClientName: client.Name, Outcome: outcome})
	return nil
}

// ended is the one answer to every link that works no longer, or never did, and to a wrong number.
func (a *try) ended() error {
	a.m.d.Steps.Render(a.c, http.StatusNotFound, web.QRDonePage{Lang: a.m.d.Steps.Lang(a.c, nil), Outcome: web.QREnded})
	return nil
}

// rejected says that a rule keeps this person from allowing it.
func (a *try) rejected() error {
	client, err := a.client(a.c.Request.Context())
	if err != nil {
		return err
	}
	a.m.d.Steps.Render(a.c, http.StatusForbidden, web.DeniedPage{Lang: a.m.d.Steps.Lang(a.c, nil), ClientName: cmp.Or(client.Name, client.Host)})
	return nil
}
