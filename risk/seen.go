package risk

import (
	"math"
	"slices"
	"time"
)

// Seen is a value that a person, or everybody, has been seen with.
type Seen struct {
	Key   string  `json:"k"`
	First int64   `json:"f"` // Unix seconds
	Last  int64   `json:"l"`
	Count float64 `json:"n"`
	Doubt bool    `json:"d,omitempty"` // it came with a sign-in that was suspicious, and nothing has vouched for it since
}

// doubtful is how long a value stays doubtful without anything that vouches for it.
const doubtful = 7 * 24 * time.Hour

// Age is how long ago the value was first seen; nothing while it is doubtful.
func (s *Seen) Age(now time.Time) time.Duration {
	if s == nil {
		return 0
	}
	age := now.Sub(time.Unix(s.First, 0))
	if s.Doubt && age < doubtful {
		return 0
	}
	return age
}

// List is a bounded list of values. The one not seen for longest makes room.
type List struct {
	Values []Seen  `json:"v,omitempty"`
	Total  float64 `json:"t,omitempty"` // how often any was seen
	Fresh  float64 `json:"n,omitempty"` // how often it was one not in the list
}

// Find is the value, nil if it has not been seen, or so long ago that it was forgotten.
func (l *List) Find(key string) *Seen {
	for i := range l.Values {
		if l.Values[i].Key == key {
			return &l.Values[i]
		}
	}
	return nil
}

// Settled is the value if nothing is doubtful about it, else nil.
func (l *List) Settled(key string, now time.Time) *Seen {
	s := l.Find(key)
	if s != nil && s.Doubt && s.Age(now) == 0 {
		return nil
	}
	return s
}

// Add notes that a value was seen; most bounds the list. doubt marks one that is new; without it, the value is vouched for.
func (l *List) Add(key string, now time.Time, most int, doubt bool) {
	at := now.Unix()
	if s := l.Find(key); s != nil {
		if !doubt || !s.Doubt {
			l.Total++
		}
		if s.Doubt && !doubt {
			l.Fresh++
		}
		s.Count, s.Last, s.Doubt = s.Count+1, max(s.Last, at), s.Doubt && doubt
		return
	}
	if !doubt { // what is doubtful says nothing about how often something new comes with this person
		l.Total, l.Fresh = l.Total+1, l.Fresh+1
	}
	if len(l.Values) >= most {
		oldest := 0
		for i := range l.Values {
			if l.Values[i].Last < l.Values[oldest].Last {
				oldest = i
			}
		}
		l.Values = slices.Delete(l.Values, oldest, oldest+1)
	}
	l.Values = append(l.Values, Seen{Key: key, First: at, Last: at, Count: 1, Doubt: doubt})
}

// priorWeight is how many sign-ins what people do as a rule counts for, beside what this person did.
const priorWeight = 3

// Surprise is how unlikely something new is for this person, in natural logarithms: by how often it came so far, and by how often it does with people as a rule
// (prior). Whoever is seen with something new each time surprises nobody; and however regular somebody is, phones break and journeys begin: half the prior is the least.
func (l *List) Surprise(prior float64) float64 {
	fresh, total := math.Max(0, l.Fresh-1), math.Max(0, l.Total-1) // the first time everything was new
	return -math.Log(math.Max(prior/2, (fresh+priorWeight*prior)/(total+priorWeight)))
}

// Share is how often the value is seen among all, with a little for what never was.
func (l *List) Share(key string) float64 {
	n := 0.0
	if s := l.Find(key); s != nil {
		n = s.Count
	}
	return (n + 0.5) / (l.Total + 1)
}
