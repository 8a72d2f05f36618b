package outbox

import (
	"errors"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	firstPause   = 5 * time.Second
	longestPause = time.Hour
)

// outcome judges how an attempt ended.
func (r *Runner) outcome(m *storage.OutboxMessage, err error) storage.FinishOutbox {
	now := r.d.Now()
	end := storage.FinishOutbox{
		Tenant: m.Tenant, ID: m.ID, Owner: m.Owner, State: storage.OutboxDelivered, Status: "delivered", Attempts: m.Attempts, NextAt: now, Now: now,
	}
	if err == nil {
		return end
	}
	end.State, end.Status = storage.OutboxWaiting, errs.MessageOf(err)
	end.NextAt = now.Add(max(r.pause(m.Attempts), min(errs.RetryAfterOf(err), longestPause)))
	if errors.Is(err, errPermanent) || m.Attempts >= r.c.Attempts {
		end.State = storage.OutboxDead
	}
	return end
}

// pause doubles with each attempt, up to an hour, and varies by half, so that messages that failed together do not come back together.
func (r *Runner) pause(attempts int) time.Duration {
	p := longestPause
	if shift := attempts - 1; shift >= 0 && shift < 16 {
		p = min(firstPause<<shift, longestPause)
	}
	return p/2 + time.Duration(r.d.Jitter()*float64(p/2))
}
