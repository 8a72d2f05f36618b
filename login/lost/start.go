package lost

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	startPath    = "/recovery/lost/start"
	purposeStart = "lost_start"
	startForm    = "lost start"
)

// refuse answers a link that does not work; the note is the same whatever is wrong with it.
func (m *Module) refuse(c *gin.Context, err error, note web.Note) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return m.note(c, http.StatusNotFound, note)
}

// showStart says what begins. Looking at it begins nothing: mail scanners do so too.
func (m *Module) showStart(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	o, err := m.judge(c.Request.Context(), rows().start, query.Get("token"))
	if err != nil {
		return m.refuse(c, err, web.NoteLostEnded)
	}
	csrf, err := m.d.Steps.Token(c, startForm)
	if err != nil {
		return err
	}
	_, identifier := m.d.Directory.Display(o.person)
	m.d.Steps.Render(c, http.StatusOK, web.LostStepPage{Lang: m.lang(c), CSRF: csrf, Token: o.token, Identifier: identifier, Wait: m.c.Wait})
	return nil
}

// start begins the wait, or finds the one that waits already: asking again neither shortens nor prolongs it.
func (m *Module) start(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, startForm, form); err != nil {
		return err
	}
	ctx := c.Request.Context()
	o, err := m.judge(ctx, rows().start, form.Get("token"))
	if err != nil {
		return m.refuse(c, err, web.NoteLostEnded)
	}
	r, err := m.begin(ctx, o)
	if err != nil {
		return m.refuse(c, err, web.NoteLostEnded)
	}
	m.d.Steps.Render(c, http.StatusOK, web.LostWaitingPage{Lang: m.lang(c), Ready: r.ReadyAt})
	return nil
}

// begin spends the link, keeps the recovery and tells every channel, in one transaction.
func (m *Module) begin(ctx context.Context, o *opened) (*storage.Recovery, error) {
	now := m.d.Now()
	r := &storage.Recovery{
		Tenant: m.d.Tenant, ID: storage.NewID(now), Person: o.person.ID, EmailHash: o.person.EmailHash, CreatedAt: now,
		RemindAt: now.Add(m.c.Wait - m.c.Wait/4), ReadyAt: now.Add(m.c.Wait), ExpiresAt: now.Add(m.c.Wait + open),
	}
	ev := m.event(ctx, o.person.ID, audit.Event{Type: audit.RecoveryBegin, Severity: audit.Warning, Data: map[string]any{"ready": r.ReadyAt}})
	err := m.d.Store.InTx(ctx, func(ctx context.Context) error {
		if done, err := m.d.Codes.Spend(ctx, o.code.ID, nil); err != nil || !done {
			return orEnded(err)
		}
		begun, err := m.d.Store.BeginRecovery(ctx, r, ev)
		if err != nil || begun {
			return firstOf(err, func() error { return m.tell(ctx, r, web.MailLostWaits) })
		}
		r, err = m.d.Store.RecoveryOf(ctx, m.d.Tenant, o.person.ID, now)
		return err
	})
	return r, err
}

// event is about a person whom somebody says to be.
func (m *Module) event(ctx context.Context, person storage.ID, e audit.Event) *storage.AuditEvent {
	e.Target = "person:" + person.String()
	return m.d.Audit.Row(ctx, m.d.Tenant, e)
}

func orEnded(err error) error {
	if err != nil {
		return err
	}
	return errEnded
}

func firstOf(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}
