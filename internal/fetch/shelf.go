package fetch

import (
	"container/list"
	"sync"
)

const (
	shelfEntries = 1024
	shelfBytes   = 16 << 20
)

// shelf keeps the documents used last, bounded in number and size.
type shelf struct {
	mu    sync.Mutex
	of    map[string]*list.Element
	order *list.List // of *placed, used last in front
	bytes int
}

type placed struct {
	key   string
	entry entry
}

func newShelf() *shelf { return &shelf{of: map[string]*list.Element{}, order: list.New()} }

func (p *placed) size() int {
	n := len(p.key) + len(p.entry.etag) + 256
	if p.entry.doc != nil {
		n += len(p.entry.doc.Body)
	}
	return n
}

// get returns the zero entry for what is not there.
func (s *shelf) get(key string) entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.of[key]
	if e == nil {
		return entry{}
	}
	s.order.MoveToFront(e)
	return at(e).entry
}

func at(e *list.Element) *placed {
	p, _ := e.Value.(*placed) // nothing else is put in
	return p
}

func (s *shelf) put(key string, en entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.of[key]; old != nil {
		s.remove(old)
	}
	p := &placed{key: key, entry: en}
	s.of[key] = s.order.PushFront(p)
	s.bytes += p.size()
	for s.order.Len() > 1 && (s.order.Len() > shelfEntries || s.bytes > shelfBytes) {
		s.remove(s.order.Back())
	}
}

func (s *shelf) remove(e *list.Element) {
	p := at(e)
	s.order.Remove(e)
	delete(s.of, p.key)
	s.bytes -= p.size()
}
