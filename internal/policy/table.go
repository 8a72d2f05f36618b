package policy

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// Result is what became of a test; Problem is empty when it passed.
type Result struct {
	Name, Problem string
}

// Test runs the tables.
func (p *Policy) Test() []Result {
	out := make([]Result, 0, len(p.tests))
	for _, t := range p.tests {
		out = append(out, Result{t.Name, p.problem(t)})
	}
	return out
}

func (p *Policy) problem(t Test) string {
	given := t.Given
	d := p.Decide(&given)
	switch {
	case d.Err != nil:
		return d.Err.Error()
	case !same(d.Then, t.Want.Then):
		return fmt.Sprintf("want %s, got %s by %v", t.Want.Then, d.Then, d.Rules)
	case len(t.Want.Rules) > 0 && !slices.Equal(d.Rules, t.Want.Rules):
		return fmt.Sprintf("want the rules %v, got %v", t.Want.Rules, d.Rules)
	}
	return ""
}

func same(a, b Then) bool {
	a.Methods, b.Methods = slices.Sorted(slices.Values(a.Methods)), slices.Sorted(slices.Values(b.Methods))
	return reflect.DeepEqual(a, b)
}

// String is what follows, as JSON.
func (t Then) String() string {
	b, err := json.Marshal(t)
	if err != nil {
		return err.Error() // cannot happen
	}
	return string(b)
}
