package contact

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const keepPurpose = "keep email"

// keeping judges the link that went to the old address. Whoever has it needs no session: somebody else may have theirs.
func (m *Module) keeping(ctx context.Context, token string) (*storage.Code, error) {
	code, err := m.d.Codes.Find(ctx, purposeKeep, token)
	if err != nil {
		return nil, err
	}
	p, err := m.d.People.PersonByID(ctx, m.d.Tenant, code.Person)
	if err != nil {
		return nil, err
	}
	if !m.d.Codes.Linked(code, token, onetime.Bound(p)) {
		return nil, gone()
	}
	return code, nil
}

// showKeep is the page with the button; looking at it changes nothing.
func (m *Module) showKeep(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	if _, err := m.keeping(c.Request.Context(), query.Get("token")); err != nil {
		return m.ended(c, err)
	}
	csrf, err := m.d.Forms.Token(c, keepPurpose)
	if err != nil {
		return err
	}
	return m.render(c, http.StatusOK, web.EmailLinkPage{Lang: m.lang(c), CSRF: csrf, Token: query.Get("token"), Keep: true})
}

// keep calls the change off.
func (m *Module) keep(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, keepPurpose, form); err != nil {
		return err
	}
	ctx := c.Request.Context()
	code, err := m.keeping(ctx, form.Get("token"))
	if err != nil {
		return m.ended(c, err)
	}
	ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: audit.UserEmailKeep, Severity: audit.Warning, Target: "person:" + code.Person.String(),
	})
	err = m.d.Tx.InTx(ctx, func(ctx context.Context) error {
		first, err := m.d.Codes.Spend(ctx, code.ID, ev)
		if err == nil && !first {
			err = errs.New(errs.NotFound, "This link works no longer.")
		}
		if err != nil {
			return err
		}
		return m.d.Codes.End(ctx, code.Person, purposeConfirm)
	})
	if err != nil {
		return m.ended(c, err)
	}
	return m.render(c, http.StatusOK, web.NotePage{Lang: m.lang(c), Note: web.NoteEmailKept})
}
