package ldap

import (
	"sync"
	"time"
)

// maxTallies bounds the entries whose wrong passwords are counted.
const maxTallies = 1 << 16

// tallies counts wrong passwords of entries, whatever name they were typed with: the directory locks the entry, and must not be made to.
type tallies struct {
	most   int
	window time.Duration
	now    func() time.Time

	mu   sync.Mutex
	keys map[string]*tally
}

type tally struct {
	count int
	ends  time.Time
}

func newTallies(most int, window time.Duration, now func() time.Time) *tallies {
	return &tallies{most: most, window: window, now: now, keys: map[string]*tally{}}
}

// allowed is how many of all tries somebody has: the last is for browsers that the owner has used, so that no stranger can use up all (PW04).
func allowed[N int | int64](all N, known bool) N {
	if known || all < 2 {
		return all
	}
	return all - 1
}

// take counts a try before it is made, so that many at once do not pass together; false: there is none left.
func (t *tallies) take(key string, known bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	one := t.keys[key]
	if one == nil || !now.Before(one.ends) {
		if one == nil && len(t.keys) >= maxTallies && !t.forget(now) {
			return false
		}
		one = &tally{}
		t.keys[key] = one
	}
	if one.count >= allowed(t.most, known) {
		return false
	}
	one.count++
	one.ends = now.Add(t.window)
	return true
}

// give takes back a try that told nothing.
func (t *tallies) give(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.keys[key]; one != nil && one.count > 0 {
		one.count--
	}
}

// clear forgets an entry whose right password came.
func (t *tallies) clear(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, key)
}

func (t *tallies) forget(now time.Time) bool {
	for key, one := range t.keys {
		if !now.Before(one.ends) {
			delete(t.keys, key)
		}
	}
	return len(t.keys) < maxTallies
}
