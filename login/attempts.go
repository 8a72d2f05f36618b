package login

import (
	"cmp"
	"errors"
	"math"
	"sync"
	"time"
)

// Allowance is how many attempts a key may make and what happens after.
type Allowance struct {
	Free    int           `config:"free" doc:"Attempts without a wait."`
	First   time.Duration `config:"first_wait" doc:"The wait after those. It doubles with each further attempt."`
	Longest time.Duration `config:"longest_wait" doc:"The longest wait."`
	Leak    time.Duration `config:"forget_each" doc:"One attempt is forgotten each such time."`
	InARow  int           `config:"in_a_row" doc:"From this attempt of a series on, each waits a day; negative: never."`
	MaxKeys int           `config:"max_keys" doc:"How many are counted at once (about 150 bytes each); 0 is 65536."`
}

// Check reports what cannot be kept. It is not called Validate, since a part of a
// configuration may leave settings to their defaults.
func (a Allowance) Check() error {
	if a.Free < 1 || a.First <= 0 || a.Longest < a.First || a.Leak <= 0 || a.MaxKeys < 0 {
		return errors.New("login: an allowance needs at least one free attempt, waits that grow and a time to forget")
	}
	return nil
}

// Or returns a with the settings of b where a's are zero.
func (a Allowance) Or(b Allowance) Allowance {
	return Allowance{
		Free: cmp.Or(a.Free, b.Free), First: cmp.Or(a.First, b.First), Longest: cmp.Or(a.Longest, b.Longest),
		Leak: cmp.Or(a.Leak, b.Leak), InARow: cmp.Or(a.InARow, b.InARow), MaxKeys: cmp.Or(a.MaxKeys, b.MaxKeys),
	}
}

// longWait is what follows InARow attempts: a hundred in a row are too many for
// a password (NIST SP 800-63B-4 section 3.2.2), and no wait is for ever (PW04).
const longWait = 24 * time.Hour

// Attempts counts attempts per key. An attempt is counted before it is judged,
// so that parallel ones cannot slip through together; one that succeeded or was
// never judged is given back. It differs from a rate limit in two ways: waits
// grow with failures in a row, and it can give back.
//
// It is not durable: a restart forgives, and so does a flood of more keys than
// MaxKeys, which takes the place of those that are nearest to being forgiven.
// That is enough for an allowance. Nothing that may happen only once is kept
// here.
type Attempts struct {
	a    Allowance
	now  func() time.Time
	mu   sync.Mutex
	keys map[string]*tally
	heap tallies
}

// tally is one key's count as of a time.
type tally struct {
	key     string
	count   float64
	at      time.Time
	until   time.Time // no attempt before
	alarmed bool      // the refusal of this series was reported
	index   int
}

// NewAttempts makes a counter.
func NewAttempts(a Allowance, now func() time.Time) (*Attempts, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	if a.MaxKeys == 0 {
		a.MaxKeys = 1 << 16
	}
	return &Attempts{a: a, now: now, keys: map[string]*tally{}, heap: tallies{leak: a.Leak}}, nil
}

// Take counts an attempt of key. When it must wait instead, nothing is counted
// and wait says how long.
func (t *Attempts) Take(key string) (ok bool, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	c := t.at(key, now)
	if wait := c.until.Sub(now); wait > 0 {
		return false, wait
	}
	c.count++
	c.until = t.waitUntil(c.count, now)
	t.settle(c)
	return true, 0
}

// Give takes back one attempt that was not a failure, and the wait it caused.
func (t *Attempts) Give(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, found := t.keys[key]
	if !found {
		return
	}
	now := t.now()
	c.leak(now, t.a.Leak)
	c.count = max(0, c.count-1)
	if until := t.waitUntil(c.count, now); until.Before(c.until) {
		c.until = until
	}
	t.settle(c)
}

// Clear forgives key: somebody has proved to be its owner.
func (t *Attempts) Clear(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, found := t.keys[key]; found {
		t.drop(c)
	}
}

// Alarm reports true once for each series of attempts of key that reached its
// limit: the moment to tell somebody.
func (t *Attempts) Alarm(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, found := t.keys[key]
	if !found || c.alarmed || !c.until.After(t.now()) {
		return false
	}
	c.alarmed = true
	return true
}

// Len is how many keys are held.
func (t *Attempts) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.keys)
}

func (t *Attempts) waitUntil(count float64, now time.Time) time.Time {
	series := int(math.Ceil(count))
	over := series - t.a.Free
	switch {
	case over < 0:
		return time.Time{}
	case t.a.InARow > 0 && series >= t.a.InARow:
		return now.Add(longWait)
	}
	wait := t.a.First
	for ; over > 0 && wait < t.a.Longest; over-- {
		wait *= 2
	}
	return now.Add(min(wait, t.a.Longest))
}

// leak forgets what time has forgiven; a series ends when nothing is left.
func (c *tally) leak(now time.Time, each time.Duration) {
	if passed := now.Sub(c.at); passed > 0 { // a clock that was set back forgives nothing
		c.count = max(0, c.count-float64(passed)/float64(each))
		c.at = now
	}
	if c.count == 0 {
		c.alarmed = false
	}
}
