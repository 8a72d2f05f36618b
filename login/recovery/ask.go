package recovery

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
	askPath       = "/recovery"
	setPath       = "/recovery/set"
	askPurpose    = "recovery"
	maxIdentifier = 512
)

// show is the empty form.
func (m *Module) show(c *gin.Context) error {
	return m.askPage(c, http.StatusOK, web.RecoveryPage{})
}

func (m *Module) askPage(c *gin.Context, status int, p web.RecoveryPage) error {
	token, err := m.d.Forms.Token(c, askPurpose)
	if err != nil {
		return err
	}
	p.Challenge = m.d.Steps.Wanted(c, login.Asked{Purpose: login.NamedRecovery, Identifier: p.Identifier})
	p.Lang, p.CSRF, p.Lost = m.lang(c), token, m.d.Lost
	return m.render(c, status, p)
}

// ask sends a link if there is an account, and says the same if there is none (PW02).
func (m *Module) ask(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, askPurpose, form); err != nil {
		return err
	}
	typed := strings.TrimSpace(form.Get("identifier"))
	if typed == "" {
		return m.askPage(c, http.StatusBadRequest, web.RecoveryPage{Error: web.ProblemRecoveryMissing})
	}
	if len(typed) > maxIdentifier {
		return errs.New(errs.TooLarge, "The email or username is too long.")
	}
	if wait := m.d.Steps.Named(c.Request.Context(), login.NamedRecovery, typed); wait > 0 {
		return m.askPage(c, http.StatusTooManyRequests, web.RecoveryPage{Identifier: typed, RetryAfter: wait})
	}
	switch ok, err := m.d.Steps.Passed(c, login.Asked{Purpose: login.NamedRecovery, Identifier: typed}, form); {
	case err != nil:
		return err
	case !ok:
		return m.askPage(c, http.StatusForbidden, web.RecoveryPage{Identifier: typed, Error: web.ProblemChallenge})
	}
	if ok, wait := m.address.Take(ratelimit.AddrKey(httpx.ClientIP(c))); !ok {
		return m.askPage(c, http.StatusTooManyRequests, web.RecoveryPage{Identifier: typed, RetryAfter: wait})
	}
	if err := m.request(c, typed); err != nil {
		return err
	}
	return m.render(c, http.StatusOK, web.NotePage{Lang: m.lang(c), Note: web.NoteRecoverySent})
}

// account is whom a link goes to.
type account struct {
	person *storage.Person
	to     string
	lang   string
	known  bool
}

// request does for nobody what it does for somebody.
func (m *Module) request(c *gin.Context, typed string) error {
	ctx := c.Request.Context()
	a, err := m.find(ctx, typed)
	if err != nil {
		return err
	}
	if a.lang == "" {
		a.lang = m.lang(c)
	}
	_, err = m.d.Notify.Request(ctx, notify.Request{Kind: web.MailReset, To: a.to, Known: a.known}, func(ctx context.Context) error {
		link, err := m.d.Codes.Issue(ctx, onetime.Order{
			Purpose: purpose, Person: a.person.ID, Channel: notify.MailKind, Bound: onetime.Bound(a.person), Life: lifetime, Link: true,
		})
		if err != nil {
			return err
		}
		return m.d.Notify.Send(ctx, notify.Mail{
			To: a.to, Path: setPath + "?" + url.Values{"token": {link.Token}}.Encode(), Until: link.Until,
			Mail: web.Mail{Kind: web.MailReset, Lang: a.lang, Valid: lifetime},
		})
	})
	return err
}

// find is the account of what was typed, or nobody's: one that has all that a link needs but an owner.
func (m *Module) find(ctx context.Context, typed string) (account, error) {
	p, err := m.d.Directory.ByIdentifier(ctx, m.d.Tenant, typed)
	if errs.Is(err, errs.NotFound) {
		return m.nobody(typed), nil
	}
	if err != nil {
		return account{}, err
	}
	own, err := m.d.Directory.Claims(p)
	if err != nil {
		return account{}, err
	}
	if to := own.String("email"); to != "" && p.State == storage.PersonActive {
		return account{person: p, to: to, lang: own.String("locale"), known: true}, nil
	}
	return m.nobody(typed), nil
}

func (m *Module) nobody(typed string) account {
	sum := sha256.Sum256([]byte(strings.ToLower(typed)))
	to := typed
	if _, err := directory.CanonicalEmail(typed); err != nil {
		to = hex.EncodeToString(sum[:16]) + "@nobody.invalid"
	}
	return account{person: &storage.Person{Tenant: m.d.Tenant, ID: storage.NewID(m.d.Now()), EmailHash: sum[:]}, to: to}
}
