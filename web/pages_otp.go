package web

import "time"

// SentFactor is one kind of code that is sent, as the page about them shows it.
type SentFactor struct {
	Kind     string // sms or mail
	ID       string // value of the field factor; empty: the person has none
	To       string // where codes go to, or would go to
	Since    time.Time
	LastUsed time.Time // zero: never
}

// Title names the kind.
func (f SentFactor) Title(v *view) string { return v.T(wordsOf(f.Kind).title) }

// Lead says what it is.
func (f SentFactor) Lead(v *view) string {
	if f.Kind == "sms" {
		return v.T("sent.sms.lead")
	}
	return v.T("sent.mail.lead")
}

// Add is the label of the button that begins it.
func (f SentFactor) Add(v *view) []string {
	switch {
	case f.Kind != "sms":
		return v.Label("sent.mail.add", "mfa.sending")
	case f.ID != "":
		return v.Label("sent.sms.change", "mfa.sending")
	}
	return v.Label("sent.sms.add", "mfa.sending")
}

// Field is where a phone number is typed.
func (f SentFactor) Field(v *view, typed, problem string) []field {
	if f.Kind != "sms" {
		return nil
	}
	return v.fields(phoneField(v, typed, problem))
}

func phoneField(v *view, typed, problem string) field {
	return field{
		ID: "phone-number", Name: "number", Type: "tel", Autocomplete: "tel", InputMode: "tel", Value: typed, Label: v.T("phone.label"), Hint: v.T("phone.hint"),
		Error: v.Problem(problem),
	}
}

// LinkSent leads from the page about signing in to these factors; LinkEmail and LinkPhone from the profile to what is proved before it changes.
func LinkSent() SecurityLink {
	return SecurityLink{ID: "security-sent", Path: "/account/security/codes", Title: "sent.title", Detail: "sent.detail"}
}

// LinkEmail is described at LinkSent.
func LinkEmail() SecurityLink {
	return SecurityLink{ID: "profile-email", Path: "/account/email", Title: "profile.email", Detail: "email.detail"}
}

// LinkPhone is described at LinkSent.
func LinkPhone() SecurityLink {
	return SecurityLink{ID: "profile-phone", Path: "/account/phone", Title: "profile.phone", Detail: "phone.detail"}
}

// Problems of a phone number, for SentPage.NumberError and PhonePage.NumberError.
const (
	FieldPhone        = "field.phone"
	FieldPhoneCountry = "field.phone.country"
)

// SentPage lists the codes by text message and mail that a person has as second factors: POST {base}/account/security/codes with csrf and action=add (kind,
// number), ask or remove (factor).
type SentPage struct {
	Lang        string
	CSRF        string
	Factors     []SentFactor
	Done        string // a Security… key, or ""
	Error       string // a Problem… key, or ""
	Number      string // as it was typed
	NumberError string // a Field… key, or ""
	RemoveAsk   string // id of the factor whose removal is to be confirmed, or ""
}

func (p SentPage) spec() spec {
	return spec{template: "sent", lang: p.Lang, title: msg("sent.title"), self: "/account/security/codes", section: "security"}
}

// Keys for SentPage.Done.
const (
	SentAdded   = "sent.done.added"
	SentRemoved = "sent.done.removed"
)

// TypedCodePage takes a code that was sent within an account: POST {base}{Path} with csrf and code, or with action=again.
type TypedCodePage struct {
	Lang    string
	CSRF    string
	Path    string // below the base
	Back    string // below the base
	Section string // of the menu
	To      string // where the code went to
	Mailed  bool   // with a link, and for an hour
	Error   string // a Problem… key, or ""
}

func (p TypedCodePage) spec() spec {
	return spec{template: "typed_code", lang: p.Lang, title: msg("typed_code.title"), self: p.Path, section: p.Section}
}

// ProblemNoMail is for SentPage.Error: the account has no mail address.
const ProblemNoMail = "sent.error.mail"

// ProblemSentCode is the one answer to every code that does not count, for TypedCodePage.Error.
const ProblemSentCode = "mfa.sent.wrong"

// Lead says where the code is.
func (p TypedCodePage) Lead(v *view) string {
	if p.To == "" {
		return v.T("typed_code.ended")
	}
	if p.Mailed {
		return v.T("email.sent.lead", "where", p.To)
	}
	return v.T("typed_code.lead", "where", p.To)
}

// Fields are the page's inputs in order.
func (p TypedCodePage) Fields(v *view) []field {
	return v.fields(field{
		ID: "mfa-code", Name: "code", Type: "text", Autocomplete: "one-time-code", InputMode: "numeric", Label: v.T("typed_code.label"), Hint: v.T("mfa.sent.hint"),
		Focus: p.Error == "",
	})
}
