package risk

import "math"

// Action is what follows from a verdict.
type Action string

// Actions, from mild to hard.
const (
	Allow  Action = "allow"
	StepUp Action = "step_up"
	Deny   Action = "deny"
)

// Factor is one finding: a reason, and how much it speaks against the attempt (above zero) or for it (below).
type Factor struct {
	Check  string  `json:"check"`            // the row of the table
	Reason string  `json:"reason"`           // a code; Words says it in a sentence
	Value  float64 `json:"value"`            // what was found, in natural logarithms of odds
	Weight float64 `json:"weight"`           // the check's weight
	Detail string  `json:"detail,omitempty"` // a number or a code, never what somebody typed
}

// Points is what the factor adds to the score.
func (f Factor) Points() float64 { return f.Value * f.Weight }

// Verdict is a score with its reasons.
type Verdict struct {
	Action  Action   `json:"action"`
	Score   float64  `json:"score"`
	Factors []Factor `json:"factors"`
	Missed  []string `json:"missed,omitempty"` // feeds that did not answer
	// Observed is the action that would have followed where verdicts are only observed; "": Action follows.
	Observed Action `json:"observed,omitempty"`
}

// Thresholds make an action of a score. From Doubt on an attempt is let through, but what is new in it is not trusted for a while.
type Thresholds struct{ Doubt, StepUp, Deny float64 }

// Action is what follows from a score.
func (t Thresholds) Action(score float64) Action {
	switch {
	case score >= t.Deny:
		return Deny
	case score >= t.StepUp:
		return StepUp
	}
	return Allow
}

// Percent shows a score as 0 to 100: 50 is the threshold of a second factor.
func (t Thresholds) Percent(score float64) int {
	return int(math.Round(100 / (1 + math.Exp((t.StepUp-score)/2))))
}
