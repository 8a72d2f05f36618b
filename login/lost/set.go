package lost

import (
	"bytes"
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	setPath    = "/recovery/lost/set"
	purposeSet = "lost_set"
	setForm    = "lost set"
	fieldNew   = "new_password"
)

// showSet is the form for a new password. Looking at it uses nothing: mail scanners do so too.
func (m *Module) showSet(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	o, err := m.judge(c.Request.Context(), rows().set, query.Get("token"))
	if err != nil {
		return m.refuse(c, err, web.NoteLostEnded)
	}
	return m.setPage(c, o, http.StatusOK, nil)
}

func (m *Module) setPage(c *gin.Context, o *opened, status int, problems map[string]string) error {
	csrf, err := m.d.Steps.Token(c, setForm)
	if err != nil {
		return err
	}
	factors, err := m.removes(o)
	if err != nil {
		return err
	}
	_, identifier := m.d.Directory.Display(o.person)
	m.d.Steps.Render(c, status, web.LostSetPage{
		Lang: m.lang(c), CSRF: csrf, Token: o.token, Identifier: identifier, Factors: factors, Errors: problems, MinPasswordLength: m.d.MinLength,
	})
	return nil
}

// set takes the new password. Nothing is hashed for who has no link.
func (m *Module) set(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, setForm, form); err != nil {
		return err
	}
	ctx := c.Request.Context()
	o, err := m.judge(ctx, rows().set, form.Get("token"))
	if err != nil {
		return m.refuse(c, err, web.NoteLostEnded)
	}
	next := form.Get(fieldNew)
	name, identifier := m.d.Directory.Display(o.person)
	if problem, err := login.WeighPassword(m.d.Policy, next, name, identifier); err != nil || problem != "" {
		return firstOf(err, func() error { return m.setPage(c, o, http.StatusBadRequest, map[string]string{fieldNew: problem}) })
	}
	phc, err := m.d.Hasher.Hash(ctx, next)
	if err != nil {
		return err
	}
	if err := m.replace(ctx, o, phc); err != nil {
		return m.refuse(c, err, web.NoteLostEnded)
	}
	return m.note(c, http.StatusOK, web.NoteLostDone)
}

// removes says whether the link removes second factors.
func (m *Module) removes(o *opened) (bool, error) {
	if o.recovery != nil {
		return true, nil
	}
	data, err := m.d.Codes.Data(o.code)
	return string(data) == helpFactors, err
}

// replace spends the link, removes the factors, sets the password and ends the recovery in one transaction: of uses and cancellations that come together
// one wins. The recovery comes last, as in a sign-in that cancels it: whoever waits for its row holds nothing that the other needs.
func (m *Module) replace(ctx context.Context, o *opened, phc string) error {
	factors, err := m.removes(o)
	if err != nil {
		return err
	}
	actor := directory.Actor{Kind: audit.Person, ID: o.person.ID.String()}
	return m.d.Store.InTx(ctx, func(ctx context.Context) error {
		if done, err := m.d.Codes.Spend(ctx, o.code.ID, m.used(ctx, o, factors)); err != nil || !done {
			return orEnded(err)
		}
		now, err := m.d.People.PersonByID(ctx, m.d.Tenant, o.person.ID)
		if err != nil {
			return err
		}
		if !bytes.Equal(onetime.Bound(now), onetime.Bound(o.person)) { // changed since the link was judged
			return errEnded
		}
		if factors {
			if err := m.d.Store.ResetFactors(ctx, m.d.Tenant, o.person.ID, nil); err != nil {
				return err
			}
		}
		if err := m.prove(ctx, o, actor); err != nil {
			return err
		}
		if err := m.d.Directory.SetPassword(ctx, m.d.Tenant, o.person.ID, phc, storage.ID{}, actor); err != nil {
			return err
		}
		return m.finish(ctx, o)
	})
}

// used is the event of a link's use; its notice is written with it.
func (m *Module) used(ctx context.Context, o *opened, factors bool) *storage.AuditEvent {
	e := audit.Event{
		Type: audit.RecoveryUse, Severity: audit.Warning, ActorKind: audit.Person, Actor: o.person.ID.String(), Reason: "waited",
		Data: map[string]any{"factors_removed": factors},
	}
	if o.recovery == nil {
		e.Type, e.Reason = audit.RecoveryLinkUse, "administrator_link"
	}
	return m.event(ctx, o.person.ID, e)
}

// prove notes that the address, to which the link came, is the person's. An administrator's link came by another way.
func (m *Module) prove(ctx context.Context, o *opened, actor directory.Actor) error {
	own, err := m.d.Directory.Claims(o.person)
	if err != nil || o.recovery == nil || own.Bool("email_verified") {
		return err
	}
	_, err = m.d.Directory.Update(ctx, m.d.Tenant, o.person.ID, directory.UpdatePerson{Claims: directory.Claims{"email_verified": true}}, actor)
	return err
}

// finish ends the recovery as used, if it still stands and is ready; an administrator's link ends one that waits.
func (m *Module) finish(ctx context.Context, o *opened) error {
	cmd := storage.EndRecovery{Tenant: m.d.Tenant, Person: o.person.ID, Outcome: storage.RecoveryVoid, Now: m.d.Now()}
	if o.recovery == nil {
		_, err := m.d.Store.EndRecovery(ctx, cmd, nil)
		return err
	}
	cmd.ID, cmd.Outcome = o.recovery.ID, storage.RecoveryUsed
	done, err := m.d.Store.EndRecovery(ctx, cmd, nil)
	if err != nil || !done {
		return orEnded(err)
	}
	return nil
}
