package risk

import "time"

// Scene is what a check looks at: the attempt, what the person usually does, and what everybody does just now.
type Scene struct {
	*Attempt
	Baseline *Baseline // never nil; empty for nobody and for somebody new
	Crowd    *Crowd    // what all people together are seen with
	Traffic  *Traffic
	Forest   *Forest // nil: not trained
	familiar float64
}

// Check finds factors. It sees a scene and changes nothing.
type Check interface{ Judge(s *Scene) []Factor }

// CheckFunc is a check that is one function.
type CheckFunc func(s *Scene) []Factor

// Judge implements Check.
func (f CheckFunc) Judge(s *Scene) []Factor { return f(s) }

// Row is a line of the table of checks.
type Row struct {
	Name   string
	Weight float64
	Check  Check
}

// Engine adds up what the checks find.
type Engine struct {
	rows  []Row
	lines Thresholds
}

// Never is a threshold that no score reaches.
const Never = 1e6

// Defaults are the thresholds from the measurement's seed 1: a second factor from the score that one genuine sign-in in a thousand reaches. Nothing is refused: whoever can
// make a wave of refused attempts could otherwise lock others out.
func Defaults() Thresholds { return Thresholds{Doubt: 3, StepUp: 5.6, Deny: Never} }

// NewEngine makes an engine of a table.
func NewEngine(rows []Row, lines Thresholds) *Engine { return &Engine{rows: rows, lines: lines} }

// Thresholds are the engine's.
func (e *Engine) Thresholds() Thresholds { return e.lines }

// Judge is the verdict on a scene.
func (e *Engine) Judge(s *Scene) Verdict {
	s.familiar = familiarity(s)
	v := Verdict{Missed: s.Missed}
	for _, row := range e.rows {
		for _, f := range row.Check.Judge(s) {
			f.Check, f.Weight = row.Name, row.Weight
			if f.Value == 0 || f.Weight == 0 {
				continue
			}
			v.Factors = append(v.Factors, f)
			v.Score += f.Points()
		}
	}
	v.Action = e.lines.Action(v.Score)
	return v
}

// Familiar is how sure it is, from 0 to 1, that this browser or at least this place and kind of browser is the person's own.
func (s *Scene) Familiar() float64 { return s.familiar }

// trusted is how long and how often a device must have been seen to be trusted fully: a stranger's that got in once is not trusted at once.
const (
	trustedAge   = 72 * time.Hour
	trustedCount = 4
)

// Trust is how far a device seen before is trusted, from 0 (new) to 1.
func (s *Scene) Trust() float64 {
	if s.Device == "" {
		return 0
	}
	d := s.Settled(Device)
	switch {
	case d == nil && s.Known: // forgotten here, but the signed cookie remembers
		return 0.8
	case d == nil:
		return 0
	}
	age := min(1, float64(d.Age(s.Time))/float64(trustedAge))
	return 0.15 + 0.85*age*min(1, d.Count/trustedCount)
}

// familiarity: the device, or the person's operator and kind of browser together.
func familiarity(s *Scene) float64 {
	if s.Person == "" {
		return anybodys(s)
	}
	soft := 0.0
	if seenLong(s.Baseline.Platforms.Find(s.Platform()), s.Time) {
		switch {
		case seenLong(s.Baseline.Networks.Find(s.Key(ByNetwork)), s.Time):
			soft = 0.8
		case seenLong(s.Baseline.Operators.Find(s.Key(ByOperator)), s.Time):
			soft = 0.5
		}
	}
	return max(soft, s.Trust())
}

// seenLong: not only since today.
func seenLong(v *Seen, now time.Time) bool { return v != nil && v.Age(now) > 12*time.Hour }

// anybodys: an attempt at nobody is likely somebody's slip when others, or they, sign in with that browser or from that line.
func anybodys(s *Scene) float64 {
	if s.Device != "" {
		if c := s.Traffic.Of(ByDevice, s.Key(ByDevice), s.Time); c.Weeks > 0.5 && c.Weeks > c.Strangers {
			return 0.9
		}
	}
	if c := s.Traffic.Of(ByLine, s.Key(ByLine), s.Time); c.Weeks > 2*c.Day+0.5 {
		return 0.5
	}
	return 0
}
