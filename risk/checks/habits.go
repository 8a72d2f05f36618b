package checks

import (
	"math"

	"github.com/jedan-auth/jedan-auth/risk"
)

// hour: when does this person sign in?
func hour(s *risk.Scene) []risk.Factor {
	if s.Person == "" || s.Baseline.Signs() < 4 {
		return nil
	}
	v := -math.Log(s.Baseline.HourShare(s.Time)*24) * 1.1
	if v > 0 {
		return []risk.Factor{{Reason: "hour_unusual", Value: math.Min(v, 2.5)}}
	}
	return []risk.Factor{{Reason: "hour_usual", Value: math.Max(v, -0.8)}}
}

// behaviour: kind of browser, application, and the way of signing in.
func behaviour(s *risk.Scene) []risk.Factor {
	b := s.Baseline
	if stranger(s) {
		return nil
	}
	out := []risk.Factor{platform(s)}
	if s.Settled(risk.Client) == nil {
		out = append(out, risk.Factor{Reason: "client_new", Value: 0.8 * s.Surprise(risk.Client)})
	}
	switch {
	case s.Factor == "passkey":
		out = append(out, risk.Factor{Reason: "passkey", Value: -3})
	case b.Factors.Find("passkey") != nil && s.Factor == "password":
		out = append(out, risk.Factor{Reason: "weaker_factor", Value: math.Max(0, -0.8*math.Log(b.Factors.Share("password")))})
	}
	return out
}

// forest: does the whole look unlike what this instance sees? Off until it has been trained.
func forest(s *risk.Scene) []risk.Factor {
	if s.Forest == nil || stranger(s) {
		return nil
	}
	score, apart := s.Forest.Score(risk.VectorOf(s))
	return []risk.Factor{{Reason: "unusual_together", Value: 8 * math.Max(-0.05, score-0.55), Detail: apart}}
}
