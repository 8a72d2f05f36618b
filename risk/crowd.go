package risk

import "time"

// Aspect is one side of a sign-in that can be new.
type Aspect int

// Aspects.
const (
	Device Aspect = iota
	Network
	Operator
	Country
	PlatformKind
	Client
	aspects
)

// Rate is how often something happened, of how many times it could.
type Rate struct {
	Hits float64 `json:"h"`
	Of   float64 `json:"o"`
}

const (
	stages  = 4
	classes = 3
)

// class is what kind of device it is for the person: known, or new as always with this person (0); a new computer (1); a new phone (2). What else is new depends
// on it: a new phone comes with a phone network.
func (s *Scene) class() int {
	habit := s.Baseline.Devices.Total > 3 && s.Baseline.Devices.Fresh > 0.4*s.Baseline.Devices.Total
	switch {
	case habit || !s.NewDevice():
		return 0
	case Handheld(s.Platform()):
		return 2
	}
	return 1
}

// Crowd is what is known of everybody together: where people come from and with what, and how often something new comes with somebody's n-th sign-in, by
// class of device. It knows nobody.
type Crowd struct {
	Operators List                           `json:"operators"`
	Countries List                           `json:"countries"`
	Rates     [aspects][classes][stages]Rate `json:"rates"`
}

// How much is remembered of everybody together.
const (
	crowdOperators = 512
	crowdCountries = 256
)

// stage is how well somebody is known after n sign-ins.
func stage(n float64) int {
	switch {
	case n < 3:
		return 0
	case n < 6:
		return 1
	case n < 12:
		return 2
	}
	return 3
}

// usual is how often each aspect is new before an instance has seen enough of its own, by class and stage. These are guesses, and count for crowdPrior sign-ins.
func usual(a Aspect) [classes][stages]float64 {
	switch a {
	case Device:
		return same(0.4, 0.25, 0.15, 0.07)
	case Network:
		return [classes][stages]float64{{0.5, 0.4, 0.35, 0.25}, {0.6, 0.5, 0.4, 0.3}, {0.8, 0.7, 0.6, 0.5}}
	case Operator:
		return [classes][stages]float64{{0.3, 0.15, 0.08, 0.04}, {0.4, 0.2, 0.12, 0.08}, {0.6, 0.5, 0.4, 0.3}}
	case Country:
		return [classes][stages]float64{{0.05, 0.04, 0.03, 0.015}, {0.08, 0.06, 0.04, 0.02}, {0.08, 0.06, 0.04, 0.02}}
	case PlatformKind:
		return [classes][stages]float64{{0.005, 0.005, 0.005, 0.005}, {0.5, 0.4, 0.25, 0.15}, {0.8, 0.7, 0.6, 0.4}}
	case Client, aspects:
	}
	return same(0.4, 0.3, 0.2, 0.1)
}

func same(by ...float64) (out [classes][stages]float64) {
	for i := range out {
		copy(out[i][:], by)
	}
	return out
}

const crowdPrior = 40

// prior is how often an aspect is new with people as a rule.
func (c *Crowd) prior(a Aspect, class int, signs float64) float64 {
	st := stage(signs)
	if a == Device {
		class = 0 // whether a device is new does not depend on itself
	}
	r := c.Rates[a][class][st]
	return (r.Hits + crowdPrior*usual(a)[class][st]) / (r.Of + crowdPrior)
}

// Sight is what the crowd learns of one sign-in: nothing of whose it was.
type Sight struct {
	At                time.Time
	Operator, Country string
	Class, Stage      int
	Fresh             [aspects]bool
	First             bool // the person's first: everything was new
}

// Sight is what the crowd learns of the scene. It must be taken before the person's baseline learns it.
func (s *Scene) Sight() Sight {
	k := s.keys()
	out := Sight{At: s.Time, Operator: k.at[ByOperator], Country: s.Place.Country, First: s.Baseline.Signs() < 1}
	if !out.First {
		out.Class, out.Stage = s.class(), stage(s.Baseline.Signs())
		for a := range aspects {
			out.Fresh[a] = s.Settled(a) == nil
		}
	}
	return out
}

// Learn takes in a sight.
func (c *Crowd) Learn(o Sight) {
	if o.Operator != "" {
		c.Operators.Add(o.Operator, o.At, crowdOperators, false)
	}
	if o.Country != "" {
		c.Countries.Add(o.Country, o.At, crowdCountries, false)
	}
	if o.First {
		return
	}
	for a := range aspects {
		r := &c.Rates[a][o.Class][o.Stage]
		if a == Device {
			r = &c.Rates[a][0][o.Stage]
		}
		r.Of++
		if o.Fresh[a] {
			r.Hits++
		}
	}
}

// Surprise is how unlikely it is that an aspect is new for this person, in natural logarithms.
func (s *Scene) Surprise(a Aspect) float64 {
	return s.list(a).Surprise(s.Crowd.prior(a, s.class(), s.Baseline.Signs()))
}

// Settled is what is known of the attempt's value of an aspect; nil: new, or doubtful still.
func (s *Scene) Settled(a Aspect) *Seen {
	k := s.keys()
	key := [aspects]string{k.at[ByDevice], k.at[ByNetwork], k.at[ByOperator], s.Place.Country, k.platform, s.Client}[a]
	return s.list(a).Settled(key, s.Time)
}

func (s *Scene) list(a Aspect) *List {
	b := s.Baseline
	return [aspects]*List{&b.Devices, &b.Networks, &b.Operators, &b.Countries, &b.Platforms, &b.Clients}[a]
}

// NewDevice reports whether the device is new for the person.
func (s *Scene) NewDevice() bool { return s.Device == "" || s.Settled(Device) == nil }
