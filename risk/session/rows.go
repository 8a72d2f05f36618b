package session

import (
	"math"

	"github.com/jedan-auth/jedan-auth/risk"
)

// Rows is the table. A cookie that comes without its browser's other cookie was copied; what else changes changes with people, too, and only together says enough.
func Rows() []risk.Row {
	return []risk.Row{
		{Name: "session.browser", Weight: 1, Check: risk.CheckFunc(browser)},
		{Name: "session.kind", Weight: 1, Check: risk.CheckFunc(kind)},
		{Name: "session.place", Weight: 1, Check: risk.CheckFunc(place)},
		{Name: "session.travel", Weight: 1, Check: risk.CheckFunc(travel)},
		{Name: "session.turns", Weight: 1, Check: risk.CheckFunc(turns)},
	}
}

// StepUp is the score from which a session has to be proved anew: another browser alone reaches it, another place alone never does.
const StepUp = 5.5

// browser: a browser keeps the session's cookie beside the one that it is known by. A session that came with one and comes with another was copied.
func browser(s *risk.Scene) []risk.Factor {
	switch s.Use.Browser {
	case risk.Same:
		return []risk.Factor{{Reason: "session_same_browser", Value: -2}}
	case risk.Another:
		return []risk.Factor{{Reason: "session_other_browser", Value: 6}}
	case risk.Missing:
		return []risk.Factor{{Reason: "session_no_browser", Value: 6}}
	case risk.Unsaid:
	}
	return nil
}

// kind: browsers update themselves, but none becomes another on another system. (Phones can ask for a computer's pages: that alone is not enough.)
func kind(s *risk.Scene) []risk.Factor {
	if s.Use.Last.Platform == s.Use.Here.Platform {
		return nil
	}
	return []risk.Factor{{Reason: "session_other_kind", Value: 3.5}}
}

// place: the widest change counts.
func place(s *risk.Scene) []risk.Factor {
	switch u := s.Use; {
	case abroad(u):
		return []risk.Factor{{Reason: "session_other_country", Value: 1.5, Detail: u.Here.Place.Country}}
	case elsewhere(u):
		return []risk.Factor{{Reason: "session_other_operator", Value: 1}}
	case u.Here.Network != u.Last.Network:
		return []risk.Factor{{Reason: "session_other_network", Value: 0.3}}
	}
	return nil
}

func abroad(u *risk.Use) bool {
	a, b := u.Here.Place.Country, u.Last.Place.Country
	return a != "" && b != "" && a != b
}

func elsewhere(u *risk.Use) bool {
	a, b := u.Here.Place.ASN, u.Last.Place.ASN
	return a != 0 && b != 0 && a != b
}

// Faster than an airliner is impossible, beyond the error of a location.
const (
	fastest = 900.0 // km/h
	blur    = 300.0 // km
)

// travel: nobody uses a session here and then there so fast.
func travel(s *risk.Scene) []risk.Factor {
	here, last := s.Use.Here, s.Use.Last
	if !here.Place.Exact || !last.Place.Exact {
		return nil
	}
	km, hours := here.Place.Kilometres(last.Place)-blur, math.Max(here.At.Sub(last.At).Hours(), 1.0/60)
	if km/hours <= fastest {
		return nil
	}
	return []risk.Factor{{Reason: "session_travel", Value: 3.5}}
}

// turns: two places that take turns are two users. Of one browser they are rather two networks that it has at once.
func turns(s *risk.Scene) []risk.Factor {
	switch u := s.Use; {
	case u.Turns < 2:
		return nil
	case abroad(u) || elsewhere(u):
		return []risk.Factor{{Reason: "session_two_places", Value: 2}}
	}
	return []risk.Factor{{Reason: "session_two_places", Value: 0.5}}
}
