package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// RiskBaseline is what a person usually does. There is one row a person, of bounded size, and one of everybody together, whose Person is the tenant's id.
type RiskBaseline struct {
	Tenant    ID        `gorm:"primaryKey"`
	Person    ID        `gorm:"primaryKey"`
	Data      seal.Text // JSON
	Version   int64     // grows with each change; 0 is not stored yet
	UpdatedAt time.Time
}

// TableName names the table.
func (RiskBaseline) TableName() string { return "risk_baselines" }

// RiskVerdict is how one attempt was judged, and why.
type RiskVerdict struct {
	Tenant ID `gorm:"primaryKey"`
	ID     ID `gorm:"primaryKey"`
	Person ID
	At     time.Time
	Act    string    // what was judged: sign_in, authorize, refresh
	Action string    // allow, step_up, deny
	Score  int       // thousandths
	Reason string    // code of the factor that weighed most against
	Detail seal.Text // JSON: factors with weights, address, browser, feeds that were missed
}

// TableName names the table.
func (RiskVerdict) TableName() string { return "risk_verdicts" }

// RiskFilter narrows a listing, the newest first; zero fields match all.
type RiskFilter struct {
	Person ID
	Action string
	Before ID // older than this one
	Limit  int
}

// RiskReader reads baselines and verdicts; errs.NotFound when there is none.
type RiskReader interface {
	RiskBaselineOf(ctx context.Context, tenant, person ID) (*RiskBaseline, error)
	RiskVerdicts(ctx context.Context, tenant ID, f RiskFilter) ([]RiskVerdict, error)
}

// RiskWriter keeps them.
type RiskWriter interface {
	// SaveRisk stores a verdict and what was learned, in one transaction; either may be nil. The baseline is stored only if its row still has the
	// Version that it was read with, which is raised by one; otherwise nothing at all is stored and the error is errs.Conflict. At most keep verdicts of
	// the person stay, the newest.
	SaveRisk(ctx context.Context, b *RiskBaseline, v *RiskVerdict, keep int) error
	DeleteOldRiskVerdicts(ctx context.Context, before time.Time, limit int) (int64, error)
	DeleteOldRiskBaselines(ctx context.Context, before time.Time, limit int) (int64, error)
}
