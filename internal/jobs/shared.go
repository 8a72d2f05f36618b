package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	jobTimeout  = 5 * time.Minute
	rescueAfter = 2 * jobTimeout // a process that died in a job
	maxAttempts = 3              // within a period; the next period tries again anyway
	workers     = 2              // per process: sweeps must not crowd out requests
	retention   = time.Hour      // of finished jobs; at least the longest period, by which they are known
	// pollEvery is how often a process looks for jobs. River is not told of new ones: its SQLite listener polls 20 times a second, and periods are
	// far longer than this.
	pollEvery = 5 * time.Second
)

// periodic is the argument of every shared job in the queue.
type periodic struct {
	Name string `json:"name"`
}

// Kind implements river.JobArgs.
func (periodic) Kind() string { return "jedan_periodic" }

// worker runs shared jobs.
type worker struct {
	river.WorkerDefaults[periodic]
	jobs map[string]Job
}

// Work implements river.Worker. A name that is unknown here belongs to another version of the binary, as in a rolling upgrade: the job waits for a
// process that knows it, and is dropped if none comes.
func (w *worker) Work(ctx context.Context, job *river.Job[periodic]) error {
	j, ok := w.jobs[job.Args.Name]
	switch {
	case ok:
		return j.run(ctx)
	case time.Since(job.CreatedAt) < retention:
		return river.JobSnooze(2 * pollEvery)
	}
	return river.JobCancel(fmt.Errorf("jobs: %q is unknown here", job.Args.Name))
}

// reporter logs failures in our words.
type reporter struct{ log *slog.Logger }

// HandleError implements river.ErrorHandler.
func (r reporter) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if !errors.Is(err, context.Canceled) {
		r.log.ErrorContext(ctx, "job failed", "args", string(job.EncodedArgs), "attempt", job.Attempt, "error", err)
	}
	return nil
}

// HandlePanic implements river.ErrorHandler.
func (r reporter) HandlePanic(ctx context.Context, job *rivertype.JobRow, _ any, trace string) *river.ErrorHandlerResult {
	r.log.ErrorContext(ctx, "job panicked", "args", string(job.EncodedArgs), "trace", trace)
	return nil
}

// newClient makes the River client for shared jobs.
func newClient(d Deps, shared []Job, tune func(*river.Config)) (*river.Client[*sql.Tx], error) {
	driver, err := driverOf(d.DB, d.Dialect)
	if err != nil {
		return nil, err
	}
	w := &worker{jobs: make(map[string]Job)}
	c := &river.Config{
		CompletedJobRetentionPeriod: retention,
		CancelledJobRetentionPeriod: retention,
		DiscardedJobRetentionPeriod: 24 * time.Hour,
		ErrorHandler:                reporter{d.Log},
		FetchCooldown:               time.Second,
		FetchPollInterval:           pollEvery,
		JobTimeout:                  jobTimeout,
		Logger:                      slog.New(onlyErrors{d.Log.Handler()}),
		MaxAttempts:                 maxAttempts,
		PollOnly:                    true,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		RescueStuckJobsAfter:        rescueAfter,
		Workers:                     river.NewWorkers(),
	}
	for _, j := range shared {
		w.jobs[j.Name] = j
		c.CompletedJobRetentionPeriod = max(c.CompletedJobRetentionPeriod, j.Every)
		c.PeriodicJobs = append(c.PeriodicJobs, periodicJob(j))
	}
	if err := river.AddWorkerSafely(c.Workers, w); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	tune(c)
	client, err := river.NewClient(driver, c)
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return client, nil
}

// periodicJob runs j when a process becomes the leader, unless its period has had it, and then every period.
func periodicJob(j Job) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(j.Every), func() (river.JobArgs, *river.InsertOpts) {
		return periodic{j.Name}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: j.Every}}
	}, &river.PeriodicJobOpts{RunOnStart: true})
}

// onlyErrors keeps River's own talk out of the log.
type onlyErrors struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h onlyErrors) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

// WithAttrs implements slog.Handler.
func (h onlyErrors) WithAttrs(as []slog.Attr) slog.Handler {
	return onlyErrors{h.Handler.WithAttrs(as)}
}

// WithGroup implements slog.Handler.
func (h onlyErrors) WithGroup(name string) slog.Handler { return onlyErrors{h.Handler.WithGroup(name)} }
