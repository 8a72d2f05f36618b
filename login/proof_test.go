package login

import "testing"

// A mailbox or a passkey shows nothing more the second time, also where a phone has passed its word on.
func TestProofsOfOneThing(t *testing.T) {
	for _, c := range []struct {
		amr           []string
		byMail, byKey bool
	}{
		{[]string{"otp"}, true, false}, {[]string{"otp", "mca"}, true, false}, {[]string{"pwd", "otp"}, false, false}, {[]string{"pwd", "mca"}, false, false},
		{[]string{"swk"}, false, true}, {[]string{"hwk", "user"}, false, true}, {[]string{"mca"}, false, true}, {[]string{"pwd"}, false, false}, {nil, false, false},
	} {
		p := Proof{AMR: c.amr}
		if p.ByMail() != c.byMail || p.ByKey() != c.byKey {
			t.Errorf("%v: by mail %t, by key %t", c.amr, p.ByMail(), p.ByKey())
		}
	}
}
