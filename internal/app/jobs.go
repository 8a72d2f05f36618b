package app

import (
	"context"
	"time"
)

// sweepBatch is how many dead rows one sweep removes at a time.
const sweepBatch = 2000

// job is periodic work.
type job struct {
	name  string
	every time.Duration
	run   func(ctx context.Context) error
}

// jobs lists all periodic work: every table with an expiry has its sweep here.
func (s *server) jobs() []job {
	return []job{
		{"grant_counters", 10 * time.Second, s.provider.Flush},
		{"login_failures", 20 * time.Second, s.failures.Flush},
		{"signing_keys", s.Keys.TickEvery(), s.Keys.Tick},
		{"sweep_grants", time.Minute, sweep(s.DB.DeleteDeadGrants, s.ago(24*time.Hour))},
		{"sweep_sessions", time.Minute, sweep(s.DB.DeleteDeadSessions, s.ago(24*time.Hour))},
		{"sweep_denials", time.Minute, sweep(s.DB.DeleteExpiredDenials, s.ago(time.Minute))},
		{"sweep_replays", time.Minute, sweep(s.DB.DeleteExpiredReplays, s.ago(time.Minute))},
		{"sweep_changes", 10 * time.Minute, sweep(s.DB.DeleteChanges, s.ago(24*time.Hour))},
	}
}

func (s *server) ago(d time.Duration) func() time.Time {
	return func() time.Time { return s.Now().Add(-d) }
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

// runJobs runs each job on its own timer until ctx ends. Every job is safe to run on several nodes at once.
func (s *server) runJobs(ctx context.Context) error {
	for _, j := range s.jobs() {
		go s.repeat(ctx, j)
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *server) repeat(ctx context.Context, j job) {
	ticker := time.NewTicker(j.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := j.run(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "periodic work failed", "job", j.name, "error", err)
			}
		}
	}
}
