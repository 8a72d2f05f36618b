package risk

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Moment is one attempt at a running server.
type Moment struct {
	Act        string // sign_in
	Person     storage.ID
	IP         netip.Addr
	Agent      string
	Device     string // id of the browser's signed cookie
	Known      bool   // that cookie remembers the person
	Factor     string
	Client     string
	Success    bool
	Broken     string // code, if the password is known to be broken
	PasswordOf int64  // tells a person's passwords apart; 0: it was none, or nobody looks
	Feeds      []Report
	Missed     []string
	Mode       Mode // of a use of a session
}

// Acts.
const (
	SignIn    = "sign_in"
	Authorize = "authorize"
	Refresh   = "refresh"
	Account   = "account"
)

func (m *Module) attempt(o Moment) *Attempt {
	a := &Attempt{
		Time: m.d.Now(), Success: o.Success, Address: o.IP, Place: m.d.Places(o.IP), Agent: o.Agent, Device: o.Device, Known: o.Known, Factor: o.Factor,
		Client: o.Client, Broken: o.Broken, Feeds: o.Feeds, Missed: o.Missed,
	}
	if !o.Person.IsZero() {
		a.Person = string(o.Person[:])
	}
	return a
}

// Judge is the verdict on a proved first factor. What is not allowed is stored with its reasons; what is allowed is stored with what Learn learns.
func (m *Module) Judge(ctx context.Context, o Moment) (Verdict, error) {
	if m.c.Off {
		return Verdict{Action: Allow}, nil
	}
	row, b, err := m.baseline(ctx, o.Person)
	if err != nil {
		return Verdict{}, err
	}
	s := m.scene(o, b)
	v := m.judge(s)
	if v.Action != Allow {
		err = m.d.Store.SaveRisk(ctx, nil, m.verdict(row, o, v), m.c.Verdicts)
	}
	return v, err
}

func (m *Module) scene(o Moment, b *Baseline) *Scene {
	if o.Broken == "" && o.PasswordOf != 0 && o.PasswordOf == b.Stolen {
		o.Broken = PasswordBreached
	}
	s := &Scene{Attempt: m.attempt(o), Baseline: b, Traffic: m.traffic}
	if m.forest.Ready() {
		s.Forest = m.forest
	}
	return s
}

func (m *Module) judge(s *Scene) Verdict {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s.Crowd = m.crowd
	return m.engine.Judge(s)
}

// learnTries is how often Learn tries when others change the same baseline.
const learnTries = 3

// Learn takes in a sign-in that became a session. vouched says that more than the first factor proved the person, so that nothing about it is doubtful.
func (m *Module) Learn(ctx context.Context, o Moment, vouched bool) error {
	if m.c.Off {
		return nil
	}
	o.Success = true
	for try := 1; ; try++ {
		err := m.learn(ctx, o, vouched)
		if !errs.Is(err, errs.Conflict) || try == learnTries {
			return err
		}
	}
}

func (m *Module) learn(ctx context.Context, o Moment, vouched bool) error {
	row, b, err := m.baseline(ctx, o.Person)
	if err != nil {
		return err
	}
	s := m.scene(o, b)
	v := m.judge(s)
	stored := m.verdict(row, o, v)
	if vouched {
		stored.Action = string(Allow)
	}
	sight, vector := s.Sight(), Vector{}
	m.mu.RLock()
	vector = VectorOf(s)
	m.mu.RUnlock()
	if o.Broken == PasswordBreached && o.PasswordOf != 0 {
		b.Stolen = o.PasswordOf
	}
	b.Learn(s.Attempt, !vouched && v.Score >= m.engine.lines.Doubt)
	if row.Data, err = m.seal(row, b); err != nil {
		return err
	}
	row.UpdatedAt = s.Time
	if err := m.d.Store.SaveRisk(ctx, row, stored, m.c.Verdicts); err != nil {
		return err
	}
	m.heard(s, sight, vector)
	return nil
}

// heard lets everything in memory learn.
func (m *Module) heard(s *Scene, o Sight, v Vector) {
	m.traffic.Note(s.Attempt, s.Familiar() >= FamiliarEnough)
	m.mu.Lock()
	m.crowd.Learn(o)
	if len(m.news) < mostNews {
		m.news = append(m.news, o)
	}
	m.mu.Unlock()
	if m.forest.Learn(v) && m.train.TryLock() {
		go func() {
			defer m.train.Unlock()
			m.forest.Train()
		}()
	}
}

// Refused counts an attempt that was refused. It writes nothing, and reads nothing either: strangers must not be able to make the database work.
func (m *Module) Refused(o Moment) {
	if m.c.Off {
		return
	}
	o.Success = false
	a := m.attempt(o)
	familiar := o.Known
	if !familiar && o.Device != "" {
		c := m.traffic.Of(ByDevice, a.Key(ByDevice), a.Time)
		familiar = c.Weeks > 0.5 && c.Weeks > c.Strangers
	}
	m.traffic.Note(a, familiar)
}

// baseline reads what is known of a person. One that cannot be opened or read is worth less than a sign-in: it begins anew.
func (m *Module) baseline(ctx context.Context, person storage.ID) (*storage.RiskBaseline, *Baseline, error) {
	row, err := m.d.Store.RiskBaselineOf(ctx, m.d.Tenant, person)
	b := &Baseline{}
	switch {
	case errs.Is(err, errs.NotFound):
		return &storage.RiskBaseline{Tenant: m.d.Tenant, Person: person}, b, nil
	case err != nil:
		return nil, nil, err
	}
	if err := m.open(row, b); err != nil {
		m.d.Log.WarnContext(ctx, "a risk baseline begins anew", slog.String("person", person.String()), slog.Any("error", err))
		b = &Baseline{}
	}
	return row, b, nil
}

func at(row *storage.RiskBaseline) seal.Location {
	return seal.Location{Table: row.TableName(), Column: "data", Tenant: row.Tenant, Row: row.Person}
}

func (m *Module) seal(row *storage.RiskBaseline, v any) (seal.Text, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return seal.Text{}, err
	}
	return m.d.Ring.Seal(at(row), text), nil
}

func (m *Module) open(row *storage.RiskBaseline, v any) error {
	text, err := m.d.Ring.Open(at(row), row.Data)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// PasswordBreached is the code of a password that is known to be stolen.
const PasswordBreached = "password_breached"

// MarkStolen keeps that one of a person's passwords is known to be stolen, for their next sign-ins with it.
func (m *Module) MarkStolen(ctx context.Context, person storage.ID, passwordOf int64) error {
	for try := 1; ; try++ {
		row, b, err := m.baseline(ctx, person)
		if err != nil || b.Stolen == passwordOf {
			return err
		}
		b.Stolen = passwordOf
		if row.Data, err = m.seal(row, b); err != nil {
			return err
		}
		row.UpdatedAt = m.d.Now()
		if err = m.d.Store.SaveRisk(ctx, row, nil, 0); !errs.Is(err, errs.Conflict) || try == learnTries {
			return err
		}
	}
}

// KnownStolen reports whether that one of a person's passwords is known to be stolen. What cannot be read is not known.
func KnownStolen(ctx context.Context, store storage.RiskReader, ring Sealer, tenant, person storage.ID, passwordOf int64) (bool, error) {
	row, err := store.RiskBaselineOf(ctx, tenant, person)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var b Baseline
	text, err := ring.Open(at(row), row.Data)
	if err != nil || json.Unmarshal(text, &b) != nil {
		return false, nil
	}
	return b.Stolen == passwordOf, nil
}
