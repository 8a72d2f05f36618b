package web

// EmailPage shows a person's mail address: POST {base}/account/email with csrf and action=verify, or action=change (email).
type EmailPage struct {
	Lang       string
	CSRF       string
	Email      string // that stands now, or ""
	Verified   bool
	Typed      string
	FieldError string // a Field… key, or ""
	Error      string // a Problem… key, or ""
	Done       string // an Email… key, or ""
}

// Keys for EmailPage.
const (
	EmailVerified  = "email.done.verified"
	EmailChanged   = "email.done.changed"
	FieldEmail     = "field.email"
	FieldEmailSame = "email.same"
)

func (p EmailPage) spec() spec {
	return spec{template: "email", lang: p.Lang, title: msg("email.title"), self: "/account/email", section: "profile"}
}

// Fields are the page's inputs in order.
func (p EmailPage) Fields(v *view) []field {
	return v.fields(field{
		ID: "email-new", Name: "email", Type: "email", Autocomplete: "email", InputMode: "email", Value: p.Typed, Label: v.T("email.new"), Error: v.Problem(p.FieldError),
	})
}

// Change is the label of the button that sends a mail to another address.
func (p EmailPage) Change(v *view) []string {
	if p.Email == "" {
		return v.Label("email.add", "mfa.sending")
	}
	return v.Label("email.change", "mfa.sending")
}

// EmailLinkPage stands between a link and what it does: POST {base}/account/email/confirm, or keep, with csrf and token.
type EmailLinkPage struct {
	Lang  string
	CSRF  string
	Token string
	Email string // that is confirmed
	Keep  bool   // it calls a change off instead
}

func (p EmailLinkPage) spec() spec {
	if p.Keep {
		return spec{template: "email_link", lang: p.Lang, title: msg("email.keep.title")}
	}
	return spec{template: "email_link", lang: p.Lang, title: msg("email.confirm.title")}
}

// Path is where the form goes.
func (p EmailLinkPage) Path() string {
	if p.Keep {
		return "/account/email/keep"
	}
	return "/account/email/confirm"
}

// Lead says what the button does.
func (p EmailLinkPage) Lead(v *view) string {
	if p.Keep {
		return v.T("email.keep.lead")
	}
	return v.T("email.confirm.lead")
}

// Button is its label.
func (p EmailLinkPage) Button(v *view) []string {
	if p.Keep {
		return v.Label("email.keep.submit", "page.busy")
	}
	return v.Label("email.confirm.submit", "page.busy")
}

// Notes about the address.
const (
	NoteEmailEnded Note = "email_ended"
	NoteEmailKept  Note = "email_kept"
)
