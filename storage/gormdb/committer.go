package gormdb

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	batchMost  = 64
	queueMost  = 1024
	yieldTimes = 2 // lets commands that are about to be queued join; no timer
)

// States of a job. Whoever moves it out of jobWaiting decides whether it runs.
const (
	jobWaiting int32 = iota
	jobTaken
	jobGivenUp
)

type job struct {
	fn      work
	state   atomic.Int32
	changes []storage.Change
	err     error
	done    chan struct{}
}

// committer runs the writes of concurrent callers in one SQLite transaction: the commit, an fsync, is most of a write's cost. Each caller gets
// its own verdict, after the commit.
type committer struct {
	db    *DB
	queue chan *job
	ended chan struct{}

	mu     sync.RWMutex // held for reading while a job is queued, so that close never closes the queue under a sender
	closed bool
}

func newCommitter(d *DB) *committer {
	c := &committer{db: d, queue: make(chan *job, queueMost), ended: make(chan struct{})}
	go c.loop()
	return c
}

// do queues fn and waits for its verdict. A caller whose ctx ends leaves the queue; once fn is running its verdict is waited for, because
// it may be committed.
func (c *committer) do(ctx context.Context, fn work) error {
	j := &job{fn: fn, done: make(chan struct{})}
	if err := c.send(ctx, j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobWaiting, jobGivenUp) {
			return ctx.Err()
		}
		<-j.done
	}
	return j.err
}

func (c *committer) send(ctx context.Context, j *job) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return errs.New(errs.Unavailable, "The server is stopping.").After(retryAfter)
	}
	select {
	case c.queue <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close runs what is queued and ends.
func (c *committer) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.queue)
	}
	c.mu.Unlock()
	<-c.ended
}

func (c *committer) loop() {
	defer close(c.ended)
	for first := range c.queue {
		batch := c.gather(first)
		if len(batch) > 0 {
			c.run(batch)
		}
	}
}

// gather takes what is waiting now, at most batchMost, without those who gave up.
func (c *committer) gather(first *job) []*job {
	batch := take(nil, first)
	for yields := 0; len(batch) < batchMost; {
		select {
		case j, open := <-c.queue:
			if !open {
				return batch
			}
			batch = take(batch, j)
		default:
			if yields == yieldTimes {
				return batch
			}
			yields++
			runtime.Gosched()
		}
	}
	return batch
}

func take(batch []*job, j *job) []*job {
	if j.state.CompareAndSwap(jobWaiting, jobTaken) {
		return append(batch, j)
	}
	return batch
}

// run gives every job its verdict. Statements run without the callers' contexts: one caller going away must not end the others' transaction.
func (c *committer) run(batch []*job) {
	ctx := context.Background()
	if err := c.commit(ctx, batch); err != nil {
		fail(batch, err)
	}
	for _, j := range batch {
		if j.err == nil {
			c.db.publish(j.changes)
		}
		close(j.done)
	}
}

// errJobFailed says that a job failed and the transaction was rolled back.
var errJobFailed = errors.New("gormdb: a job of the batch failed")

// commit first runs the jobs bare. If one fails they all run again in savepoints, so that only the failing ones are taken back.
func (c *committer) commit(ctx context.Context, batch []*job) error {
	if err := c.db.turn.take(ctx); err != nil {
		return err
	}
	defer c.db.turn.give()
	defer c.db.stmts.prepareMissed()
	err := c.together(ctx, batch, runBare)
	if errors.Is(err, errJobFailed) && len(batch) > 1 {
		err = c.together(ctx, batch, runSaved)
	}
	if errors.Is(err, errJobFailed) {
		return nil // the one job has its verdict
	}
	return err
}

func (c *committer) together(ctx context.Context, batch []*job, run func(context.Context, *tx, *job) bool) error {
	t, err := c.db.begin(ctx)
	if err != nil {
		return err
	}
	defer t.end()
	for _, j := range batch {
		t.changes = nil
		if goOn := run(ctx, t, j); !goOn {
			return errJobFailed
		}
		j.changes = t.changes
	}
	return t.sql.Commit()
}

func runBare(ctx context.Context, t *tx, j *job) bool {
	j.err = safely(ctx, t, j.fn)
	return j.err == nil
}

func runSaved(ctx context.Context, t *tx, j *job) bool {
	j.err = t.savepoint(ctx, func(ctx context.Context, t *tx) error { return safely(ctx, t, j.fn) })
	return true
}

// safely keeps a panic in one job from ending the process: the goroutine serves everybody.
func safely(ctx context.Context, t *tx, fn work) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.Wrap(errs.Internal, "A write failed.", fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return fn(ctx, t)
}

func fail(batch []*job, err error) {
	for _, j := range batch {
		j.err = err
	}
}
