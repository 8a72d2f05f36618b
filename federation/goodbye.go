package federation

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// LogoutStarter signs people out upstream, by sending their browser there (OpenID Connect RP-Initiated Logout; SAML profiles section 4.4).
type LogoutStarter interface {
	Connector
	// StartLogout says where the browser goes, which comes back with the state; nil: the upstream has no such place.
	StartLogout(ctx context.Context, g Goodbye) (*Departure, error)
}

// Goodbye is a session upstream that its person leaves.
type Goodbye struct {
	Subject, Session string  // of the Identity
	Tokens           *Tokens // the person's; may be nil
	ReturnTo, State  string  // where the browser comes back to, if the upstream asks, and with what
}

// LogoutAnswered judges what the upstream answers. It decides nothing: the session here has ended before.
type LogoutAnswered interface {
	LogoutStarter
	// AnsweredLogout is about the departure that has kept this. A *Refusal says that the answer does not count.
	AnsweredLogout(ctx context.Context, m BrowserMessage, kept []byte, state string) error
}

// parting is a browser that tells the upstream that its person has left. The session here has ended; it is bound to no browser, as some come back from another site
// without their cookies, and whoever brings the state can end nothing by it.
type parting struct {
	Connector storage.ID `json:"connector"`
	Subject   string     `json:"subject,omitempty"`
	Session   string     `json:"session,omitempty"`
	Tokens    *Tokens    `json:"tokens,omitempty"`
	Kept      []byte     `json:"kept,omitempty"`
	Next      string     `json:"next,omitempty"` // where the person goes in the end
}

// What a parting is found by: before the browser has left, and after.
const (
	byLeave = "leave"
	byLeft  = "left"
)

// Leave is where a browser goes to tell the upstream that a session has ended, and from there to next; "" when there is nobody to tell.
func (m *Module) Leave(c *gin.Context, session storage.ID, next string) (string, error) {
	p, from, err := m.partingOf(c.Request.Context(), session)
	if p == nil || err != nil {
		return "", err
	}
	p.Next = next
	state := secret()
	err = m.part(c, byLeave, state, p)
	if errs.Is(err, errs.Throttled) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return m.goodbyeURL(from) + "?" + url.Values{"leave": {state}}.Encode(), nil
}

// partingOf is what there is to say upstream about a session; nil for nothing: it rests on no upstream, on one whose operator did not ask for it, or its person has
// signed in there once more in another browser since, whose session stands.
func (m *Module) partingOf(ctx context.Context, session storage.ID) (*parting, *Ready, error) {
	s, err := m.d.Store.SessionByID(ctx, m.d.Tenant, session)
	if errs.Is(err, errs.NotFound) || err == nil && s.Link.IsZero() {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	l, err := m.d.Store.LinkByID(ctx, m.d.Tenant, s.Link)
	if errs.Is(err, errs.NotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	from, err := m.d.Registry.ByID(ctx, l.Connector)
	if errs.Is(err, errs.NotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if _, starts := from.Connector.(LogoutStarter); !starts || !from.Settings.SignOut {
		return nil, nil, nil
	}
	is, tokens, err := m.unsealed(l)
	if err != nil || !hmac.Equal(m.endMark(from, "session", is.Session), s.Upstream) || !hmac.Equal(m.endMark(from, "subject", is.Subject), s.UpstreamSubject) {
		return nil, nil, err
	}
	return &parting{Connector: from.Row.ID, Subject: is.Subject, Session: is.Session, Tokens: tokens}, from, nil
}

// part keeps a parting until the browser comes back with the state.
func (m *Module) part(c *gin.Context, by, state string, p *parting) error {
	plain, err := json.Marshal(p)
	if err != nil {
		return err
	}
	now, from := m.d.Now(), ratelimit.AddrTag(httpx.ClientIP(c))
	row := &storage.Trip{
		Tenant: m.d.Tenant, ID: storage.NewID(now), State: m.mark(by, []byte(state)), Browser: m.mark("browser", []byte("any")), Address: m.mark("address", from[:]),
		CreatedAt: now, ExpiresAt: now.Add(tripLife),
	}
	row.Content = m.d.Ring.Seal(contentAt(row), plain)
	return m.d.Store.InsertTrip(c.Request.Context(), row, storage.TripCap{PerAddress: maxPerAddress, All: maxTrips})
}

// parted takes a parting once; errs.NotFound when there is none.
func (m *Module) parted(ctx context.Context, by, state string) (*parting, error) {
	row, err := m.d.Store.TakeTrip(ctx, m.d.Tenant, m.mark(by, []byte(state)), m.mark("browser", []byte("any")), m.d.Now())
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

// goodbye leads a browser out to the upstream (leave), and on when it comes back (state).
func (m *Module) goodbye(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if !query.Has("leave") {
		p, err := m.parted(ctx, byLeft, query.Get("state"))
		return m.onward(c, p, err)
	}
	p, err := m.parted(ctx, byLeave, query.Get("leave"))
	if err != nil {
		return m.onward(c, nil, err)
	}
	from, err := m.d.Registry.ByID(ctx, p.Connector)
	if err != nil {
		return m.onward(c, p, err)
	}
	d, err := m.tells(c, from, p)
	if d == nil || err != nil {
		return m.onward(c, p, err)
	}
	if d.Form == nil {
		return httpx.SeeOther(c, d.URL)
	}
	return m.post(c, "", d.URL, d.Form, "https:")
}

// tells is the browser's way to the upstream; nil for none. An upstream that cannot be told holds nobody up.
func (m *Module) tells(c *gin.Context, from *Ready, p *parting) (*Departure, error) {
	starts, ok := from.Connector.(LogoutStarter)
	if !ok {
		return nil, nil
	}
	ctx := c.Request.Context()
	way := Goodbye{Subject: p.Subject, Session: p.Session, Tokens: p.Tokens, ReturnTo: m.goodbyeURL(from), State: secret()}
	d, err := starts.StartLogout(ctx, way)
	if d == nil && err == nil {
		return nil, nil
	}
	if err == nil {
		err = m.part(c, byLeft, way.State, &parting{Connector: p.Connector, Kept: d.Kept, Next: p.Next})
	}
	if err != nil {
		m.d.Log.WarnContext(ctx, "an upstream was not told of a sign-out", slog.String("connector", from.Row.Name), slog.Any("error", err))
		return nil, nil
	}
	return d, nil
}

func (m *Module) goodbyeURL(to *Ready) string {
	return m.d.Issuer + "/federation/" + url.PathEscape(to.Row.Name) + "/logout"
}

// answered takes what the upstream answers (SAML): the browser goes on, whatever it is.
func (m *Module) answered(c *gin.Context, from *Ready, message BrowserMessage, state string) error {
	ctx := c.Request.Context()
	p, err := m.parted(ctx, byLeft, state)
	if err != nil {
		return m.onward(c, nil, err)
	}
	hears, ok := from.Connector.(LogoutAnswered)
	if !ok || from.Row.ID != p.Connector {
		return m.onward(c, p, nil)
	}
	err = hears.AnsweredLogout(ctx, message, p.Kept, state)
	no, refused := asRefusal(err)
	if err != nil && !refused {
		return err
	}
	if refused {
		verdict.Log(ctx, m.d.Log, "federation", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, httpx.ErrorID(c))
	}
	return m.onward(c, p, nil)
}

// onward leads to where the person goes in the end; nowhere when nobody waits for the browser.
func (m *Module) onward(c *gin.Context, p *parting, err error) error {
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if p != nil && p.Next != "" {
		return httpx.SeeOther(c, p.Next)
	}
	return m.d.Pages.Render(c, http.StatusOK, "", func(lang string) web.Page { return web.LoggedOutPage{Lang: lang} })
}
