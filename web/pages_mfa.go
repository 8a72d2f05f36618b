package web

import (
	"net/url"
	"time"
)

// Keys for MFAPage.Error and EnrolPage.Error.
const (
	ProblemCode        = "mfa.error.code" // the one answer to every code that does not count
	ProblemCodeMissing = "mfa.error.missing"
	ProblemCodeSends   = "mfa.error.sends" // too many codes were sent
)

// MFAPage asks for a second factor: POST {base}/login/mfa with code, factor, step, flow and csrf. The others are links to the same page.
type MFAPage struct {
	Lang          string
	Flow          string
	Step          string // signed token of the first step, or ""
	CSRF          string
	ClientName    string
	ClientLogoURI string
	Display       string
	Identifier    string
	Kind          string   // of the factor that is asked for
	Others        []string // kinds that would do as well
	Sends         bool     // the code is sent: POST {base}/login/mfa/send with factor, step, flow and csrf
	Where         string   // what the person knows its phone or mailbox by
	CodeSent      bool     // it is on its way
	Lost          bool     // who has none of them any more finds a way on
	Error         string   // a Problem… key, or ""
	RetryAfter    time.Duration
	FormAction    string
	Remember      time.Duration // for how long this browser may be trusted by trust=1; 0: not at all
}

func (p MFAPage) spec() spec {
	return spec{
		template: "mfa", lang: p.Lang, title: msg("mfa.title"), client: p.ClientName, logo: p.ClientLogoURI, display: p.Display, action: p.FormAction,
		wait: p.RetryAfter, self: "/login/mfa?" + p.query(p.Kind), passkeys: p.Passkey(),
	}
}

func (p MFAPage) query(kind string) string {
	q := url.Values{"flow": {p.Flow}, "factor": {kind}}
	if p.Step != "" {
		q.Set("step", p.Step)
	}
	return q.Encode()
}

// factorWords are what a page says of a kind of factor.
type factorWords struct {
	lead, label, hint string // on its own page
	title, detail     string // in the list of others
	wrong             string // the one answer to every code that does not count
	autocomplete      string
	numeric           bool
}

// passkeyKind is the one factor that is no code: a script asks the authenticator.
const passkeyKind = "passkey"

func wordsOf(kind string) factorWords {
	switch kind {
	case "sms":
		return factorWords{"mfa.sms.lead", "mfa.sms.label", "mfa.sent.hint", "mfa.sms.title", "mfa.sms.detail", "mfa.sent.wrong", "one-time-code", true}
	case "mail":
		return factorWords{"mfa.mail.lead", "mfa.mail.label", "mfa.sent.hint", "mfa.mail.title", "mfa.mail.detail", "mfa.sent.wrong", "one-time-code", true}
	case passkeyKind:
		return factorWords{lead: "mfa.passkey.lead", title: "mfa.passkey.title", detail: "mfa.passkey.detail", wrong: "passkey.none"}
	case "backup":
		return factorWords{"mfa.backup.lead", "mfa.backup.label", "mfa.backup.hint", "mfa.backup.title", "mfa.backup.detail", "mfa.backup.wrong", "off", false}
	}
	return factorWords{"mfa.totp.lead", "mfa.totp.label", "mfa.totp.hint", "mfa.totp.title", "mfa.totp.detail", ProblemCode, "one-time-code", true}
}

// Lead says what to do.
func (p MFAPage) Lead(v *view) string {
	switch {
	case !p.Sends:
		return v.T(wordsOf(p.Kind).lead)
	case p.CodeSent:
		return v.T("mfa.sent.lead", "where", p.Where)
	}
	return v.T(wordsOf(p.Kind).lead, "where", p.Where)
}

// Asks says that a code can be typed: there is one, or there may be.
func (p MFAPage) Asks() bool { return !p.Sends || p.CodeSent }

// Passkey says that an authenticator is asked.
func (p MFAPage) Passkey() bool { return p.Kind == passkeyKind }

// PasskeyOptions is where the script asks what the authenticator should sign.
func (p MFAPage) PasskeyOptions() string {
	return "/login/passkey/options?" + url.Values{"flow": {p.Flow}}.Encode()
}

// Who are the fields of the page before there is a code to type.
func (p MFAPage) Who(v *view) []field {
	if p.Identifier == "" {
		return nil
	}
	return p.Fields(v)[:1]
}

// Trouble is what the summary above the form says, "" when nothing is wrong.
func (p MFAPage) Trouble(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("mfa.throttled", "wait", v.Wait(p.RetryAfter))
	}
	if p.Error == ProblemCode || p.Passkey() && p.Error != "" {
		return v.T(wordsOf(p.Kind).wrong)
	}
	return v.Problem(p.Error)
}

// Fields are the page's inputs in order: who signs in, and the code.
func (p MFAPage) Fields(v *view) []field {
	who := field{ID: "login-identifier", Name: "identifier", Type: "text", Autocomplete: "username", Value: p.Identifier, Label: v.T("login.chosen"), Fixed: true}
	who.StepBack = v.Base + "/login?" + url.Values{"flow": {p.Flow}, "step": {"back"}}.Encode()
	w := wordsOf(p.Kind)
	code := field{
		ID: "mfa-code", Name: "code", Type: "text", Autocomplete: w.autocomplete, Label: v.T(w.label), Hint: v.T(w.hint), Focus: p.Error == "" && p.RetryAfter <= 0,
	}
	if w.numeric {
		code.InputMode = "numeric"
	}
	if p.Identifier == "" {
		return v.fields(code)
	}
	return v.fields(who, code)
}

// otherWay is a link to another factor.
type otherWay struct{ ID, Href, Title, Detail string }

// Trust offers to have the browser trusted, where that is allowed.
func (p MFAPage) Trust(v *view) *otherWay {
	if p.Remember <= 0 {
		return nil
	}
	return &otherWay{Title: v.T("mfa.trust"), Detail: v.T("mfa.trust.help", "time", v.Wait(p.Remember))}
}

// Ways are the other factors, with what each needs.
func (p MFAPage) Ways(v *view) []otherWay {
	var ways []otherWay
	for _, kind := range p.Others {
		w := wordsOf(kind)
		ways = append(ways, otherWay{"mfa-other-" + kind, v.Base + "/login/mfa?" + p.query(kind), v.T(w.title), v.T(w.detail)})
	}
	return ways
}
