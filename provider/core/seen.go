package core

import (
	"crypto/sha256"
	"sync"
)

// seen remembers tokens whose signature was verified, by their hash. It forgets by age of use: what was asked for least recently goes when there are
// too many. How often a token was used says nothing about whether it comes again: tokens die, and their successors are new.
type seen struct {
	half int // of the most entries

	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]*AccessToken
}

func newSeen(most int) *seen {
	return &seen{half: max(1, most/2), young: map[[sha256.Size]byte]*AccessToken{}}
}

// get returns the token that put was given for the key, unless it is forgotten.
func (s *seen) get(key *[sha256.Size]byte) *AccessToken {
	s.mu.RLock()
	a, young := s.young[*key]
	if !young {
		a = s.old[*key]
	}
	s.mu.RUnlock()
	if a != nil && !young {
		s.put(key, a)
	}
	return a
}

func (s *seen) put(key *[sha256.Size]byte, a *AccessToken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.young) >= s.half {
		s.young, s.old = make(map[[sha256.Size]byte]*AccessToken, s.half), s.young
	}
	s.young[*key] = a
}
