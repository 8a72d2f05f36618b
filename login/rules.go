package login

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/useragent"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Rules are what the operator wants of arrivals (internal/policy).
type Rules interface {
	Arrive(ctx context.Context, a Arrival) Terms
}

// Terms are what the operator's rules say of an arrival.
type Terms struct {
	Denied   bool
	Remember time.Duration // for how long the browser may be trusted; 0: not at all
}

// Trusted keeps the browsers that people trust (storage.TrustedBrowsers).
type Trusted interface {
	TrustBrowser(ctx context.Context, b *storage.TrustedBrowser, ev *storage.AuditEvent) error
	TrustedBrowser(ctx context.Context, tenant, person storage.ID, browser []byte) (*storage.TrustedBrowser, error)
}

// terms asks the rules about an arrival. Whom they deny is answered as a wrong password is.
func (m *Module) terms(c *gin.Context, a Arrival) (Terms, error) {
	if m.d.Rules == nil {
		return Terms{}, nil
	}
	t := m.d.Rules.Arrive(c.Request.Context(), a)
	if t.Denied {
		return t, errs.Wrap(errs.Forbidden, "This sign-in is not allowed.", errDenied)
	}
	if a.Doubted || m.d.Trusted == nil || m.d.Second == nil {
		t.Remember = 0
	}
	return t, nil
}

// TrustMark is what a trusted browser of a person is found by: a hash of both and of the kind of browser, so that it is nobody else's, and of no other browser even
// where its cookie was copied to one of another make or system.
func TrustMark(browser [16]byte, person storage.ID, agent string) []byte {
	name, system := useragent.Parse(agent)
	sum := sha256.Sum256(slices.Concat([]byte("jedan trusted browser 1"), browser[:], person[:], []byte(name+"\n"+system)))
	return sum[:]
}

// trusts reports whether the browser stands in for the person's second factor. What was trusted for longer than the rules now allow, or before the password was
// changed, is not.
func (m *Module) trusts(ctx context.Context, a Arrival, t Terms) (bool, error) {
	if t.Remember <= 0 {
		return false, nil
	}
	p := a.Person
	b, err := m.d.Trusted.TrustedBrowser(ctx, p.Tenant, p.ID, TrustMark(a.Device, p.ID, a.Agent))
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return TrustHolds(b, p, t.Remember, m.d.Second.d.Now()), nil
}

// TrustHolds reports whether a trust still counts.
func TrustHolds(b *storage.TrustedBrowser, p *storage.Person, longest time.Duration, now time.Time) bool {
	same := passwordTime(&storage.Person{PasswordChangedAt: b.PasswordChangedAt}) == passwordTime(p)
	return same && now.Before(b.ExpiresAt) && now.Before(b.CreatedAt.Add(longest))
}

// trust has the browser stand in for the second factor that was just proved in it, if that is wanted and the rules allow it.
func (m *Module) trust(a *secondTry, t Terms) error {
	h, ctx := a.half, a.c.Request.Context()
	if a.form.Get("trust") != "1" || h.token == "" || t.Remember <= 0 {
		return nil
	}
	now, p, arrived := m.d.Second.d.Now(), h.Person, m.halfArrival(a.c, h)
	b := &storage.TrustedBrowser{
		Tenant: p.Tenant, ID: storage.NewID(now), Person: p.ID, Browser: TrustMark(arrived.Device, p.ID, arrived.Agent), PasswordChangedAt: p.PasswordChangedAt, CreatedAt: now,
		ExpiresAt: now.Add(t.Remember),
	}
	return m.d.Trusted.TrustBrowser(ctx, b, m.d.Second.d.Audit.Row(ctx, p.Tenant, audit.Event{
		Type: audit.BrowserTrust, Severity: audit.Notice, ActorKind: audit.Person, Actor: p.ID.String(), Target: "person:" + p.ID.String(), Outcome: audit.Success,
		Data: map[string]any{"until": b.ExpiresAt},
	}))
}

// halfArrival is the arrival that a half sign-in began with.
func (m *Module) halfArrival(c *gin.Context, h *Half) Arrival {
	a := m.arrival(c, h.Step, h.Person, h.First)
	a.Score, a.Doubted = h.score, h.doubted
	return a
}
