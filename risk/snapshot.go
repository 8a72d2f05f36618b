package risk

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"io"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Bounds of what is written of the traffic: of each kind the keys counted last. A snapshot has some hundred kilobytes.
const (
	snapshotKeys = 2048
	snapshotMost = 32 << 20 // once unpacked
)

// Snapshot is what is in memory of everybody's attempts, so that a restart in the middle of a wave does not forget it. Counters of single people are not in it: they
// fade within a day, and nothing of somebody who was erased may come back.
type Snapshot struct {
	Kinds   [][]Counted // by Kind
	Normal  Faded
	Vectors []Vector
	Seen    int
}

// Counted is one key's counters.
type Counted struct {
	Key                                      string
	Strangers, Day, Works, Weeks, Fails, Bad Faded
}

// Faded is a sum that fades, as it was at a time in Unix seconds.
type Faded struct {
	N  float64
	At int64
}

func (f fading) faded() Faded { return Faded{f.n, f.at} }

func (f Faded) fading() fading { return fading{f.N, f.At} }

// snapshot copies what counts.
func (t *Traffic) snapshot() ([][]Counted, Faded) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([][]Counted, kinds)
	for k := range kinds {
		if k != ByPerson {
			out[k] = t.kinds[k].snapshot()
		}
	}
	return out, t.normal.faded()
}

// snapshot is the keys counted last, in the order in which they make room for others.
func (s *shelf) snapshot() []Counted {
	all := make([]Counted, 0, len(s.ring))
	for i := range s.ring {
		key := s.ring[(s.next+i)%len(s.ring)]
		c := s.keys[key]
		all = append(all, Counted{
			Key: key, Strangers: c.strangers.faded(), Day: c.day.faded(), Works: c.works.faded(), Weeks: c.weeks.faded(), Fails: c.fails.faded(), Bad: c.bad.faded(),
		})
	}
	slices.SortStableFunc(all, func(a, b Counted) int { return int(a.last() - b.last()) })
	return all[max(0, len(all)-snapshotKeys):]
}

func (c Counted) last() int64 { return max(c.Works.At, c.Fails.At) }

// restore puts in what was counted before. What has been counted since the start stays.
func (t *Traffic) restore(of [][]Counted, normal Faded) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, all := range of[:min(len(of), len(t.kinds))] {
		for _, o := range all {
			if t.kinds[k].keys[o.Key] != nil {
				continue
			}
			*t.kinds[k].get(o.Key) = counter{
				strangers: o.Strangers.fading(), day: o.Day.fading(), works: o.Works.fading(), weeks: o.Weeks.fading(), fails: o.Fails.fading(), bad: o.Bad.fading(),
			}
		}
	}
	if t.normal.n == 0 {
		t.normal = normal.fading()
	}
}

func (f *Forest) snapshot() ([]Vector, int) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return slices.Clone(f.kept), f.seen
}

// restore takes over a sample, unless enough has come already.
func (f *Forest) restore(kept []Vector, seen int) (due bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen > 0 || len(kept) > keptVectors || seen < len(kept) {
		return false
	}
	f.kept, f.seen = kept, seen
	return seen >= ForestLeast
}

// snapshotRow is the id under which a tenant's snapshot stands beside what people usually do. No person has it.
func (m *Module) snapshotRow() (id storage.ID) {
	sum := sha256.Sum256(append([]byte("jedan risk snapshot\x00"), m.d.Tenant[:]...))
	copy(id[:], sum[:])
	return id
}

// Keep writes down what is in memory, if anything came since the last time. Of several nodes the last one counts.
func (m *Module) Keep(ctx context.Context) error {
	s := Snapshot{}
	s.Vectors, s.Seen = m.forest.snapshot()
	s.Kinds, s.Normal = m.traffic.snapshot()
	packed, err := s.pack()
	if err != nil || m.c.Off || len(s.Kinds[Altogether]) == 0 {
		return err
	}
	sum := sha256.Sum256(packed)
	if m.kept.Load() != nil && *m.kept.Load() == sum {
		return nil
	}
	row, err := m.d.Store.RiskBaselineOf(ctx, m.d.Tenant, m.snapshotRow())
	if errs.Is(err, errs.NotFound) {
		row, err = &storage.RiskBaseline{Tenant: m.d.Tenant, Person: m.snapshotRow()}, nil
	}
	if err != nil {
		return err
	}
	row.Data, row.UpdatedAt = m.d.Ring.Seal(at(row), packed), m.d.Now()
	if err = m.d.Store.SaveRisk(ctx, row, nil, 0); errs.Is(err, errs.Conflict) {
		return nil // another node was faster
	}
	if err == nil {
		m.kept.Store(&sum)
	}
	return err
}

// restore reads what Keep wrote. A snapshot that cannot be read is worth less than a start.
func (m *Module) restore(ctx context.Context) error {
	row, err := m.d.Store.RiskBaselineOf(ctx, m.d.Tenant, m.snapshotRow())
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	packed, err := m.d.Ring.Open(at(row), row.Data)
	var s Snapshot
	if err == nil {
		s, err = unpack(packed)
	}
	if err != nil {
		m.d.Log.WarnContext(ctx, "what was known of the traffic begins anew", "error", err)
		return nil
	}
	m.traffic.restore(s.Kinds, s.Normal)
	if m.forest.restore(s.Vectors, s.Seen) {
		m.forest.Train()
	}
	return nil
}

func (s Snapshot) pack() ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	err := errors.Join(gob.NewEncoder(z).Encode(s), z.Close())
	return b.Bytes(), err
}

func unpack(packed []byte) (s Snapshot, err error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return s, err
	}
	return s, gob.NewDecoder(io.LimitReader(z, snapshotMost)).Decode(&s)
}
