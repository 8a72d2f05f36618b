package federation

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Ending is a session here that has ended, as its upstream knows it.
type Ending struct {
	Subject  string  // Identity.Subject; may be empty
	Session  string  // Identity.Session; may be empty
	Tokens   *Tokens // the person's; nil: none are kept
	ReturnTo string  // where the browser may come back to, with the state
	State    string
}

// LogoutStarter signs people out upstream, by sending their browser there (OpenID Connect RP-Initiated Logout, SAML single logout).
type LogoutStarter interface {
	Connector
	// StartLogout says where the browser goes; nil: the upstream has no such place.
	StartLogout(ctx context.Context, e Ending) (*Departure, error)
	// CompleteLogout judges what comes back, beside the state: a *Refusal says that the upstream did not end its session, or that somebody else says so. Nothing here rests
	// on it.
	CompleteLogout(ctx context.Context, kept []byte, m BrowserMessage) error
}

const (
	maxNames       = 1024             // of an upstream's session and person together, in bytes: longer ones are not kept
	startLogoutFor = 5 * time.Second  // an upstream's metadata may have to be fetched
	partingLife    = 10 * time.Minute // of one step
)

// Steps of a sign-out upstream: the browser is about to go, and it is there.
const (
	byParting  = "parting"
	byReturned = "signed out"
)

// names are what an upstream calls its session and its person.
type names struct {
	Session string `json:"session,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// parting is a sign-out upstream on its way. It is bound to no browser: whoever has its state can end nothing by it, and browsers come back from some upstreams without
// their cookies.
type parting struct {
	Connector storage.ID `json:"connector"`
	Link      storage.ID `json:"link"`
	Names     names      `json:"names"`
	Next      string     `json:"next,omitempty"`   // where the person goes in the end
	Answer    *Departure `json:"answer,omitempty"` // or the upstream's, which asked
	Kept      []byte     `json:"kept,omitempty"`
}

// upstream is what a session of the person rests on.
func (m *Module) upstream(from *Ready, id *Identity, link storage.ID) session.Upstream {
	u := session.Upstream{Link: link, Session: m.endMark(from, "session", id.Session), Subject: m.endMark(from, "subject", id.Subject)}
	if !from.Settings.SignOut || id.Session == "" && id.Subject == "" {
		return u
	}
	plain, err := json.Marshal(names{id.Session, id.Subject})
	if err != nil || len(plain) > maxNames {
		return u
	}
	if v, err := m.d.Ring.Seal(m.namesAt(link), plain).Value(); err == nil {
		u.Names, _ = v.([]byte)
	}
	return u
}

// namesAt binds the names to the link and not to the session, which others take the place of when somebody proves themselves again.
func (m *Module) namesAt(link storage.ID) seal.Location {
	return seal.Location{Table: "sessions", Column: "upstream_names", Tenant: m.d.Tenant, Row: link}
}

// Leave is where a browser goes to be signed out upstream too, and from there to next; "" when the session does not rest on an upstream that wants it. Signing out here
// never fails by it.
func (m *Module) Leave(c *gin.Context, session storage.ID, next string) string {
	p, from, err := m.partingOf(c.Request.Context(), session)
	if err == nil && p != nil {
		p.Next = next
		state := secret()
		if err = m.park(c, byParting, state, p); err == nil {
			return m.at(from, "/sign-out?") + url.Values{"state": {state}}.Encode()
		}
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		m.d.Log.WarnContext(c.Request.Context(), "nobody is signed out upstream", slog.Any("error", err))
	}
	return ""
}

func (m *Module) at(from *Ready, path string) string {
	return m.d.Issuer + "/federation/" + from.Row.Name + path
}

func (m *Module) partingOf(ctx context.Context, session storage.ID) (*parting, *Ready, error) {
	s, err := m.d.Store.SessionByID(ctx, m.d.Tenant, session)
	if err != nil || s.Link.IsZero() {
		return nil, nil, err
	}
	l, err := m.d.Store.LinkByID(ctx, m.d.Tenant, s.Link)
	if err != nil {
		return nil, nil, err
	}
	from, err := m.d.Registry.ByID(ctx, l.Connector)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := from.Connector.(LogoutStarter); !ok || !from.Settings.SignOut {
		return nil, nil, nil
	}
	p := &parting{Connector: l.Connector, Link: l.ID}
	if s.UpstreamNames.IsZero() {
		return p, from, nil
	}
	plain, err := m.d.Ring.Open(m.namesAt(l.ID), s.UpstreamNames)
	if err != nil {
		return nil, nil, err
	}
	return p, from, json.Unmarshal(plain, &p.Names)
}

// park keeps a parting until somebody brings the state.
func (m *Module) park(c *gin.Context, step, state string, p *parting) error {
	plain, err := json.Marshal(p)
	if err != nil {
		return err
	}
	now, from := m.d.Now(), ratelimit.AddrTag(httpx.ClientIP(c))
	row := &storage.Trip{
		Tenant: m.d.Tenant, ID: storage.NewID(now), State: m.mark(step, []byte(state)), Browser: m.mark("browser", []byte(step)), Address: m.mark("address", from[:]),
		CreatedAt: now, ExpiresAt: now.Add(partingLife),
	}
	row.Content = m.d.Ring.Seal(contentAt(row), plain)
	return m.d.Store.InsertTrip(c.Request.Context(), row, storage.TripCap{PerAddress: maxPerAddress, All: maxTrips})
}

// unpark takes a parting, once; errs.NotFound for none.
func (m *Module) unpark(ctx context.Context, step, state string) (*parting, error) {
	row, err := m.d.Store.TakeTrip(ctx, m.d.Tenant, m.mark(step, []byte(state)), m.mark("browser", []byte(step)), m.d.Now())
	if err != nil {
		return nil, err
	}
	plain, err := m.d.Ring.Open(contentAt(row), row.Content)
	if err != nil {
		return nil, err
	}
	p := new(parting)
	return p, json.Unmarshal(plain, p)
}

// signOut sends the browser to the upstream. Where that cannot be, the person goes where they would have gone in the end.
func (m *Module) signOut(c *gin.Context) error {
	ctx := c.Request.Context()
	p, err := m.unpark(ctx, byParting, c.Query("state"))
	if errs.Is(err, errs.NotFound) {
		return m.nowhere(c)
	}
	if err != nil {
		return err
	}
	if p.Answer != nil {
		return m.post(c, "", p.Answer.URL, p.Answer.Form, "https:")
	}
	d, err := m.startLogout(c, p)
	if err != nil {
		m.d.Log.WarnContext(ctx, "an upstream cannot be asked to end a session", slog.String("connector", c.Param("connector")), slog.Any("error", err))
	}
	switch {
	case err != nil || d == nil:
		return m.onward(c, p.Next)
	case d.Form != nil:
		return m.post(c, "", d.URL, d.Form, "https:")
	}
	return httpx.SeeOther(c, d.URL)
}

func (m *Module) startLogout(c *gin.Context, p *parting) (*Departure, error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), startLogoutFor)
	defer cancel()
	from, err := m.d.Registry.ByID(ctx, p.Connector)
	if err != nil {
		return nil, err
	}
	starts, ok := from.Connector.(LogoutStarter)
	if !ok {
		return nil, nil //nolint:nilnil // as of an upstream without such a place
	}
	state := secret()
	d, err := starts.StartLogout(ctx, Ending{
		Subject: p.Names.Subject, Session: p.Names.Session, Tokens: m.tokensOf(ctx, p.Link), ReturnTo: m.at(from, "/signed-out"), State: state,
	})
	if err != nil || d == nil {
		return nil, err
	}
	p.Kept = d.Kept
	return d, m.park(c, byReturned, state, p)
}

// tokensOf are the link's, if it is still there and has some.
func (m *Module) tokensOf(ctx context.Context, link storage.ID) *Tokens {
	l, err := m.d.Store.LinkByID(ctx, m.d.Tenant, link)
	if err != nil {
		return nil
	}
	_, tokens, err := m.unsealed(l)
	if err != nil {
		return nil
	}
	return tokens
}

// signedOutBack is a browser that comes back by a redirect.
func (m *Module) signedOutBack(c *gin.Context) error {
	from, err := m.d.Registry.ByName(c.Request.Context(), c.Param("connector"))
	if err != nil {
		return err
	}
	message, err := brought(c)
	if err != nil {
		return err
	}
	return m.signedOut(c, from, message)
}

// signedOut leads on whoever comes back from the upstream, whatever it says: here they are signed out anyhow.
func (m *Module) signedOut(c *gin.Context, from *Ready, message BrowserMessage) error {
	ctx := c.Request.Context()
	state := message.Param("state")
	if message.answers() {
		state = message.Param("RelayState")
	}
	p, err := m.unpark(ctx, byReturned, state)
	if errs.Is(err, errs.NotFound) {
		return m.nowhere(c)
	}
	if err != nil {
		return err
	}
	if starts, ok := from.Connector.(LogoutStarter); ok && p.Connector == from.Row.ID {
		err = starts.CompleteLogout(ctx, p.Kept, message)
	} else {
		err = &Refusal{Check: "signed_out.connector", Expected: "the upstream that the browser was sent to", Received: "another", Reason: "mixed_up"}
	}
	var no *Refusal
	if errors.As(err, &no) {
		verdict.Log(ctx, m.d.Log, "federation", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, httpx.ErrorID(c))
	} else if err != nil {
		m.d.Log.WarnContext(ctx, "an upstream's answer to a sign-out could not be judged", slog.String("connector", from.Row.Name), slog.Any("error", err))
	}
	return m.onward(c, p.Next)
}

// nowhere answers a state that nobody waits for: nobody is told that they are signed out because somebody else sent them here.
func (m *Module) nowhere(c *gin.Context) error { return httpx.SeeOther(c, m.d.Issuer+"/") }

// onward leads to where the sign-out here would have led: it was judged then.
func (m *Module) onward(c *gin.Context, next string) error {
	if next == "" {
		return m.d.Pages.Render(c, http.StatusOK, "", func(lang string) web.Page { return web.LoggedOutPage{Lang: lang} })
	}
	return httpx.SeeOther(c, next)
}
