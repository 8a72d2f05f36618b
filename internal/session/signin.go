package session

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxAgent is how much of a user agent is kept, in bytes.
const maxAgent = 256

// Upstream is a sign-in elsewhere that a session rests on: by which link, and keyed hashes of what the upstream calls its session and whom it names, or nil.
type Upstream struct {
	Link             storage.ID
	Session, Subject []byte
	Names            []byte // both as they are, sealed for the link; nil: not kept
}

// UpstreamOf reads it off a session.
func UpstreamOf(s *storage.Session) Upstream {
	u := Upstream{Link: s.Link, Session: s.Upstream, Subject: s.UpstreamSubject}
	if v, err := s.UpstreamNames.Value(); err == nil {
		u.Names, _ = v.([]byte)
	}
	return u
}

// SignIn says how a person has just proved who they are.
type SignIn struct {
	ACR      string   // authentication context class
	AMR      []string // RFC 8176 methods
	Replaces *Current // the session that was there; nil: whatever the request's cookie names
	Beside   bool     // who is signed in in the browser stays so, if it is somebody else
	Kind     string   // what was done, for the audit event: password, setup, passkey
	// Since is when the person proved their first factor, if that was in an earlier session that is only made stronger now; zero: now.
	Since time.Time
	// Until is when the session ends at the latest, whatever the settings allow: an upstream said so, or the session that it takes the place of did. Zero: nobody did.
	Until time.Time
	// Upstream is on whose word the person is signed in; zero: they proved it here.
	Upstream Upstream
}

// SignIn stores a new session for person, ends the one that was there, or theirs if it is beside others, and sets the cookie (SE01). person is the row that the proof was checked
// against: when it may not sign in, or its password was changed meanwhile, the error is errs.Forbidden and no cookie is set.
func (m *Manager) SignIn(ctx context.Context, w http.ResponseWriter, r *http.Request, tenant storage.ID, person *storage.Person, in SignIn) (*Current, error) {
	if tenant != m.d.Tenant || person.Tenant != tenant || person.State != storage.PersonActive {
		return nil, notNow()
	}
	at, err := m.placeFor(ctx, r, person.ID, in)
	if err != nil {
		return nil, err
	}
	s, err := m.newSession(ctx, r, person, in)
	if err != nil {
		return nil, err
	}
	ev := m.d.Audit.Row(ctx, tenant, audit.Event{
		Type: audit.UserLogin, ActorKind: audit.Person, Actor: person.ID.String(), Target: target(s.ID), Outcome: audit.Success,
		Data: map[string]any{"kind": in.Kind, "acr": in.ACR, "amr": in.AMR, "replaced": !at.replaced.id.IsZero(), "known": m.Knows(r, person.ID)},
	})
	same := at.replaced.person == person.ID
	if err := m.d.Writer.InsertSession(ctx, s, at.replaced.id, same, ev); err != nil {
		return nil, err
	}
	fresh, err := m.confirm(ctx, s, person)
	if err != nil {
		return nil, err
	}
	m.list(ctx, w, s.ID, at.others)
	return &Current{Session: s, Person: fresh}, nil
}

type replacement struct{ id, person storage.ID }

func (m *Manager) newSession(ctx context.Context, r *http.Request, person *storage.Person, in SignIn) (*storage.Session, error) {
	now := m.d.Now()
	proved := now
	if !in.Since.IsZero() {
		proved = in.Since
	}
	s := &storage.Session{
		Tenant: person.Tenant, ID: storage.NewID(now), Person: person.ID, AuthTime: proved, ACR: in.ACR, AMR: slices.Clone(in.AMR),
		CreatedAt: now, LastSeenAt: now, ExpiresAt: proved.Add(m.c.Absolute), Link: in.Upstream.Link, Upstream: in.Upstream.Session, UpstreamSubject: in.Upstream.Subject,
	}
	s.Device = m.d.Ring.Seal(deviceAt(s), device(ctx, r, m.browserMark(r)))
	if len(in.Upstream.Names) > 0 {
		if err := s.UpstreamNames.Scan(in.Upstream.Names); err != nil {
			return nil, err
		}
	}
	err := m.limit(ctx, s, person)
	if !in.Until.IsZero() && in.Until.Before(s.ExpiresAt) {
		s.ExpiresAt = in.Until
	}
	return s, err
}

// limit shortens a session to what the operator's rules allow. Being proved once more makes it no longer: it counts from the first factor.
func (m *Manager) limit(ctx context.Context, s *storage.Session, person *storage.Person) error {
	if m.d.Limits == nil {
		return nil
	}
	idle, absolute, err := m.d.Limits.SessionLimits(ctx, person, s.ACR, s.AMR)
	if idle > 0 && idle < m.c.Idle {
		s.Idle = int64(idle / time.Second)
	}
	if absolute > 0 && absolute < m.c.Absolute {
		s.ExpiresAt = s.AuthTime.Add(absolute)
	}
	return err
}

// deviceText is what the device column holds, sealed.
type deviceText struct {
	Agent string     `json:"agent,omitempty"`
	IP    netip.Addr `json:"ip,omitzero"`
	// Browser is the mark of the browser that the session was made in.
	Browser string `json:"browser,omitempty"`
}

// device is what a person will recognise in the list of their sessions.
func device(ctx context.Context, r *http.Request, browser string) []byte {
	o := audit.OriginOf(ctx)
	agent := r.UserAgent()
	if ip, _ := httpx.ContextClient(ctx); !o.IP.IsValid() {
		o.IP = ip
	}
	if o.Device != "" {
		agent = o.Device
	}
	b, err := json.Marshal(deviceText{strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], ""), o.IP, browser})
	if err != nil {
		return []byte("{}") // cannot happen: a string and an address
	}
	return b
}

// confirm reads the person after the session is there. A password change, lock or erasure either is seen here, or comes later and ends the
// session with all others: no order of events leaves a session that an old password opened.
func (m *Manager) confirm(ctx context.Context, s *storage.Session, checked *storage.Person) (*storage.Person, error) {
	fresh, err := m.d.People.PersonByID(ctx, s.Tenant, s.Person)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err // nobody was given the cookie
	}
	if err == nil && fresh.State == storage.PersonActive && passwordTime(fresh) == passwordTime(checked) {
		return fresh, nil
	}
	ev := m.d.Audit.Row(ctx, s.Tenant, audit.Event{Type: audit.SessionRevoke, Target: target(s.ID), Reason: "person_changed"})
	if err := m.d.Writer.RevokeSession(ctx, s.Tenant, s.ID, m.d.Now(), "person_changed", ev); err != nil {
		return nil, err
	}
	return nil, notNow()
}

// passwordTime is in microseconds, as databases keep it; 0: never set.
func passwordTime(p *storage.Person) int64 {
	if p.PasswordChangedAt == nil {
		return 0
	}
	return p.PasswordChangedAt.UnixMicro()
}

func target(id storage.ID) string { return "session:" + id.String() }

func notNow() error {
	return errs.New(errs.Forbidden, "This account cannot be signed in to right now. Start again.")
}

func deviceAt(s *storage.Session) seal.Location {
	return seal.Location{Table: s.TableName(), Column: "device", Tenant: s.Tenant, Row: s.ID}
}
