package gormdb

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func newJob(fn work) *job { return &job{fn: fn, done: make(chan struct{})} }

// inserting is a job that adds a person and says in which transaction.
func inserting(t *testing.T, name string, in **tx) *job {
	t.Helper()
	p := testPerson(t, name)
	return newJob(func(ctx context.Context, t *tx) error {
		*in = t
		if err := t.orm(ctx).Create(p).Error; err != nil {
			return err
		}
		return t.changedIDs(ctx, p.Tenant, storage.ChangePerson, p.ID)
	})
}

func TestABatchSharesOneTransaction(t *testing.T) {
	d := openSQLite(t)
	var batch []*job
	in := make([]*tx, 10)
	for i := range in {
		batch = append(batch, inserting(t, fmt.Sprint("p", i), &in[i]))
	}
	d.committer.run(batch)
	for i, j := range batch {
		<-j.done
		if j.err != nil || in[i] != in[0] || len(j.changes) != 1 {
			t.Errorf("job %d: error %v, %d changes, own transaction: %t", i, j.err, len(j.changes), in[i] != in[0])
		}
		if _, err := d.PersonBySubject(context.Background(), testTenant, fmt.Sprint("p", i)); err != nil {
			t.Error(err)
		}
	}
}

func TestAFailingJobDoesNotPoisonTheOthers(t *testing.T) {
	d := openSQLite(t)
	var told []storage.Change
	d.cfg.OnCommit = func(cs []storage.Change) { told = append(told, cs...) }
	var in *tx
	boom := errors.New("boom")
	first, dup, last := inserting(t, "a", &in), inserting(t, "a", &in), inserting(t, "b", &in)
	broken := newJob(func(ctx context.Context, tx *tx) error {
		if err := tx.orm(ctx).Create(testPerson(t, "c")).Error; err != nil {
			return err
		}
		return boom
	})
	panicking := newJob(func(context.Context, *tx) error { panic("at the disco") })
	d.committer.run([]*job{first, dup, broken, panicking, last})
	if first.err != nil || last.err != nil {
		t.Errorf("good jobs failed: %v, %v", first.err, last.err)
	}
	if !errs.Is(mapError(dup.err), errs.Conflict) || !errors.Is(broken.err, boom) || !errs.Is(panicking.err, errs.Internal) {
		t.Errorf("bad jobs got %v, %v, %v", dup.err, broken.err, panicking.err)
	}
	if len(told) != 2 {
		t.Errorf("%d changes were published, want those of the two good jobs", len(told))
	}
	people, err := d.People(context.Background(), testTenant, storage.ID{}, 0)
	if err != nil || len(people) != 2 {
		t.Errorf("%d people were stored: %v", len(people), err)
	}
}

func TestAJobThatFailsAloneIsTakenBack(t *testing.T) {
	d := openSQLite(t)
	boom := errors.New("boom")
	err := d.write(context.Background(), func(ctx context.Context, tx *tx) error {
		if err := tx.orm(ctx).Create(testPerson(t, "a")).Error; err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	if _, err := d.PersonBySubject(context.Background(), testTenant, "a"); !errs.Is(err, errs.NotFound) {
		t.Errorf("got %v", err)
	}
}

func TestWhoGivesUpIsNotRun(t *testing.T) {
	c := &committer{queue: make(chan *job, 1)} // nobody works it off
	ctx, cancel := context.WithCancel(context.Background())
	verdict := make(chan error, 1)
	go func() {
		verdict <- c.do(ctx, func(context.Context, *tx) error { return nil })
	}()
	for len(c.queue) == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-verdict; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if batch := c.gather(<-c.queue); len(batch) != 0 {
		t.Error("a job whose caller had gone would have run")
	}
}

func TestARunningJobIsWaitedFor(t *testing.T) {
	d := openSQLite(t)
	ctx, cancel := context.WithCancel(context.Background())
	err := d.write(ctx, func(jobCtx context.Context, tx *tx) error {
		cancel()
		return tx.orm(jobCtx).Create(testPerson(t, "a")).Error
	})
	if err != nil {
		t.Errorf("got %v although it was committed", err)
	}
	if _, err := d.PersonBySubject(context.Background(), testTenant, "a"); err != nil {
		t.Error(err)
	}
}

func TestWhenNothingCanBeCommittedEveryoneIsTold(t *testing.T) {
	d := openSQLite(t)
	told := 0
	d.cfg.OnCommit = func([]storage.Change) { told++ }
	var in *tx
	batch := []*job{inserting(t, "a", &in), inserting(t, "b", &in)}
	if err := d.writerSQL.Close(); err != nil {
		t.Fatal(err)
	}
	d.committer.run(batch)
	for _, j := range batch {
		<-j.done
		if !errs.Is(j.err, errs.Unavailable) || errs.RetryAfterOf(j.err) == 0 {
			t.Errorf("got %v", j.err)
		}
	}
	if told != 0 {
		t.Error("changes were published that were never committed")
	}
}

func TestAfterCloseNothingIsQueued(t *testing.T) {
	d := openSQLite(t)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	err := d.InsertPerson(context.Background(), testPerson(t, "a"), nil)
	if !errs.Is(err, errs.Unavailable) || errs.RetryAfterOf(err) == 0 {
		t.Errorf("got %v", err)
	}
	if err := d.Ping(context.Background()); !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v", err)
	}
}
