package checks

import (
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
		return []risk.Factor{{Reason: "device_known", Value: -3.5 * t}}
	}
	v := s.Surprise(risk.Device)
	if s.Device == "" {
		v += 0.5 // browsers of people bring the cookie that the sign-in page has set
	}
	return []risk.Factor{{Reason: "device_new", Value: v}}
}

// platform compares the kind of browser. Beside a new device it says little: people's new devices are mostly phones, of a kind that they did not use before, and strangers
// mostly claim to be a computer. A known cookie in another kind of browser is no update: it was copied.
func platform(s *risk.Scene) risk.Factor {
	known, phone := s.Settled(risk.PlatformKind) != nil, risk.Handheld(s.Platform())
	switch {
	case known && !s.NewDevice():
		return risk.Factor{Reason: "browser_kind_known", Value: -0.7}
	case !s.NewDevice():
		return risk.Factor{Reason: "browser_kind_changed", Value: 2}
	case phone:
		return risk.Factor{Reason: "phone_new", Value: -1}
	case known:
		return risk.Factor{Reason: "computer_like_known", Value: 0.4}
	}
	return risk.Factor{Reason: "computer_new", Value: 0.6}
}
