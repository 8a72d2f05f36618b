package web

import "time"

// What a RequiredPage asks for; the value of its field action.
const (
	RequiredPassword = "change_password" //nolint:gosec // a name, not a password
	RequiredEmail    = "verify_email"
	RequiredAddress  = "add_email"
	RequiredTerms    = "accept_terms"
	RequiredProfile  = "complete_profile"
)

// ProblemRequiredSends is for RequiredPage.Error: enough mails have been sent.
const ProblemRequiredSends = "required.error.sends"

// ProblemRequiredTaken says that the address that was proved is another account's.
const ProblemRequiredTaken = "required.error.taken"

// RequiredPage asks for what must be done before the person goes on: POST {base}/login/required with csrf, flow, action and what the action needs:
// new_password; version, which is accepted; code, or send=1 for a mail, with email where an address is asked for; or attributes by their names. answer=other leads to another account.
type RequiredPage struct {
	Lang              string
	CSRF              string
	Flow              string
	Action            string // a Required… name
	ClientName        string
	ClientLogoURI     string
	Identifier        string // of who is signed in
	FormAction        string // see FormActionSource
	Errors            map[string]string
	Error             string // a key, or ""
	MinPasswordLength int
	Version           string // of the terms
	TermsURL          string
	Accepted          time.Time   // of an earlier version; zero: none
	To                string      // the mail address that is proved
	Sent              bool        // a mail is on its way
	Attributes        []Attribute // that everybody must have a value of
}

func (p RequiredPage) spec() spec {
	return spec{
		template: "required", lang: p.Lang, title: msg(p.words().title), client: p.ClientName, logo: p.ClientLogoURI, action: p.FormAction,
		self: "/login/required" + flowQuery(p.Flow),
	}
}

type requiredWords struct{ title, lead, submit string }

func (p RequiredPage) words() requiredWords {
	switch {
	case p.Action == RequiredPassword:
		return requiredWords{"required.password.title", "required.password.lead", "required.password.submit"}
	case p.Action == RequiredEmail && p.Sent:
		return requiredWords{"required.email.title", "required.email.sent", "required.email.submit"}
	case p.Action == RequiredEmail:
		return requiredWords{"required.email.title", "required.email.lead", "required.email.send"}
	case p.Action == RequiredAddress && p.Sent:
		return requiredWords{"required.address.title", "required.email.sent", "required.email.submit"}
	case p.Action == RequiredAddress:
		return requiredWords{"required.address.title", "required.address.lead", "required.email.send"}
	case p.Action == RequiredProfile:
		return requiredWords{"required.profile.title", "required.profile.lead", "required.profile.submit"}
	case p.Accepted.IsZero():
		return requiredWords{"required.terms.title", "required.terms.lead", "required.terms.submit"}
	}
	return requiredWords{"required.terms.title", "required.terms.changed", "required.terms.submit"}
}

// Lead says why.
func (p RequiredPage) Lead(v *view) string { return v.T(p.words().lead) }

// Submit is the label of the button that does it.
func (p RequiredPage) Submit(v *view) []string { return v.Label(p.words().submit, "page.busy") }

// Mails says whether the action is done by a code that is mailed.
func (p RequiredPage) Mails() bool { return p.Action == RequiredEmail || p.Action == RequiredAddress }

// Fields are the page's inputs in order.
func (p RequiredPage) Fields(v *view) []field {
	switch {
	case p.Action == RequiredPassword:
		return v.checked(p.Errors, p.MinPasswordLength, v.fields(field{
			ID: "required-password", Name: "new_password", Type: "password", Autocomplete: "new-password", Label: v.T("change.new"),
			Hint: v.T("password.length", "min", minimum(p.MinPasswordLength)),
		}))
	case p.Action == RequiredAddress && !p.Sent:
		return v.fields(field{
			ID: "required-address", Name: "email", Type: "email", Autocomplete: "email", Label: v.T("profile.email"), Value: p.To, Focus: p.Error == "",
		})
	case (p.Action == RequiredEmail || p.Action == RequiredAddress) && p.Sent:
		return v.fields(field{
			ID: "required-code", Name: "code", Type: "text", Autocomplete: "one-time-code", InputMode: "numeric", Label: v.T("mfa.mail.label"), Hint: v.T("mfa.sent.hint"), Focus: p.Error == "",
		})
	case p.Action == RequiredProfile:
		return v.attributeFields(p.Attributes, "")
	}
	return nil
}

// TermsLine says on a person's own page which version of the terms they accepted.
type TermsLine struct {
	Version, URL string
	At           time.Time
}

// Text is the line.
func (t TermsLine) Text(v *view) string {
	return v.T("home.terms", "version", t.Version, "at", v.When(t.At))
}
