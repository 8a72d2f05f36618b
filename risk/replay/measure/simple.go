package measure

import "github.com/jedan-auth/jedan-auth/risk"

// TwoRules is what many servers do: a point for a device that the person has not used, a point for a new country. It is what the engine is compared with.
type TwoRules struct{ seen map[string]map[string]bool }

// NewTwoRules knows nobody.
func NewTwoRules() *TwoRules { return &TwoRules{seen: map[string]map[string]bool{}} }

// Judge implements Judge.
func (t *TwoRules) Judge(a *risk.Attempt) risk.Verdict {
	known := t.seen[a.Person]
	if a.Person == "" || known == nil {
		known = map[string]bool{}
	}
	var v risk.Verdict
	if len(known) > 0 || a.Person == "" {
		for _, key := range keys(a) {
			if !known[key] {
				v.Score++
			}
		}
	}
	if a.Success {
		for _, key := range keys(a) {
			known[key] = true
		}
		t.seen[a.Person] = known
	}
	return v
}

func keys(a *risk.Attempt) [2]string {
	return [2]string{"device " + a.Device, "country " + a.Place.Country}
}
