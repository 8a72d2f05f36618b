package web

import "time"

// ProblemRecoveryMissing is for RecoveryPage.Error.
const ProblemRecoveryMissing = "recovery.error.missing"

// RecoveryPage asks whose password is forgotten: POST {base}/recovery with csrf and identifier.
type RecoveryPage struct {
	Lang       string
	CSRF       string
	Identifier string
	Lost       bool          // who lost every second factor finds a way on
	Error      string        // a key, or ""
	RetryAfter time.Duration // above zero: the throttled state
	Challenge  Challenge
}

func (p RecoveryPage) spec() spec {
	return spec{challenge: p.Challenge, template: "recovery", lang: p.Lang, title: msg("recovery.title"), wait: p.RetryAfter, self: "/recovery"}
}

// Fields are the page's inputs in order.
func (p RecoveryPage) Fields(v *view) []field {
	return v.fields(field{
		ID: "recovery-identifier", Name: "identifier", Type: "text", Autocomplete: "username", InputMode: "email", Value: p.Identifier,
		Label: v.T("login.identifier"), Focus: p.Error == "" && p.RetryAfter <= 0,
	})
}

// Trouble is what the summary above the form says, "" when nothing is wrong.
func (p RecoveryPage) Trouble(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("recovery.throttled", "wait", v.Wait(p.RetryAfter))
	}
	return v.Problem(p.Error)
}

// NewPasswordPage takes a new password by a link: POST {base}/recovery/set with csrf, token and new_password. Identifier is for password managers only.
type NewPasswordPage struct {
	Lang              string
	CSRF              string
	Token             string
	Identifier        string
	Errors            map[string]string // new_password → a Field… key
	MinPasswordLength int
}

func (p NewPasswordPage) spec() spec {
	return spec{template: "new_password", lang: p.Lang, title: msg("recovery.set.title")}
}

// Fields are the page's inputs in order.
func (p NewPasswordPage) Fields(v *view) []field {
	return v.checked(p.Errors, p.MinPasswordLength, v.fields(field{
		ID: "recovery-password", Name: "new_password", Type: "password", Autocomplete: "new-password",
		Label: v.T("change.new"), Hint: v.T("password.length", "min", minimum(p.MinPasswordLength)),
	}))
}

// Note is a page that says one thing and leads on.
type Note string

// Notes.
const (
	NoteRecoverySent  Note = "recovery_sent"
	NoteRecoveryDone  Note = "recovery_done"
	NoteRecoveryEnded Note = "recovery_ended"

	NoteMailLinkEnded     Note = "mail_link_ended"
	NoteMailLinkElsewhere Note = "mail_link_elsewhere"
)

// noteText is a note's sentences by their keys, where its button leads, and whether it is good news.
type noteText struct {
	title, lead, button, path string
	good                      bool
}

func notes() map[Note]noteText {
	return map[Note]noteText{
		NoteRecoverySent:  {"recovery.sent.title", "recovery.sent.lead", "recovery.sent.again", "/recovery", false},
		NoteRecoveryDone:  {"recovery.done.title", "recovery.done.lead", "recovery.done.next", "/login", true},
		NoteRecoveryEnded: {"recovery.ended.title", "recovery.ended.lead", "recovery.ended.again", "/recovery", false},
		NoteMailLinkEnded: {"recovery.ended.title", "mail_open.ended", "mail_open.ended.again", "/login", false},

		NoteLostSent:      {"recovery.sent.title", "lost.sent.lead", "recovery.sent.again", "/recovery/lost", false},
		NoteLostEnded:     {"recovery.ended.title", "lost.ended.lead", "recovery.done.next", "/login", false},
		NoteLostOver:      {"lost.over.title", "lost.over.lead", "recovery.done.next", "/login", false},
		NoteLostCancelled: {"lost.cancelled.title", "lost.cancelled.lead", "lost.cancelled.next", "/account/password", true},
		NoteLostDone:      {"recovery.done.title", "recovery.done.lead", "recovery.done.next", "/login", true},

		NoteEmailEnded:     {"email.ended.title", "email.ended.lead", "email.ended.again", "/account/email", false},
		NoteEmailKept:      {"email.kept.title", "email.kept.lead", "email.kept.next", "/account/password", true},
		NoteSignupSent:     {"signup.sent.title", "signup.sent.lead", "signup.sent.again", "/signup", false},
		NoteSignupDone:     {"signup.done.title", "signup.done.lead", "recovery.done.next", "/login", true},
		NoteSignupEnded:    {"recovery.ended.title", "signup.ended.lead", "recovery.done.next", "/login", false},
		NoteSignupSomebody: {"signup.somebody.title", "signup.somebody.lead", "signup.somebody.next", "/account", false},

		NoteMailLinkElsewhere: {"mail_open.elsewhere.title", "mail_open.elsewhere", "mail_open.ended.again", "/login", false},
	}
}

// NotePage says one thing and leads on.
type NotePage struct {
	Lang string
	Note Note
}

func (p NotePage) spec() spec {
	return spec{template: "note", lang: p.Lang, title: msg(p.Text().title)}
}

// Text is what the note says.
func (p NotePage) Text() noteText { return notes()[p.Note] }

// Good reports good news.
func (p NotePage) Good() bool { return p.Text().good }

// Lead is the note's sentence.
func (p NotePage) Lead(v *view) string { return v.T(p.Text().lead) }

// Button is the text of the one way on.
func (p NotePage) Button(v *view) string { return v.T(p.Text().button) }

// Path is where it leads.
func (p NotePage) Path() string { return p.Text().path }
