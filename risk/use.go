package risk

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Match is whether something is the one that it began with.
type Match int

// Matches.
const (
	Unsaid  Match = iota // nothing was kept to compare it with
	Same                 // it is
	Another              // it is not
	Missing              // there is none
)

// Origin is from where something was used, and with what.
type Origin struct {
	At       time.Time
	Agent    string
	Platform string
	Network  netip.Prefix
	Place    Place
}

// Use is one use of a session or of a grant beside the one before it, for the checks of such uses.
type Use struct {
	Browser Match
	Here    Origin
	Last    Origin // the last use that was from elsewhere, or else the beginning
	Turns   int    // how often two places took turns lately
}

// Used is one use at a running server.
type Used struct {
	Act     string // Authorize, Account or Refresh
	ID      storage.ID
	Person  storage.ID
	Client  string
	IP      netip.Addr
	Agent   string
	Browser Match
	Began   Began
}

// Began is how a session began; the zero value: nobody knows.
type Began struct {
	At    time.Time
	IP    netip.Addr
	Agent string
}

// Mode says what follows from a verdict on a use.
type Mode string

// Modes.
const (
	Ignore  Mode = "off"
	Observe Mode = "observe" // it is stored, logged and counted, and nothing follows
	Enforce Mode = "enforce"
)

func (m *Module) mode(act string) Mode {
	switch {
	case m.c.Off:
		return Ignore
	case act == Refresh:
		return m.c.Sessions.Refresh
	}
	return m.c.Sessions.Authorize
}

// Use is the verdict on one use. From where it was used the last time it costs a look into memory; only a change is judged. It never waits: what is to be stored is stored by Flush.
func (m *Module) Use(ctx context.Context, o Used) Verdict {
	mode, now := m.mode(o.Act), m.d.Now()
	if mode == Ignore || o.ID.IsZero() || !o.IP.IsValid() {
		return Verdict{Action: Allow}
	}
	key := m.trails.key(o)
	if m.trails.pass(o.ID, key, now) {
		return Verdict{Action: Allow}
	}
	here := m.origin(now, o.IP, o.Agent)
	last, turns, known := m.trails.last(o.ID, key, now)
	if !known && !o.Began.At.IsZero() {
		last, known = m.origin(o.Began.At, o.Began.IP, o.Began.Agent), true
	}
	if !known {
		m.trails.note(o.ID, key, here)
		return Verdict{Action: Allow}
	}
	v := m.uses.Judge(&Scene{Attempt: &Attempt{Time: now, Use: &Use{Browser: o.Browser, Here: here, Last: last, Turns: turns}}, Baseline: &Baseline{}, Traffic: m.traffic, Crowd: &Crowd{}})
	if v.Action == Allow || mode == Observe {
		m.trails.note(o.ID, key, here) // a use that is refused is none, or whoever is refused could have the owner refused
	}
	if v.Action == Allow {
		return v
	}
	return m.noticed(ctx, o, v, mode)
}

// noticed keeps a verdict that is not harmless, once in a while for each session and place.
func (m *Module) noticed(ctx context.Context, o Used, v Verdict, mode Mode) Verdict {
	if m.trails.due(o.ID, m.trails.key(o), m.d.Now()) {
		m.d.Log.WarnContext(ctx, "a use of a session was judged risky", slog.String("act", o.Act), slog.String("person", o.Person.String()), slog.String("client", o.Client),
			slog.String("action", string(v.Action)), slog.String("mode", string(mode)), slog.Float64("score", v.Score), slog.String("reason", v.Reason()))
		row := m.verdict(&storage.RiskBaseline{Tenant: m.d.Tenant, Person: o.Person}, Moment{Act: o.Act, IP: o.IP, Agent: o.Agent, Mode: mode}, v)
		m.mu.Lock()
		if len(m.waiting) < mostWaiting {
			m.waiting = append(m.waiting, row)
		}
		m.mu.Unlock()
	}
	if mode == Observe {
		v.Observed, v.Action = v.Action, Allow
	}
	return v
}

func (m *Module) origin(at time.Time, ip netip.Addr, agent string) Origin {
	return Origin{At: at, Agent: agent, Platform: Platform(agent), Network: prefix(ip, 24, 48), Place: m.d.Places(ip)}
}

// mostWaiting bounds the verdicts that wait to be stored.
const mostWaiting = 1000

// store writes the verdicts that wait. Those that could not be written wait on.
func (m *Module) store(ctx context.Context) error {
	m.mu.Lock()
	rows := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	for i, row := range rows {
		if err := m.d.Store.SaveRisk(ctx, nil, row, m.c.Verdicts); err != nil {
			m.mu.Lock()
			m.waiting = append(rows[i:], m.waiting...)
			m.mu.Unlock()
			return err
		}
	}
	return nil
}
