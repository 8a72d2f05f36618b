package web

import "time"

// ProblemMailCode is for MailCodePage.Error: the one answer to every code that does not count.
const ProblemMailCode = "mail_code.error.wrong"

// MailSignInPage asks where the mail of a sign-in goes: POST {base}/login/link with csrf, flow and identifier.
type MailSignInPage struct {
	Lang          string
	Flow          string
	CSRF          string
	ClientName    string
	ClientLogoURI string
	Identifier    string
	Error         string        // a key, or ""
	RetryAfter    time.Duration // above zero: the throttled state
	Challenge     Challenge
}

func (p MailSignInPage) spec() spec {
	return spec{
		challenge: p.Challenge,
		template:  "mail_sign_in", lang: p.Lang, title: msg("login.title"), client: p.ClientName, logo: p.ClientLogoURI, wait: p.RetryAfter,
		self: "/login/link" + flowQuery(p.Flow),
	}
}

// Back is the sign-in page by password.
func (p MailSignInPage) Back() string { return "/login" + flowQuery(p.Flow) }

// Fields are the page's inputs in order.
func (p MailSignInPage) Fields(v *view) []field {
	return v.fields(field{
		ID: "login-identifier", Name: "identifier", Type: "text", Autocomplete: "username", InputMode: "email", Value: p.Identifier,
		Label: v.T("login.identifier"), Focus: p.Error == "" && p.RetryAfter <= 0,
	})
}

// Trouble is what the summary above the form says, "" when nothing is wrong.
func (p MailSignInPage) Trouble(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("recovery.throttled", "wait", v.Wait(p.RetryAfter))
	}
	return v.Problem(p.Error)
}

// MailCodePage says that a mail is on its way and takes its code: POST {base}/login/link/code with csrf, flow and code.
type MailCodePage struct {
	Lang          string
	Flow          string
	CSRF          string
	ClientName    string
	ClientLogoURI string
	Error         string // a key, or ""
	FormAction    string // see FormActionSource: signing in may redirect straight to the application
}

func (p MailCodePage) spec() spec {
	return spec{template: "mail_code", lang: p.Lang, title: msg("recovery.sent.title"), client: p.ClientName, logo: p.ClientLogoURI, action: p.FormAction}
}

// Again is where another mail is asked for.
func (p MailCodePage) Again() string { return "/login/link" + flowQuery(p.Flow) }

// Fields are the page's inputs in order.
func (p MailCodePage) Fields(v *view) []field {
	return v.fields(field{
		ID: "login-code", Name: "code", Type: "text", Autocomplete: "one-time-code", InputMode: "numeric", Label: v.T("mail_code.label"), Focus: p.Error == "",
	})
}

// MailLinkPage stands between the link of a mail and the sign-in: POST {base}/login/link/open with csrf and token.
type MailLinkPage struct {
	Lang          string
	CSRF          string
	Token         string
	ClientName    string
	ClientLogoURI string
	FormAction    string // see FormActionSource
}

func (p MailLinkPage) spec() spec {
	return spec{template: "mail_link", lang: p.Lang, title: msg("login.title"), client: p.ClientName, logo: p.ClientLogoURI, action: p.FormAction}
}
