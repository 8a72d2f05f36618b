package web

import (
	"net/url"
	"time"
)

// Notes of a recovery that waits.
const (
	NoteLostSent      Note = "lost_sent"
	NoteLostEnded     Note = "lost_ended"
	NoteLostOver      Note = "lost_over" // there is nothing to cancel
	NoteLostCancelled Note = "lost_cancelled"
	NoteLostDone      Note = "lost_done"
)

// LostPage asks who lost every second factor: POST {base}/recovery/lost with csrf and identifier, or with flow and step of a sign-in that is half done.
type LostPage struct {
	Lang       string
	CSRF       string
	Identifier string
	Flow, Step string        // of the sign-in that is half done: its identifier is fixed; "": none
	Wait       time.Duration // how long such a recovery waits
	Error      string        // a key, or ""
	RetryAfter time.Duration // above zero: the throttled state
	Challenge  Challenge
}

func (p LostPage) spec() spec {
	s := spec{challenge: p.Challenge, template: "lost", lang: p.Lang, title: msg("lost.title"), wait: p.RetryAfter, self: "/recovery/lost"}
	if p.Flow != "" {
		s.self += "?" + url.Values{"flow": {p.Flow}, "step": {p.Step}}.Encode()
	}
	return s
}

// Fields are the page's inputs in order.
func (p LostPage) Fields(v *view) []field {
	f := field{
		ID: "recovery-identifier", Name: "identifier", Type: "text", Autocomplete: "username", InputMode: "email", Value: p.Identifier,
		Label: v.T("login.identifier"), Focus: p.Error == "" && p.RetryAfter <= 0, Fixed: p.Flow != "",
	}
	if f.Fixed {
		f.Label, f.Focus = v.T("login.chosen"), false
	}
	return v.fields(f)
}

// Lead says what such a recovery is.
func (p LostPage) Lead(v *view) string { return v.T("lost.lead", "wait", v.Wait(p.Wait)) }

// Trouble is what the summary above the form says, "" when nothing is wrong.
func (p LostPage) Trouble(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("recovery.throttled", "wait", v.Wait(p.RetryAfter))
	}
	return v.Problem(p.Error)
}

// LostStepPage stands between a link and what it does to a recovery: it begins, or is cancelled. POST {base}{Path} with csrf, and token where there is one.
type LostStepPage struct {
	Lang       string
	CSRF       string
	Token      string
	Identifier string        // whose account it is; shown to who proved the mailbox, or is signed in
	Cancel     bool          // it cancels; else it begins
	Own        bool          // cancelled by who is signed in, without a link
	Wait       time.Duration // of what begins
	Ready      time.Time     // of what is cancelled
}

func (p LostStepPage) spec() spec {
	s := spec{template: "lost_step", lang: p.Lang, title: msg("lost.start.title")}
	if p.Cancel {
		s.title = msg("lost.cancel.title")
	}
	if p.Own {
		s.self, s.section = "/account/recovery", "security"
	}
	return s
}

// Path is where the form goes.
func (p LostStepPage) Path() string {
	switch {
	case p.Own:
		return "/account/recovery"
	case p.Cancel:
		return "/recovery/lost/cancel"
	}
	return "/recovery/lost/start"
}

// Lead says what the button does.
func (p LostStepPage) Lead(v *view) string {
	if p.Cancel {
		return v.T("lost.cancel.lead")
	}
	return v.T("lost.start.lead", "wait", v.Wait(p.Wait))
}

// When is when a recovery that is cancelled would open the account.
func (p LostStepPage) When(v *view) string {
	if p.Ready.IsZero() {
		return ""
	}
	return v.When(p.Ready)
}

// Button is its label.
func (p LostStepPage) Button(v *view) []string {
	if p.Cancel {
		return v.Label("lost.cancel.submit", "page.busy")
	}
	return v.Label("lost.start.submit", "page.busy")
}

// LostWaitingPage says that a recovery waits, and until when.
type LostWaitingPage struct {
	Lang  string
	Ready time.Time
}

func (p LostWaitingPage) spec() spec {
	return spec{template: "lost_waiting", lang: p.Lang, title: msg("lost.waiting.title")}
}

// When is when it opens the account.
func (p LostWaitingPage) When(v *view) string { return v.When(p.Ready) }

// LostSetPage takes a new password at the end of a recovery, or by an administrator's link: POST {base}/recovery/lost/set with csrf, token and
// new_password.
type LostSetPage struct {
	Lang              string
	CSRF              string
	Token             string
	Identifier        string            // for password managers
	Factors           bool              // second factors are removed, too
	Errors            map[string]string // new_password → a Field… key
	MinPasswordLength int
}

func (p LostSetPage) spec() spec {
	return spec{template: "lost_set", lang: p.Lang, title: msg("recovery.set.title")}
}

// Lead says what else happens.
func (p LostSetPage) Lead(v *view) string {
	if p.Factors {
		return v.T("lost.set.lead")
	}
	return v.T("recovery.set.lead")
}

// Fields are the page's inputs in order.
func (p LostSetPage) Fields(v *view) []field {
	return NewPasswordPage{Errors: p.Errors, MinPasswordLength: p.MinPasswordLength}.Fields(v)
}

// LostOf is the way on for who lost all that this page asks for.
func (p MFAPage) LostOf() string {
	q := url.Values{"flow": {p.Flow}}
	if p.Step != "" {
		q.Set("step", p.Step)
	}
	return "/recovery/lost?" + q.Encode()
}

// RecoveryWaits says that a recovery waits, "" when none does.
func (p HomePage) RecoveryWaits(v *view) string {
	if p.Recovery.IsZero() {
		return ""
	}
	return v.T("home.recovery", "when", v.When(p.Recovery))
}
