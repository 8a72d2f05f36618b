package checks

import (
	"math"

	"github.com/jedan-auth/jedan-auth/risk"
)

// stranger reports that nothing is known of the person yet: everything is new at first.
func stranger(s *risk.Scene) bool { return s.Person == "" || s.Baseline.Signs() < 1 }

// device recognises the browser by its signed cookie, or says how surprising a new one is for this person.
func device(s *risk.Scene) []risk.Factor {
	if stranger(s) {
		return nil
	}
	if t := s.Trust(); t > 0 {
		return []risk.Factor{{Reason: "device_known", Value: -2.5 * t}}
	}
	v := s.Surprise(risk.Device)
	if s.Device == "" {
		v += 0.5 // browsers of people bring the cookie that the sign-in page has set
	}
	return []risk.Factor{{Reason: "device_new", Value: v}}
}

// platform compares the kind of browser. Beside a new device it says little: new phones are of another kind now and then. A known cookie in another kind of
// browser is no update: it was copied.
func platform(s *risk.Scene) risk.Factor {
	seen := s.Settled(risk.PlatformKind)
	switch {
	case seen != nil && s.NewDevice() && !risk.Handheld(s.Platform()): // what strangers mostly say they are
		return risk.Factor{Reason: "browser_kind_known", Value: -0.3}
	case seen != nil:
		return risk.Factor{Reason: "browser_kind_known", Value: -0.7}
	case s.Trust() > 0:
		return risk.Factor{Reason: "browser_kind_changed", Value: 2}
	}
	return risk.Factor{Reason: "browser_kind_new", Value: math.Min(1.2, 0.8*s.Surprise(risk.PlatformKind))}
}
