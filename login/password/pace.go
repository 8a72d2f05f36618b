package password

import (
	"context"
	"sync/atomic"
	"time"
)

// maxPace is how long a refusal waits at most.
const maxPace = 2 * time.Second

// pace is how long it has taken of late to refuse a password of ours, and one that a directory was asked about. Every refusal takes as long as the slower one:
// otherwise the time would tell whether a name is that of somebody who has a password here (PW01). Where no directory is asked nothing waits.
type pace struct{ here, there average }

type average struct{ of atomic.Int64 }

func (a *average) add(took time.Duration) {
	took = min(took, maxPace)
	if old := a.of.Load(); old > 0 {
		took = time.Duration(old) + (took-time.Duration(old))/8
	}
	a.of.Store(int64(took))
}

// keep counts a refusal and waits for its time.
func (p *pace) keep(ctx context.Context, began time.Time, asked bool) {
	took := time.Since(began)
	if asked {
		p.there.add(took)
	} else {
		p.here.add(took)
	}
	there := time.Duration(p.there.of.Load())
	left := max(there, time.Duration(p.here.of.Load())) - took
	if there == 0 || left <= 0 {
		return
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
