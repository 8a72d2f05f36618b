package assurance_test

import (
	"slices"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
)

func TestClassesAreOrdered(t *testing.T) {
	for _, c := range []struct {
		have, want string
		meets      bool
		stronger   string
	}{
		{"1", "1", true, "1"}, {"1", "2", false, "2"}, {"2", "1", true, "2"}, {"phr", "2", true, "phr"}, {"2", "phrh", false, "phrh"},
		{"", "1", false, "1"}, {"0", "1", false, "1"}, {"urn:x", "urn:x", true, "urn:x"}, {"phrh", "urn:x", false, "phrh"},
	} {
		if got := assurance.Meets(c.have, c.want); got != c.meets {
			t.Errorf("Meets(%q, %q) = %v", c.have, c.want, got)
		}
		if got := assurance.Stronger(c.have, c.want); got != c.stronger {
			t.Errorf("Stronger(%q, %q) = %q", c.have, c.want, got)
		}
	}
}

func TestOnlyDifferentKindsAreMFA(t *testing.T) {
	for _, c := range []struct{ first, second, want []string }{
		{[]string{"pwd"}, []string{"otp"}, []string{"pwd", "otp", "mfa"}},
		{[]string{"pwd", "otp", "mfa"}, []string{"otp"}, []string{"pwd", "otp", "mfa"}},
		{[]string{"email"}, []string{"sms"}, []string{"email", "sms"}},
		{[]string{"pwd"}, []string{"pin"}, []string{"pwd", "pin"}},
		{[]string{"hwk"}, []string{"pin"}, []string{"hwk", "pin", "mfa"}},
		{[]string{"pwd"}, []string{"unknown"}, []string{"pwd", "unknown"}},
		{nil, []string{"otp"}, []string{"otp"}},
	} {
		if got := assurance.Join(c.first, c.second); !slices.Equal(got, c.want) {
			t.Errorf("Join(%v, %v) = %v, want %v", c.first, c.second, got, c.want)
		}
	}
}
