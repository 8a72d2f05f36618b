package redisdb_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/limits"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage/redisdb/redistest"
)

// ring is the keyring that nodes of one installation share.
type ring struct{}

func (ring) Index(table, column string, value []byte) []byte {
	return seal.Index([]byte("0123456789abcdef0123456789abcdef"), table, column, [16]byte{1}, value)
}

// Several nodes let in no more than one would, and Redis does not learn whom they count.
func TestNodesCountTogether(t *testing.T) {
	s := redistest.Start(t)
	rate := limits.Rate{Events: 1, Per: time.Hour, Burst: 50}
	var nodes []*limits.Limits
	for range 3 {
		l, err := limits.New(limits.Config{Account: rate, Address: limits.Addresses{Login: rate}}, limits.Deps{Shared: open(t, s.URL()), Ring: ring{}, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, l)
	}
	let, at := 0, netip.MustParseAddr("192.0.2.1")
	for i := range 300 {
		if nodes[i%3].Account(t.Context(), "login", "maria@example.org") == 0 {
			let++
		}
	}
	if let != 50 {
		t.Errorf("three nodes let in %d, want 50", let)
	}
	for i := range 90 {
		nodes[i%3].Address(t.Context(), limits.Login, at)
	}
	nodes[0].Forgive(t.Context(), "login", "maria@example.org")
	if wait := nodes[1].Account(t.Context(), "login", "maria@example.org"); wait != 0 {
		t.Errorf("what one node took back another still counts: %v", wait)
	}
	if n := s.Do("DBSIZE"); n != ":2" {
		t.Errorf("%s keys", n)
	}
	if got := s.Do("KEYS", "*maria*"); got != "*0" {
		t.Errorf("Redis knows a name: %s", got)
	}
}
