package web

import (
	"html/template"
	"strconv"
	"strings"
	"time"
)

// FactorRow is one second factor on the security page.
type FactorRow struct {
	ID       string // value of the field factor
	Name     string // as the person called it, or ""
	Since    time.Time
	LastUsed time.Time // zero: never
}

// SecurityLink leads from the security page to a page of another factor.
type SecurityLink struct {
	ID, Path      string // Path is below the base
	Title, Detail string // catalogue keys
}

// SecurityPage lists a person's second factors. With Proved it has the forms that change them: POST {base}/account/security with csrf and action=add, rename
// (factor, name), remove (factor) or codes. Without it, it leads to proving it once more.
type SecurityPage struct {
	Lang      string
	CSRF      string
	Proved    bool
	Factors   []FactorRow
	Second    bool // a second factor is asked for, of whatever kind
	Codes     int  // unused backup codes
	CodesOf   int  // of a set of so many; 0: there is none
	Links     []SecurityLink
	Done      string // a Security… key, or ""
	Error     string // a Problem… key, or ""
	RemoveAsk string // id of the factor whose removal is to be confirmed, or ""
}

// Keys for SecurityPage.Done.
const (
	SecurityAdded   = "security.done.added"
	SecurityRenamed = "security.done.renamed"
	SecurityRemoved = "security.done.removed"
)

// ProblemFactorsFull is for SecurityPage.Error: there are as many as there may be.
const ProblemFactorsFull = "security.error.full"

func (p SecurityPage) spec() spec {
	return spec{template: "security", lang: p.Lang, title: msg("security.title"), self: "/account/security", section: "security"}
}

// Few says that the backup codes run out.
func (p SecurityPage) Few() bool { return p.CodesOf > 0 && p.Codes <= 3 }

// Left says how many backup codes are left.
func (p SecurityPage) Left(v *view) string {
	switch {
	case p.CodesOf == 0:
		return v.T("security.codes.none")
	case p.Codes == 1:
		return v.T("security.codes.one", "of", strconv.Itoa(p.CodesOf))
	}
	return v.T("security.codes.left", "n", strconv.Itoa(p.Codes), "of", strconv.Itoa(p.CodesOf))
}

// EnrolPage shows a new authenticator secret, to be scanned or typed, until a code of it has come back: POST {base}/account/security/totp/{id} with csrf, code
// and name.
type EnrolPage struct {
	Lang  string
	CSRF  string
	ID    string
	Key   string // base32
	URI   string // otpauth://
	Name  string
	Error string // a Problem… key, or ""
}

func (p EnrolPage) spec() spec {
	return spec{template: "enrol", lang: p.Lang, title: msg("enrol.title"), self: "/account/security/totp/" + p.ID, section: "security"}
}

// QR is the URI as a picture; empty when there is none to draw.
func (p EnrolPage) QR() (template.HTML, error) { return qrCode(p.URI) }

// Link opens the URI in an app on the same device.
func (p EnrolPage) Link() template.URL {
	if !strings.HasPrefix(p.URI, "otpauth://") {
		return ""
	}
	return template.URL(p.URI) //nolint:gosec // G203: the server made it, and its scheme is checked
}

// Groups is the key in fours.
func (p EnrolPage) Groups() string {
	var b []byte
	for i := range len(p.Key) {
		if i > 0 && i%4 == 0 {
			b = append(b, ' ')
		}
		b = append(b, p.Key[i])
	}
	return string(b)
}

// Fields are the page's inputs in order.
func (p EnrolPage) Fields(v *view) []field {
	return v.fields(
		field{
			ID: "mfa-code", Name: "code", Type: "text", Autocomplete: "one-time-code", InputMode: "numeric", Label: v.T("mfa.totp.label"), Hint: v.T("enrol.hint"),
			Focus: p.Error == "",
		},
		field{ID: "factor-name", Name: "name", Type: "text", Autocomplete: "off", Value: p.Name, Label: v.T("enrol.name"), Hint: v.T("enrol.name.hint"), Optional: true},
	)
}

// CodesPage shows new backup codes, this once.
type CodesPage struct {
	Lang  string
	Codes []string
}

func (p CodesPage) spec() spec {
	return spec{template: "codes", lang: p.Lang, title: msg("codes.title"), section: "security"}
}
