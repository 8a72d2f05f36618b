package risk

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Bounds of what is remembered of uses, and for how long two places count as taking turns.
const (
	trailShards = 16
	mostTrails  = 1 << 14 // sessions and grants together; about 400 bytes each
	turnsWithin = 10 * time.Minute
	turnsFade   = time.Hour
	noticeEvery = 10 * time.Minute
)

// trails remember from where sessions and grants were used the last two times. They are bounded, in memory only, and each node has its own.
type trails struct {
	seed   maphash.Seed
	shards [trailShards]trailShard
}

type trailShard struct {
	mu   sync.Mutex
	of   map[storage.ID]*trail
	ring []storage.ID
	next int
}

type trail struct {
	here, there mark
	turns       int
	turned      time.Time
	noticed     uint64 // the place that was spoken of last
	spoke       time.Time
}

// mark is a place of use.
type mark struct {
	key    uint64 // 0: none
	origin Origin // At: the last time
}

func newTrails() *trails {
	t := &trails{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].of = map[storage.ID]*trail{}
	}
	return t
}

// key is the same for uses that need no second look: from one network, by one user agent, in one browser.
func (t *trails) key(o Used) uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	a := prefix(o.IP, 24, 48).Addr().As16()
	_, _ = h.Write(a[:])
	_ = h.WriteByte(byte(o.Browser)) //nolint:gosec // four values
	_, _ = h.WriteString(o.Agent)
	return h.Sum64() | 1
}

func (t *trails) shard(id storage.ID) *trailShard { return &t.shards[id[len(id)-1]%trailShards] }

// pass reports that the last use was of the same place, and notes this one.
func (t *trails) pass(id storage.ID, key uint64, now time.Time) bool {
	s := t.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	tr := s.of[id]
	if tr == nil || tr.here.key != key {
		return false
	}
	tr.here.origin.At = now
	return true
}

// last is the last use from elsewhere, and how often two places took turns with this use.
func (t *trails) last(id storage.ID, key uint64, now time.Time) (o Origin, turns int, known bool) {
	s := t.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	tr := s.of[id]
	if tr == nil || tr.here.key == 0 {
		return Origin{}, 0, false
	}
	return tr.here.origin, tr.after(key, now), true
}

// after is how many turns there are when key is used now.
func (tr *trail) after(key uint64, now time.Time) int {
	n := tr.turns
	if now.Sub(tr.turned) > turnsFade {
		n = 0
	}
	if key == tr.there.key && now.Sub(tr.there.origin.At) < turnsWithin {
		n++
	}
	return n
}

// note takes in a use from another place than the last one.
func (t *trails) note(id storage.ID, key uint64, o Origin) {
	s := t.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	tr := s.trail(id)
	if n := tr.after(key, o.At); n != tr.turns {
		tr.turns, tr.turned = n, o.At
	}
	if tr.here.key != 0 {
		tr.there = tr.here
	}
	tr.here = mark{key, o}
}

// due reports whether a place of use may be spoken of again.
func (t *trails) due(id storage.ID, key uint64, now time.Time) bool {
	s := t.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	tr := s.trail(id)
	if tr.noticed == key && now.Sub(tr.spoke) < noticeEvery {
		return false
	}
	tr.noticed, tr.spoke = key, now
	return true
}

func (s *trailShard) trail(id storage.ID) *trail {
	if tr := s.of[id]; tr != nil {
		return tr
	}
	tr := &trail{}
	if len(s.ring) < mostTrails/trailShards {
		s.ring = append(s.ring, id)
	} else {
		delete(s.of, s.ring[s.next])
		s.ring[s.next] = id
		s.next = (s.next + 1) % len(s.ring)
	}
	s.of[id] = tr
	return tr
}

// Watched is how many sessions and grants are remembered, for metrics.
func (m *Module) Watched() (n int) {
	for i := range m.trails.shards {
		s := &m.trails.shards[i]
		s.mu.Lock()
		n += len(s.of)
		s.mu.Unlock()
	}
	return n
}
