package federation

import (
	"fmt"
	"reflect"

	"github.com/google/cel-go/cel"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// costLimit bounds one evaluation: rules read what an upstream says, which may be long.
const costLimit = 100_000

// mapper applies a connector's rules to what its upstream said.
type mapper struct {
	claims map[string]cel.Program
	mfa    cel.Program // nil: a second factor there does not count here
}

func newMapper(s Settings) (*mapper, error) {
	env, err := cel.NewEnv(
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
		m.mfa, err = compile(env, "mfa", s.MFA)
	}
	return m, err
}

func compile(env *cel.Env, at, rule string) (cel.Program, error) {
	ast, issues := env.Compile(rule)
	if issues.Err() != nil {
		return nil, errs.Wrap(errs.Invalid, fmt.Sprintf("%s is not a rule: %v", at, issues.Err()), issues.Err())
	}
	return env.Program(ast, cel.CostLimit(costLimit))
}

func (id *Identity) variables() map[string]any {
	orEmpty := func(m map[string]any) map[string]any {
		if m == nil {
			return map[string]any{}
		}
		return m
	}
	list := func(l []string) []string { return append([]string{}, l...) }
	return map[string]any{"claims": orEmpty(id.Claims), "profile": orEmpty(id.Profile), "groups": list(id.Groups), "acr": id.ACR, "amr": list(id.AMR)}
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
