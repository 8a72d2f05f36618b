package web

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// LoginPage asks for identifier and password: POST {base}/login with identifier, password, csrf and flow. With
// IdentifierFixed the identifier stands as a chip and step-back leads to {base}/login?flow=…&step=back.
type LoginPage struct {
	Lang            string
	Flow            string
	CSRF            string
	ClientName      string
	ClientLogoURI   string // a path of this server; the policy blocks others
	Identifier      string
	IdentifierFixed bool
	Error           string        // a Problem… key, or ""
	RetryAfter      time.Duration // above zero: the throttled state
	Reauth          bool          // prompt=login or max_age: the person is signed in already
	PolicyURI       string
	TosURI          string
	Display         string // page, popup, touch or wap
	FormAction      string // see FormActionSource: signing in may redirect straight to the application
	Passkeys        bool   // a passkey may be used: the second form posts csrf, flow and credential to {base}/login/passkey
	Unknown         PasskeySignals
	ByMail          bool // a sign-in by mail is offered
	ByPhone         bool // and one by phone: the third form posts csrf and flow to {base}/login/qr
	Signup          bool // people may make an account
	Connectors      []Connector
	Local           bool // nobody is led elsewhere: the form posts local=1
	Challenge       Challenge
}

func (p LoginPage) spec() spec {
	title := "login.title"
	if p.Reauth {
		title = "login.title.reauth"
	}
	return spec{
		template: "login", lang: p.Lang, title: msg(title), client: p.ClientName, logo: p.ClientLogoURI,
		display: p.Display, action: p.FormAction, wait: p.RetryAfter, self: "/login" + flowQuery(p.Flow),
		policy: p.PolicyURI, terms: p.TosURI, passkeys: p.Passkeys, challenge: p.Challenge,
	}
}

// Mail is the page of a sign-in by mail.
func (p LoginPage) Mail() string { return "/login/link" + flowQuery(p.Flow) }

// Create is the page of a new account.
func (p LoginPage) Create() string { return "/signup" + flowQuery(p.Flow) }

// Fields are the page's inputs in order.
func (p LoginPage) Fields(v *view) []field {
	quiet := p.Error == "" && p.RetryAfter <= 0 // else the summary has the focus
	identifier := field{
		ID: "login-identifier", Name: "identifier", Type: "text", Autocomplete: "username webauthn", InputMode: "email",
		Value: p.Identifier, Label: v.T("login.identifier"), Fixed: p.IdentifierFixed, Focus: quiet && p.Identifier == "",
	}
	if p.IdentifierFixed {
		identifier.Label = v.T("login.chosen")
		identifier.StepBack = v.Base + "/login?" + url.Values{"flow": {p.Flow}, "step": {"back"}}.Encode()
	}
	return v.fields(identifier, field{
		ID: "login-password", Name: "password", Type: "password", Autocomplete: "current-password",
		Label: v.T("login.password"), Focus: quiet && p.Identifier != "",
	})
}

// Trouble is what the summary above the form says, "" when nothing is wrong.
func (p LoginPage) Trouble(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("login.throttled", "wait", v.Wait(p.RetryAfter))
	}
	return v.Problem(p.Error)
}

// Account is one row of the account chooser.
type Account struct {
	N          int // the value that is posted, and the end of the id account-{n}
	Name       string
	Identifier string
	Current    bool // the one that applications are told of
}

// AccountPage lets the person choose among this browser's accounts: POST {base}/login/account with account={n},
// account=other or sign_out={n}, csrf and flow.
type AccountPage struct {
	Lang          string
	Flow          string
	CSRF          string
	ClientName    string
	ClientLogoURI string
	Accounts      []Account
	FormAction    string // see FormActionSource
}

func (p AccountPage) spec() spec {
	return spec{
		template: "account", lang: p.Lang, title: msg("account.title"), client: p.ClientName, logo: p.ClientLogoURI,
		action: p.FormAction, self: "/login/account" + flowQuery(p.Flow),
	}
}

// Several says that there is more than one account.
func (p AccountPage) Several() bool { return len(p.Accounts) > 1 }

// FormPostPage carries an authorization response to the application (OAuth 2.0 Form Post Response Mode). The
// script posts it; the Continue button does without scripts.
type FormPostPage struct {
	Lang   string
	Action string // the validated redirect URI, http or https; kept byte for byte
	Fields [][2]string
}

func (p FormPostPage) spec() spec {
	s := spec{
		template: "form_post", lang: p.Lang, action: exactSource(p.Action), onlyAction: true,
		script: "form-post.js", title: msg("post.title", "host", p.host()),
	}
	if s.action == "" {
		s.err = errNoPost
	}
	return s
}

// ActionAttr is the form's action attribute.
func (p FormPostPage) ActionAttr() template.HTMLAttr { return exactAction(p.Action) }

func (p FormPostPage) host() string {
	_, host, _ := splitURI(p.Action)
	return host
}

// ErrorPage says what happened and the way on.
type ErrorPage struct {
	Lang        string
	Code        string // the protocol's error code; picks the title and, without Description, the text
	Description string // an Error… key or a text that is safe to show
	ErrorID     string
	Time        time.Time
	BackURL     string // a trustworthy http or https link, or ""
	BackName    string
	RetryAfter  time.Duration
}

func (p ErrorPage) spec() spec {
	return spec{template: "error", lang: p.Lang, title: p.title(), wait: p.RetryAfter}
}

func (p ErrorPage) title() message {
	switch p.Code {
	case "access_denied", "not_found", "server_error", "temporarily_unavailable", "too_many_requests":
		return msg("error.title." + p.Code)
	}
	return msg("error.title")
}

// Text is what happened, in a sentence.
func (p ErrorPage) Text(v *view) string {
	byCode := "error.text." + p.Code
	switch {
	case p.Description != "" && v.Has(p.Description):
		return v.T(p.Description)
	case p.Description != "":
		return v.Sentence(p.Description)
	case v.Has(byCode):
		return v.T(byCode)
	}
	return v.T("error.text.invalid_request")
}

// Advice says when to try again, where that helps; "" elsewhere.
func (p ErrorPage) Advice(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("error.wait", "wait", v.Wait(p.RetryAfter))
	}
	switch p.Code {
	case "server_error", "temporarily_unavailable", "too_many_requests":
		return v.T("error.later")
	}
	return ""
}

// ISO is the time for machines.
func (p ErrorPage) ISO() string { return p.Time.Format(time.RFC3339) }

// ExpiredPage stands for a flow that is stale or belongs to another browser.
type ExpiredPage struct {
	Lang       string
	ClientName string
	BackURL    string // where the application starts a sign-in, http or https, or ""
}

func (p ExpiredPage) spec() spec {
	return spec{template: "expired", lang: p.Lang, title: msg("expired.title"), client: p.ClientName}
}

// LogoutPage asks before signing out: POST {base}/oauth2/logout with csrf and the Hidden fields.
type LogoutPage struct {
	Lang       string
	CSRF       string
	ClientName string
	Person     string
	Hidden     [][2]string // the request to repeat; csrf in it is ignored
	FormAction string      // see FormActionSource, for the post-logout redirect
}

func (p LogoutPage) spec() spec {
	title := "logout.title"
	if p.ClientName != "" {
		title = "logout.title.client"
	}
	return spec{template: "logout", lang: p.Lang, title: msg(title), client: p.ClientName, action: p.FormAction}
}

// Repeat is Hidden without the names that are the page's own.
func (p LogoutPage) Repeat() [][2]string {
	return slices.DeleteFunc(slices.Clone(p.Hidden), func(f [2]string) bool { return f[0] == "csrf" })
}

// LoggedOutPage says that the session has ended.
type LoggedOutPage struct {
	Lang     string
	BackURL  string
	BackName string
}

func (p LoggedOutPage) spec() spec {
	return spec{template: "logged_out", lang: p.Lang, title: msg("logged_out.title")}
}

// HomePage greets someone who opens the issuer's address in a browser.
type HomePage struct {
	Lang   string
	Signed bool
	Person string

	Approvals int  // requests that wait for the person
	Passkeys  bool // the person may have passkeys
	Score     *SecurityScore
	Terms     *TermsLine // nil: none were accepted
	Recovery  time.Time  // a recovery waits until then; zero: none
}

func (p HomePage) spec() spec {
	s := spec{template: "home", lang: p.Lang, title: msg("home.title"), self: "/"}
	if p.Signed {
		s.title, s.section = msg("home.title.signed"), "home"
	}
	return s
}

func flowQuery(flow string) string {
	if flow == "" {
		return ""
	}
	return "?" + url.Values{"flow": {flow}}.Encode()
}

// minimum is the password length for a text, 12 where none is given.
func minimum(n int) string { return strconv.Itoa(cmp.Or(n, 12)) }
