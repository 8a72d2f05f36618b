package web

import (
	"html"
	"html/template"
	"net/url"
	"strings"
	"time"
)

// What the pages of upstream sign-ins say.
const (
	ProblemUpstream = "login.error.upstream"         // it let nobody in
	ProblemUnknown  = "login.error.unknown_upstream" // there is no account
	ProblemTaken    = "login.error.taken_upstream"   // the address is another account's
	// For who has proved a directory's password that does not let them in.
	ProblemDirectoryPassword = "login.error.directory_password" // it must be changed
	ProblemDirectoryChange   = "login.error.directory_change"   // here: DirectoryPasswordPage
	ProblemDirectoryAccount  = "login.error.directory_account"  // disabled, expired, not at this time

	ProblemLinkTaken  = "logins.error.taken" // the account there is linked with another one here
	ProblemLinksMany  = "logins.error.many"
	ProblemLinkLast   = "logins.error.last" // the only way to sign in
	DoneLinked        = "logins.done.linked"
	DoneUnlinked      = "logins.done.removed"
	DoneNothingLinked = "logins.done.kept"
)

// FieldPasswordDirectory is for a new password that the directory does not take.
const FieldPasswordDirectory = "field.password.directory"

// DirectoryPasswordPage has a directory's password changed: POST {base}/login with csrf, flow, identifier, password (the old one) and new_password.
type DirectoryPasswordPage struct {
	Lang       string
	Flow       string
	CSRF       string
	Identifier string
	ClientName string
	FormAction string            // see FormActionSource
	Errors     map[string]string // new_password → a Field… key
	Challenge  Challenge
}

func (p DirectoryPasswordPage) spec() spec {
	return spec{
		template: "directory_password", lang: p.Lang, title: msg("directory.password.title"), client: p.ClientName, action: p.FormAction, self: "/login" + flowQuery(p.Flow),
		challenge: p.Challenge,
	}
}

// Fields are the page's inputs in order.
func (p DirectoryPasswordPage) Fields(v *view) []field {
	return v.checked(p.Errors, 1, v.fields(
		field{ID: "directory-current", Name: "password", Type: "password", Autocomplete: "current-password", Label: v.T("change.current")},
		field{ID: "directory-new", Name: "new_password", Type: "password", Autocomplete: "new-password", Label: v.T("change.new")},
	))
}

// Connector is an upstream on the sign-in page: a link to {base}/federation/{name}/start.
type Connector struct{ Name, Title string }

// RelayPage has the browser send a form: to an upstream, or on to a page of ours. The script sends it; the Continue button does without scripts.
type RelayPage struct {
	Lang   string
	Action string // http or https; kept byte for byte
	Fields [][2]string
	Then   string // CSP source of where it may lead in the end, or ""
}

func (p RelayPage) spec() spec {
	s := FormPostPage{Lang: p.Lang, Action: p.Action, Fields: p.Fields}.spec()
	if s.err == nil && !strings.ContainsFunc(p.Then, breaksSource) {
		s.action = strings.TrimSpace(s.action + " 'self' " + p.Then)
	}
	return s
}

// ActionAttr is the form's action attribute.
func (p RelayPage) ActionAttr() template.HTMLAttr { return exactAction(p.Action) }

// LinkPage asks whether somebody at an upstream is the person who is signed in: POST {base}/account/logins/link with csrf, ticket and answer=link or not.
type LinkPage struct {
	Lang       string
	CSRF       string
	Ticket     string
	Connector  string // its title
	There      string // what the person is called there; may be empty
	Here       string // and here
	FormAction string // CSP source of where the sign-in goes on
}

func (p LinkPage) spec() spec {
	return spec{template: "link", lang: p.Lang, title: msg("link.title", "connector", p.Connector), action: p.FormAction}
}

// LoginRow is an upstream that a person's account is linked with.
type LoginRow struct {
	ID        string
	Connector string // its title
	There     string
	Since     time.Time
	Used      time.Time
}

// LoginsPage lists a person's linked sign-ins: POST {base}/account/logins with csrf, and unlink or link.
type LoginsPage struct {
	Lang    string
	CSRF    string
	Done    string // key of what was just done, or ""
	Problem string // key, or ""
	Again   bool   // the sign-in has to be proved once more before anything is changed
	Rows    []LoginRow
	More    []Connector // what could be linked
}

func (p LoginsPage) spec() spec {
	return spec{template: "logins", lang: p.Lang, title: msg("logins.title"), self: "/account/logins", section: "logins"}
}

// ElsewherePage leads on to a connector, with or without scripts.
type ElsewherePage struct {
	Lang       string
	Flow       string
	ClientName string
	Connector  Connector
}

func (p ElsewherePage) spec() spec {
	return spec{template: "elsewhere", lang: p.Lang, title: msg("elsewhere.title", "connector", p.Connector.Title), client: p.ClientName}
}

// Start is where it leads.
func (p ElsewherePage) Start() string {
	return "/federation/" + p.Connector.Name + "/start" + flowQuery(p.Flow)
}

// Here is the sign-in page without being led on.
func (p ElsewherePage) Here() string { return "/login" + flowQuery(p.Flow) + "&local=1" }

// Refresh is the content attribute that goes on at once.
func (p ElsewherePage) Refresh(base string) template.HTMLAttr {
	return template.HTMLAttr(`content="0;url=` + html.EscapeString(base+p.Start()) + `"`) //nolint:gosec // G203: escaped, our own path
}

// LinkAskPage says that the address is somebody's, who may link the two after signing in here: a link to {base}/account/logins/link.
type LinkAskPage struct {
	Lang      string
	Ticket    string
	Connector string // its title
	There     string // the address
}

func (p LinkAskPage) spec() spec {
	return spec{template: "link_ask", lang: p.Lang, title: msg("link_ask.title")}
}

// Next is where the person signs in and says yes or no.
func (p LinkAskPage) Next() string { return "/account/logins/link?ticket=" + url.QueryEscape(p.Ticket) }

// near is how many connectors the sign-in page shows at once.
const near = 4

// Near are the connectors that stand on the page, Far those behind "more".
func (p LoginPage) Near() []Connector { return p.Connectors[:min(near, len(p.Connectors))] }

// Far are the others.
func (p LoginPage) Far() []Connector { return p.Connectors[min(near, len(p.Connectors)):] }

// connectorLink is a connector as it is drawn.
type connectorLink struct {
	Name, Href string
	Text       template.HTML
}

// Connector draws one.
func (v *view) Connector(c Connector) connectorLink {
	p, _ := v.P.(LoginPage)
	return connectorLink{Name: c.Name, Href: v.Base + "/federation/" + c.Name + "/start" + flowQuery(p.Flow), Text: v.H("login.connector", "connector", c.Title)}
}
