package session

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// entry is a session as read from the database, and when this process last wrote that it was seen.
type entry struct {
	session storage.Session
	touched atomic.Int64 // unix microseconds
}

func (m *Manager) load(ctx context.Context, id storage.ID) (*entry, error) {
	s, err := m.d.Reader.SessionByID(ctx, m.d.Tenant, id)
	if err != nil {
		return nil, err
	}
	return &entry{session: *s}, nil
}

func (m *Manager) person(ctx context.Context, id storage.ID) (*storage.Person, error) {
	return m.d.People.PersonByID(ctx, m.d.Tenant, id)
}

// seen is when the session was last used, as far as this process knows.
func (e *entry) seen() time.Time {
	if t := e.touched.Load(); t > e.session.LastSeenAt.UnixMicro() {
		return time.UnixMicro(t).UTC()
	}
	return e.session.LastSeenAt
}

// Current is who is signed in in the browser of r: nil without an error when nobody is, that is when the cookie is missing, ambiguous, forged or
// another tenant's, when the session ended or went over a limit, or when the person may not sign in. An error says that the database did not answer.
func (m *Manager) Current(ctx context.Context, r *http.Request, tenant storage.ID) (*Current, error) {
	id, ok := m.sessionID(r, tenant)
	if !ok {
		return nil, nil
	}
	cur, err := m.live(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return cur, err
}

func (m *Manager) sessionID(r *http.Request, tenant storage.ID) (id storage.ID, ok bool) {
	listed := m.listed(r, tenant)
	if len(listed) == 0 || listed[0].IsZero() {
		return id, false
	}
	return listed[0], true
}

// live returns the session if it counts, else nil, and notes that it was used.
func (m *Manager) live(ctx context.Context, id storage.ID) (*Current, error) {
	e, p, err := m.counts(ctx, id)
	if err != nil || p == nil {
		return nil, err
	}
	m.touch(ctx, e)
	return current(e, p), nil
}

// counts returns the session, and its person if it counts, else nil. A session that looks unused is read again: another node may have seen it since.
func (m *Manager) counts(ctx context.Context, id storage.ID) (*entry, *storage.Person, error) {
	e, err := m.sessions(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if m.idle(e) {
		kept := e
		if e, err = m.load(ctx, id); err != nil {
			return nil, nil, err
		}
		kept.touched.Store(e.session.LastSeenAt.UnixMicro())
	}
	if e.session.RevokedAt != nil || !m.d.Now().Before(e.session.ExpiresAt) || m.idle(e) {
		return e, nil, nil
	}
	p, err := m.people(ctx, e.session.Person)
	if err != nil || p.State != storage.PersonActive {
		return e, nil, err
	}
	return e, p, nil
}

// current returns copies: what a caller changes stays with the caller.
func current(e *entry, p *storage.Person) *Current {
	s, person := e.session, *p
	s.LastSeenAt = e.seen()
	s.AMR = slices.Clone(s.AMR)
	return &Current{Session: &s, Person: &person}
}

func (m *Manager) idle(e *entry) bool { return m.d.Now().Sub(e.seen()) >= m.idleOf(&e.session) }

// idleOf is how long a session may be unused.
func (m *Manager) idleOf(s *storage.Session) time.Duration {
	if own := time.Duration(s.Idle) * time.Second; own > 0 && own < m.c.Idle {
		return own
	}
	return m.c.Idle
}

// touch writes that the session was used, at most once a minute in this process. If the write fails the session still counts: the limit is only
// reached earlier.
func (m *Manager) touch(ctx context.Context, e *entry) {
	now := m.d.Now()
	last := e.touched.Load()
	if now.Sub(e.seen()) < touchEvery || !e.touched.CompareAndSwap(last, now.UnixMicro()) {
		return
	}
	if err := m.d.Writer.TouchSession(ctx, e.session.Tenant, e.session.ID, now); err != nil {
		m.d.Log.WarnContext(ctx, "a session's last use was not written", "error", err)
	}
}
