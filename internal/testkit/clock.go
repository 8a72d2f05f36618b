package testkit

import (
	"sync"
	"time"
)

// Clock is real time plus what the test added.
type Clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the server's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead).UTC()
}

// Advance moves the server's time.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}
