package consent

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxLedger is how many applications a person is shown.
const maxLedger = 500

// Standing is one application that a person has allowed something.
type Standing struct {
	Client storage.ID // row id
	Scopes []string
	Since  time.Time
	Until  time.Time // when its access ends at the latest; zero: it has none now
}

// Standing lists what a person has allowed, the newest first.
func (m *Module) Standing(ctx context.Context, person storage.ID) ([]Standing, error) {
	rows, err := m.d.Ledger.ConsentsOf(ctx, m.d.Tenant, person, storage.ID{}, storage.ID{}, maxLedger)
	if err != nil {
		return nil, err
	}
	var out []Standing
	for i := len(rows) - 1; i >= 0; i-- {
		until, err := m.until(ctx, person, rows[i].Client)
		if err != nil {
			return nil, err
		}
		out = append(out, Standing{Client: rows[i].Client, Scopes: rows[i].Scopes, Since: rows[i].UpdatedAt, Until: until})
	}
	return out, nil
}

// until is when the last live grant ends.
func (m *Module) until(ctx context.Context, person, client storage.ID) (last time.Time, err error) {
	grants, err := m.d.Ledger.Grants(ctx, m.d.Tenant, person, client, storage.ID{}, maxLedger)
	for i := range grants {
		if g := &grants[i]; g.Live(m.d.Now()) && g.ExpiresAt.After(last) {
			last = g.ExpiresAt
		}
	}
	return last, err
}

// End forgets what a person allowed an application, and ends its grants and tokens
// at once; errs.NotFound when nothing stands.
func (m *Module) End(ctx context.Context, person, client storage.ID, clientID string) error {
	ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: audit.ConsentRevoke, Severity: audit.Notice, ActorKind: audit.Person, Actor: person.String(), Target: "client:" + client.String(), Client: clientID,
	})
	return m.d.Ledger.RevokeConsent(ctx, m.d.Tenant, person, client, m.d.Now(), ev)
}
