package web

import (
	"errors"
	"strings"
)

var errNoPost = errors.New("web: form_post needs an http or https redirect URI")

// SetupPage makes the first administrator: POST {base}/setup with token, csrf, email, name and password.
type SetupPage struct {
	Lang              string
	Token             string
	CSRF              string
	Errors            map[string]string // email, name, password → a Field… key; "" → a key for the whole form
	Email             string
	Name              string
	MinPasswordLength int
}

func (p SetupPage) spec() spec {
	return spec{template: "setup", lang: p.Lang, title: msg("setup.title")}
}

// Fields are the page's inputs in order.
func (p SetupPage) Fields(v *view) []field {
	return v.checked(p.Errors, p.MinPasswordLength, v.fields(
		field{ID: "setup-email", Name: "email", Type: "email", Autocomplete: "username", Value: p.Email, Label: v.T("setup.email")},
		field{ID: "setup-name", Name: "name", Type: "text", Autocomplete: "name", Value: p.Name, Label: v.T("setup.name")},
		field{
			ID: "setup-password", Name: "password", Type: "password", Autocomplete: "new-password",
			Label: v.T("setup.password"), Hint: v.T("password.length", "min", minimum(p.MinPasswordLength)),
		},
	))
}

// SetupDonePage names what is ready and the next step.
type SetupDonePage struct {
	Lang   string
	Email  string
	Issuer string
}

func (p SetupDonePage) spec() spec {
	return spec{template: "setup_done", lang: p.Lang, title: msg("setup_done.title")}
}

// Discovery is the address of the issuer's metadata.
func (p SetupDonePage) Discovery() string {
	return strings.TrimSuffix(p.Issuer, "/") + "/.well-known/openid-configuration"
}

// PasswordChangePage changes the person's own password: POST {base}/account/password with csrf,
// current_password and new_password. Identifier is for password managers only.
type PasswordChangePage struct {
	Lang              string
	CSRF              string
	Identifier        string
	Errors            map[string]string // current_password, new_password → a Field… key; "" → one for the whole form
	MinPasswordLength int
	Done              bool
}

func (p PasswordChangePage) spec() spec {
	title := "change.title"
	if p.Done {
		title = "change.done.title"
	}
	return spec{template: "password", lang: p.Lang, title: msg(title), self: "/account/password", section: "password"}
}

// Fields are the page's inputs in order.
func (p PasswordChangePage) Fields(v *view) []field {
	return v.checked(p.Errors, p.MinPasswordLength, v.fields(
		field{
			ID: "password-current", Name: "current_password", Type: "password", Autocomplete: "current-password",
			Label: v.T("change.current"),
		},
		field{
			ID: "password-new", Name: "new_password", Type: "password", Autocomplete: "new-password",
			Label: v.T("change.new"), Hint: v.T("password.length", "min", minimum(p.MinPasswordLength)),
		},
	))
}

// checked writes the errors to their fields; without any, the first empty field has the focus.
func (v *view) checked(problems map[string]string, length int, fields []field) []field {
	for i := range fields {
		fields[i].Error = v.Problem(problems[fields[i].Name], "min", minimum(length))
	}
	for i := range fields {
		if len(problems) == 0 && fields[i].Value == "" {
			fields[i].Focus = true
			break
		}
	}
	return fields
}
