package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// NewQuick is New without the staggered start, and with short polling, for tests.
func NewQuick(d Deps, list []Job) (*Runner, error) {
	return newRunner(d, list, func(c *river.Config) {
		c.TestOnly, c.FetchCooldown, c.FetchPollInterval = true, 20*time.Millisecond, 20*time.Millisecond
	})
}

// WorkUnknown is what a process does with a job of this age that it does not know.
func WorkUnknown(ctx context.Context, age time.Duration) error {
	w := &worker{jobs: map[string]Job{}}
	return w.Work(ctx, &river.Job[periodic]{JobRow: &rivertype.JobRow{CreatedAt: time.Now().Add(-age)}, Args: periodic{"gone"}})
}
