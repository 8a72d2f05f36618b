package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// goal is what the issue asks of a scenario; the zero goal is "reported".
type goal struct {
	least float64       // ratio to reach; 0: none
	unit  primitive     // the ratio is to this primitive's CPU time; "" is the bare handler's
	sum   []primitive   // at most sumTimes times all of these together
	most  time.Duration // of the server's own CPU time for a turn, without the primitive in unit; 0: none
}

// sumTimes is how much more than its primitives an operation may cost.
const sumTimes = 4

func atLeast(ratio float64) goal { return goal{least: ratio} }

func ofPrimitive(ratio float64, p primitive) goal { return goal{least: ratio, unit: p} }

func sumOf(ps ...primitive) goal { return goal{sum: ps} }

func atMostBeside(d time.Duration, p primitive) goal { return goal{most: d, unit: p} }

// result is a scenario's figures: medians over the runs.
type result struct {
	scenario   scenario
	hello, own time.Duration               // CPU per request and per turn; own has the database server's
	database   time.Duration               // PostgreSQL's part of own
	ratios     []float64                   // hello / own, run by run
	units      []float64                   // the goal's primitive / own, run by run
	each       map[primitive]time.Duration // the goal's primitives, measured between the runs
	objects    float64                     // allocations per turn
	bytes      float64
	perSecond  float64 // turns
	busy       float64 // part of its core that the server used
}

// ratio is what the goal is about.
func (r *result) ratio() float64 {
	if r.scenario.goal.unit != "" {
		return median(r.units)
	}
	return median(r.ratios)
}

// primitives are those that a child must measure for the goal, each once.
func (g goal) primitives() []primitive {
	var out []primitive
	for _, p := range append(slices.Clone(g.sum), g.unit) {
		if p != "" && p != primHello && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// primitivesSum is the CPU time of all primitives of the goal.
func (r *result) primitivesSum() time.Duration {
	var sum time.Duration
	for _, p := range r.scenario.goal.sum {
		if p == primHello {
			sum += r.hello
		} else {
			sum += r.each[p]
		}
	}
	return sum
}

// beside is the CPU time of the server alone, without the goal's primitive.
func (r *result) beside() time.Duration { return r.own - r.database - r.each[r.scenario.goal.unit] }

// verdict compares with the goal.
func (r *result) verdict() string {
	g := r.scenario.goal
	ok := true
	switch {
	case g.least > 0:
		ok = r.ratio() >= g.least
	case len(g.sum) > 0:
		ok = r.own <= sumTimes*r.primitivesSum()
	case g.most > 0:
		ok = r.beside() <= g.most
	default:
		return "reported"
	}
	if ok {
		return "pass"
	}
	return "short"
}

// target says the goal in words.
func (r *result) target() string {
	g := r.scenario.goal
	switch {
	case g.most > 0:
		return fmt.Sprintf("≤ %s µs beside the %s", micros(g.most), g.unit)
	case g.unit != "":
		return fmt.Sprintf("≥ %.2f of the %s rate", g.least, strings.TrimSuffix(strings.TrimSuffix(string(g.unit), " signature"), " hash"))
	case g.least > 0:
		return fmt.Sprintf("≥ %.2f", g.least)
	case len(g.sum) > 0:
		return fmt.Sprintf("≤ %d × primitives", sumTimes)
	}
	return "–"
}

// reached is the figure to hold against target.
func (r *result) reached() string {
	if s := r.primitivesSum(); s > 0 {
		return fmt.Sprintf("%.1f × (%s µs)", float64(r.own)/float64(s), micros(s))
	}
	if r.scenario.goal.most > 0 {
		return fmt.Sprintf("%s µs (without %s µs)", micros(r.beside()), micros(r.each[r.scenario.goal.unit]))
	}
	return fmt.Sprintf("%.3f", r.ratio())
}

func micros(d time.Duration) string {
	us := float64(d) / float64(time.Microsecond)
	if us < 100 {
		return fmt.Sprintf("%.1f", us)
	}
	return fmt.Sprintf("%.0f", us)
}

func median[T float64 | time.Duration](v []T) T {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
