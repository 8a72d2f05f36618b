package generate

import (
	"math/rand/v2"
	"slices"

	"github.com/jedan-auth/jedan-auth/risk/replay"
)

// Options say how much is made; zero values are those of the measurement.
type Options struct {
	Seed   uint64
	Events int // 0: 100,000, attacks included
	People int // 0: 2,000
}

type generator struct {
	r      *rand.Rand
	w      *world
	events []replay.Record
}

// Events are the records of a seed, in order of time.
func Events(o Options) []replay.Record {
	if o.Events == 0 {
		o.Events = 100_000
	}
	if o.People == 0 {
		o.People = 2000
	}
	g := &generator{w: newWorld(newRand(o.Seed, 1)), r: newRand(o.Seed, 2)}
	all := g.people(o.People)
	g.r = newRand(o.Seed, 3)
	g.attacks(all, o.Events)
	attacks := g.events
	g.events, g.r = nil, newRand(o.Seed, 4)
	wanted := o.Events - len(attacks)
	g.genuine(all, wanted)
	g.cut(wanted)
	for len(g.events) < wanted { // a few more, one at a time: mistakes cannot overshoot by much
		g.signIn(all[g.r.IntN(len(all))])
	}
	g.events = append(g.events[:wanted], attacks...)
	slices.SortStableFunc(g.events, func(a, b replay.Record) int { return a.Time.Compare(b.Time) })
	return g.events
}

// cut leaves out random ones until n are left.
func (g *generator) cut(n int) {
	for len(g.events) > n {
		i := g.r.IntN(len(g.events))
		g.events[i] = g.events[len(g.events)-1]
		g.events = g.events[:len(g.events)-1]
	}
}

func (g *generator) add(e replay.Event, label string) {
	g.events = append(g.events, replay.Record{Event: e, Label: label})
}
