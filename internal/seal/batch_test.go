package seal

import (
	"bytes"
	"sync"
	"testing"
)

// TestNoncesOfABatch: a batch ends, its messages differ in the second half of their nonces, and another holder of the key opens them.
func TestNoncesOfABatch(t *testing.T) {
	raw := bytes.Repeat([]byte{7}, keySize)
	a, errA := NewKey(1, raw)
	b, errB := NewKey(1, raw)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	const each, workers = batchSize/4 + 1, 8
	var mu sync.Mutex
	seen, halves := map[[nonceSize]byte]bool{}, map[[halfSize]byte]int{}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			mine := make([][nonceSize]byte, each)
			for i := range mine {
				mine[i] = [nonceSize]byte(a.SealBytes(nil, nil)[headerSize:])
			}
			mu.Lock()
			defer mu.Unlock()
			for _, n := range mine {
				seen[n] = true
				halves[[halfSize]byte(n[:])]++
			}
		})
	}
	wg.Wait()
	if len(seen) != each*workers {
		t.Errorf("%d nonces of %d messages", len(seen), each*workers)
	}
	for half, n := range halves {
		if n > batchSize {
			t.Errorf("%d messages of one batch %x", n, half)
		}
	}
	if len(halves) < 3 {
		t.Errorf("%d batches", len(halves))
	}
	for _, k := range []*Key{a, b} {
		if got, err := k.OpenBytes([]byte("x"), a.SealBytes([]byte("x"), []byte("text"))); err != nil || string(got) != "text" {
			t.Error(string(got), err)
		}
		if got, err := k.OpenBytes([]byte("x"), b.SealBytes([]byte("x"), []byte("text"))); err != nil || string(got) != "text" {
			t.Error(string(got), err)
		}
	}
}
