package federation

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

const reasonUpstream = "upstream_logout"

// backchannel takes an upstream's word that a session there has ended (OpenID Connect Back-Channel Logout section 2.5 to 2.8): ours that rest on it end, their
// online grants with them, and the applications are told.
func (m *Module) backchannel(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	from, err := m.d.Registry.ByName(ctx, c.Param("connector"))
	if err != nil {
		return err
	}
	hears, ok := from.Connector.(LogoutReceiver)
	if !ok {
		return errs.New(errs.NotFound, "This upstream ends no sessions.")
	}
	n, err := hears.ReadLogout(ctx, form.Get("logout_token"))
	var no *Refusal
	if errors.As(err, &no) {
		return m.unheard(c, from, no)
	}
	if err != nil {
		return err
	}
	return m.heard(c, from, n)
}

// heard ends the sessions, once for each message. One that names nobody who is signed in is taken too: there is nothing left to do.
func (m *Module) heard(c *gin.Context, from *Ready, n *LogoutNotice) error {
	ctx := c.Request.Context()
	sum := sha256.Sum256(m.mark("logout", append(append([]byte{}, from.Row.ID[:]...), n.ID...)))
	err := m.d.Store.InTx(ctx, func(ctx context.Context) error {
		first, err := m.d.Store.SpendOnce(ctx, &storage.Replay{Tenant: m.d.Tenant, Hash: sum[:], ExpiresAt: n.Until})
		if err != nil {
			return err
		}
		if !first {
			return &Refusal{Check: "backchannel.once", Expected: "a message that is new", Received: "one that was here before", Reason: "replay"}
		}
		_, err = m.end(ctx, from, n)
		return err
	})
	var no *Refusal
	if errors.As(err, &no) {
		return m.unheard(c, from, no)
	}
	if err != nil {
		return err
	}
	httpx.WriteJSON(c, http.StatusOK, struct{}{})
	return nil
}

func (m *Module) end(ctx context.Context, from *Ready, n *LogoutNotice) (ended []storage.Session, err error) {
	sessions, err := m.resting(ctx, from, n)
	if err != nil {
		return nil, err
	}
	for i := range sessions {
		s := &sessions[i]
		ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
			Type: audit.UserLogout, ActorKind: audit.System, Actor: "connector:" + from.Row.Name, Target: "session:" + s.ID.String(), Reason: reasonUpstream,
			Data: map[string]any{"person": s.Person.String()},
		})
		if err := m.d.Store.RevokeSession(ctx, m.d.Tenant, s.ID, m.d.Now(), reasonUpstream, ev); err != nil {
			return nil, err
		}
	}
	return sessions, nil
}

// resting are the sessions that rest on what has ended. Where both a session and somebody are named they must belong together.
func (m *Module) resting(ctx context.Context, from *Ready, n *LogoutNotice) ([]storage.Session, error) {
	subject := m.endMark(from, "subject", n.Subject)
	if n.Session == "" {
		return m.d.Store.SessionsByUpstreamSubject(ctx, m.d.Tenant, subject)
	}
	all, err := m.d.Store.SessionsByUpstream(ctx, m.d.Tenant, m.endMark(from, "session", n.Session))
	if subject == nil {
		return all, err
	}
	return slices.DeleteFunc(all, func(s storage.Session) bool { return !hmac.Equal(s.UpstreamSubject, subject) }), err
}

// unheard answers what does not count (section 2.8).
func (m *Module) unheard(c *gin.Context, from *Ready, no *Refusal) error {
	verdict.Log(c.Request.Context(), m.d.Log, "federation", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, httpx.ErrorID(c))
	m.d.Failures.Add(audit.Refusal{Tenant: m.d.Tenant, IP: httpx.ClientIP(c), Reason: "federation_logout_" + no.Reason})
	httpx.WriteJSON(c, http.StatusBadRequest, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{"invalid_request", "The logout token was not accepted."})
	return nil
}
