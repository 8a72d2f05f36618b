package policy

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/cel-go/cel"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
)

// Policy is compiled rules. It is safe for concurrent use; the zero value decides nothing.
type Policy struct {
	rules []compiled
	tests []Test
}

type compiled struct {
	name string
	when cel.Program // nil: always
	then Then
}

// New compiles the rules. Each is tried once on an empty scene, so that what can never be evaluated is refused here and not at somebody's sign-in.
func New(c Config) (*Policy, error) {
	p := &Policy{tests: c.Tests}
	if len(c.Rules) == 0 {
		if len(c.Tests) > 0 {
			return nil, errors.New("policy: there are tests and no rules")
		}
		return p, nil
	}
	env, err := language()
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	var problems []error
	for i, r := range c.Rules {
		one, err := compile(env, r)
		if err != nil {
			problems = append(problems, fmt.Errorf("policy: rule %d (%s): %w", i+1, r.Name, err))
		}
		if slices.ContainsFunc(p.rules, func(o compiled) bool { return o.name == r.Name }) {
			problems = append(problems, fmt.Errorf("policy: rule %d has the name of another, %q", i+1, r.Name))
		}
		p.rules = append(p.rules, one)
	}
	return p, errors.Join(problems...)
}

func compile(env *cel.Env, r Rule) (compiled, error) {
	out := compiled{name: r.Name, then: r.Then}
	if err := r.Then.check(); err != nil || r.Name == "" {
		return out, errors.Join(err, named(r.Name))
	}
	if r.When == "" {
		return out, nil
	}
	ast, issues := env.Compile(r.When)
	if issues.Err() != nil {
		return out, issues.Err()
	}
	if ast.OutputType() != cel.BoolType {
		return out, fmt.Errorf("when is a %s, not true or false", ast.OutputType())
	}
	var err error
	if out.when, err = env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costLimit)); err != nil {
		return out, err
	}
	_, err = out.applies(&Given{Now: time.Unix(0, 0)})
	return out, err
}

func named(name string) error {
	if name == "" {
		return errors.New("a name is needed")
	}
	return nil
}

// check refuses what cannot be meant.
func (t Then) check() error {
	switch {
	case t.empty():
		return errors.New("nothing follows from it")
	case t.ACR != "" && !slices.Contains(assurance.Classes(), t.ACR):
		return fmt.Errorf("acr is one of %v", assurance.Classes())
	case t.Idle.Set && t.Idle.Of < 2*time.Minute:
		return errors.New("idle must be two minutes or more")
	case t.Absolute.Set && t.Absolute.Of < 2*time.Minute:
		return errors.New("absolute must be two minutes or more")
	case t.MaxAge.Set && t.MaxAge.Of < time.Minute:
		return errors.New("max_age must be a minute or more: nobody could get on")
	case t.Remember.Set && t.Remember.Of > 180*24*time.Hour:
		return errors.New("remember must not exceed 4320h (180 days)")
	}
	return nil
}

func (t Then) empty() bool {
	return !t.Deny && t.ACR == "" && len(t.Methods) == 0 && !t.MaxAge.Set && !t.Remember.Set && !t.Idle.Set && !t.Absolute.Set
}

func (r *compiled) applies(g *Given) (bool, error) {
	if r.when == nil {
		return true, nil
	}
	out, _, err := r.when.Eval(g.values())
	if err != nil {
		return false, err
	}
	is, ok := out.Value().(bool)
	if !ok {
		return false, errors.New("neither true nor false")
	}
	return is, nil
}

// Decision is what the rules that apply want together, the strictest of each.
type Decision struct {
	Then
	Rules []string // those that apply
	Err   error    // a rule could not be evaluated: then Deny is set
}

// On reports whether there are rules.
func (p *Policy) On() bool { return p != nil && len(p.rules) > 0 }

// Decide applies all rules.
func (p *Policy) Decide(g *Given) Decision {
	var d Decision
	if !p.On() {
		return d
	}
	for i := range p.rules {
		r := &p.rules[i]
		is, err := r.applies(g)
		if err != nil {
			d.Deny, d.Err = true, fmt.Errorf("policy: rule %s: %w", r.name, err)
		}
		if is || err != nil {
			d.Rules = append(d.Rules, r.name)
		}
		if is {
			d.Then = d.Then.and(r.then)
		}
	}
	return d
}

// and is the stricter of each.
func (t Then) and(o Then) Then {
	t.Deny = t.Deny || o.Deny
	t.ACR = assurance.Stronger(t.ACR, o.ACR)
	t.MaxAge, t.Remember = shorter(t.MaxAge, o.MaxAge), shorter(t.Remember, o.Remember)
	t.Idle, t.Absolute = shorter(t.Idle, o.Idle), shorter(t.Absolute, o.Absolute)
	switch {
	case len(t.Methods) == 0:
		t.Methods = slices.Clone(o.Methods)
	case len(o.Methods) > 0:
		t.Methods = slices.DeleteFunc(slices.Clone(t.Methods), func(m string) bool { return !slices.Contains(o.Methods, m) })
		t.Deny = t.Deny || len(t.Methods) == 0
	}
	return t
}
