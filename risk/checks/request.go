package checks

import (
	"github.com/jedan-auth/jedan-auth/risk"
)

// request: what is odd about the request itself.
func request(s *risk.Scene) []risk.Factor {
	var out []risk.Factor
	if !risk.Browserlike(s.Agent) {
		out = append(out, risk.Factor{Reason: "no_browser", Value: 1.5 * (1 - s.Familiar())})
	}
	for _, code := range s.Odd {
		out = append(out, risk.Factor{Reason: code, Value: 0.7})
	}
	return out
}

// breach: the password that was just proved is known to be broken.
func breach(s *risk.Scene) []risk.Factor {
	if s.Broken == "" {
		return nil
	}
	return []risk.Factor{{Reason: s.Broken, Value: 1 - 0.7*s.Familiar()}}
}

// reputation: what feeds say of the address. Those that did not answer say nothing, and the verdict names them.
func reputation(s *risk.Scene) []risk.Factor {
	var out []risk.Factor
	for _, r := range s.Feeds {
		if r.Bad > 0 {
			out = append(out, risk.Factor{Reason: r.Code, Value: 2.5 * r.Bad * (1 - 0.5*s.Familiar()), Detail: r.Feed})
		}
	}
	return out
}
