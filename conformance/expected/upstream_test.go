package expected

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
)

func TestEndings(t *testing.T) {
	all, err := LoadEndings()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		plan, module, responseType string
		ends, leftOut              string
	}{
		{"rp-basic", "oidcc-client-test", "code", EndsSession, ""},
		{"rp-basic", "oidcc-client-test-invalid-iss", "code", "oidc_id_token.iss", ""},
		{"rp-formpost-hybrid", "oidcc-client-test-invalid-iss", "code id_token", "oidc_front.iss", ""},
		{"rp-formpost-hybrid", "oidcc-client-test-invalid-iss", "code token", "", "RFC 9700"},
		{"rp-formpost-implicit", "oidcc-client-test", "id_token", "", "PKCE"},
		{"rp-hybrid", "oidcc-client-test", "code id_token", "", "fragment"},
		{"rp-backchannel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout", "code", EndsSignedOut, ""},
	} {
		e, ok := all.For(c.plan, c.module, c.responseType)
		if !ok || e.Ends != c.ends || !strings.Contains(e.LeftOut, c.leftOut) || (e.LeftOut == "") != (c.leftOut == "") {
			t.Errorf("%+v: %+v, %v", c, e, ok)
		}
	}
	if _, ok := all.For("rp-basic", "oidcc-client-test-new", "code"); ok {
		t.Error("a module of which nobody has said anything")
	}
}

// A pattern that fits no plan would be a rule that does nothing.
func TestEndingsAreOfPlansThatThereAre(t *testing.T) {
	all, err := LoadEndings()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		for _, pattern := range e.Plans {
			if _, err := plans.MatchUpstreams(pattern); err != nil {
				t.Errorf("%s: %v", e.Module, err)
			}
		}
	}
}

func TestEndingJudges(t *testing.T) {
	plain := Ending{Ends: EndsSession}
	skipped := Ending{Ends: "oidc_id_token.signature", Results: []string{"SKIPPED"}, Reason: "why"}
	for name, c := range map[string]struct {
		e        Ending
		o        Outcome
		ours     string
		accepted bool
	}{
		"both":                     {plain, Outcome{Status: "FINISHED", Result: "PASSED"}, EndsSession, true},
		"the suite alone":          {plain, Outcome{Status: "FINISHED", Result: "PASSED"}, "oidc_id_token.iss", false},
		"ours alone":               {plain, Outcome{Status: "FINISHED", Result: "FAILED"}, EndsSession, false},
		"a warning":                {plain, Outcome{Status: "FINISHED", Result: "WARNING"}, EndsSession, false},
		"interrupted":              {plain, Outcome{Status: "INTERRUPTED", Result: "PASSED"}, EndsSession, false},
		"skipped as said":          {skipped, Outcome{Status: "FINISHED", Result: "SKIPPED"}, "oidc_id_token.signature", true},
		"passed where it is not":   {skipped, Outcome{Status: "FINISHED", Result: "PASSED"}, "oidc_id_token.signature", false},
		"skipped by another check": {skipped, Outcome{Status: "FINISHED", Result: "SKIPPED"}, "oidc_id_token.iss", false},
	} {
		if v := c.e.Judge(c.o, c.ours); v.Accepted != c.accepted || !v.Accepted && v.Reason == "" || v.Accepted && v.Reason != c.e.Reason {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestBrokenEndingsAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"failure":        {`[{"plans":["p"],"module":"m","ends":"session","results":["FAILED"],"reason":"r"}]`, "FAILED"},
		"no reason":      {`[{"plans":["p"],"module":"m","ends":"session","results":["SKIPPED"]}]`, "reason"},
		"neither":        {`[{"plans":["p"],"module":"m"}]`, "ends"},
		"both":           {`[{"plans":["p"],"module":"m","ends":"session","left_out":"r"}]`, "ends"},
		"no plan":        {`[{"module":"m","ends":"session"}]`, "plans"},
		"unknown member": {`[{"plan":"p"}]`, "plan"},
	} {
		if _, err := parseEndings([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
	}
}
