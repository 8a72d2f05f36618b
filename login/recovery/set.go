package recovery

import (
	"bytes"
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	setPurpose = "recovery set"
	fieldNew   = "new_password"
)

// refuse answers a link that does not open.
func (m *Module) refuse(c *gin.Context, err error) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return m.render(c, http.StatusNotFound, web.NotePage{Lang: m.lang(c), Note: web.NoteRecoveryEnded})
}

// showSet is the form for a new password. Looking at it uses nothing: mail scanners do so too.
func (m *Module) showSet(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	o, err := m.open(c.Request.Context(), query.Get("token"))
	if err != nil {
		return m.refuse(c, err)
	}
	return m.setPage(c, o, http.StatusOK, nil)
}

func (m *Module) setPage(c *gin.Context, o *opened, status int, problems map[string]string) error {
	token, err := m.d.Forms.Token(c, setPurpose)
	if err != nil {
		return err
	}
	_, identifier := m.d.Directory.Display(o.person)
	return m.render(c, status, web.NewPasswordPage{
		Lang: m.lang(c), CSRF: token, Token: o.token, Identifier: identifier, Errors: problems, MinPasswordLength: m.d.MinLength,
	})
}

// set takes the new password. Nothing is hashed for who has no link.
func (m *Module) set(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, setPurpose, form); err != nil {
		return err
	}
	ctx := c.Request.Context()
	o, err := m.open(ctx, form.Get("token"))
	if err != nil {
		return m.refuse(c, err)
	}
	next := form.Get(fieldNew)
	name, identifier := m.d.Directory.Display(o.person)
	if problem, err := login.WeighPassword(m.d.Policy, next, name, identifier); err != nil || problem != "" {
		if err != nil {
			return err
		}
		return m.setPage(c, o, http.StatusBadRequest, map[string]string{fieldNew: problem})
	}
	phc, err := m.d.Hasher.Hash(ctx, next)
	if err != nil {
		return err
	}
	if err := m.replace(ctx, o, phc); err != nil {
		return m.refuse(c, err)
	}
	return m.render(c, http.StatusOK, web.NotePage{Lang: m.lang(c), Note: web.NoteRecoveryDone})
}

// replace spends the link and sets the password in one transaction: of two that come together one wins. The link came to the account's address, so
// that address is proved.
func (m *Module) replace(ctx context.Context, o *opened, phc string) error {
	actor := directory.Actor{Kind: audit.Person, ID: o.person.ID.String()}
	ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: audit.UserRecovery, Severity: audit.Notice, ActorKind: actor.Kind, Actor: actor.ID, Target: "person:" + actor.ID, Data: map[string]any{"channel": notify.MailKind},
	})
	own, err := m.d.Directory.Claims(o.person)
	if err != nil {
		return err
	}
	return m.d.Tx.InTx(ctx, func(ctx context.Context) error {
		done, err := m.d.Codes.Spend(ctx, o.code.ID, ev)
		if err != nil {
			return err
		}
		if !done {
			return errEnded
		}
		now, err := m.d.People.PersonByID(ctx, m.d.Tenant, o.person.ID)
		if err != nil {
			return err
		}
		if !bytes.Equal(onetime.Bound(now), onetime.Bound(o.person)) { // changed since the link was judged
			return errEnded
		}
		if !own.Bool("email_verified") {
			if _, err := m.d.Directory.Update(ctx, m.d.Tenant, o.person.ID, directory.UpdatePerson{Claims: directory.Claims{"email_verified": true}}, actor); err != nil {
				return err
			}
		}
		return m.d.Directory.SetPassword(ctx, m.d.Tenant, o.person.ID, phc, storage.ID{}, actor)
	})
}
