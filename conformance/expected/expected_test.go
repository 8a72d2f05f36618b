package expected

import (
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	rules, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	const objects = "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"
	cases := []struct {
		name string
		in   Outcome
		want bool
	}{
		{"passed", Outcome{"oidcc-basic", "oidcc-server", "FINISHED", "PASSED"}, true},
		{"screenshot", Outcome{"oidcc-basic", "oidcc-prompt-login", "FINISHED", "REVIEW"}, true},
		{"request objects", Outcome{"oidcc-formpost-basic", objects, "FINISHED", "SKIPPED"}, true},
		{"warning", Outcome{"oidcc-basic", "oidcc-server", "FINISHED", "WARNING"}, false},
		{"failed", Outcome{"oidcc-basic", "oidcc-server", "FINISHED", "FAILED"}, false},
		{"a screenshot module that warns", Outcome{"oidcc-basic", "oidcc-prompt-login", "FINISHED", "WARNING"}, false},
		{"review of another module", Outcome{"oidcc-basic", "oidcc-server", "FINISHED", "REVIEW"}, false},
		{"skipped for another reason", Outcome{"oidcc-basic", "oidcc-refresh-token", "FINISHED", "SKIPPED"}, false},
		{"accepted in another plan", Outcome{"fapi-ciba-poll", "oidcc-prompt-login", "FINISHED", "REVIEW"}, false},
		{"interrupted", Outcome{"oidcc-basic", "oidcc-prompt-login", "INTERRUPTED", "REVIEW"}, false},
		{"passed but interrupted", Outcome{"oidcc-basic", "oidcc-server", "INTERRUPTED", "PASSED"}, false},
		{"no result", Outcome{"oidcc-basic", "oidcc-server", "WAITING", ""}, false},
		{"unknown result", Outcome{"oidcc-basic", "oidcc-server", "FINISHED", "UNKNOWN"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := rules.Judge(c.in)
			if got.Accepted != c.want {
				t.Errorf("got %+v", got)
			}
			if got.Accepted && c.in.Result != ResultPassed && got.Reason == "" {
				t.Error("accepted without a reason")
			}
			if !got.Accepted && got.Reason == "" {
				t.Error("refused without a reason")
			}
		})
	}
}

func TestBrokenRulesAreRefused(t *testing.T) {
	cases := map[string]struct{ in, want string }{
		"failure":        {`[{"plans":["p"],"module":"m","results":["FAILED"],"reason":"r"}]`, "FAILED"},
		"no reason":      {`[{"plans":["p"],"module":"m","results":["REVIEW"]}]`, "reason"},
		"no plan":        {`[{"module":"m","results":["REVIEW"],"reason":"r"}]`, "plans"},
		"unknown member": {`[{"plan":"p"}]`, "plan"},
		"not a list":     {`{}`, "decode"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := parse([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
