package discovery

import (
	"strings"
	"testing"
)

// FuzzResource: what WebFinger answers for is an account or an https URL.
func FuzzResource(f *testing.F) {
	for _, s := range []string{"acct:maria@example.org", "https://example.org/maria", "acct:@", "acct:a@b@c", "https:", "http://x", "ACCT:a@b", "acct://a@b", "\x7f", "https://%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		low := strings.ToLower(s)
		if named(s) && (!strings.HasPrefix(low, "https://") && !strings.HasPrefix(low, "acct:") || strings.ContainsAny(s, "\r\n\x00")) {
			t.Errorf("%q", s)
		}
	})
}
