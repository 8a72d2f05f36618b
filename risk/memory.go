package risk

// Memory keeps what an engine learns, where all of it fits in memory: the replay's. A server keeps baselines in its database.
type Memory struct {
	Engine  *Engine
	Traffic *Traffic
	Crowd   *Crowd
	Forest  *Forest
	people  map[string]*Baseline
	nobody  Baseline
}

// NewMemory starts with nothing known.
func NewMemory(e *Engine) *Memory {
	return &Memory{Engine: e, Traffic: NewTraffic(), Crowd: &Crowd{}, Forest: NewForest(1), people: map[string]*Baseline{}}
}

// Judge is the verdict on an attempt, from which it learns afterwards.
func (m *Memory) Judge(a *Attempt) Verdict {
	s := &Scene{Attempt: a, Baseline: m.baseline(a.Person), Crowd: m.Crowd, Traffic: m.Traffic}
	if m.Forest.Ready() {
		s.Forest = m.Forest
	}
	v := m.Engine.Judge(s)
	m.learn(s, v)
	return v
}

func (m *Memory) baseline(person string) *Baseline {
	if person == "" {
		return &m.nobody
	}
	b := m.people[person]
	if b == nil {
		b = &Baseline{}
		m.people[person] = b
	}
	return b
}

// learn takes in what happened. Whether a step-up was passed is not in a file, so nothing vouches for what was suspicious.
func (m *Memory) learn(s *Scene, v Verdict) {
	s.Traffic.Note(s.Attempt, s.Familiar() >= FamiliarEnough)
	if !s.Success || s.Person == "" {
		return
	}
	if m.Forest.Learn(VectorOf(s)) {
		m.Forest.Train()
	}
	m.Crowd.Learn(s.Sight())
	s.Baseline.Learn(s.Attempt, v.Score >= m.Engine.lines.Doubt)
}

// FamiliarEnough is from where on a wrong password counts as the person's own mistake.
const FamiliarEnough = 0.4
