package checks

import (
	"math"

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

// version: browsers update themselves, so people with one kind of browser have few versions at a time. What strangers claim to be is often one that nobody has any more,
// or not yet.
func version(s *risk.Scene) []risk.Factor {
	of := s.Traffic.Of(risk.ByPlatform, s.Key(risk.ByPlatform), s.Time).Works
	if of < 5 { // too few to say
		return nil
	}
	share := (s.Traffic.Of(risk.ByAgent, s.Agent, s.Time).Works + 0.3) / (of + 1)
	v := math.Max(-0.8, math.Min(4, math.Log(0.35/share))) * (1 - s.Trust())
	if v < 0 {
		return []risk.Factor{{Reason: "version_usual", Value: v}}
	}
	return []risk.Factor{{Reason: "version_unusual", Value: v}}
}
