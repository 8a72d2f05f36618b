package checks

import (
	"math"

	"github.com/jedan-auth/jedan-auth/risk"
)

// place compares country, operator and network with those that the person comes from. The widest new one counts fully, what lies within it hardly.
func place(s *risk.Scene) []risk.Factor {
	if stranger(s) {
		return nil
	}
	country, operator := s.Place.Country, s.Key(risk.ByOperator)
	switch network := s.Settled(risk.Network); {
	case network != nil:
		return []risk.Factor{{Reason: "network_known", Value: -1.5 * settled(network, s)}}
	case country != "" && s.Settled(risk.Country) == nil:
		v := s.Surprise(risk.Country) + 0.5*ill(s, risk.ByCountry, &s.Crowd.Countries) + 0.6*ill(s, risk.ByOperator, &s.Crowd.Operators)
		return []risk.Factor{{Reason: "country_new", Value: v, Detail: country}}
	case operator != "" && s.Settled(risk.Operator) == nil:
		return []risk.Factor{{Reason: "operator_new", Value: 0.65*s.Surprise(risk.Operator) + 0.9*ill(s, risk.ByOperator, &s.Crowd.Operators)}}
	case operator != "":
		return []risk.Factor{{Reason: "operator_known", Value: -0.8 * settled(s.Settled(risk.Operator), s)}}
	}
	return []risk.Factor{{Reason: "network_new", Value: 0.5 * s.Surprise(risk.Network)}}
}

// ill is how far a country or an operator is where refused strangers come from, rather than people: the logarithm of its share among the ones over that among the
// others, between -1.5 and 3. Before many strangers were refused it says nothing.
func ill(s *risk.Scene, k risk.Kind, people *risk.List) float64 {
	const prior = 30 // strangers imagined, spread as people are
	key := s.Key(k)
	share := math.Max(people.Share(key), 0.002)
	bad := (s.Traffic.Of(k, key, s.Time).Bad + prior*share) / (s.Traffic.Of(risk.Altogether, "all", s.Time).Bad + prior)
	return math.Max(-1.5, math.Min(3, math.Log(bad/share)))
}

// settled is how far a place has been the person's for days, from 0.1 to 1.
func settled(v *risk.Seen, s *risk.Scene) float64 {
	return 0.1 + 0.9*math.Min(1, v.Age(s.Time).Hours()/72)
}
