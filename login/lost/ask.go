package lost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	askPath    = "/recovery/lost"
	askPurpose = "lost"
)

// half is the sign-in whose first factor is proved, nil when there is none: its person need not say again who they are.
func (m *Module) half(c *gin.Context, sealed, token string) (*login.Half, error) {
	if sealed == "" {
		return nil, nil
	}
	h, err := m.d.Steps.HalfOf(c, sealed, token)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
		return nil, nil
	}
	return h, err
}

// show is the form.
func (m *Module) show(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	h, err := m.half(c, query.Get("flow"), query.Get("step"))
	if err != nil {
		return err
	}
	return m.askPage(c, h, http.StatusOK, web.LostPage{Step: query.Get("step")})
}

func (m *Module) askPage(c *gin.Context, h *login.Half, status int, p web.LostPage) error {
	token, err := m.d.Steps.Token(c, askPurpose)
	if err != nil {
		return err
	}
	p.Lang, p.CSRF, p.Wait = m.lang(c), token, m.c.Wait
	if h == nil { // whoever has proved a first factor is no stranger
		p.Challenge = m.d.Steps.Wanted(c, login.Asked{Purpose: login.ForLost, Identifier: p.Identifier})
	}
	if h != nil {
		_, p.Identifier = m.d.Directory.Display(h.Person)
		p.Flow = h.Step.Sealed
	}
	m.d.Steps.Render(c, status, p)
	return nil
}

// ask sends a link if there is an account, and says the same if there is none (PW02).
func (m *Module) ask(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, askPurpose, form); err != nil {
		return err
	}
	h, err := m.half(c, form.Get("flow"), form.Get("step"))
	if err != nil {
		return err
	}
	page := web.LostPage{Identifier: trimmed(form.Get("identifier")), Step: form.Get("step")}
	if h == nil && page.Identifier == "" {
		page.Error = web.ProblemRecoveryMissing
		return m.askPage(c, h, http.StatusBadRequest, page)
	}
	if len(page.Identifier) > login.MaxIdentifier {
		return errs.New(errs.TooLarge, "The email or username is too long.")
	}
	if h == nil { // whoever has proved a first factor names nobody
		page.RetryAfter = m.d.Steps.Named(c.Request.Context(), login.NamedRecovery, page.Identifier)
	}
	if page.RetryAfter > 0 {
		return m.askPage(c, h, http.StatusTooManyRequests, page)
	}
	if h == nil {
		switch ok, err := m.d.Steps.Passed(c, login.Asked{Purpose: login.ForLost, Identifier: page.Identifier}, form); {
		case err != nil:
			return err
		case !ok:
			page.Error = web.ProblemChallenge
			return m.askPage(c, h, http.StatusForbidden, page)
		}
	}
	if ok, wait := m.address.Take(ratelimit.AddrKey(httpx.ClientIP(c))); !ok {
		page.RetryAfter = wait
		return m.askPage(c, h, http.StatusTooManyRequests, page)
	}
	a, err := m.whose(c.Request.Context(), h, page.Identifier)
	if err != nil {
		return err
	}
	if err := m.request(c, a); err != nil {
		return err
	}
	return m.note(c, http.StatusOK, web.NoteLostSent)
}

// account is whom a link goes to.
type account struct {
	person *storage.Person
	to     string
	lang   string
	known  bool
}

func (m *Module) whose(ctx context.Context, h *login.Half, typed string) (account, error) {
	if h != nil {
		return m.account(h.Person, h.Person.ID.String())
	}
	p, err := m.d.Directory.ByIdentifier(ctx, m.d.Tenant, typed)
	if errs.Is(err, errs.NotFound) {
		return m.nobody(typed), nil
	}
	if err != nil {
		return account{}, err
	}
	return m.account(p, typed)
}

// account is a person's, or nobody's where they may not be recovered like this: one that has all that a link needs but an owner.
func (m *Module) account(p *storage.Person, typed string) (account, error) {
	own, err := m.d.Directory.Claims(p)
	if err != nil {
		return account{}, err
	}
	if to := own.String("email"); to != "" && may(p) {
		return account{person: p, to: to, lang: own.String("locale"), known: true}, nil
	}
	return m.nobody(typed), nil
}

// may says whom a recovery lets in. An administrator's account is worth more than a mailbox.
func may(p *storage.Person) bool { return p.State == storage.PersonActive && !p.Admin }

func (m *Module) nobody(typed string) account {
	sum := sha256.Sum256([]byte(strings.ToLower(typed)))
	to := typed
	if _, err := directory.CanonicalEmail(typed); err != nil {
		to = hex.EncodeToString(sum[:16]) + "@nobody.invalid"
	}
	return account{person: &storage.Person{Tenant: m.d.Tenant, ID: storage.NewID(m.d.Now()), EmailHash: sum[:]}, to: to}
}

// request does for nobody what it does for somebody. Whoever asks while one waits is told so; when that is ready, the link comes anew.
func (m *Module) request(c *gin.Context, a account) error {
	ctx := c.Request.Context()
	if a.lang == "" {
		a.lang = m.lang(c)
	}
	_, err := m.d.Notify.Request(ctx, notify.Request{Kind: web.MailLost, To: a.to, Known: a.known}, func(ctx context.Context) error {
		r, err := m.d.Store.RecoveryOf(ctx, m.d.Tenant, a.person.ID, m.d.Now())
		switch {
		case errs.Is(err, errs.NotFound):
			return m.sendStart(ctx, a)
		case err != nil:
			return err
		case m.d.Now().Before(r.ReadyAt):
			return m.mail(ctx, r, a, web.MailLostWaits)
		}
		return m.sendSet(ctx, r, a)
	})
	return err
}

func (m *Module) sendStart(ctx context.Context, a account) error {
	link, err := m.d.Codes.Issue(ctx, onetime.Order{
		Purpose: purposeStart, Person: a.person.ID, Channel: notify.MailKind, Bound: onetime.Bound(a.person), Life: startFor, Link: true,
	})
	if err != nil {
		return err
	}
	return m.d.Notify.Send(ctx, notify.Mail{
		To: a.to, Path: with(startPath, link.Token), Until: link.Until, Mail: web.Mail{Kind: web.MailLost, Lang: a.lang, Valid: startFor},
	})
}

func with(path, token string) string { return path + "?" + url.Values{"token": {token}}.Encode() }
