package app

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// SecurityScore is how well a person's account is protected.
func (a *App) SecurityScore(ctx context.Context, p *storage.Person) (risk.SecurityScore, error) {
	var s risk.Standing
	keys, err := a.DB.PasskeysOf(ctx, a.Tenant, p.ID)
	if err != nil {
		return risk.SecurityScore{}, err
	}
	factors, err := a.DB.FactorsOf(ctx, a.Tenant, p.ID)
	if err != nil {
		return risk.SecurityScore{}, err
	}
	s.Passkeys = len(keys)
	for _, f := range factors {
		if f.ConfirmedAt != nil {
			s.Seconds++
		}
	}
	verdicts, err := a.DB.RiskVerdicts(ctx, a.Tenant, storage.RiskFilter{Person: p.ID, Limit: 100})
	if err != nil {
		return risk.SecurityScore{}, err
	}
	for _, v := range verdicts {
		if v.Action != string(risk.Allow) && a.Now().Sub(v.At) < risk.ScoreDays*24*time.Hour {
			s.Doubted++
		}
	}
	s.Stolen, err = risk.KnownStolen(ctx, a.DB, a.Ring, a.Tenant, p.ID, passwordOf(p))
	return s.Score(), err
}

// scores shows people their own.
type scores struct{ *App }

// Score implements account.Scores.
func (s scores) Score(ctx context.Context, cur *session.Current, lang string) (*web.SecurityScore, error) {
	score, err := s.SecurityScore(ctx, cur.Person)
	if err != nil {
		return nil, err
	}
	out := &web.SecurityScore{Score: score.Score}
	for _, r := range score.Reasons {
		out.Reasons = append(out.Reasons, risk.Words(r, lang))
	}
	return out, nil
}
