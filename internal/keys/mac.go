package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
)

// macs computes MACs under one key. Setting up HMAC costs as much as a short message does, so what is set up is used again.
type macs struct{ ready sync.Pool }

func newMACs(key []byte) *macs {
	return &macs{ready: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// sum is HMAC-SHA256 over each part preceded by its length.
func (m *macs) sum(parts [][]byte) []byte {
	h := m.ready.Get().(hash.Hash) //nolint:forcetypeassert // New makes nothing else
	h.Reset()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		_, _ = h.Write(n[:]) // a hash never fails
		_, _ = h.Write(p)
	}
	sum := h.Sum(nil)
	m.ready.Put(h)
	return sum
}
