package measure

import (
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/risk/replay"
)

// Source gives records until io.EOF; *replay.Reader is one.
type Source interface{ Next() (replay.Record, error) }

// Judge is what scores attempts in order and learns from them.
type Judge interface {
	Judge(a *risk.Attempt) risk.Verdict
}

// Scored is a record's label with its score, and what each check gave to it.
type Scored struct {
	Label  string
	Score  float64
	Action risk.Action
	Parts  []float64 // in the order of the names that Do was given
}

// Run judges all of a source.
type Run struct {
	Scored []Scored
	Took   []time.Duration // of each, sorted
}

// Do judges every record. names are the checks whose parts are kept; seen, if not nil, is called with each record.
func Do(src Source, j Judge, names []string, seen func(replay.Record, risk.Verdict)) (*Run, error) {
	out := &Run{}
	runtime.LockOSThread() // now is the thread's CPU time
	defer runtime.UnlockOSThread()
	for {
		rec, err := src.Next()
		if errors.Is(err, io.EOF) {
			slices.Sort(out.Took)
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		a := Attempt(rec.Event)
		begin := now()
		v := j.Judge(a)
		out.Took = append(out.Took, now()-begin)
		out.Scored = append(out.Scored, Scored{rec.Label, v.Score, v.Action, parts(v, names)})
		if seen != nil {
			seen(rec, v)
		}
	}
}

// parts is what each of the named checks gave.
func parts(v risk.Verdict, names []string) []float64 {
	if len(names) == 0 {
		return nil
	}
	out := make([]float64, len(names))
	for _, f := range v.Factors {
		if i := slices.Index(names, f.Check); i >= 0 {
			out[i] += f.Points()
		}
	}
	return out
}

// Without is the same run with one check's part left out of every score. What was learned on the way stays as it was.
func (r *Run) Without(i int) *Run {
	out := &Run{Scored: slices.Clone(r.Scored)}
	for j := range out.Scored {
		out.Scored[j].Score -= out.Scored[j].Parts[i]
	}
	return out
}

// Attempt is an event as the engine sees it. It has no label.
func Attempt(e replay.Event) *risk.Attempt {
	a := &risk.Attempt{
		Time: e.Time, Person: e.Person, Success: e.Outcome == replay.Success, Address: e.Address, Agent: e.Agent, Device: e.Device, Factor: e.Factor,
		Client: e.Client, Place: risk.Place{Country: e.Country, ASN: e.ASN},
	}
	if e.Lat != nil && e.Lon != nil {
		a.Place.Lat, a.Place.Lon, a.Place.Exact = *e.Lat, *e.Lon, true
	}
	return a
}

// Percentile of the CPU time a verdict took; where the system does not tell it, of the time that passed.
func (r *Run) Percentile(p float64) time.Duration {
	if len(r.Took) == 0 {
		return 0
	}
	return r.Took[min(len(r.Took)-1, int(p*float64(len(r.Took))))]
}

// Count is how many records have the label.
func (r *Run) Count(label string) (n int) {
	for _, s := range r.Scored {
		if s.Label == label {
			n++
		}
	}
	return n
}

// Over is the share of a label's records whose score reaches the line.
func (r *Run) Over(label string, line float64) float64 {
	n, over := 0, 0
	for _, s := range r.Scored {
		if s.Label != label {
			continue
		}
		if n++; s.Score >= line {
			over++
		}
	}
	return float64(over) / math.Max(1, float64(n))
}

// Line is the lowest score that at most the given share of genuine records reach.
func (r *Run) Line(falseAlarms float64) float64 {
	genuine := r.scores(replay.Genuine)
	if len(genuine) == 0 {
		return math.Inf(1)
	}
	most := int(falseAlarms * float64(len(genuine)))
	return math.Nextafter(genuine[len(genuine)-1-most], math.Inf(1))
}

// AUC is the chance that a random record of the label scores above a random genuine one (ties count half).
func (r *Run) AUC(label string) float64 {
	good, bad := r.scores(replay.Genuine), r.scores(label)
	if len(good) == 0 || len(bad) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, s := range bad {
		below, _ := slices.BinarySearch(good, s)
		upto, _ := slices.BinarySearch(good, math.Nextafter(s, math.Inf(1)))
		sum += float64(below) + float64(upto-below)/2
	}
	return sum / float64(len(good)) / float64(len(bad))
}

// scores of a label, sorted.
func (r *Run) scores(label string) []float64 {
	var out []float64
	for _, s := range r.Scored {
		if s.Label == label {
			out = append(out, s.Score)
		}
	}
	slices.Sort(out)
	return out
}

// Records is a source of records in memory.
type Records struct {
	all  []replay.Record
	next int
}

// From reads records from a slice.
func From(all []replay.Record) *Records { return &Records{all: all} }

// Next implements Source.
func (r *Records) Next() (replay.Record, error) {
	if r.next == len(r.all) {
		return replay.Record{}, io.EOF
	}
	r.next++
	return r.all[r.next-1], nil
}
