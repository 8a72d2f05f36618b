package web

// PhonePage shows a person's phone number and takes another: POST {base}/account/phone with csrf and action=add (number), ask or remove.
type PhonePage struct {
	Lang        string
	CSRF        string
	Number      string // that stands now, or ""
	Verified    bool
	Factor      bool   // codes for sign-ins go to it
	Typed       string // as it was sent
	NumberError string // a Field… key, or ""
	Done        string // a Phone… key, or ""
	Error       string // a Problem… key, or ""
	RemoveAsk   bool
}

// Keys for PhonePage.Done.
const (
	PhoneAdded   = "phone.done.added"
	PhoneRemoved = "phone.done.removed"
)

func (p PhonePage) spec() spec {
	return spec{template: "phone", lang: p.Lang, title: msg("phone.title"), self: "/account/phone", section: "profile"}
}

// Fields are the page's inputs in order.
func (p PhonePage) Fields(v *view) []field { return v.fields(phoneField(v, p.Typed, p.NumberError)) }

// Add is the label of the button that sends a code.
func (p PhonePage) Add(v *view) []string {
	if p.Number == "" {
		return v.Label("phone.add", "mfa.sending")
	}
	return v.Label("phone.change", "mfa.sending")
}

// Asks says what a removal costs.
func (p PhonePage) Asks(v *view) string {
	if p.Factor {
		return v.T("phone.remove.factor")
	}
	return v.T("phone.remove.ask")
}
