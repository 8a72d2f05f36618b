package outbox

import (
	"testing"
	"time"
)

func TestPause(t *testing.T) {
	jitter := 0.0
	r := &Runner{d: Deps{Jitter: func() float64 { return jitter }}}
	for attempts, want := range map[int]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second, 10: 2560 * time.Second, 11: time.Hour, 100: time.Hour, 0: time.Hour} {
		jitter = 0
		if got := r.pause(attempts); got != want/2 {
			t.Errorf("%d: at least %s", attempts, got)
		}
		jitter = 1
		if got := r.pause(attempts); got != want {
			t.Errorf("%d: at most %s", attempts, got)
		}
	}
}
