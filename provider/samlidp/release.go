package samlidp

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/crewjam/saml"
	"github.com/google/cel-go/cel"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// costLimit bounds one evaluation of a rule.
const costLimit = 100_000

const (
	mostValues = 1000
	mostValue  = 8 << 10 // bytes
)

// releaser makes attributes of what is known of a person: those of the settings, and nothing else.
type releaser struct {
	attributes []released
	groups     *Attribute
}

type released struct {
	Attribute
	rule cel.Program // nil: a claim
}

// known is what there is to release.
type known struct {
	claims map[string]any
	groups []string
	acr    string
	amr    []string
}

func newReleaser(s Settings) (*releaser, error) {
	env, err := cel.NewEnv(
		cel.Variable("claims", cel.MapType(cel.StringType, cel.DynType)), cel.Variable("groups", cel.ListType(cel.StringType)),
		cel.Variable("acr", cel.StringType), cel.Variable("amr", cel.ListType(cel.StringType)),
	)
	if err != nil {
		return nil, err
	}
	r := &releaser{groups: s.Groups}
	for _, a := range s.Attributes {
		one := released{Attribute: a}
		if a.Rule != "" {
			ast, issues := env.Compile(a.Rule)
			if issues.Err() != nil {
				return nil, errs.Wrap(errs.Invalid, fmt.Sprintf("attributes: %s has no rule: %v", a.Name, issues.Err()), issues.Err())
			}
			if one.rule, err = env.Program(ast, cel.CostLimit(costLimit)); err != nil {
				return nil, err
			}
		}
		r.attributes = append(r.attributes, one)
	}
	return r, nil
}

// apply returns the attributes that have a value. A rule that fails leaves its attribute out: that is no reason to keep somebody out.
func (r *releaser) apply(k known) []saml.Attribute {
	var out []saml.Attribute
	for _, a := range r.attributes {
		value := k.claims[a.Claim]
		if a.rule != nil {
			value = evaluated(a.rule, k)
		}
		out = add(out, a.Attribute, texts(value))
	}
	if r.groups != nil {
		out = add(out, *r.groups, k.groups)
	}
	return out
}

func add(out []saml.Attribute, a Attribute, values []string) []saml.Attribute {
	if len(values) == 0 {
		return out
	}
	one := saml.Attribute{Name: a.Name, NameFormat: attributeFormat(a.Format), FriendlyName: a.FriendlyName}
	for _, v := range values[:min(len(values), mostValues)] {
		v = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(v) // as XML readers do anyhow, after which a signature would not fit
		if len(v) <= mostValue && sound(v) {
			one.Values = append(one.Values, saml.AttributeValue{Value: v})
		}
	}
	if len(one.Values) == 0 {
		return out
	}
	return append(out, one)
}

func evaluated(rule cel.Program, k known) any {
	claims := k.claims
	if claims == nil {
		claims = map[string]any{}
	}
	value, _, err := rule.Eval(map[string]any{"claims": claims, "groups": append([]string{}, k.groups...), "acr": k.acr, "amr": append([]string{}, k.amr...)})
	if err != nil {
		return nil
	}
	native, err := value.ConvertToNative(reflect.TypeFor[any]())
	if err != nil {
		return nil
	}
	return native
}

// texts are the values of a claim: a text, a number, yes or no, or a list of such. What has more to it has none.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case bool:
		return []string{strconv.FormatBool(v)}
	case int, int64, float64, uint64:
		return []string{fmt.Sprint(v)}
	case []string:
		return slices.Clone(v)
	case []any:
		var out []string
		for _, one := range v {
			if list, nested := one.([]any); !nested && list == nil {
				out = append(out, texts(one)...)
			}
		}
		return out
	}
	return nil
}

// sound says whether XML 1.0 can hold a text: no control characters, no halves of pairs. Everything else is escaped where it is written (SA22).
func sound(s string) bool {
	for i, r := range s {
		switch {
		case r == '\t' || r == '\n':
		case r < ' ' || r == 0xFFFE || r == 0xFFFF || r == 0xFFFD && s[i] != 0xEF:
			return false
		}
	}
	return true
}
