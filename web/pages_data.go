package web

import "time"

// Keys for ErasePage.Error.
const (
	FieldEraseConfirm   = "field.erase.confirm"
	FieldEraseLastAdmin = "field.erase.last_admin"
)

// ExportPage offers the download of everything that is kept of a person: POST {base}/account/export with csrf.
type ExportPage struct {
	Lang string
	CSRF string
}

func (p ExportPage) spec() spec {
	return spec{template: "export", lang: p.Lang, title: msg("export.title"), self: "/account/export", section: "data"}
}

// ErasePage asks for the confirmation of a person's erasure: POST {base}/account/delete with csrf and confirm, or keep=1 to call off one that waits.
type ErasePage struct {
	Lang       string
	CSRF       string
	Identifier string // to be typed
	Error      string // a FieldErase… key
	Due        time.Time
	Grace      time.Duration // how long it will wait; 0: not at all
}

func (p ErasePage) spec() spec {
	title := "erase.title"
	if !p.Due.IsZero() {
		title = "erase.due.title"
	}
	return spec{template: "erase", lang: p.Lang, title: msg(title), self: "/account/delete", section: "data"}
}

// Fields are the page's inputs.
func (p ErasePage) Fields(v *view) []field {
	return v.fields(field{
		ID: "erase-confirm", Name: "confirm", Type: "text", Autocomplete: "off", Label: v.T("erase.confirm", "identifier", p.Identifier), Error: v.Problem(p.Error),
	})
}

// ErasedPage says that the account is gone.
type ErasedPage struct{ Lang string }

func (p ErasedPage) spec() spec {
	return spec{template: "erased", lang: p.Lang, title: msg("erased.title")}
}
