package risk

import (
	"math"
	"sync"
	"time"
)

// Traffic counts everybody's attempts in memory: by line, network, operator, country, browser, device and person, and altogether. What is counted fades; how many
// keys are kept is bounded, and the one counted longest ago makes room. A restart forgets it, and each node has its own.
type Traffic struct {
	mu     sync.Mutex
	kinds  [kinds]shelf
	normal fading // refused strangers altogether, over weeks
}

// Kind is what attempts are counted by.
type Kind int

// Kinds.
const (
	ByLine Kind = iota
	ByNetwork
	ByOperator
	ByCountry
	ByAgent
	ByDevice
	ByPerson
	ByPlatform
	Altogether
	kinds
)

// mostKeys bounds each kind. A counter takes about 200 bytes.
const mostKeys = 1 << 14

// fading times: what counts as now, as today, and as usual.
const (
	hourFade  = time.Hour
	dayFade   = 24 * time.Hour
	weeksFade = 14 * 24 * time.Hour

	monthsFade = 60 * 24 * time.Hour
)

// Count is what is known about a key at a time.
type Count struct {
	Strangers float64 // refused attempts within about an hour, of browsers that the person has not used; each person once
	Day       float64 // the same within about a day
	Works     float64 // sign-ins within about a day
	Weeks     float64 // sign-ins within about two weeks
	Fails     float64 // refused attempts at all, within about an hour
	Bad       float64 // refused strangers within about two months, each person once an hour
}

// shelf holds one kind's counters, oldest first in ring.
type shelf struct {
	keys map[string]*counter
	ring []string
	next int
}

type counter struct {
	strangers, day, works, weeks, fails, bad fading
	persons                                  [2]uint64 // who was refused lately: a small filter, cleared each hour
	cleared                                  int64
}

// fading is a sum that halves, more or less.
type fading struct {
	n  float64
	at int64 // Unix seconds
}

func (f *fading) get(now int64, fade time.Duration) float64 {
	if passed := now - f.at; passed > 0 {
		return f.n * math.Exp(-float64(passed)/fade.Seconds())
	}
	return f.n
}

func (f *fading) add(now int64, fade time.Duration, n float64) {
	f.n, f.at = f.get(now, fade)+n, max(f.at, now)
}

// NewTraffic returns empty counters.
func NewTraffic() *Traffic {
	t := &Traffic{}
	for i := range t.kinds {
		t.kinds[i].keys = map[string]*counter{}
	}
	return t
}

// Usual is how many refused strangers an hour has as a rule.
func (t *Traffic) Usual(now time.Time) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.normal.get(now.Unix(), weeksFade) / weeksFade.Hours()
}

// Of is the count of a key.
func (t *Traffic) Of(k Kind, key string, now time.Time) Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.kinds[k].keys[key]
	if c == nil || key == "" {
		return Count{}
	}
	at := now.Unix()
	return Count{
		Strangers: c.strangers.get(at, hourFade), Day: c.day.get(at, dayFade), Works: c.works.get(at, dayFade), Weeks: c.weeks.get(at, weeksFade),
		Fails: c.fails.get(at, hourFade), Bad: c.bad.get(at, monthsFade),
	}
}

// Note counts an attempt. familiar says that the browser or the place is the person's own: then a wrong password is a mistake, not a guess.
func (t *Traffic) Note(a *Attempt, familiar bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := a.Time.Unix()
	for k, key := range a.keys().at {
		if key != "" {
			t.kinds[k].get(key).note(a, now, familiar, Kind(k) == ByPerson)
		}
	}
	if !a.Success && !familiar {
		t.normal.add(now, weeksFade, t.ordinary(now))
	}
}

// ordinary is how much a refused stranger says about what is usual: in a wave, little.
func (t *Traffic) ordinary(now int64) float64 {
	c := t.kinds[Altogether].keys["all"]
	usual := t.normal.get(now, weeksFade) / weeksFade.Hours()
	if c.strangers.get(now, hourFade) > 5*usual+3 {
		return 0.05
	}
	return 1
}

func (s *shelf) get(key string) *counter {
	if c := s.keys[key]; c != nil {
		return c
	}
	c := &counter{}
	if len(s.ring) < mostKeys {
		s.ring = append(s.ring, key)
	} else {
		delete(s.keys, s.ring[s.next])
		s.ring[s.next] = key
		s.next = (s.next + 1) % mostKeys
	}
	s.keys[key] = c
	return c
}

func (c *counter) note(a *Attempt, now int64, familiar, own bool) {
	if a.Success {
		c.works.add(now, dayFade, 1)
		c.weeks.add(now, weeksFade, 1)
		return
	}
	c.fails.add(now, hourFade, 1)
	if c.met(a, now, own) || familiar {
		return
	}
	c.strangers.add(now, hourFade, 1)
	c.day.add(now, dayFade, 1)
	c.bad.add(now, monthsFade, 1)
}

// met reports whether this person was counted within the hour already; for a person's own counter, whether this line was. Attempts at nobody are each another's.
func (c *counter) met(a *Attempt, now int64, own bool) bool {
	if now-c.cleared > int64(hourFade.Seconds()) {
		c.persons, c.cleared = [2]uint64{}, now
	}
	who := a.Person
	if own {
		who = a.Key(ByLine)
	}
	if who == "" {
		return false
	}
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(who) {
		h = (h ^ uint64(who[i])) * 1099511628211
	}
	word, bit := h>>63, uint64(1)<<(h>>32&63)
	was := c.persons[word]&bit != 0
	c.persons[word] |= bit
	return was
}
