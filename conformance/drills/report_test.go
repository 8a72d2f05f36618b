package drills

import "time"

func (a *arena) report(took time.Duration) {
	a.t.Logf("%s, %d process(es): %d races (%d codes, %d rotations, %d kept), %d requests, %d granted, %d refused, %v", a.kind, len(a.nodes), a.races, a.codes, a.rotations, a.kept, a.requests, a.granted, a.refused, took.Round(time.Millisecond))
}
