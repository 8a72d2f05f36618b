package web

import (
	"cmp"
	"net/url"
	"time"
)

// DevicePage asks for the code that a device shows (RFC 8628 section 3.3): POST {base}/device with user_code and csrf.
type DevicePage struct {
	Lang       string
	CSRF       string
	UserCode   string        // as it was typed
	Error      string        // a DeviceCode… key, or ""
	RetryAfter time.Duration // above zero: the throttled state
}

// What is wrong with a code.
const (
	DeviceCodeMissing = "field.device.missing"
	DeviceCodeFormat  = "field.device.format"
	DeviceCodeUnknown = "field.device.unknown"
)

func (p DevicePage) spec() spec {
	return spec{template: "device", lang: p.Lang, title: msg("device.title"), wait: p.RetryAfter, self: "/device"}
}

// Fields are the page's inputs.
func (p DevicePage) Fields(v *view) []field {
	return v.fields(field{
		ID: "device-user-code", Name: "user_code", Type: "text", Autocomplete: "off", Value: p.UserCode, Label: v.T("device.code"), Hint: v.T("device.hint"),
		Error: v.Problem(p.Error), Focus: p.Error == "" && p.RetryAfter <= 0,
	})
}

// Trouble is what the summary above the form says, "" when there is nothing but the field's own.
func (p DevicePage) Trouble(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("device.throttled", "wait", v.Wait(p.RetryAfter))
	}
	return ""
}

// DeviceAskPage asks whether a device may have what its application asks: POST {base}/device/decide with decision=allow or deny, scope once for each
// optional scope that is on, request and csrf.
type DeviceAskPage struct {
	Lang       string
	CSRF       string
	Request    string
	UserCode   string
	ClientName string
	ClientHost string // "" if none is known
	Verified   bool
	Scopes     []ConsentScope
	From       string // address of who asked; "" if unknown
	Elsewhere  bool   // that is another network than the browser's
	At         time.Time

	Person           string
	PersonIdentifier string
	PolicyURI        string
	TosURI           string
}

func (p DeviceAskPage) spec() spec {
	return spec{
		template: "device_ask", lang: p.Lang, title: msg("device_ask.title"),
		client: cmp.Or(p.ClientName, p.ClientHost), self: "/device?" + url.Values{"user_code": {p.UserCode}}.Encode(), policy: p.PolicyURI, terms: p.TosURI,
	}
}

// Required are the scopes without a choice.
func (p DeviceAskPage) Required() []ConsentScope { return pick(p.Scopes, false) }

// Choices are the optional scopes.
func (p DeviceAskPage) Choices() []ConsentScope { return pick(p.Scopes, true) }

// DeviceDonePage says what became of it.
type DeviceDonePage struct {
	Lang       string
	ClientName string
	Allowed    bool
}

func (p DeviceDonePage) spec() spec {
	title := "device_done.denied"
	if p.Allowed {
		title = "device_done.allowed"
	}
	return spec{template: "device_done", lang: p.Lang, title: msg(title), client: p.ClientName}
}
