package contact

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

func gone() error { return errs.New(errs.NotFound, "This link works no longer.") }

// ended answers a link that works no longer, whatever is wrong with it.
func (m *Module) ended(c *gin.Context, err error) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return m.render(c, http.StatusNotFound, web.NotePage{Lang: m.lang(c), Note: web.NoteEmailEnded})
}

// showCode asks for the code that was mailed.
func (m *Module) showCode(c *gin.Context) error {
	cur, done, err := m.d.Account.SignedIn(c, emailPath)
	if done || err != nil {
		return err
	}
	return m.codePage(c, cur, http.StatusOK, "")
}

func (m *Module) codePage(c *gin.Context, cur *session.Current, status int, problem string) error {
	id, err := storage.ParseID(c.Param("id"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "There is nothing here.", err)
	}
	page := web.TypedCodePage{Lang: m.lang(c), Path: emailPath + "/code/" + id.String(), Back: emailPath, Section: "profile", Mailed: true, Error: problem}
	code, err := m.d.Codes.ByID(c.Request.Context(), purposeConfirm, id)
	switch {
	case err == nil && code.Person == cur.Person.ID:
		to, err := m.d.Codes.Data(code)
		if err != nil {
			return err
		}
		page.To = string(to)
	case err != nil && !errs.Is(err, errs.NotFound):
		return err
	case problem == "": // ended: from the start
		return httpx.SeeOther(c, m.d.Issuer+emailPath)
	}
	if page.CSRF, err = m.d.Forms.Token(c, purpose(cur)); err != nil {
		return err
	}
	return m.render(c, status, page)
}

// takeCode takes the typed code. The try is counted before it is judged; whatever is wrong with it, the answer is the same.
func (m *Module) takeCode(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.d.Account.SignedIn(c, emailPath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, purpose(cur), form); err != nil {
		return err
	}
	if form.Get("action") == "again" {
		return httpx.SeeOther(c, m.d.Issuer+emailPath)
	}
	if form.Get("code") == "" {
		return m.codePage(c, cur, http.StatusBadRequest, web.ProblemCodeMissing)
	}
	id, err := storage.ParseID(c.Param("id"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "There is nothing here.", err)
	}
	ctx := c.Request.Context()
	code, err := m.d.Codes.TryID(ctx, purposeConfirm, id, cur.Person.ID)
	if err == nil && !m.d.Codes.Typed(code, form.Get("code"), onetime.Bound(cur.Person)) {
		err = gone()
	}
	said := ""
	if err == nil {
		said, err = m.confirm(ctx, cur.Person, code, m.lang(c))
	}
	if errs.Is(err, errs.NotFound) {
		return m.codePage(c, cur, http.StatusForbidden, web.ProblemSentCode)
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, m.d.Issuer+emailPath+"?done="+said)
}

// linked is a link that works for who is signed in: a stranger who has the mail confirms no account's address, least of all one that somebody else made
// with it.
func (m *Module) linked(c *gin.Context, cur *session.Current, token string) (*storage.Code, error) {
	code, err := m.d.Codes.Find(c.Request.Context(), purposeConfirm, token)
	if err != nil {
		return nil, err
	}
	if code.Person != cur.Person.ID || !m.d.Codes.Linked(code, token, onetime.Bound(cur.Person)) {
		return nil, gone()
	}
	return code, nil
}

// look is the page with the button. It uses nothing: mail scanners look too.
func (m *Module) look(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	token := query.Get("token")
	cur, done, err := m.d.Account.SignedIn(c, confirmPath+"?"+url.Values{"token": {token[:min(len(token), 128)]}}.Encode())
	if done || err != nil {
		return err
	}
	code, err := m.linked(c, cur, token)
	if err != nil {
		return m.ended(c, err)
	}
	to, err := m.d.Codes.Data(code)
	if err != nil {
		return err
	}
	csrf, err := m.d.Forms.Token(c, purpose(cur))
	if err != nil {
		return err
	}
	return m.render(c, http.StatusOK, web.EmailLinkPage{Lang: m.lang(c), CSRF: csrf, Token: token, Email: string(to)})
}

// follow confirms by the link.
func (m *Module) follow(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.d.Account.SignedIn(c, emailPath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, purpose(cur), form); err != nil {
		return err
	}
	code, err := m.linked(c, cur, form.Get("token"))
	if err != nil {
		return m.ended(c, err)
	}
	said, err := m.confirm(c.Request.Context(), cur.Person, code, m.lang(c))
	if err != nil {
		return m.ended(c, err)
	}
	return httpx.SeeOther(c, m.d.Issuer+emailPath+"?done="+said)
}

// confirm spends the code and writes the address down as proved, in one transaction: of two that come together one wins. errs.NotFound when the person
// has changed since it was judged, or somebody else has the address by now.
func (m *Module) confirm(ctx context.Context, p *storage.Person, code *storage.Code, lang string) (said string, err error) {
	raw, err := m.d.Codes.Data(code)
	if err != nil {
		return "", err
	}
	own, err := m.d.Directory.Claims(p)
	if err != nil {
		return "", err
	}
	w := &wish{old: own.String("email"), to: string(raw), lang: lang}
	if own.String("locale") != "" {
		w.lang = own.String("locale")
	}
	typ, said := audit.UserEmailVerify, "verified"
	if w.change() {
		typ, said = audit.UserEmailChange, "changed"
	}
	id := p.ID.String()
	ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{Type: typ, Severity: audit.Notice, ActorKind: audit.Person, Actor: id, Target: "person:" + id})
	return said, m.d.Tx.InTx(ctx, func(ctx context.Context) error {
		first, err := m.d.Codes.Spend(ctx, code.ID, ev)
		if err != nil {
			return err
		}
		if !first {
			return gone()
		}
		return m.write(ctx, p, w)
	})
}

// write changes the profile, and what goes with the address.
func (m *Module) write(ctx context.Context, judged *storage.Person, w *wish) error {
	u := directory.UpdatePerson{Claims: directory.Claims{"email": w.to, "email_verified": true}}
	now, err := m.d.Directory.Update(ctx, m.d.Tenant, judged.ID, u, directory.Actor{Kind: audit.Person, ID: judged.ID.String()})
	if errs.Is(err, errs.Conflict) {
		return gone()
	}
	if err != nil {
		return err
	}
	same := *now // the row is ours until the commit: all but the address must be as it was judged
	same.EmailHash = judged.EmailHash
	if string(onetime.Bound(&same)) != string(onetime.Bound(judged)) {
		return gone()
	}
	if !w.change() {
		return nil
	}
	if err := m.d.Codes.End(ctx, judged.ID, purposeKeep); err != nil {
		return err
	}
	if err := m.d.Factor.Move(ctx, now, w.to); err != nil || w.old == "" {
		return err
	}
	return m.d.Notify.Tell(ctx, notify.Mail{To: w.old, Mail: web.Mail{Kind: web.MailEmailChanged, Lang: w.lang, At: m.d.Now()}})
}
