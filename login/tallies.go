package login

import (
	"container/heap"
	"time"
)

// at is the key's tally as of now, made if there is none. The caller holds t.mu.
func (t *Attempts) at(key string, now time.Time) *tally {
	if c, found := t.keys[key]; found {
		c.leak(now, t.a.Leak)
		heap.Fix(&t.heap, c.index)
		return c
	}
	if len(t.keys) >= t.a.MaxKeys {
		t.drop(t.heap.order[0])
	}
	c := &tally{key: key, at: now}
	t.keys[key] = c
	heap.Push(&t.heap, c)
	return c
}

// settle puts a changed tally in its place, or away when it says nothing.
func (t *Attempts) settle(c *tally) {
	if c.count == 0 {
		t.drop(c)
		return
	}
	heap.Fix(&t.heap, c.index)
}

func (t *Attempts) drop(c *tally) {
	delete(t.keys, c.key)
	heap.Remove(&t.heap, c.index)
}

// tallies is a heap with the key that is forgiven first on top.
type tallies struct {
	order []*tally
	leak  time.Duration
}

func (h *tallies) forgiven(i int) time.Time {
	c := h.order[i]
	return c.at.Add(time.Duration(c.count * float64(h.leak)))
}

// Len is heap.Interface's.
func (h *tallies) Len() int { return len(h.order) }

// Less is heap.Interface's.
func (h *tallies) Less(i, j int) bool { return h.forgiven(i).Before(h.forgiven(j)) }

// Swap is heap.Interface's.
func (h *tallies) Swap(i, j int) {
	h.order[i], h.order[j] = h.order[j], h.order[i]
	h.order[i].index, h.order[j].index = i, j
}

// Push is heap.Interface's.
func (h *tallies) Push(x any) {
	c, ok := x.(*tally)
	if !ok {
		return
	}
	c.index = len(h.order)
	h.order = append(h.order, c)
}

// Pop is heap.Interface's.
func (h *tallies) Pop() any {
	last := len(h.order) - 1
	c := h.order[last]
	h.order[last] = nil
	h.order = h.order[:last]
	return c
}
