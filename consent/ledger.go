package consent

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// How much of what stands a person is shown, the newest first.
const (
	maxLedger = 500
	maxGrants = 2000
)

// Standing is one application that a person has allowed something, or that has access without having been asked about (a first party's).
type Standing struct {
	Client  storage.ID // row id
	Scopes  []string
	Details []string // authorization_details of live grants, JSON arrays, each once
	Since   time.Time
	Until   time.Time  // when its access ends at the latest; zero: it has none now
	UsedAt  time.Time  // when its access was last used, as far as is known; zero: it was not
	Session storage.ID // in which access was last given; zero: none that lives
}

// Standing lists what a person has allowed, the newest first, in two queries however much it is.
func (m *Module) Standing(ctx context.Context, person storage.ID) ([]Standing, error) {
	consents, err := m.d.Ledger.NewestConsents(ctx, m.d.Tenant, person, maxLedger)
	if err != nil {
		return nil, err
	}
	grants, err := m.d.Ledger.LiveGrantsOf(ctx, m.d.Tenant, person, m.d.Now(), maxGrants)
	if err != nil {
		return nil, err
	}
	standing := map[storage.ID]*Standing{}
	for i := range consents {
		c := &consents[i]
		standing[c.Client] = &Standing{Client: c.Client, Scopes: c.Scopes, Since: c.UpdatedAt}
	}
	for i := range grants {
		g := &grants[i]
		if standing[g.Client] == nil { // nobody was asked
			standing[g.Client] = &Standing{Client: g.Client, Scopes: g.Scopes, Since: g.CreatedAt}
		}
		standing[g.Client].add(g)
	}
	return newest(standing), nil
}

// add counts a live grant. Grants come newest first, so the first one's session is the latest.
func (s *Standing) add(g *storage.Grant) {
	if s.Until.IsZero() {
		s.Session = g.Session
	}
	if g.ExpiresAt.After(s.Until) {
		s.Until = g.ExpiresAt
	}
	for _, at := range []*time.Time{g.UsedAt, g.RotatedAt} {
		if at != nil && at.After(s.UsedAt) {
			s.UsedAt = *at
		}
	}
	if g.Details != "" && !slices.Contains(s.Details, g.Details) {
		s.Details = append(s.Details, g.Details)
	}
}

func newest(standing map[storage.ID]*Standing) []Standing {
	out := make([]Standing, 0, len(standing))
	for _, s := range standing {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return cmp.Or(b.Since.Compare(a.Since), bytes.Compare(b.Client[:], a.Client[:]))
	})
	return out[:min(len(out), maxLedger)]
}

// End forgets what a person allowed an application, and ends its grants and tokens
// at once; errs.NotFound when nothing stands.
func (m *Module) End(ctx context.Context, person, client storage.ID, clientID string) error {
	ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: audit.ConsentRevoke, Severity: audit.Notice, ActorKind: audit.Person, Actor: person.String(), Target: "client:" + client.String(), Client: clientID,
	})
	return m.d.Ledger.RevokeConsent(ctx, m.d.Tenant, person, client, m.d.Now(), ev)
}
