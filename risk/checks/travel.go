package checks

import (
	"math"
	"strconv"

	"github.com/jedan-auth/jedan-auth/risk"
)

// How fast and how far somebody may be without a question: an airliner, and the error of a location.
const (
	fastest = 900.0 // km/h
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
	if worst <= fastest {
		return nil
	}
	v := math.Min(3.5, 1+math.Log(worst/fastest))
	if s.Settled(risk.Network) != nil {
		v *= 0.3
	}
	return []risk.Factor{{Reason: "travel_impossible", Value: v * (1 - 0.4*s.Trust()), Detail: strconv.Itoa(int(math.Min(worst, 99999)))}}
}
