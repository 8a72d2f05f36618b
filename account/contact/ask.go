package contact

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// show is the address as it stands. What changes an identifier wants a fresh sign-in.
func (m *Module) show(c *gin.Context) error {
	cur, done, err := m.d.Account.Proved(c, emailPath)
	if done || err != nil {
		return err
	}
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	said := map[string]string{"verified": web.EmailVerified, "changed": web.EmailChanged}[query.Get("done")]
	return m.page(c, cur, http.StatusOK, web.EmailPage{Done: said})
}

func (m *Module) page(c *gin.Context, cur *session.Current, status int, p web.EmailPage) (err error) {
	own, err := m.d.Directory.Claims(cur.Person)
	if err != nil {
		return err
	}
	if p.CSRF, err = m.d.Forms.Token(c, purpose(cur)); err != nil {
		return err
	}
	p.Lang, p.Email, p.Verified = m.lang(c), own.String("email"), own.Bool("email_verified")
	return m.render(c, status, p)
}

// ask sends a link and a code: to the address as it stands, or to the one that shall take its place.
func (m *Module) ask(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.d.Account.Proved(c, emailPath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, purpose(cur), form); err != nil {
		return err
	}
	own, err := m.d.Directory.Claims(cur.Person)
	if err != nil {
		return err
	}
	w := &wish{cur: cur, old: own.String("email"), lang: own.String("locale")}
	if w.lang == "" {
		w.lang = m.lang(c)
	}
	switch form.Get("action") {
	case "verify":
		w.to = w.old
	case "change":
		w.to = strings.TrimSpace(form.Get("email"))
	}
	if problem := w.problem(); problem != "" {
		return m.page(c, cur, http.StatusBadRequest, web.EmailPage{Typed: w.to, FieldError: problem})
	}
	if ok, _ := m.d.Asks.Take(string(cur.Person.ID[:])); !ok {
		return m.page(c, cur, http.StatusTooManyRequests, web.EmailPage{Typed: w.to, Error: web.ProblemCodeSends})
	}
	id, sent, err := m.send(c.Request.Context(), w)
	if err != nil {
		return err
	}
	if !sent {
		return m.page(c, cur, http.StatusTooManyRequests, web.EmailPage{Typed: w.to, Error: web.ProblemCodeSends})
	}
	return httpx.SeeOther(c, m.d.Issuer+emailPath+"/code/"+id.String())
}

// wish is an address that somebody wants to be theirs.
type wish struct {
	cur           *session.Current
	old, to, lang string
}

// change says that another address shall take the place of the one that stands.
func (w *wish) change() bool {
	a, errA := directory.CanonicalEmail(w.old)
	b, errB := directory.CanonicalEmail(w.to)
	return errA != nil || errB != nil || a != b
}

func (w *wish) problem() string {
	if _, err := directory.CanonicalEmail(w.to); err != nil || len(w.to) > 254 {
		return web.FieldEmail
	}
	if w.to != w.old && !w.change() {
		return web.FieldEmailSame
	}
	return ""
}

// send writes what belongs together: link and code to the new address, and the notice to the old one, by which it calls the change off. An address that is
// somebody's already gets another mail, and the page says the same.
func (m *Module) send(ctx context.Context, w *wish) (id storage.ID, sent bool, err error) {
	taken, err := m.taken(ctx, w)
	if err != nil {
		return id, false, err
	}
	p := w.cur.Person
	sent, err = m.d.Notify.Request(ctx, notify.Request{Kind: web.MailVerify, To: w.to, Known: true}, func(ctx context.Context) error {
		code, err := m.d.Codes.Issue(ctx, onetime.Order{
			Purpose: purposeConfirm, Person: p.ID, Channel: notify.MailKind, Bound: onetime.Bound(p), Data: []byte(w.to), Life: lifetime, Link: true, Typed: true,
		})
		if err != nil {
			return err
		}
		id = code.ID
		mail := notify.Mail{To: w.to, Path: "/login", Mail: web.Mail{Kind: web.MailTaken, Lang: w.lang}}
		if !taken {
			mail = notify.Mail{
				To: w.to, Path: confirmPath + "?" + url.Values{"token": {code.Token}}.Encode(), Until: code.Until,
				Mail: web.Mail{Kind: web.MailVerify, Lang: w.lang, Code: code.Code, Valid: lifetime},
			}
		}
		if err := m.d.Notify.Send(ctx, mail); err != nil || w.old == "" || !w.change() {
			return err
		}
		return m.warn(ctx, w)
	})
	return id, sent, err
}

// warn tells the old address.
func (m *Module) warn(ctx context.Context, w *wish) error {
	p := w.cur.Person
	link, err := m.d.Codes.Issue(ctx, onetime.Order{
		Purpose: purposeKeep, Person: p.ID, Channel: notify.MailKind, Bound: onetime.Bound(p), Life: lifetime, Link: true,
	})
	if err != nil {
		return err
	}
	return m.d.Notify.Send(ctx, notify.Mail{
		To: w.old, Path: keepPath + "?" + url.Values{"token": {link.Token}}.Encode(),
		Mail: web.Mail{Kind: web.MailEmailChange, Lang: w.lang, At: m.d.Now()},
	})
}

// taken says that the address signs somebody else in.
func (m *Module) taken(ctx context.Context, w *wish) (bool, error) {
	p, err := m.d.Directory.ByIdentifier(ctx, m.d.Tenant, w.to)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil && p.ID != w.cur.Person.ID, err
}
