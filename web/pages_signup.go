package web

import (
	"slices"
	"strings"
	"time"
)

// Keys for SignupPage.Error, and for SignupFinishPage.Errors.
const (
	ProblemSignupAddress = "signup.error.address"
	ProblemSignupDomain  = "signup.error.domain"
	FieldSignupName      = "field.signup.name"
)

// Notes of a sign-up.
const (
	NoteSignupSent     Note = "signup_sent"
	NoteSignupDone     Note = "signup_done"
	NoteSignupEnded    Note = "signup_ended"
	NoteSignupSomebody Note = "signup_somebody"
)

// SignupPage asks for the address of a new account: POST {base}/signup with csrf, flow and identifier.
type SignupPage struct {
	Lang          string
	CSRF          string
	Flow          string // may be empty
	ClientName    string
	ClientLogoURI string
	Domains       []string // whose addresses alone may; none: any
	Identifier    string
	Error         string        // a key, or ""
	RetryAfter    time.Duration // above zero: the throttled state
	Challenge     Challenge
}

func (p SignupPage) spec() spec {
	return spec{
		challenge: p.Challenge,
		template:  "signup", lang: p.Lang, title: msg("signup.title"), client: p.ClientName, logo: p.ClientLogoURI, wait: p.RetryAfter, self: "/signup" + flowQuery(p.Flow),
	}
}

// Login is the address of the sign-in page.
func (p SignupPage) Login() string { return "/login" + flowQuery(p.Flow) }

// Fields are the page's inputs in order.
func (p SignupPage) Fields(v *view) []field {
	f := field{
		ID: "signup-identifier", Name: "identifier", Type: "email", Autocomplete: "email", InputMode: "email", Value: p.Identifier,
		Label: v.T("signup.identifier"), Focus: p.Error == "" && p.RetryAfter <= 0,
	}
	if len(p.Domains) > 0 {
		f.Hint = v.T("signup.domains", "domains", "@"+strings.Join(p.Domains, ", @"))
	}
	return v.fields(f)
}

// Trouble is what the summary above the form says, "" when nothing is wrong.
func (p SignupPage) Trouble(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("recovery.throttled", "wait", v.Wait(p.RetryAfter))
	}
	return v.Problem(p.Error)
}

// SignupFinishPage takes the rest by a mailed link: POST {base}/signup/finish with csrf, token, name and new_password. The address cannot be changed.
type SignupFinishPage struct {
	Lang              string
	CSRF              string
	Token             string
	Identifier        string
	Name              string
	Errors            map[string]string // name, new_password → a Field… key
	MinPasswordLength int
	Attributes        []Attribute // of the profile schema, that sign-up asks for
}

func (p SignupFinishPage) spec() spec {
	return spec{template: "signup_finish", lang: p.Lang, title: msg("signup.finish.title")}
}

// Fields are the page's inputs in order.
func (p SignupFinishPage) Fields(v *view) []field {
	fields := v.checked(p.Errors, p.MinPasswordLength, v.fields(
		field{ID: "signup-email", Name: "username", Type: "email", Autocomplete: "username", Value: p.Identifier, Fixed: true, Label: v.T("signup.identifier")},
		field{ID: "signup-name", Name: "name", Type: "text", Autocomplete: "name", Value: p.Name, Optional: true, Label: v.T("signup.name"), Hint: v.T("signup.name.hint")},
		field{
			ID: "signup-password", Name: "new_password", Type: "password", Autocomplete: "new-password", Label: v.T("signup.password"),
			Hint: v.T("password.length", "min", minimum(p.MinPasswordLength)),
		},
	))
	return slices.Insert(fields, len(fields)-1, v.attributeFields(p.Attributes, "attribute.optional")...)
}
