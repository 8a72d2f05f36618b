package introspect

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzAccept: an answer is a JWT only for who names the media type.
func FuzzAccept(f *testing.F) {
	for _, s := range []string{"", "*/*", "application/token-introspection+jwt", "application/json, application/token-introspection+jwt;q=0.5", "application/token-introspection+jwt;q=0", "application/token-introspection+jwt; q=NaN",
		"Application/Token-Introspection+JWT", `text/html;x=", application/token-introspection+jwt"`, "application/token-introspection+jwt;q=1;q=0", ",,,;;;"} {
		f.Add(s, "")
	}
	f.Add("application/json", "application/token-introspection+jwt")
	f.Fuzz(func(t *testing.T, first, second string) {
		if wantsJWT(http.Header{"Accept": {first, second}}) && !strings.Contains(strings.ToLower(first+second), mediaType) {
			t.Errorf("%q, %q", first, second)
		}
	})
}
