package core

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/ory/fosite"
)

// ScopeGroups is the scope, and the claim, that says which groups somebody is in.
const ScopeGroups = "groups"

// ClaimsRequest is the claims parameter (OpenID Connect Core section 5.5).
type ClaimsRequest struct {
	IDToken  map[string]*ClaimRequest `json:"id_token"`
	Userinfo map[string]*ClaimRequest `json:"userinfo"`
}

// ClaimRequest is what is asked of one claim; nil means "voluntary".
type ClaimRequest struct {
	Essential bool  `json:"essential"`
	Value     any   `json:"value"`
	Values    []any `json:"values"`
}

// ParseClaimsRequest reads a claims parameter; unknown members are ignored, as the specification asks.
func ParseClaimsRequest(s string) (*ClaimsRequest, error) {
	out := &ClaimsRequest{}
	if s == "" {
		return out, nil
	}
	if err := json.Unmarshal([]byte(s), out); err != nil {
		return nil, Refuse(fosite.ErrInvalidRequest, "The claims parameter is not a claims request.", "a JSON object of OpenID Connect Core section 5.5", "another text")
	}
	return out, nil
}

// ACRValues returns the acr values that the request makes essential (section 5.5.1.1), and whether it does.
func (c *ClaimsRequest) ACRValues() (values []string, essential bool) {
	r := c.IDToken["acr"]
	if r == nil || !r.Essential {
		return nil, false
	}
	values = r.texts()
	return values, len(values) > 0
}

// Subjects returns the subs that the request insists on, of which it must be one; none: anybody. Several demands must agree.
func (c *ClaimsRequest) Subjects() []string {
	var out []string
	for _, m := range []map[string]*ClaimRequest{c.IDToken, c.Userinfo} {
		wanted := m["sub"].texts()
		switch {
		case len(wanted) == 0:
		case out == nil:
			out = wanted
		default:
			out = slices.DeleteFunc(out, func(s string) bool { return !slices.Contains(wanted, s) })
			out = append(out, "") // nobody, if nothing is left
		}
	}
	return out
}

// texts are the values that are asked for, as far as they are text.
func (r *ClaimRequest) texts() (out []string) {
	if r == nil {
		return nil
	}
	for _, v := range append(slices.Clone(r.Values), r.Value) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// accepts reports whether a claim's value, as JSON, is one of those asked for (OpenID Connect Core section 5.5.1). A value that was not asked for
// is left out.
func (r *ClaimRequest) accepts(value json.RawMessage) bool {
	if r == nil || r.Value == nil && len(r.Values) == 0 {
		return true
	}
	return slices.ContainsFunc(append(slices.Clone(r.Values), r.Value), func(want any) bool {
		text, err := json.Marshal(want)
		return err == nil && want != nil && string(text) == string(value)
	})
}

// Words splits a space-separated parameter.
func Words(s string) []string { return strings.Fields(s) }

// Keep returns the request with only the claims that keep allows, as JSON, or "" if none is left.
func (c *ClaimsRequest) Keep(keep func(name string) bool) (string, error) {
	cut := func(m map[string]*ClaimRequest) map[string]*ClaimRequest {
		out := map[string]*ClaimRequest{}
		for name, r := range m {
			if keep(name) {
				out[name] = r
			}
		}
		return out
	}
	kept := ClaimsRequest{IDToken: cut(c.IDToken), Userinfo: cut(c.Userinfo)}
	if len(kept.IDToken)+len(kept.Userinfo) == 0 {
		return "", nil
	}
	b, err := json.Marshal(kept)
	return string(b), err
}
