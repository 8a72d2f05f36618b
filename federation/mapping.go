package federation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/google/cel-go/cel"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// costLimit bounds one evaluation: rules read what an upstream says, which may be long.
const costLimit = 100_000

// mapper applies a connector's rules to what its upstream said.
type mapper struct {
	claims map[string]cel.Program
	mfa    cel.Program // nil: a second factor there does not count here
	groups []groupRule
}

type groupRule struct {
	GroupRule
	when cel.Program
}

func newMapper(s Settings) (*mapper, error) {
	env, err := cel.NewEnv(
		cel.CrossTypeNumericComparisons(true), // a number that another program wrote is of either kind
		cel.Variable("claims", cel.MapType(cel.StringType, cel.DynType)), cel.Variable("profile", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("groups", cel.ListType(cel.StringType)), cel.Variable("acr", cel.StringType), cel.Variable("amr", cel.ListType(cel.StringType)),
	)
	if err != nil {
		return nil, err
	}
	m := &mapper{claims: map[string]cel.Program{}}
	for name, rule := range s.Mapping {
		if m.claims[name], err = compile(env, "mapping."+name, rule); err != nil {
			return nil, err
		}
	}
	if s.MFA != "" {
		if m.mfa, err = compile(env, "mfa", s.MFA); err != nil {
			return nil, err
		}
	}
	m.groups, err = groupRules(env, s.Groups)
	return m, err
}

func groupRules(env *cel.Env, rules []GroupRule) ([]groupRule, error) {
	if len(rules) > maxGroupRules {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("groups has more than %d rules.", maxGroupRules))
	}
	out := make([]groupRule, len(rules))
	for i, r := range rules {
		when, err := compile(env, fmt.Sprintf("groups[%d].when", i), r.When)
		if err != nil {
			return nil, err
		}
		out[i] = groupRule{r, when}
	}
	return out, nil
}

func compile(env *cel.Env, at, rule string) (cel.Program, error) {
	ast, issues := env.Compile(rule)
	if issues.Err() != nil {
		return nil, errs.Wrap(errs.Invalid, fmt.Sprintf("%s is not a rule: %v", at, issues.Err()), issues.Err())
	}
	return env.Program(ast, cel.CostLimit(costLimit))
}

// plain has numbers as CEL knows them.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return nil
		}
		return f
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, one := range v {
			out[name] = plain(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = plain(one)
		}
		return out
	}
	return v
}

func (id *Identity) variables() map[string]any {
	orEmpty := func(m map[string]any) map[string]any {
		if m == nil {
			return map[string]any{}
		}
		return m
	}
	list := func(l []string) []string { return append([]string{}, l...) }
	return map[string]any{"claims": plain(orEmpty(id.Claims)), "profile": plain(orEmpty(id.Profile)), "groups": list(id.Groups), "acr": id.ACR, "amr": list(id.AMR)}
}

// apply returns the profile with the rules' values over it. A rule that fails, or whose value is null, leaves its claim out: what is missing upstream is no
// reason to keep somebody out, and no reason to keep an older word.
func (m *mapper) apply(id *Identity) map[string]any {
	out := map[string]any{}
	for name, value := range id.Profile {
		out[name] = value
	}
	for name, rule := range m.claims {
		delete(out, name)
		value, _, err := rule.Eval(id.variables())
		if err != nil {
			continue
		}
		if native, err := value.ConvertToNative(reflect.TypeFor[any]()); err == nil && native != nil {
			out[name] = native
		}
	}
	return out
}

// member says whether a rule makes them a member; known is false when it cannot be told.
func (r groupRule) member(variables map[string]any) (yes, known bool) {
	value, _, err := r.when.Eval(variables)
	if err != nil {
		return false, false
	}
	yes, known = value.Value().(bool)
	return yes, known
}

// memberships are the groups here that the rules give and take.
func (m *mapper) memberships(id *Identity) (in, out []string) {
	if len(m.groups) == 0 {
		return nil, nil
	}
	variables := id.variables()
	for _, r := range m.groups {
		switch yes, known := r.member(variables); {
		case yes:
			in = append(in, r.Group)
		case known && !r.Keep:
			out = append(out, r.Group)
		}
	}
	out = slices.DeleteFunc(out, func(name string) bool { return slices.Contains(in, name) }) // two rules may give the same
	return in, out
}

// strong says whether what the upstream proved counts as two factors here. A rule that fails says no.
func (m *mapper) strong(id *Identity) bool {
	if m.mfa == nil {
		return false
	}
	value, _, err := m.mfa.Eval(id.variables())
	if err != nil {
		return false
	}
	yes, _ := value.Value().(bool)
	return yes
}
