package forwardauth

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/storage"
)

// usual are the headers of an application that names none, as others of this kind have them.
func usual() map[string]string {
	return map[string]string{"Remote-User": "preferred_username", "Remote-Email": "email", "Remote-Name": "name", "Remote-Groups": "groups"}
}

// headers carry somebody's claims, or, with none, nothing: all are always said.
func headers(f *storage.ForwardAuth, claims map[string]any) map[string]string {
	names := f.Headers
	if len(names) == 0 {
		names = usual()
	}
	out := make(map[string]string, len(names))
	for header, claim := range names {
		value := text(claims[claim])
		if value == "" && claim == "preferred_username" {
			value = text(claims["sub"])
		}
		out[header] = value
	}
	return out
}

// text is a claim as a header's value (RFC 9110 section 5.5): bytes outside ASCII are escaped as in URLs, lists have commas between, and an element with a comma is
// left out, since it could not be told from two.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return escaped(v)
	case []string:
		return joined(v)
	case []any:
		list := make([]string, 0, len(v))
		for _, one := range v {
			if s, ok := one.(string); ok {
				list = append(list, s)
			}
		}
		return joined(list)
	case bool, float64, int, int64:
		return fmt.Sprint(v)
	}
	return ""
}

func joined(list []string) string {
	kept := make([]string, 0, len(list))
	for _, s := range list {
		if !strings.Contains(s, ",") {
			kept = append(kept, escaped(s))
		}
	}
	return strings.Join(kept, ",")
}

func escaped(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c < ' ' || c > '~' || c == '%' {
			b.WriteString(url.PathEscape(string(c)))
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}
