package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// Detail is one authorization detail (RFC 9396 section 2) that was judged.
type Detail struct {
	Type    string
	Members map[string]any // numbers are json.Number
	Once    bool           // asked of the person each time, whatever was remembered
	Risky   bool
	Titles  map[string]string // by language: what it allows, in a sentence
	Rest    []string          // members that the sentence does not show, one a line
}

// DetailPrefix marks, in consent only, an authorization detail among the scopes that a person allows.
const DetailPrefix = "detail:"

// Key names the very same detail, whatever order its members had.
func (d *Detail) Key() string {
	b, err := json.Marshal(d.Members)
	if err != nil {
		return DetailPrefix // came from JSON; if it did not, it is like no other and never remembered
	}
	sum := sha256.Sum256(b)
	return DetailPrefix + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Details judges the authorization_details that a client asks for.
type Details interface {
	Judge(ctx context.Context, c *Client, raw string) ([]Detail, error)
}

// Bounds of authorization_details.
const (
	maxDetails     = 20
	maxDetailsText = 16 << 10 // bytes
)

// InvalidDetails is RFC 9396 section 5's invalid_authorization_details.
func InvalidDetails(description, received string) *Refusal {
	return Refuse(protocolError("invalid_authorization_details", http.StatusBadRequest), description, "authorization_details that the client may ask for", received)
}

// ParseDetails reads authorization_details: a JSON array of objects, each with a type. Nothing else about them is judged.
func ParseDetails(raw string) ([]map[string]any, error) {
	bad := InvalidDetails("The authorization_details are not a JSON array of objects with a type.", "another text")
	if len(raw) > maxDetailsText {
		return nil, InvalidDetails("The authorization_details are too long.", "a longer text")
	}
	m, err := keys.DecodeClaims([]byte(`{"authorization_details":` + raw + `}`)) // strict, but for objects only
	if err != nil || len(m) != 1 {
		return nil, bad
	}
	list, ok := m["authorization_details"].([]any)
	if !ok || len(list) == 0 || len(list) > maxDetails {
		return nil, bad
	}
	out := make([]map[string]any, 0, len(list))
	for _, item := range list {
		o, _ := item.(map[string]any)
		if typeOf(o) == "" {
			return nil, bad
		}
		out = append(out, o)
	}
	return out, nil
}

// CanonicalDetails writes details in the one form in which grants and tokens keep them: sorted members, no spaces; "" for none.
func CanonicalDetails(list []map[string]any) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// NarrowDetails returns what of the granted details goes into a token: those that the token request names (RFC 9396 section 6), or all, without those
// that are for other locations than the token's resources. granted is canonical or "".
func NarrowDetails(requested, granted string, resources []string) (string, error) {
	if granted == "" {
		if requested != "" {
			return "", InvalidDetails("No authorization_details were granted.", "some")
		}
		return "", nil
	}
	given, err := ParseDetails(granted)
	if err != nil {
		return "", err
	}
	if requested != "" {
		asked, err := ParseDetails(requested)
		if err != nil {
			return "", err
		}
		for _, d := range asked {
			if !slices.ContainsFunc(given, func(g map[string]any) bool { return withinDetail(d, g) }) {
				return "", InvalidDetails("The authorization_details exceed what was granted.", "wider ones")
			}
		}
		given = asked
	}
	return CanonicalDetails(slices.DeleteFunc(given, func(d map[string]any) bool { return elsewhere(d, resources) }))
}

// details is NarrowDetails of those that the client is still registered for.
func (c *Client) details(requested, granted string, resources []string) (string, error) {
	if granted == "" {
		return NarrowDetails(requested, "", resources)
	}
	list, err := ParseDetails(granted)
	if err != nil {
		return "", err
	}
	left, err := CanonicalDetails(slices.DeleteFunc(list, func(d map[string]any) bool { return !slices.Contains(c.Metadata.DetailTypes, typeOf(d)) }))
	if err != nil {
		return "", err
	}
	return NarrowDetails(requested, left, resources)
}

func typeOf(d map[string]any) string {
	t, _ := d["type"].(string)
	return t
}

// withinDetail reports whether a detail allows nothing that the granted one does not: the same members with the same values, where lists may have
// lost elements. A list that is left out could mean everything, so it is not narrower.
func withinDetail(asked, granted map[string]any) bool {
	if len(asked) != len(granted) {
		return false
	}
	for name, g := range granted {
		a, ok := asked[name]
		if !ok {
			return false
		}
		fewer, isList := a.([]any)
		more, wasList := g.([]any)
		if isList && wasList && len(fewer) > 0 {
			if slices.ContainsFunc(fewer, func(x any) bool { return !contains(more, x) }) {
				return false
			}
		} else if !reflect.DeepEqual(a, g) {
			return false
		}
	}
	return true
}

func contains(list []any, x any) bool {
	return slices.ContainsFunc(list, func(y any) bool { return reflect.DeepEqual(x, y) })
}

// elsewhere reports whether a detail names locations and none of them is among the resources (RFC 9396 section 9.1).
func elsewhere(d map[string]any, resources []string) bool {
	locations, _ := d["locations"].([]any)
	if len(locations) == 0 || len(resources) == 0 {
		return false
	}
	return !slices.ContainsFunc(locations, func(l any) bool {
		s, _ := l.(string)
		return slices.Contains(resources, s)
	})
}
