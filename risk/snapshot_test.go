package risk_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A restart in the middle of a wave does not forget it; a node without the snapshot would. Nothing of single people is in it, it is bounded, and what cannot be read keeps no
// server from starting.
func TestTrafficSurvivesARestart(t *testing.T) {
	w := newWorld(t)
	w.tick = time.Second
	ctx := context.Background()
	m := w.node(risk.Config{})
	from := netip.MustParseAddr("198.51.100.9")
	for i := range 60 {
		o := moment(byte(100+i), "")
		o.IP, o.Success, o.Person = from, false, storage.ID{7, 7, 7, 7, byte(i), 0xAB, 0xCD, 0xEF, 0xAB, 0xCD, 0xEF, 1, 2, 3, 4, 5}
		m.Refused(o)
	}
	for range 20 { // somebody to be attacked
		w.ok(m.Learn(ctx, moment(9, "own"), true))
	}
	w.ok(m.Flush(ctx))
	w.ok(m.Keep(ctx))
	writes := w.s.writes
	w.ok(m.Keep(ctx))
	if w.s.writes != writes {
		t.Error("the same is written again")
	}
	score := func(load bool) float64 {
		n := w.node(risk.Config{})
		if load {
			w.ok(n.Load(ctx))
		}
		o := moment(9, "another")
		o.IP = from
		v, err := n.Judge(ctx, o)
		w.ok(err)
		for _, f := range v.Factors {
			if f.Reason == "line_refused_often" {
				return f.Points()
			}
		}
		return 0
	}
	if with, without := score(true), score(false); with <= 0 || without != 0 {
		t.Errorf("after a restart the address has %.2f points, without the snapshot %.2f", with, without)
	}
	found := false
	for id, row := range w.s.rows {
		packed, err := w.ring.Open(seal.Location{Table: row.TableName(), Column: "data", Tenant: row.Tenant, Row: id}, row.Data)
		w.ok(err)
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			continue
		}
		text, err := io.ReadAll(z)
		w.ok(err)
		found = true
		if bytes.Contains(text, []byte{7, 7, 7, 7}) || !bytes.Contains(text, []byte("198.51.100.9")) {
			t.Error("a person's counters are in the snapshot, or an address's are not")
		}
		row.Data = w.ring.Seal(seal.Location{Table: row.TableName(), Column: "data", Tenant: row.Tenant, Row: id}, packed[:len(packed)/2])
		w.s.rows[id] = row
	}
	if !found {
		t.Fatal("there is no snapshot")
	}
	w.ok(w.node(risk.Config{}).Load(ctx)) // half of it is lost
	for i := range 100_000 {
		o := moment(1, fmt.Sprint(i))
		o.IP, o.Success = netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), false
		m.Refused(o)
	}
	w.ok(m.Keep(ctx))
	for _, row := range w.s.rows {
		if n := row.Data.Len(); n > 1<<20 {
			t.Errorf("a snapshot has %d bytes", n)
		}
	}
}
