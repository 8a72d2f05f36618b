package jobs

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	hardStop   = 5 * time.Second
)

// Deps is what a Runner needs.
type Deps struct {
	DB      *sql.DB // the handle that may write; on SQLite with one connection
	Dialect string  // SQLite or Postgres
	Log     *slog.Logger
}

// Runner runs jobs from Start to Stop.
type Runner struct {
	deps   Deps
	node   []Job
	shared []Job
	client *river.Client[*sql.Tx]

	quit chan struct{} // closed by Stop: nothing new begins
	done sync.WaitGroup

	mu      sync.Mutex
	cancel  context.CancelFunc // interrupts what runs; nil before Start
	started bool               // the client is running
	stopped bool
}

// New checks the jobs and prepares them; it does not touch the database. The tables must be there (Migrate) before Start.
func New(d Deps, list []Job) (*Runner, error) { return newRunner(d, list, func(*river.Config) {}) }

func newRunner(d Deps, list []Job, tune func(*river.Config)) (*Runner, error) {
	if err := validateAll(list); err != nil {
		return nil, err
	}
	r := &Runner{deps: d, quit: make(chan struct{})}
	for _, j := range list {
		if j.EveryNode {
			r.node = append(r.node, j)
		} else {
			r.shared = append(r.shared, j)
		}
	}
	if len(r.shared) == 0 {
		return r, nil
	}
	var err error
	r.client, err = newClient(d, r.shared, tune)
	return r, err
}

// Start begins in the background and returns at once, so that it costs the server no time to be ready; while the database is away it tries again.
// The values of ctx reach the jobs, its end does not: only Stop ends them. Start a Runner once.
func (r *Runner) Start(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancel = cancel
	for _, j := range r.node {
		r.done.Go(func() { r.tick(ctx, j) })
	}
	if r.client != nil {
		r.done.Go(func() { r.startClient(ctx) })
	}
}

// Stop lets running jobs finish until ctx ends, and then interrupts them; the error says that it had to. It returns when nothing runs any more, and
// may be called twice, or without Start.
func (r *Runner) Stop(ctx context.Context) error {
	r.mu.Lock()
	cancel, started := r.cancel, r.started
	if !r.stopped {
		r.stopped = true
		close(r.quit)
	}
	r.mu.Unlock()
	if cancel == nil {
		return nil
	}
	defer r.done.Wait()
	defer cancel()
	var err error
	if started {
		err = r.stopClient(ctx)
	}
	return errors.Join(err, r.wait(ctx))
}

func (r *Runner) stopClient(ctx context.Context) error {
	err := r.client.Stop(ctx)
	if err == nil {
		return nil
	}
	hard, end := context.WithTimeout(context.WithoutCancel(ctx), hardStop)
	defer end()
	return errors.Join(err, r.client.StopAndCancel(hard))
}

// wait returns when the goroutines of this process have ended, or ctx has.
func (r *Runner) wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		r.done.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tick runs one job of this process.
func (r *Runner) tick(ctx context.Context, j Job) {
	t := time.NewTicker(j.Every)
	defer t.Stop()
	for {
		select {
		case <-r.quit:
			return
		case <-t.C:
		}
		if err := j.run(ctx); err != nil {
			r.deps.Log.ErrorContext(ctx, "job failed", "job", j.Name, "error", err)
		}
	}
}

// startClient tries until the database answers.
func (r *Runner) startClient(ctx context.Context) {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		ended, err := r.tryStart(ctx)
		if ended {
			return
		}
		r.deps.Log.WarnContext(ctx, "jobs cannot start yet", "error", err, "retry_in", wait.String())
		select {
		case <-r.quit:
			return
		case <-time.After(wait):
		}
	}
}

// tryStart reports whether trying has ended: the client runs, or the runner was stopped meanwhile.
func (r *Runner) tryStart(ctx context.Context) (ended bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return true, nil
	}
	err = r.client.Start(ctx)
	r.started = err == nil
	return r.started, err
}
