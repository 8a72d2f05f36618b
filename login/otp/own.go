package otp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	ownPath      = "/account/security/codes"
	securityPath = "/account/security"
)

// Account says who is signed in, and has just proved it with all they have; it makes their session stronger.
type Account interface {
	// Proved reports done when the browser was sent to sign in and will come back.
	Proved(c *gin.Context, back string) (cur *session.Current, done bool, err error)
	Strengthen(c *gin.Context, cur *session.Current, method string) error
}

// Forms makes and checks form tokens, bound to the browser.
type Forms interface {
	Token(c *gin.Context, purpose string) (string, error)
	Check(c *gin.Context, purpose string, form url.Values) error
}

// OwnDeps is what NewOwn needs; everything is required.
type OwnDeps struct {
	Factors *Module
	Account Account
	Forms   Forms
	Issuer  string // without a trailing slash
	Texts   bool   // text messages can go out: people may prove a phone number
	Now     func() time.Time
}

// Own are the pages on which a person adds and removes such factors, and their phone number.
type Own struct {
	d    OwnDeps
	asks *login.Attempts // codes that one person has sent
}

// NewOwn makes the pages.
func NewOwn(d OwnDeps) (*Own, error) {
	if d.Factors == nil || d.Account == nil || d.Forms == nil || d.Issuer == "" || d.Now == nil {
		return nil, errors.New("login/otp: a dependency is missing")
	}
	asks, err := login.NewAttempts(login.Allowance{Free: 10, First: time.Minute, Longest: time.Hour, Leak: 6 * time.Minute}, d.Now)
	return &Own{d: d, asks: asks}, err
}

// Mount adds the pages of what is in use.
func (o *Own) Mount(r httpx.Router) {
	if len(o.d.Factors.Kinds()) > 0 {
		r.Handle(http.MethodGet, ownPath, httpx.Page, o.list)
		r.Handle(http.MethodPost, ownPath, httpx.Page, o.change)
		r.Handle(http.MethodGet, ownPath+"/:kind/:id", httpx.Page, o.ask)
		r.Handle(http.MethodPost, ownPath+"/:kind/:id", httpx.Page, o.answer)
	}
	if o.d.Texts {
		r.Handle(http.MethodGet, phonePath, httpx.Page, o.phone)
		r.Handle(http.MethodPost, phonePath, httpx.Page, o.changePhone)
		r.Handle(http.MethodGet, phonePath+"/:id", httpx.Page, o.ask)
		r.Handle(http.MethodPost, phonePath+"/:id", httpx.Page, o.answer)
	}
}

func purpose(cur *session.Current) string { return "account codes " + cur.Session.ID.String() }

// submitted is a form of these pages and who sent it.
func (o *Own) submitted(c *gin.Context, back string) (cur *session.Current, form url.Values, done bool, err error) {
	if form, err = httpx.Form(c); err != nil {
		return nil, nil, false, err
	}
	if cur, done, err = o.d.Account.Proved(c, back); done || err != nil {
		return nil, nil, done, err
	}
	return cur, form, false, o.d.Forms.Check(c, purpose(cur), form)
}

func (o *Own) list(c *gin.Context) error {
	cur, done, err := o.d.Account.Proved(c, ownPath)
	if done || err != nil {
		return err
	}
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	said := map[string]string{"added": web.SentAdded, "removed": web.SentRemoved}[query.Get("done")]
	return o.page(c, cur, http.StatusOK, web.SentPage{Done: said})
}

func (o *Own) page(c *gin.Context, cur *session.Current, status int, p web.SentPage) (err error) {
	if p.CSRF, err = o.d.Forms.Token(c, purpose(cur)); err != nil {
		return err
	}
	m := o.d.Factors
	p.Lang = m.d.Pages.Locale(c.Request, "")
	for _, kind := range m.Kinds() {
		row, err := m.row(c.Request.Context(), cur.Person, kind)
		if err != nil {
			return err
		}
		if kind == KindSMS && p.Number == "" && row.ID == "" {
			p.Number = row.To
		}
		p.Factors = append(p.Factors, row)
	}
	m.d.Pages.Render(c.Writer, c.Request, status, p)
	return nil
}

// row is a kind as its person sees it: what they have, or where codes would go.
func (m *Module) row(ctx context.Context, p *storage.Person, kind string) (web.SentFactor, error) {
	row := web.SentFactor{Kind: kind}
	own, err := m.own(ctx, p, kind)
	if err != nil {
		return row, err
	}
	if own == nil {
		claims, err := m.d.Directory.Claims(p)
		row.To = claims.String(map[string]string{KindSMS: "phone_number", KindMail: "email"}[kind])
		return row, err
	}
	row.ID, row.Since = own.ID.String(), own.CreatedAt
	if own.LastUsedAt != nil {
		row.LastUsed = *own.LastUsedAt
	}
	row.To, err = m.address(own)
	return row, err
}

func (o *Own) change(c *gin.Context) error {
	cur, form, done, err := o.submitted(c, ownPath)
	if done || err != nil {
		return err
	}
	switch kind := form.Get("kind"); form.Get("action") {
	case "add":
		if !o.d.Factors.c.On(kind) {
			return errs.New(errs.NotFound, "There is nothing here.")
		}
		return o.add(c, cur, kind, form.Get("number"))
	case "ask":
		return o.page(c, cur, http.StatusOK, web.SentPage{RemoveAsk: form.Get("factor")})
	case "remove":
		return o.remove(c, cur, form.Get("factor"))
	}
	return errs.New(errs.Invalid, "There is no such action.")
}

// add sends a code to where later ones shall go, and asks for it.
func (o *Own) add(c *gin.Context, cur *session.Current, kind, typed string) error {
	m := o.d.Factors
	to, err := m.target(cur.Person, kind, typed)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Forbidden) {
		return o.unusable(c, cur, kind, typed, err)
	}
	if err != nil {
		return err
	}
	return o.begin(c, cur, kind, to, typed)
}

func (o *Own) begin(c *gin.Context, cur *session.Current, kind, to, typed string) error {
	m := o.d.Factors
	lang, err := m.lang(c, cur.Person, "")
	if err != nil {
		return err
	}
	if ok, _ := o.asks.Take(string(cur.Person.ID[:])); !ok {
		return o.tooMany(c, cur, kind, typed)
	}
	id, sent, err := m.begin(c.Request.Context(), cur, kind, to, lang)
	switch {
	case err != nil:
		return err
	case !sent:
		return o.tooMany(c, cur, kind, typed)
	}
	return httpx.SeeOther(c, o.d.Issuer+pathOf(kind)+"/"+id.String())
}

// pathOf is where codes of a kind are typed.
func pathOf(kind string) string {
	if kind == kindPhone {
		return phonePath
	}
	return ownPath + "/" + kind
}

func (o *Own) unusable(c *gin.Context, cur *session.Current, kind, typed string, err error) error {
	problem := web.FieldPhone
	if errs.Is(err, errs.Forbidden) {
		problem = web.FieldPhoneCountry
	}
	switch kind {
	case kindPhone:
		return o.phonePage(c, cur, http.StatusBadRequest, web.PhonePage{Typed: typed, NumberError: problem})
	case KindMail:
		return o.page(c, cur, http.StatusBadRequest, web.SentPage{Error: web.ProblemNoMail})
	}
	return o.page(c, cur, http.StatusBadRequest, web.SentPage{Number: typed, NumberError: problem})
}

func (o *Own) tooMany(c *gin.Context, cur *session.Current, kind, typed string) error {
	if kind == kindPhone {
		return o.phonePage(c, cur, http.StatusTooManyRequests, web.PhonePage{Typed: typed, Error: web.ProblemCodeSends})
	}
	return o.page(c, cur, http.StatusTooManyRequests, web.SentPage{Number: typed, Error: web.ProblemCodeSends})
}

// remove ends a factor of the person's own, of these kinds.
func (o *Own) remove(c *gin.Context, cur *session.Current, factor string) error {
	ctx, m := c.Request.Context(), o.d.Factors
	for _, kind := range []string{KindSMS, KindMail} {
		own, err := m.own(ctx, cur.Person, kind)
		if err != nil {
			return err
		}
		if own != nil && own.ID.String() == factor {
			if err := m.Drop(ctx, cur.Person, kind); err != nil {
				return err
			}
			return httpx.SeeOther(c, o.d.Issuer+ownPath+"?done=removed")
		}
	}
	return errs.New(errs.NotFound, "There is nothing here.")
}

// asked is the code that a page is about.
func (o *Own) asked(c *gin.Context) (kind string, id storage.ID, err error) {
	if kind = c.Param("kind"); kind == "" {
		kind = kindPhone
	} else if !o.d.Factors.c.On(kind) {
		return "", id, errs.New(errs.NotFound, "There is nothing here.")
	}
	if id, err = storage.ParseID(c.Param("id")); err != nil {
		return "", id, errs.Wrap(errs.NotFound, "There is nothing here.", err)
	}
	return kind, id, nil
}

func home(kind string) string {
	if kind == kindPhone {
		return phonePath
	}
	return ownPath
}

// ask shows the field for the code.
func (o *Own) ask(c *gin.Context) error {
	kind, id, err := o.asked(c)
	if err != nil {
		return err
	}
	cur, done, err := o.d.Account.Proved(c, home(kind))
	if done || err != nil {
		return err
	}
	return o.askPage(c, cur, kind, id, http.StatusOK, "")
}

func (o *Own) askPage(c *gin.Context, cur *session.Current, kind string, id storage.ID, status int, problem string) error {
	m := o.d.Factors
	to, err := m.waiting(c.Request.Context(), cur, kind, id)
	if errs.Is(err, errs.NotFound) && problem == "" { // ended: from the start
		return httpx.SeeOther(c, o.d.Issuer+home(kind))
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	token, err := o.d.Forms.Token(c, purpose(cur))
	if err != nil {
		return err
	}
	section := "security"
	if kind == kindPhone {
		section = "profile"
	}
	m.d.Pages.Render(c.Writer, c.Request, status, web.TypedCodePage{
		Lang: m.d.Pages.Locale(c.Request, ""), CSRF: token, Path: pathOf(kind) + "/" + id.String(), Back: home(kind), Section: section, To: to, Error: problem,
	})
	return nil
}

// answer takes the code, or has another one sent.
func (o *Own) answer(c *gin.Context) error {
	kind, id, err := o.asked(c)
	if err != nil {
		return err
	}
	cur, form, done, err := o.submitted(c, home(kind))
	if done || err != nil {
		return err
	}
	ctx, m := c.Request.Context(), o.d.Factors
	if form.Get("action") == "again" {
		to, err := m.waiting(ctx, cur, kind, id)
		if errs.Is(err, errs.NotFound) {
			return httpx.SeeOther(c, o.d.Issuer+home(kind))
		}
		if err != nil {
			return err
		}
		return o.begin(c, cur, kind, to, to)
	}
	if form.Get(login.FieldCode) == "" {
		return o.askPage(c, cur, kind, id, http.StatusBadRequest, web.ProblemCodeMissing)
	}
	ok, err := m.confirm(ctx, cur, kind, id, form.Get(login.FieldCode))
	if err != nil {
		return err
	}
	if !ok {
		return o.askPage(c, cur, kind, id, http.StatusForbidden, web.ProblemSentCode)
	}
	return o.added(c, cur, kind)
}

// added leads back; the session then stands on the new factor, too: both were proved just now.
func (o *Own) added(c *gin.Context, cur *session.Current, kind string) error {
	if kind != kindPhone {
		method := (&Factor{m: o.d.Factors, kind: kind}).amr()[0]
		if err := o.d.Account.Strengthen(c, cur, method); err != nil {
			return err
		}
	}
	return httpx.SeeOther(c, o.d.Issuer+home(kind)+"?done=added")
}
