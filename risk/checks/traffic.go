package checks

import (
	"math"

	"github.com/jedan-auth/jedan-auth/risk"
)

// flood is how far the refused strangers of a key exceed what is usual, in logarithms; works speak against it.
func flood(c risk.Count, usual float64) float64 {
	seen := math.Max(c.Strangers, c.Day/6) - 1 // one alone may be anybody's slip
	if seen <= 0 {
		return 0
	}
	return math.Max(0, math.Log((seen+0.3)/(usual+0.3+0.1*c.Works)))
}

// velocity: many refused attempts at different accounts from this line or network.
func velocity(s *risk.Scene) []risk.Factor {
	line := flood(s.Traffic.Of(risk.ByLine, s.Key(risk.ByLine), s.Time), 0.2)
	net := flood(s.Traffic.Of(risk.ByNetwork, s.Key(risk.ByNetwork), s.Time), 0.5)
	v, reason := line, "line_refused_often"
	if 0.8*net > line {
		v, reason = 0.8*net, "network_refused_often"
	}
	if v <= 0 {
		return nil
	}
	return []risk.Factor{{Reason: reason, Value: math.Min(v, 4) * (1 - s.Familiar())}}
}

// stuffing: a wave of refused strangers altogether, and what this attempt has in common with it.
func stuffing(s *risk.Scene) []risk.Factor {
	w := wave(s)
	if w <= 0 {
		return nil
	}
	agent := flood(s.Traffic.Of(risk.ByAgent, s.Agent, s.Time), 0.3)
	v := w + 0.6*math.Min(w, agent)
	if s.Success {
		v -= 3
	} else {
		v += 2
	}
	if s.Person == "" {
		v += 2.5
	}
	return []risk.Factor{{Reason: "wave_of_refusals", Value: math.Max(0, math.Min(v, 10)) * (1 - s.Familiar())}}
}

// wave is how far refused strangers exceed the usual, everywhere.
func wave(s *risk.Scene) float64 {
	c := s.Traffic.Of(risk.Altogether, "all", s.Time)
	return math.Max(0, math.Log((c.Strangers+0.5)/(2*s.Traffic.Usual(s.Time)+1.5)))
}

// spraying: one browser or operator that tries one account after the other.
func spraying(s *risk.Scene) []risk.Factor {
	device := flood(s.Traffic.Of(risk.ByDevice, s.Key(risk.ByDevice), s.Time), 0.1)
	operator := flood(s.Traffic.Of(risk.ByOperator, s.Key(risk.ByOperator), s.Time), 1)
	v, reason := device, "device_tries_many"
	if s.Device == "" || 0.7*operator > device {
		v, reason = 0.7*operator, "operator_tries_many"
	}
	if v <= 0 {
		return nil
	}
	return []risk.Factor{{Reason: reason, Value: math.Min(v, 4) * (1 - s.Familiar())}}
}

// guessed: strangers were refused at this account just before.
func guessed(s *risk.Scene) []risk.Factor {
	if s.Person == "" {
		return nil
	}
	c := s.Traffic.Of(risk.ByPerson, s.Person, s.Time)
	tried := c.Strangers - 1 // once may be the person, a moment ago
	if tried <= 0 {
		return nil
	}
	return []risk.Factor{{Reason: "account_tried_before", Value: math.Min(2, 0.7*math.Log1p(tried)) * (1 - s.Familiar())}}
}
