package storetest

import (
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func riskCases() []testCase {
	return []testCase{
		{"risk/a baseline is raised by whoever read it last", riskBaselines},
		{"risk/verdicts are kept up to a number", riskVerdicts},
		{"risk/a verdict of a lost race is not stored", riskLost},
		{"risk/erased with the person", riskErased},
		{"race/baseline", riskRace},
		{"sweep/verdicts", func(w *world) {
			w.sweeps(w.DeleteOldRiskVerdicts, func(tenant storage.ID, at time.Time) {
				v := w.newVerdict(w.id(), "x")
				v.Tenant, v.At = tenant, at
				w.ok(w.SaveRisk(w.ctx, nil, v, 5))
			})
		}},
		{"sweep/baselines", func(w *world) {
			w.sweeps(w.DeleteOldRiskBaselines, func(tenant storage.ID, at time.Time) {
				b := w.newBaseline(w.id(), "x")
				b.Tenant, b.UpdatedAt = tenant, at
				w.ok(w.SaveRisk(w.ctx, b, nil, 0))
			})
		}},
	}
}

func (w *world) newBaseline(person storage.ID, text string) *storage.RiskBaseline {
	return &storage.RiskBaseline{Tenant: w.tenant, Person: person, Data: w.sealed("risk_baselines", "data", person, text), UpdatedAt: w.now}
}

func (w *world) newVerdict(person storage.ID, text string) *storage.RiskVerdict {
	id := w.id()
	return &storage.RiskVerdict{
		Tenant: w.tenant, ID: id, Person: person, At: w.now, Act: "sign_in", Action: "allow", Score: -1500, Reason: "device_new",
		Detail: w.sealed("risk_verdicts", "detail", id, text),
	}
}

func (w *world) canaryRisk(p storage.ID) {
	b := w.newBaseline(p, canary)
	w.ok(w.SaveRisk(w.ctx, b, w.newVerdict(p, canary), 5))
	b.Version = 1
	w.ok(w.SaveRisk(w.ctx, b, nil, 5))
}

func riskBaselines(w *world) {
	p := w.id()
	_, err := w.RiskBaselineOf(w.ctx, w.tenant, p)
	w.code(err, errs.NotFound)
	b := w.newBaseline(p, "one")
	w.ok(w.SaveRisk(w.ctx, b, nil, 0))
	w.code(w.SaveRisk(w.ctx, b, nil, 0), errs.Conflict)
	got, err := w.RiskBaselineOf(w.ctx, w.tenant, p)
	w.ok(err)
	w.same(got.Version, int64(1))
	got.Data = w.sealed("risk_baselines", "data", p, "two")
	w.ok(w.SaveRisk(w.ctx, got, nil, 0))
	w.code(w.SaveRisk(w.ctx, got, nil, 0), errs.Conflict)
	again, err := w.RiskBaselineOf(w.ctx, w.tenant, p)
	w.ok(err)
	w.same(again.Version, int64(2))
	w.same(again.Data, got.Data)
	_, err = w.RiskBaselineOf(w.ctx, w.id(), p)
	w.code(err, errs.NotFound)
}

func riskVerdicts(w *world) {
	p, other := w.id(), w.id()
	var all []storage.RiskVerdict
	for range 5 {
		v := w.newVerdict(p, "x")
		w.ok(w.SaveRisk(w.ctx, nil, v, 3))
		all = append([]storage.RiskVerdict{*v}, all...)
	}
	theirs := w.newVerdict(other, "x")
	theirs.Action = "deny"
	w.ok(w.SaveRisk(w.ctx, nil, theirs, 3))
	got, err := w.RiskVerdicts(w.ctx, w.tenant, storage.RiskFilter{Person: p})
	w.ok(err)
	w.same(got, all[:3])
	got, err = w.RiskVerdicts(w.ctx, w.tenant, storage.RiskFilter{Action: "deny"})
	w.ok(err)
	w.same(got, []storage.RiskVerdict{*theirs})
	got, err = w.RiskVerdicts(w.ctx, w.tenant, storage.RiskFilter{Before: all[1].ID, Limit: 1})
	w.ok(err)
	w.same(got, all[2:3])
}

func riskLost(w *world) {
	p := w.id()
	w.ok(w.SaveRisk(w.ctx, w.newBaseline(p, "one"), nil, 0))
	w.code(w.SaveRisk(w.ctx, w.newBaseline(p, "two"), w.newVerdict(p, "x"), 3), errs.Conflict)
	got, err := w.RiskVerdicts(w.ctx, w.tenant, storage.RiskFilter{Person: p})
	w.ok(err)
	w.same(len(got), 0)
}

func riskErased(w *world) {
	p := w.newPerson("a", "x")
	w.ok(w.InsertPerson(w.ctx, p, nil))
	w.ok(w.SaveRisk(w.ctx, w.newBaseline(p.ID, "x"), w.newVerdict(p.ID, "x"), 3))
	w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, nil))
	_, err := w.RiskBaselineOf(w.ctx, w.tenant, p.ID)
	w.code(err, errs.NotFound)
	got, err := w.RiskVerdicts(w.ctx, w.tenant, storage.RiskFilter{Person: p.ID})
	w.ok(err)
	w.same(len(got), 0)
}

func riskRace(w *world) {
	b, won := w.newBaseline(w.id(), "x"), atomic.Int64{}
	w.ok(w.SaveRisk(w.ctx, b, nil, 0))
	parallel(racers, func(int) {
		mine := *b
		mine.Version = 1
		switch err := w.SaveRisk(w.ctx, &mine, nil, 0); {
		case err == nil:
			won.Add(1)
		case !errs.Is(err, errs.Conflict):
			w.Error(err)
		}
	})
	w.same(won.Load(), int64(1))
}

func firewallCases() []testCase {
	return []testCase{
		{"firewall/rules", firewallRules},
		{"sweep/firewall", func(w *world) {
			w.sweeps(w.DeleteExpiredFirewallRules, func(tenant storage.ID, expires time.Time) {
				r := w.newRule("network", w.id().String())
				r.Tenant, r.ExpiresAt = tenant, &expires
				w.ok(w.InsertFirewallRule(w.ctx, r, nil))
			})
		}},
	}
}

func (w *world) newRule(kind, value string) *storage.FirewallRule {
	return &storage.FirewallRule{Tenant: w.tenant, ID: w.id(), Effect: "deny", Kind: kind, Value: value, Note: "because", CreatedAt: w.now}
}

func firewallRules(w *world) {
	a, b := w.newRule("network", "192.0.2.0/24"), w.newRule("country", "XX")
	w.ok(w.InsertFirewallRule(w.ctx, a, w.newEvent("ruled")))
	w.ok(w.InsertFirewallRule(w.ctx, b, w.newEvent("ruled")))
	w.code(w.InsertFirewallRule(w.ctx, w.newRule("country", "XX"), nil), errs.Conflict)
	got, err := w.FirewallRules(w.ctx, w.tenant, storage.ID{}, 0)
	w.ok(err)
	w.same(got, []storage.FirewallRule{*a, *b})
	w.code(w.DeleteFirewallRule(w.ctx, w.tenant, "network", "198.51.100.0/24", nil), errs.NotFound)
	w.ok(w.DeleteFirewallRule(w.ctx, w.tenant, "network", a.Value, w.newEvent("ruled")))
	got, err = w.FirewallRules(w.ctx, w.tenant, storage.ID{}, 0)
	w.ok(err)
	w.same(got, []storage.FirewallRule{*b})
	w.same(len(w.events("ruled")), 3)
}
