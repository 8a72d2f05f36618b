package lost

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	cancelPath = "/recovery/lost/cancel"
	cancelForm = "lost cancel"
	ownPath    = "/account/recovery"
	macSize    = 32
	tokenSize  = 16 + 4 + macSize
)

// cancelToken is what every channel gets: it cancels this one recovery and does nothing else. Nothing of it is kept, so that each message can carry it.
func (m *Module) cancelToken(r *storage.Recovery) string {
	version, mac := m.d.Ring.MAC(keys.OneTime, cancelParts(r)...)
	raw := binary.BigEndian.AppendUint32(append([]byte{}, r.ID[:]...), uint32(version)) //nolint:gosec // G115: versions of a key are few
	return base64.RawURLEncoding.EncodeToString(append(raw, mac...))
}

func cancelParts(r *storage.Recovery) [][]byte {
	return [][]byte{[]byte("recovery cancel"), r.Tenant[:], r.ID[:], r.Person[:]}
}

func parseCancel(token string) (id storage.ID, version int, mac []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenSize {
		return storage.ID{}, 0, nil, false
	}
	return storage.ID(raw[:16]), int(binary.BigEndian.Uint32(raw[16:20])), raw[20:], true
}

// cancels reports whether the token cancels r.
func (m *Module) cancels(token string, r *storage.Recovery) bool {
	id, version, mac, ok := parseCancel(token)
	return ok && id == r.ID && m.d.Ring.VerifyMAC(keys.OneTime, version, mac, cancelParts(r)...)
}

// showCancel is the page with the button; looking at it changes nothing.
func (m *Module) showCancel(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	o, err := m.judge(c.Request.Context(), rows().cancel, query.Get("token"))
	if err != nil {
		return m.refuse(c, err, web.NoteLostOver)
	}
	return m.cancelPage(c, web.LostStepPage{Token: o.token, Ready: o.recovery.ReadyAt})
}

func (m *Module) cancelPage(c *gin.Context, p web.LostStepPage) error {
	csrf, err := m.d.Steps.Token(c, cancelForm)
	if err != nil {
		return err
	}
	p.Lang, p.CSRF, p.Cancel = m.lang(c), csrf, true
	m.d.Steps.Render(c, http.StatusOK, p)
	return nil
}

// cancel ends a recovery by a link. Whoever has one needs no session: that may be what was lost.
func (m *Module) cancel(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, cancelForm, form); err != nil {
		return err
	}
	ctx := c.Request.Context()
	o, err := m.judge(ctx, rows().cancel, form.Get("token"))
	if err != nil {
		return m.refuse(c, err, web.NoteLostOver)
	}
	return m.cancelled(c, m.end(ctx, o.recovery, storage.RecoveryCancelled, audit.Event{Reason: "link"}))
}

func (m *Module) cancelled(c *gin.Context, err error) error {
	if err != nil {
		return m.refuse(c, err, web.NoteLostOver)
	}
	return m.note(c, http.StatusOK, web.NoteLostCancelled)
}

// end cancels r and its links, in one transaction; the notice goes with its event. errs.NotFound when another call has ended it.
func (m *Module) end(ctx context.Context, r *storage.Recovery, as storage.RecoveryOutcome, e audit.Event) error {
	e.Type, e.Severity = audit.RecoveryCancel, audit.Warning
	ev := m.event(ctx, r.Person, e)
	return m.d.Store.InTx(ctx, func(ctx context.Context) error {
		if err := m.d.Codes.End(ctx, r.Person, purposeStart, purposeSet); err != nil { // first the links, as who uses one does
			return err
		}
		done, err := m.d.Store.EndRecovery(ctx, storage.EndRecovery{Tenant: r.Tenant, ID: r.ID, Person: r.Person, Outcome: as, Now: m.d.Now()}, ev)
		if err != nil || !done {
			return orEnded(err)
		}
		return nil
	})
}

// own is the recovery that waits for who is signed in; done says that the browser was sent to sign in first.
func (m *Module) own(c *gin.Context) (cur *session.Current, r *storage.Recovery, done bool, err error) {
	if cur, err = m.d.Steps.Current(c); err != nil {
		return nil, nil, false, err
	}
	if cur == nil {
		return nil, nil, true, m.d.Steps.Start(c, ownPath)
	}
	r, err = m.d.Store.RecoveryOf(c.Request.Context(), m.d.Tenant, cur.Person.ID, m.d.Now())
	return cur, r, false, err
}

func (m *Module) showOwn(c *gin.Context) error {
	cur, r, done, err := m.own(c)
	if done {
		return err
	}
	if err != nil {
		return m.refuse(c, err, web.NoteLostOver)
	}
	_, identifier := m.d.Directory.Display(cur.Person)
	return m.cancelPage(c, web.LostStepPage{Own: true, Identifier: identifier, Ready: r.ReadyAt})
}

// cancelOwn ends it from a living session.
func (m *Module) cancelOwn(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, cancelForm, form); err != nil {
		return err
	}
	cur, r, done, err := m.own(c)
	if done {
		return err
	}
	if errs.Is(err, errs.NotFound) {
		return m.cancelled(c, err)
	}
	if err != nil {
		return err
	}
	return m.cancelled(c, m.end(c.Request.Context(), r, storage.RecoveryCancelled, audit.Event{
		ActorKind: audit.Person, Actor: cur.Person.ID.String(), Reason: "session",
	}))
}
