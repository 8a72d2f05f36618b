package jobs

import (
	"context"
	"fmt"
	"regexp"
	"time"
)

const (
	minShared = 10 * time.Second
	minNode   = 100 * time.Millisecond
)

var nameShape = regexp.MustCompile(`^[a-z][a-z0-9_.-]{1,63}$`)

// Job is work that recurs.
type Job struct {
	// Name is unique and stable: the queue and the log know the job by it. [a-z][a-z0-9_.-]{1,63}.
	Name string
	// Every is the period: at least ten seconds, or 100 ms for EveryNode.
	Every time.Duration
	// EveryNode makes the job run in each process instead of once among all: for what a process holds in memory. It does not touch the queue.
	EveryNode bool
	// Run does the work. It must be safe to repeat, since a process may die in the middle, and end when ctx does. The server goes on after an error
	// or a panic; both are logged.
	Run func(ctx context.Context) error
}

// Validate reports what is wrong with a job.
func (j Job) Validate() error {
	least := minShared
	if j.EveryNode {
		least = minNode
	}
	switch {
	case !nameShape.MatchString(j.Name):
		return fmt.Errorf("jobs: bad name %q", j.Name)
	case j.Every < least:
		return fmt.Errorf("jobs: %s: the period is shorter than %v", j.Name, least)
	case j.Run == nil:
		return fmt.Errorf("jobs: %s does nothing", j.Name)
	}
	return nil
}

// run calls the job and turns a panic into an error.
func (j Job) run(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("jobs: %s panicked: %v", j.Name, p)
		}
	}()
	return j.Run(ctx)
}

// validateAll also finds names that stand twice.
func validateAll(list []Job) error {
	seen := make(map[string]bool)
	for _, j := range list {
		if err := j.Validate(); err != nil {
			return err
		}
		if seen[j.Name] {
			return fmt.Errorf("jobs: two jobs are called %s", j.Name)
		}
		seen[j.Name] = true
	}
	return nil
}
