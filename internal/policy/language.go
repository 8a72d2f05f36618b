package policy

import (
	"net/netip"
	"reflect"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
)

// costLimit bounds an evaluation, in CEL's units of cost: rules are the operator's, but the lists that they walk are not.
const costLimit = 100_000

// language is CEL with what a rule can look at: the variables of Given, strings and sets as extensions, and one function of our own,
// network.within(["10.0.0.0/8"]).
func language() (*cel.Env, error) {
	kinds := []any{ext.ParseStructTag("cel")}
	options := []cel.EnvOption{cel.Variable("now", cel.TimestampType), ext.Strings(), ext.Sets(), within()}
	of := reflect.TypeFor[Given]()
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Type.PkgPath() != of.PkgPath() {
			continue // the time
		}
		kinds = append(kinds, field.Type)
		options = append(options, cel.Variable(field.Tag.Get("cel"), cel.ObjectType("policy."+field.Type.Name())))
	}
	return cel.NewEnv(append([]cel.EnvOption{ext.NativeTypes(kinds...)}, options...)...)
}

// within reports whether an address lies in one of some networks. What is no network is an error; an address that is none lies in no network.
func within() cel.EnvOption {
	return cel.Function("within", cel.MemberOverload("network_within_list", []*cel.Type{cel.ObjectType("policy.Network"), cel.ListType(cel.StringType)}, cel.BoolType,
		cel.BinaryBinding(func(network, list ref.Val) ref.Val {
			from, ok := network.Value().(*Network)
			if !ok {
				return types.NewErr("within: no network")
			}
			return contained(from.Address, list.(traits.Lister))
		})))
}

func contained(address string, networks traits.Lister) ref.Val {
	at, err := netip.ParseAddr(address)
	found := false
	for it := networks.Iterator(); it.HasNext() == types.True; {
		text, _ := it.Next().Value().(string)
		n, wrong := netip.ParsePrefix(text)
		if wrong != nil {
			return types.NewErr("within: %q is no network such as 10.0.0.0/8", text)
		}
		found = found || err == nil && n.Contains(at.Unmap())
	}
	return types.Bool(found)
}
