package session

import (
	"context"
	"net/http"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/storage"
)

// most is how many people may be signed in in one browser: the cookie names their sessions.
const most = 5

// listed are the sessions that the browser's cookie names: first the current one, zero when there is none, then the others, the one used last first.
func (m *Manager) listed(r *http.Request, tenant storage.ID) []storage.ID {
	value, ok := m.d.Cookies.Read(r, httpx.SessionCookie)
	if !ok || tenant != m.d.Tenant {
		return nil
	}
	body, ok := m.verify(kindSession, tenant, value)
	if !ok || len(body) == 0 || len(body)%len(storage.ID{}) != 0 || len(body) > most*len(storage.ID{}) {
		return nil
	}
	var out []storage.ID
	for part := range slices.Chunk(body, len(storage.ID{})) {
		out = append(out, storage.ID(part))
	}
	return out
}

// others are the sessions of a list beside the current one.
func others(listed []storage.ID) []storage.ID {
	if len(listed) == 0 {
		return nil
	}
	return slices.Clone(listed[1:])
}

// list writes the cookie: the current session, zero for none, and the others.
func (m *Manager) list(ctx context.Context, w http.ResponseWriter, current storage.ID, others []storage.ID) {
	if m.c.Watched {
		m.watch(ctx, w, current)
	}
	if current.IsZero() && len(others) == 0 {
		m.d.Cookies.Remove(ctx, w, httpx.SessionCookie)
		return
	}
	body := slices.Clone(current[:])
	for _, id := range others {
		body = append(body, id[:]...)
	}
	m.d.Cookies.Write(ctx, w, httpx.SessionCookie, m.sign(kindSession, m.d.Tenant, body), 0)
}

func (m *Manager) watch(ctx context.Context, w http.ResponseWriter, current storage.ID) {
	if current.IsZero() {
		m.d.Cookies.Remove(ctx, w, httpx.WatchedCookie)
		return
	}
	m.d.Cookies.Write(ctx, w, httpx.WatchedCookie, m.watched(current), 0)
}

// Others are who else is signed in in the browser of r, the one used last first. Looking at them is no use of their sessions.
func (m *Manager) Others(ctx context.Context, r *http.Request, tenant storage.ID) ([]*Current, error) {
	var out []*Current
	for _, id := range others(m.listed(r, tenant)) {
		e, p, err := m.counts(ctx, id)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		if p != nil {
			out = append(out, current(e, p))
		}
	}
	return out, nil
}

// Switch makes another session of this browser the current one, and leaves both as they are. errs.NotFound for a session that is not in this browser or
// counts no longer.
func (m *Manager) Switch(ctx context.Context, w http.ResponseWriter, r *http.Request, tenant, to storage.ID) (*Current, error) {
	listed := m.listed(r, tenant)
	if to.IsZero() || !slices.Contains(listed, to) {
		return nil, gone()
	}
	cur, err := m.live(ctx, to)
	if err != nil {
		return nil, err
	}
	if cur == nil {
		return nil, gone()
	}
	m.list(ctx, w, to, slices.DeleteFunc(listed, func(id storage.ID) bool { return id == to || id.IsZero() }))
	return cur, nil
}

func gone() error {
	return errs.New(errs.NotFound, "This account is not signed in in this browser any more.")
}

// SignOut ends a session of the browser of r, with its online grants, and takes it off the cookie; reason is a code. The others stay as they are: when the
// current one goes, nobody is signed in until one is chosen. Without cur nothing ends, and nobody is current afterwards.
func (m *Manager) SignOut(ctx context.Context, w http.ResponseWriter, r *http.Request, cur *Current, reason string) error {
	if cur == nil {
		m.Forget(ctx, w, r)
		return nil
	}
	s := cur.Session
	ev := m.d.Audit.Row(ctx, s.Tenant, audit.Event{
		Type: audit.UserLogout, ActorKind: audit.Person, Actor: s.Person.String(), Target: target(s.ID), Reason: reason,
	})
	if err := m.d.Writer.RevokeSession(ctx, s.Tenant, s.ID, m.d.Now(), reason, ev); err != nil {
		return err
	}
	m.drop(ctx, w, r, s.ID)
	return nil
}

// Forget takes the current session, which has ended, off the browser's cookies.
func (m *Manager) Forget(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	m.list(ctx, w, storage.ID{}, others(m.listed(r, m.d.Tenant)))
}

// drop takes one session off the cookie.
func (m *Manager) drop(ctx context.Context, w http.ResponseWriter, r *http.Request, id storage.ID) {
	listed := m.listed(r, m.d.Tenant)
	switch {
	case len(listed) == 0 || listed[0] == id:
		m.Forget(ctx, w, r)
	case slices.Contains(listed, id):
		m.list(ctx, w, listed[0], slices.DeleteFunc(others(listed), func(other storage.ID) bool { return other == id }))
	}
}

// place is where a new session goes: what it takes the place of, and who stays signed in beside it.
type place struct {
	replaced replacement
	others   []storage.ID
}

// placeFor finds what the new session takes the place of: the person's own, else the current one unless the sign-in is beside others (SE01). When the
// browser is full the one that was used longest ago ends.
func (m *Manager) placeFor(ctx context.Context, r *http.Request, person storage.ID, in SignIn) (place, error) {
	listed := m.listed(r, m.d.Tenant)
	if in.Replaces != nil && !slices.Contains(listed, in.Replaces.Session.ID) {
		listed = append([]storage.ID{in.Replaces.Session.ID}, listed...)
	}
	var current, own replacement
	var out place
	for i, id := range listed {
		e, p, err := m.counts(ctx, id)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return place{}, err
		}
		switch there := (replacement{id, e.session.Person}); {
		case there.person == person:
			own = there
		case i == 0 && !in.Beside:
			current = there
		case p != nil:
			out.others = append(out.others, id)
		}
	}
	out.settle(current, own)
	return out, nil
}

// settle decides what is replaced, and keeps the rest within the bound.
func (p *place) settle(current, own replacement) {
	switch {
	case own.id.IsZero():
		p.replaced = current
	case !current.id.IsZero():
		p.others = append([]storage.ID{current.id}, p.others...)
		fallthrough
	default:
		p.replaced = own
	}
	if last := len(p.others) - 1; len(p.others) >= most {
		p.replaced, p.others = replacement{id: p.others[last]}, p.others[:last]
	}
}
