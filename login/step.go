package login

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// home is where a sign-in leads that no application asked for.
const home = "/"

// Step is one request of a screen: the open flow and everybody who takes part.
type Step struct {
	Sealed  string // the flow as the browser carries it
	Flow    *flow.Flow
	Client  Client
	Current *session.Current // who is signed in already; nil: nobody
}

// Proof is what a factor has shown about a person.
type Proof struct {
	ACR  string
	AMR  []string // RFC 8176
	Kind string   // what was done, for the audit event
	Sum  string   // SHA-1 of a password that was typed, by which stolen ones are looked up; nothing keeps it
	// Since is when an earlier session proved it, whose word this is; zero: it was proved now.
	Since time.Time
	// Until is when a session that rests on it ends at the latest; zero: as the settings say.
	Until time.Time
	// Upstream is on whose word it rests.
	Upstream session.Upstream
	// Name is what NameOf made of the name by which a directory knows them; zero: they did not type one.
	Name storage.ID
}

// ByMail says that the mailbox alone was proved: no other code stands first. Another mail would show nothing more, also in the session that came of it.
// A phone's word says no more than the phone knew.
func (p Proof) ByMail() bool {
	own := slices.DeleteFunc(slices.Clone(p.AMR), func(m string) bool { return m == assurance.Channel })
	return slices.Equal(own, []string{"otp"})
}

// ByKey says that a passkey was used: the same one again would show nothing more. A phone's word that names no method stands on one, too.
func (p Proof) ByKey() bool {
	return slices.Contains(p.AMR, "swk") || slices.Contains(p.AMR, "hwk") || slices.Equal(p.AMR, []string{assurance.Channel})
}

// Open reads the sealed flow for this browser. errs.Invalid when it is stale,
// foreign or forged: answer that with Refuse.
func (m *Module) Open(c *gin.Context, sealed string) (*Step, error) {
	ctx := c.Request.Context()
	fl, err := m.d.Flows.Open(sealed, m.d.Browsers.Browser(c.Writer, c.Request).ID)
	if err != nil {
		return nil, err
	}
	if fl.Tenant != m.d.Tenant {
		return nil, errs.New(errs.Invalid, "This page belongs to another server.")
	}
	st := &Step{Sealed: sealed, Flow: fl}
	if st.Current, err = m.d.Sessions.Current(ctx, c.Request, m.d.Tenant); err != nil {
		return nil, err
	}
	if fl.Client == "" {
		return st, nil
	}
	st.Client, err = m.d.Clients.ClientDisplay(ctx, m.d.Tenant, fl.Client)
	return st, err
}

// Start begins a flow that leads back to a page of ours, and shows the sign-in
// screen for it.
func (m *Module) Start(c *gin.Context, to string) error {
	return m.Back(c, to, nil)
}

// Arrive opens the flow that a page's address names; without one a flow begins that leads to our own start page, at the sign-in screen. done says that the
// answer is written.
func (m *Module) Arrive(c *gin.Context) (st *Step, query url.Values, done bool, err error) {
	if query, err = httpx.Query(c); err != nil {
		return nil, nil, true, err
	}
	if !query.Has("flow") {
		var more []string
		if query.Get("local") == "1" {
			more = []string{"local", "1"}
		}
		return nil, nil, true, m.begin(c, home, nil, "/login", more...)
	}
	if st, err = m.Open(c, query.Get("flow")); err != nil {
		return nil, nil, true, m.Refuse(c, err)
	}
	return st, query, false, nil
}

// Finish is the one place where a first factor ends. Whoever has a second one and
// has not proved two yet goes on to it, without a session; otherwise the session
// is made, the one before it ends (SE01), and the browser goes back to the
// dispatcher.
func (m *Module) Finish(c *gin.Context, st *Step, person *storage.Person, p Proof) error {
	ctx, arrived := c.Request.Context(), m.arrival(c, st, person, p)
	if err := m.weigh(c, &arrived); err != nil {
		return err
	}
	more, err := m.needsSecond(c, arrived)
	if err != nil {
		return err
	}
	if more && st.Silent() {
		return m.Nobody(c, st)
	}
	if more {
		return m.halfway(c, st, arrived)
	}
	cur, err := m.d.Sessions.SignIn(ctx, c.Writer, c.Request, m.d.Tenant, person,
		session.SignIn{ACR: p.ACR, AMR: p.AMR, Kind: p.Kind, Since: p.Since, Until: p.Until, Upstream: p.Upstream, Replaces: st.Current, Beside: st.Flow.Beside})
	if err != nil {
		return err
	}
	m.learn(c, arrived)
	m.d.Browsers.Remember(c.Writer, c.Request, person.ID, p.Name)
	if m.d.Invitation == nil || st.Silent() {
		return m.leave(c, st, flow.StepLogin, cur)
	}
	page := m.d.Invitation.Page(c, cur, p)
	if page == "" {
		return m.leave(c, st, flow.StepLogin, cur)
	}
	return httpx.SeeOther(c, m.link(page, st.Sealed, "step", m.token(st, flow.StepLogin, cur)))
}

// Silent says whether no page may be shown (prompt=none).
func (st *Step) Silent() bool {
	return slices.Contains(strings.Fields(st.Flow.Params.Get("prompt")), "none")
}

// Nobody hands over to the dispatcher after somebody was asked for without a page, and nobody came: the application hears it.
func (m *Module) Nobody(c *gin.Context, st *Step) error {
	return m.GoOn(c, st, m.d.Flows.SignStep(flow.Step{Flow: st.Flow.ID, Step: flow.StepSilent}))
}

// leave hands over to the dispatcher with what this step has shown.
func (m *Module) leave(c *gin.Context, st *Step, step string, cur *session.Current) error {
	return m.GoOn(c, st, m.token(st, step, cur))
}

func (m *Module) token(st *Step, step string, cur *session.Current) string {
	return m.d.Flows.SignStep(flow.Step{Flow: st.Flow.ID, Step: step, Person: cur.Person.ID, Session: cur.Session.ID})
}

// Refuse answers a flow that does not open: the way back to the application
// that began it, and no redirect. Any other error passes through.
func (m *Module) Refuse(c *gin.Context, err error) error {
	if !errs.Is(err, errs.Invalid) {
		return err
	}
	page := web.ExpiredPage{Lang: m.Lang(c, nil)}
	if again, ok := flow.AgainOf(err); ok && again.Client != "" && again.Tenant == m.d.Tenant {
		client, displayErr := m.d.Clients.ClientDisplay(c.Request.Context(), m.d.Tenant, again.Client)
		if displayErr != nil && !errs.Is(displayErr, errs.NotFound) {
			return displayErr
		}
		page.ClientName, page.BackURL = client.Name, client.StartURL
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusBadRequest, page)
	return nil
}

// Lang is the language of the page; st may be nil.
func (m *Module) Lang(c *gin.Context, st *Step) string {
	if st == nil {
		return m.d.Pages.Locale(c.Request, "")
	}
	return m.d.Pages.Locale(c.Request, st.Flow.Params.Get("ui_locales"))
}

// Render writes a page.
func (m *Module) Render(c *gin.Context, status int, p web.Page) {
	m.d.Pages.Render(c.Writer, c.Request, status, p)
}

// Crowded turns a form away for which there is no room; the page leads back to the flow that the form names.
func (m *Module) Crowded(c *gin.Context, flow string, wait time.Duration) {
	m.d.Pages.Crowded(c.Writer, c.Request, m.Lang(c, nil), flow, wait)
}

// Token is a form token for the purpose; Check refuses with 403 what it is not.
func (m *Module) Token(c *gin.Context, purpose string) (string, error) {
	return m.d.Forms.Token(c, purpose)
}

// CheckToken refuses a form that Token did not make for this purpose and browser.
func (m *Module) CheckToken(c *gin.Context, purpose string, form url.Values) error {
	return m.d.Forms.Check(c, purpose, form)
}

// Knows says that the person has signed in with this browser before.
func (m *Module) Knows(c *gin.Context, person storage.ID) bool {
	return m.d.Browsers.Knows(c.Request, person)
}

// NameOf stands for a name that is nobody's here, as a directory takes it: whatever its case. Knows and Proof take it.
func (m *Module) NameOf(typed string) storage.ID {
	return m.d.Browsers.Name(strings.ToLower(strings.TrimSpace(typed)))
}

// RequiredPerson recognises whom the request is about; nil: it may be anybody.
func (m *Module) RequiredPerson(c *gin.Context, st *Step) (is func(*storage.Person) bool, err error) {
	if st.Flow.Client == "" {
		return nil, nil
	}
	return m.d.Subjects.RequiredPerson(c.Request.Context(), st.Flow)
}

// MayBe says that the request is about this person, or about anybody (AZ27).
func (m *Module) MayBe(c *gin.Context, st *Step, p *storage.Person) (bool, error) {
	is, err := m.RequiredPerson(c, st)
	return err == nil && (is == nil || is(p)), err
}

// Display is how the person is shown to themselves.
func (m *Module) Display(p *storage.Person) (name, identifier string) { return m.d.Names.Display(p) }

// Tenant is the tenant that people sign in to.
func (m *Module) Tenant() storage.ID { return m.d.Tenant }

// link is a page of ours that carries the flow.
func (m *Module) link(path, sealed string, more ...string) string {
	q := url.Values{"flow": {sealed}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return m.cfg.Issuer + path + "?" + q.Encode()
}
