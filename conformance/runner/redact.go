package runner

import (
	"encoding/json"
	"fmt"
	"strings"
)

const redacted = "[redacted]"

// redactor takes secrets out of what is reported: the known ones by value wherever they stand, and whatever is called like
// a secret, since the provider's own configuration is not ours to know.
type redactor struct {
	known []string
}

// newRedactor leaves values under four characters to the rule by name: they would be found inside ordinary words.
func newRedactor(secrets ...string) redactor {
	var r redactor
	for _, s := range secrets {
		if len(s) >= 4 {
			r.known = append(r.known, s)
		}
	}
	return r
}

func (r redactor) text(s string) string {
	for _, secret := range r.known {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// tree returns a copy of a JSON value without secrets.
func (r redactor) tree(in any) any {
	switch t := in.(type) {
	case string:
		return r.text(t)
	case []any:
		out := make([]any, len(t))
		for i, e := range t {
			out[i] = r.tree(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(t))
		for k, e := range t {
			if s, ok := e.(string); ok && s != "" && namesSecret(k) {
				out[k] = redacted
				continue
			}
			out[k] = r.tree(e)
		}
		return out
	default:
		return in
	}
}

func namesSecret(key string) bool {
	key = strings.ToLower(key)
	for _, end := range []string{"secret", "password", "token", "master_key", "pepper", "dsn"} {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}

// document redacts any value that encodes to JSON.
func (r redactor) document(in any) (any, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("encode for the report: %w", err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("decode for the report: %w", err)
	}
	return r.tree(v), nil
}
