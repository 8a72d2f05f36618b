package app

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/jobs"
)

// sweepBatch is how many dead rows one sweep removes at a time.
const sweepBatch = 2000

// jobs lists all periodic work: every table with an expiry has its sweep here.
func (s *server) jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "grant_counters", Every: 10 * time.Second, EveryNode: true, Run: s.provider.Flush},
		{Name: "login_failures", Every: 20 * time.Second, EveryNode: true, Run: s.failures.Flush},
		{Name: "signing_keys", Every: s.Keys.TickEvery(), EveryNode: true, Run: s.Keys.Tick},
		{Name: "sweep_grants", Every: time.Minute, Run: sweep(s.DB.DeleteDeadGrants, s.ago(24*time.Hour))},
		{Name: "sweep_trusted_browsers", Every: time.Hour, Run: sweep(s.DB.DeleteDeadTrustedBrowsers, s.ago(0))},
		{Name: "sweep_sessions", Every: time.Minute, Run: sweep(s.DB.DeleteDeadSessions, s.ago(24*time.Hour))},
		{Name: "sweep_participants", Every: time.Minute, Run: sweep(s.DB.DeleteExpiredParticipants, s.ago(time.Minute))},
		{Name: "sweep_saml_sessions", Every: time.Minute, Run: sweep(s.DB.DeleteExpiredSAMLSessions, s.ago(time.Minute))},
		{Name: "sweep_denials", Every: time.Minute, Run: sweep(s.DB.DeleteExpiredDenials, s.ago(time.Minute))},
		{Name: "sweep_replays", Every: time.Minute, Run: sweep(s.DB.DeleteExpiredReplays, s.ago(time.Minute))},
		{Name: "sweep_pending", Every: time.Minute, Run: sweep(s.DB.DeleteExpiredPending, s.ago(time.Minute))},
		{Name: "sweep_factors", Every: 10 * time.Minute, Run: sweep(s.DB.DeletePendingFactors, s.ago(time.Hour))},
		{Name: "sweep_registrations", Every: 10 * time.Minute, Run: s.sweepRegistrations},
		{Name: "sweep_initial_access", Every: 10 * time.Minute, Run: sweep(s.DB.DeleteExpiredInitialAccess, s.ago(time.Minute))},
		{Name: "risk", Every: time.Minute, EveryNode: true, Run: s.risk.m.Flush},
		{Name: "risk_snapshot", Every: 10 * time.Minute, Run: s.risk.m.Keep},
		{Name: "sweep_risk_verdicts", Every: 10 * time.Minute, Run: sweep(s.DB.DeleteOldRiskVerdicts, s.ago(s.Config.Risk.Keep))},
		{Name: "sweep_risk_baselines", Every: time.Hour, Run: sweep(s.DB.DeleteOldRiskBaselines, s.ago(400*24*time.Hour))},
		{Name: "sweep_firewall", Every: 10 * time.Minute, Run: sweep(s.DB.DeleteExpiredFirewallRules, s.ago(time.Minute))},
		{Name: "erase_due", Every: time.Minute, Run: s.EraseDue},
		{Name: "outbox", Every: 5 * time.Second, EveryNode: true, Run: s.outbox.Poll},
		{Name: "messages", Every: 5 * time.Second, EveryNode: true, Run: s.wakeMessages},
		{Name: "sweep_codes", Every: time.Minute, Run: sweep(s.DB.DeleteExpiredCodes, s.ago(time.Minute))},
		{Name: "directories", Every: 10 * time.Second, Run: s.Syncs.RunDue},
		{Name: "sweep_directory_entries", Every: time.Hour, Run: sweep(s.DB.DeleteGoneDirectoryEntries, s.ago(30*24*time.Hour))},
		{Name: "expiring", Every: 24 * time.Hour, Run: s.warnOfExpiry},
		{Name: "sweep_documents", Every: time.Hour, Run: sweep(s.DB.DeleteExpiredDocuments, s.ago(time.Minute))},
		{Name: "sweep_trips", Every: time.Minute, Run: sweep(s.DB.DeleteExpiredTrips, s.ago(time.Minute))},
		{Name: "sweep_qr", Every: time.Minute, Run: sweep(s.DB.DeleteExpiredQR, s.ago(time.Minute))},
		{Name: "recoveries", Every: 30 * time.Second, Run: s.RecoverDue},
		{Name: "sweep_recoveries", Every: 10 * time.Minute, Run: sweep(s.DB.DeleteOldRecoveries, s.ago(24*time.Hour))},
		{Name: "sweep_allowances", Every: time.Minute, Run: sweep(s.DB.DeleteEndedAllowances, s.ago(time.Minute))},
		{Name: "sweep_outbox", Every: time.Minute, Run: sweep(s.DB.DeleteDoneOutbox, s.ago(s.Config.Outbox.Keep))},
		{Name: "sweep_changes", Every: 10 * time.Minute, Run: sweep(s.DB.DeleteChanges, s.ago(24*time.Hour))},
	}
}

func (s *server) ago(d time.Duration) func() time.Time {
	return func() time.Time { return s.Now().Add(-d) }
}

// sweepRegistrations removes what strangers registered and nobody used.
func (s *server) sweepRegistrations(ctx context.Context) error {
	after := s.Config.Register.Unused
	if after <= 0 || !s.Config.Register.On() {
		return nil
	}
	return s.Registrar.SweepUnused(ctx, s.Now().Add(-after))
}

// sweep deletes batch after batch until one is not full.
func sweep(del func(ctx context.Context, before time.Time, limit int) (int64, error), before func() time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			n, err := del(ctx, before(), sweepBatch)
			if err != nil || n < sweepBatch {
				return err
			}
		}
	}
}

// startJobs begins the background work; what it returns ends it.
func (s *server) startJobs(ctx context.Context) (stop func() error, err error) {
	r, err := jobs.New(jobs.Deps{DB: s.DB.SQL(), Dialect: string(s.DB.Dialect()), Log: s.Log}, s.jobs())
	if err != nil {
		return nil, err
	}
	r.Start(ctx)
	return func() error {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Config.Shutdown.Timeout)
		defer cancel()
		return r.Stop(end)
	}, nil
}
