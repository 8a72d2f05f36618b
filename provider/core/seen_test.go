package core

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"testing"
)

func tokenKey(n int) *[sha256.Size]byte {
	key := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return &key
}

func TestSeenKeepsWhatIsUsedAndForgetsTheRest(t *testing.T) {
	s := newSeen(8)
	if s.get(tokenKey(1)) != nil {
		t.Fatal("found before it was put")
	}
	used, unused := &AccessToken{Subject: "used"}, &AccessToken{Subject: "unused"}
	s.put(tokenKey(1), used)
	s.put(tokenKey(2), unused)
	for n := 3; n < 100; n++ {
		s.put(tokenKey(n), &AccessToken{})
		if s.get(tokenKey(1)) != used {
			t.Fatalf("forgotten after %d others although it was in use", n-2)
		}
		if held := len(s.young) + len(s.old); held > 8 {
			t.Fatalf("%d entries are held", held)
		}
	}
	if s.get(tokenKey(2)) != nil {
		t.Error("kept without use")
	}
}

func TestSeenIsSafeForConcurrentUse(t *testing.T) {
	s := newSeen(16)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 1000 {
				a := &AccessToken{Subject: string(rune('a' + n%40))}
				s.put(tokenKey(n%40), a)
				if got := s.get(tokenKey((n + i) % 40)); got != nil && got.Subject != string(rune('a'+(n+i)%40)) {
					t.Error("another token")
				}
			}
		})
	}
	all.Wait()
}
