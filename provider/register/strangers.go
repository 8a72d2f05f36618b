package register

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// ours begins the names of members that only an operator sets.
const ours = "jedan_"

// strangers reads the metadata that somebody sent over the network. Unlike ParseDocument it ignores what it does not know (RFC 7591 section 2), null,
// and every member that is the operator's (DR04). What it knows must have the right type. errs.Invalid with a Problem.
func strangers(raw []byte) (map[string]any, error) {
	given, err := keys.DecodeClaims(raw) // one object, no name twice
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "The request is not one well-formed JSON object of at most 64 KiB.", &Problem{
			Code: CodeMetadata, Member: "the request", Rule: "must be one well-formed JSON object of at most 64 KiB",
		})
	}
	return given, nil
}

// metadataOf picks the members of a registration out of an object.
func metadataOf(given map[string]any) (storage.ClientMetadata, error) {
	known := names(reflect.TypeFor[storage.ClientMetadata]())
	picked := map[string]any{}
	for name, v := range given {
		if known[name] && !strings.HasPrefix(name, ours) && v != nil && name != "software_statement" {
			picked[name] = v
		}
	}
	var m storage.ClientMetadata
	raw, err := json.Marshal(picked)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, wrongType(err)
	}
	m.Denied = denied(picked)
	return m, nil
}

// wrongType names the member that has a value of another type than it must.
func wrongType(err error) error {
	member := "the registration"
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		path := strings.Split(t.Field, ".")
		member = quoted(path[len(path)-1])
	}
	return refuse(member, "has a value of the wrong type")
}

// text is a member that is a string, or "".
func text(given map[string]any, name string) string {
	s, _ := given[name].(string)
	return s
}

// fit holds a registration against what strangers may have. old is the registration as it stands, nil for a new one: what the operator gave it beyond
// the policy it keeps.
func (c Config) fit(m, old *storage.ClientMetadata) error {
	if old == nil {
		old = &storage.ClientMetadata{}
	}
	keepOurs(m, old)
	if err := c.fitProfile(m, old); err != nil {
		return err
	}
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = grantsFor(m.ResponseTypes)
	}
	for _, g := range m.GrantTypes {
		if !slices.Contains(c.GrantTypes, g) && !slices.Contains(old.GrantTypes, g) && slices.Contains(grantTypes(), g) {
			return refuse("grant_types", "must not have "+g+": clients that register themselves may have "+words(c.GrantTypes, "and")+" only")
		}
	}
	asked := m.Scope != ""
	if m.Scope = c.scopes(m, old); asked && m.Scope == "" {
		return refuse("scope", "must have a scope that clients that register themselves may have: "+words(c.Scopes, "or"))
	}
	m.Resources = old.Resources
	for _, r := range c.Resources {
		if !slices.Contains(m.Resources, r) {
			m.Resources = append(slices.Clone(m.Resources), r)
		}
	}
	return nil
}

// scopes are those of the registration that it may have; all of them when it names none (RFC 7591 section 2).
func (c Config) scopes(m, old *storage.ClientMetadata) string {
	may := slices.Clone(c.Scopes)
	for _, s := range strings.Fields(old.Scope) {
		if !slices.Contains(may, s) {
			may = append(may, s)
		}
	}
	if m.Scope == "" {
		if !(candidate{ClientMetadata: m}).ofPeople() {
			return ""
		}
		return strings.Join(may, " ")
	}
	asked := strings.Fields(m.Scope)
	return strings.Join(slices.DeleteFunc(asked, func(s string) bool { return !slices.Contains(may, s) }), " ")
}

// keepOurs carries over what only an operator sets.
func keepOurs(m, old *storage.ClientMetadata) {
	to, from := reflect.ValueOf(m).Elem(), reflect.ValueOf(old).Elem()
	for _, f := range reflect.VisibleFields(to.Type()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); strings.HasPrefix(name, ours) {
			to.FieldByIndex(f.Index).Set(from.FieldByIndex(f.Index))
		}
	}
}
