package ratelimit

import (
	"container/heap"
	"errors"
	"hash/maphash"
	"sync"
	"time"
)

const shardCount = 16

// Config is one limit.
type Config struct {
	// Events per Per is the sustained rate.
	Events int
	Per    time.Duration
	// Burst is how many events may come at once; 0 is Events.
	Burst int
	// MaxKeys bounds memory, about 64 bytes a key; 0 is 65536.
	MaxKeys int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Limiter is a generic cell rate limit (GCRA) per key. When it holds MaxKeys keys,
// a new one takes the place of the key that is nearest to being forgiven, so that
// a flood of fresh keys cannot wash out the ones that are held.
type Limiter struct {
	interval time.Duration // between events at the sustained rate
	window   time.Duration // how far ahead of now a key may run
	perShard int
	now      func() time.Time
	seed     maphash.Seed
	shards   [shardCount]shard
}

// Interval is the time between two events at the sustained rate, and Window how far ahead of now a key may run: what another counter needs to count
// alike.
func (l *Limiter) Interval() time.Duration { return l.interval }

// Window is the burst as a time.
func (l *Limiter) Window() time.Duration { return l.window }

type shard struct {
	mu   sync.Mutex
	keys map[uint64]*cell
	heap cells
}

// cell is one key's debt: at is the theoretical arrival time of its next event.
type cell struct {
	key   uint64
	at    int64 // Unix nanoseconds
	index int
}

// New makes a limiter, or says why the configuration cannot be kept.
func New(cfg Config) (*Limiter, error) {
	if cfg.Events <= 0 || cfg.Per <= 0 || cfg.Burst < 0 || cfg.MaxKeys < 0 {
		return nil, errors.New("ratelimit: events and period must be positive")
	}
	if cfg.Burst == 0 {
		cfg.Burst = cfg.Events
	}
	if cfg.MaxKeys == 0 {
		cfg.MaxKeys = 1 << 16
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	interval := cfg.Per / time.Duration(cfg.Events)
	if interval <= 0 {
		return nil, errors.New("ratelimit: more than one event a nanosecond")
	}
	l := &Limiter{interval: interval, window: interval * time.Duration(cfg.Burst), now: cfg.Now,
		perShard: max(1, cfg.MaxKeys/shardCount), seed: maphash.MakeSeed()}
	for i := range l.shards {
		l.shards[i].keys = map[uint64]*cell{}
	}
	return l, nil
}

// Allow counts an event of key. Refused events are not counted; retryAfter is
// when the next one is allowed.
func (l *Limiter) Allow(key string) (ok bool, retryAfter time.Duration) {
	s, h := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := l.now().UnixNano()
	at := max(now, s.at(h)) + int64(l.interval)
	if wait := at - now - int64(l.window); wait > 0 {
		return false, time.Duration(wait)
	}
	s.put(h, at, l.perShard)
	return true, 0
}

// Count adds an event of key whether or not it is allowed, up to one window of
// debt: for failures that are known only after the work.
func (l *Limiter) Count(key string) {
	s, h := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := l.now().UnixNano()
	s.put(h, min(max(now, s.at(h))+int64(l.interval), now+int64(l.window)), l.perShard)
}

// Check says what Allow would say, without counting.
func (l *Limiter) Check(key string) (ok bool, retryAfter time.Duration) {
	s, h := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := l.now().UnixNano()
	if wait := max(now, s.at(h)) + int64(l.interval) - now - int64(l.window); wait > 0 {
		return false, time.Duration(wait)
	}
	return true, 0
}

// Used is how much of its burst key has used up, from 0 to 1.
func (l *Limiter) Used(key string) float64 {
	s, h := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	debt := s.at(h) - l.now().UnixNano()
	return min(max(float64(debt)/float64(l.window), 0), 1)
}

// Reserve counts an event of key that waits for its turn, as in a line: delay is how long, at most most. When the line is longer nothing is counted, and delay says
// when to ask again.
func (l *Limiter) Reserve(key string, most time.Duration) (ok bool, delay time.Duration) {
	s, h := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := l.now().UnixNano()
	at := max(now, s.at(h)) + int64(l.interval)
	delay = max(0, time.Duration(at-now)-l.window)
	if delay > most {
		return false, delay - most
	}
	s.put(h, at, l.perShard)
	return true, delay
}

// Give takes back one event that Allow counted, when it turned out to be none.
func (l *Limiter) Give(key string) {
	s, h := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, found := s.keys[h]; found {
		c.at -= int64(l.interval)
		heap.Fix(&s.heap, c.index)
	}
}

// Reset forgives key.
func (l *Limiter) Reset(key string) {
	s, h := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, found := s.keys[h]; found {
		heap.Remove(&s.heap, c.index)
		delete(s.keys, h)
	}
}

// Len is how many keys are held.
func (l *Limiter) Len() int {
	n := 0
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		n += len(s.keys)
		s.mu.Unlock()
	}
	return n
}

// shard places a key by a seeded hash, so that nobody can aim at one shard or one
// cell.
func (l *Limiter) shard(key string) (*shard, uint64) {
	h := maphash.String(l.seed, key)
	return &l.shards[h%shardCount], h
}

func (s *shard) at(h uint64) int64 {
	if c, found := s.keys[h]; found {
		return c.at
	}
	return 0
}

func (s *shard) put(h uint64, at int64, limit int) {
	if c, found := s.keys[h]; found {
		c.at = at
		heap.Fix(&s.heap, c.index)
		return
	}
	if len(s.keys) >= limit { // reuse the cell of the key that owes least
		c := s.heap[0]
		delete(s.keys, c.key)
		c.key, c.at = h, at
		s.keys[h] = c
		heap.Fix(&s.heap, 0)
		return
	}
	c := &cell{key: h, at: at}
	s.keys[h] = c
	heap.Push(&s.heap, c)
}

// cells is a heap with the key that owes least on top.
type cells []*cell

func (h cells) Len() int           { return len(h) }
func (h cells) Less(i, j int) bool { return h[i].at < h[j].at }
func (h cells) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is heap.Interface's.
func (h *cells) Push(x any) {
	c, ok := x.(*cell)
	if !ok {
		return
	}
	c.index = len(*h)
	*h = append(*h, c)
}

// Pop is heap.Interface's.
func (h *cells) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = nil
	*h = (*h)[:len(*h)-1]
	return last
}
