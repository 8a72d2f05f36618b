package checks

import (
	"math"
	"strconv"

	"github.com/jedan-auth/jedan-auth/risk"
)

// How fast and how far somebody may be without a question: an airliner, and the error of a location.
const (
	hasty   = 250.0 // km/h: from here on it is hard to get somewhere
	fastest = 900.0 // km/h: from here on it is impossible
	blur    = 300.0 // km
)

// travel looks for journeys that nobody can have made. Where one end is a network that the person has long used, it is rather a VPN or a wrong location.
func travel(s *risk.Scene) []risk.Factor {
	if s.Person == "" || !s.Place.Exact {
		return nil
	}
	worst := 0.0
	for _, last := range s.Baseline.Spots {
		if !last.Place.Exact {
			continue
		}
		km := s.Place.Kilometres(last.Place) - blur
		hours := math.Max(float64(s.Time.Unix()-last.At), 60) / 3600
		if km > 0 {
			worst = math.Max(worst, km/hours)
		}
	}
	if worst <= hasty {
		return nil
	}
	v, reason := math.Min(3.5, math.Log(worst/hasty)), "travel_impossible"
	if worst <= fastest {
		reason = "travel_hasty"
	}
	if s.Settled(risk.Network) != nil {
		v *= 0.3
	}
	return []risk.Factor{{Reason: reason, Value: v * (1 - 0.4*s.Trust()), Detail: strconv.Itoa(int(math.Min(worst, 99999)))}}
}
