package storage

import (
	"bytes"
	"testing"
	"time"
)

// Ids are UUIDv7, different from each other, and ordered by time down to a microsecond.
func TestNewID(t *testing.T) {
	at := time.Date(2026, 11, 30, 1, 2, 3, 0, time.UTC)
	last := ID{}
	for i := range 5000 {
		id := NewID(at.Add(time.Duration(i) * time.Microsecond))
		if bytes.Compare(id[:], last[:]) <= 0 {
			t.Fatalf("%s after %s", id, last)
		}
		if id[6]>>4 != 7 || id[8]>>6 != 2 {
			t.Fatalf("%s is no UUIDv7", id)
		}
		back, err := ParseID(id.String())
		if err != nil || back != id {
			t.Fatal(back, err)
		}
		last = id
	}
	seen := map[ID]bool{}
	for range 5000 {
		id := NewID(at.Add(999_999 * time.Nanosecond))
		if seen[id] || id[6] != 0x7f || id[7] != 0xff {
			t.Fatalf("%s", id)
		}
		seen[id] = true
	}
}
