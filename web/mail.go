package web

import (
	"bytes"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"
)

// MailKind is what a mail is about.
type MailKind string

// Kinds of mails.
const (
	MailWelcome         MailKind = "welcome"          // an account has been made
	MailVerify          MailKind = "verify"           // is this address yours?
	MailConfirm         MailKind = "confirm"          // the same by a code alone
	MailMagicLink       MailKind = "magic_link"       // sign in by this link, or by its code
	MailCode            MailKind = "code"             // a code for the second step
	MailReset           MailKind = "reset"            // set a new password
	MailInvitation      MailKind = "invitation"       // somebody may make an account
	MailTaken           MailKind = "taken"            // somebody wanted to make an account that exists
	MailEmailChange     MailKind = "email_change"     // to the old address: another shall take its place
	MailEmailChanged    MailKind = "email_changed"    // to the old address: another has taken its place
	MailNewDevice       MailKind = "new_device"       // a sign-in with a browser that was not known
	MailPasswordChanged MailKind = "password_changed" //nolint:gosec // a name, not a password
	MailFactorAdded     MailKind = "factor_added"
	MailFactorRemoved   MailKind = "factor_removed"
	MailBrowserTrusted  MailKind = "browser_trusted" // it signs in without a second factor for a while
	MailBackupCodes     MailKind = "backup_codes"
	MailBackupUsed      MailKind = "backup_used"
	MailRecoveryUsed    MailKind = "recovery_used"
	MailFactorsReset    MailKind = "factors_reset" // by an administrator
	MailNewCountry      MailKind = "new_country"
	MailLost            MailKind = "lost"           // begin a recovery that waits
	MailLostWaits       MailKind = "lost_waits"     // one waits; cancel it?
	MailLostReminder    MailKind = "lost_reminder"  // it is ready soon
	MailLostReady       MailKind = "lost_ready"     // set a new password
	MailLostCancelled   MailKind = "lost_cancelled" // it was
	MailLostUsed        MailKind = "lost_used"
	MailHelpLink        MailKind = "help_link" // an administrator made a link
	MailHelpUsed        MailKind = "help_used"
	MailAlert           MailKind = "alert" // anything else that a person should look at
)

// Mail is a mail before it is written. What a kind has no use for is not shown.
type Mail struct {
	Kind    MailKind
	Lang    string // a language tag, or a list of them; what there is no catalogue for is English
	App     string // the application that it is for; empty: the product
	Link    string // absolute, of the issuer
	Code    string
	Valid   time.Duration // of link and code
	Factor  string        // what was added or removed, in the reader's language
	What    string        // the same as a word of the catalogue (mail.factor.…), if Factor is empty
	Text    string        // what an alert says, in the reader's language
	At      time.Time     // when it happened; zero: not shown
	Device  string
	Address string
	Place   string
	Ready   time.Time // when a recovery that waits is ready
}

// WrittenMail is a mail as it is sent.
type WrittenMail struct{ Subject, HTML, Text string }

// mailText are a kind's sentences by their keys; empty ones are left out.
type mailText struct{ subject, lead, button, code, end string }

func mailTexts() map[MailKind]mailText {
	const notYou, ignore = "mail.end.not_you", "mail.end.ignore"
	return map[MailKind]mailText{
		MailWelcome:         {"mail.welcome.subject", "mail.welcome.lead", "mail.welcome.button", "", ""},
		MailVerify:          {"mail.verify.subject", "mail.verify.lead", "mail.verify.button", "mail.verify.code", ignore},
		MailConfirm:         {"mail.confirm.subject", "mail.confirm.lead", "", "mail.confirm.code", ignore},
		MailMagicLink:       {"mail.magic_link.subject", "mail.magic_link.lead", "mail.magic_link.button", "mail.magic_link.code", "mail.magic_link.end"},
		MailCode:            {"mail.code.subject", "mail.code.lead", "", "mail.code.code", "mail.code.end"},
		MailReset:           {"mail.reset.subject", "mail.reset.lead", "mail.reset.button", "", "mail.reset.end"},
		MailInvitation:      {"mail.invitation.subject", "mail.invitation.lead", "mail.invitation.button", "", ignore},
		MailTaken:           {"mail.taken.subject", "mail.taken.lead", "mail.taken.button", "", ignore},
		MailEmailChange:     {"mail.email_change.subject", "mail.email_change.lead", "mail.email_change.button", "", "mail.email_change.end"},
		MailEmailChanged:    {"mail.email_changed.subject", "mail.email_changed.lead", "", "", "mail.end.help"},
		MailNewDevice:       {"mail.new_device.subject", "mail.new_device.lead", "mail.alert.button", "", notYou},
		MailPasswordChanged: {"mail.password_changed.subject", "mail.password_changed.lead", "mail.alert.button", "", notYou},
		MailFactorAdded:     {"mail.factor_added.subject", "mail.factor_added.lead", "mail.alert.button", "", notYou},
		MailFactorRemoved:   {"mail.factor_removed.subject", "mail.factor_removed.lead", "mail.alert.button", "", notYou},
		MailBrowserTrusted:  {"mail.browser_trusted.subject", "mail.browser_trusted.lead", "mail.alert.button", "", notYou},
		MailBackupCodes:     {"mail.backup_codes.subject", "mail.backup_codes.lead", "mail.alert.button", "", notYou},
		MailBackupUsed:      {"mail.backup_used.subject", "mail.backup_used.lead", "mail.alert.button", "", notYou},
		MailRecoveryUsed:    {"mail.recovery_used.subject", "mail.recovery_used.lead", "mail.alert.button", "", notYou},
		MailFactorsReset:    {"mail.factors_reset.subject", "mail.factors_reset.lead", "mail.alert.button", "", notYou},
		MailNewCountry:      {"mail.new_country.subject", "mail.new_country.lead", "mail.alert.button", "", notYou},
		MailLost:            {"mail.lost.subject", "mail.lost.lead", "mail.lost.button", "", "mail.lost.end"},
		MailLostWaits:       {"mail.lost_waits.subject", "mail.lost_waits.lead", "mail.lost.cancel", "", "mail.lost_waits.end"},
		MailLostReminder:    {"mail.lost_reminder.subject", "mail.lost_reminder.lead", "mail.lost.cancel", "", "mail.lost_waits.end"},
		MailLostReady:       {"mail.lost_ready.subject", "mail.lost_ready.lead", "mail.reset.button", "", "mail.lost_ready.end"},
		MailLostCancelled:   {"mail.lost_cancelled.subject", "mail.lost_cancelled.lead", "mail.alert.button", "", "mail.lost_cancelled.end"},
		MailLostUsed:        {"mail.lost_used.subject", "mail.lost_used.lead", "mail.alert.button", "", notYou},
		MailHelpLink:        {"mail.help_link.subject", "mail.help_link.lead", "mail.alert.button", "", "mail.end.help"},
		MailHelpUsed:        {"mail.help_used.subject", "mail.help_used.lead", "mail.alert.button", "", notYou},
		MailAlert:           {"mail.alert.subject", "mail.alert.lead", "mail.alert.button", "", notYou},
	}
}

// MailKinds lists all kinds, for what must hold for each.
func MailKinds() []MailKind { return slices.Sorted(maps.Keys(mailTexts())) }

// mails are the two templates that every mail is written with.
type mails struct {
	html        *template.Template
	text        *texttemplate.Template
	light, dark map[string]string
}

// mailView is a mail as its templates see it.
type mailView struct {
	m     Mail
	texts catalogues
	set   *mails

	Lang, Client, Subject, Lead, Button, CodeLead, End, Link, Code, Valid string

	Facts []mailFact
}

type mailFact struct{ Name, Value string }

// T is the catalogue's sentence.
func (v *mailView) T(key string) string { return v.texts.text(v.Lang, key) }

// Light is the value of a theme's token, with sizes in pixels: not every mail program knows another unit.
func (v *mailView) Light(name string) template.CSS { return cssValue(v.set.light[name]) }

// Dark is the value of a token at night.
func (v *mailView) Dark(name string) template.CSS {
	if value, ok := v.set.dark[name]; ok {
		return cssValue(value)
	}
	return v.Light(name)
}

// Mail writes a mail.
func (r *Renderer) Mail(m Mail) (WrittenMail, error) {
	texts, ok := mailTexts()[m.Kind]
	if !ok {
		return WrittenMail{}, fmt.Errorf("web: there is no mail of the kind %q", m.Kind)
	}
	v := r.mailView(m, texts)
	var page, plain bytes.Buffer
	if err := r.mails.html.Execute(&page, v); err != nil {
		return WrittenMail{}, fmt.Errorf("web: mail %s: %w", m.Kind, err)
	}
	if err := r.mails.text.Execute(&plain, v); err != nil {
		return WrittenMail{}, fmt.Errorf("web: mail %s: %w", m.Kind, err)
	}
	return WrittenMail{Subject: v.Subject, HTML: page.String(), Text: tidy(plain.String())}, nil
}

func (r *Renderer) mailView(m Mail, texts mailText) *mailView {
	lang := r.locales.match(bounded(m.Lang, ','))
	if lang == "" {
		lang = defaultLang
	}
	v := &mailView{m: m, texts: r.texts, set: &r.mails, Lang: lang, Client: display(m.App, maxName)}
	if v.Client == "" {
		v.Client = r.product
	}
	if m.Valid > 0 {
		v.Valid = r.texts.wait(lang, m.Valid)
	}
	v.Subject, v.Lead, v.End = v.say(texts.subject), v.say(texts.lead), v.say(texts.end)
	if link := webLink(m.Link); link != "" && texts.button != "" {
		v.Link, v.Button = link, v.say(texts.button)
	}
	if m.Code != "" && texts.code != "" {
		v.Code, v.CodeLead = display(m.Code, maxName), v.say(texts.code)
	}
	v.Facts = v.facts()
	return v
}

// say fills a sentence of the catalogue; an empty key says nothing.
func (v *mailView) say(key string) string {
	if key == "" {
		return ""
	}
	return fill(v.T(key), []string{"client", v.Client, "valid", v.Valid, "factor", v.factor(), "text", v.m.Text, "ready", v.ready()}, func(s string) string { return display(s, maxSentence) })
}

func (v *mailView) ready() string {
	if v.m.Ready.IsZero() {
		return ""
	}
	return v.texts.date(v.Lang, v.m.Ready)
}

// factor names what was added or removed.
func (v *mailView) factor() string {
	if v.m.Factor != "" || v.m.What == "" {
		return v.m.Factor
	}
	switch v.m.What {
	case "totp":
		return v.T("mail.factor.totp")
	case "sms":
		return v.T("mail.factor.sms")
	case "mail":
		return v.T("mail.factor.mail")
	case "passkey":
		return v.T("mail.factor.passkey")
	}
	return v.T("mail.factor.other")
}

func (v *mailView) facts() []mailFact {
	var all []mailFact
	if !v.m.At.IsZero() {
		all = append(all, mailFact{v.T("mail.fact.at"), v.texts.date(v.Lang, v.m.At)})
	}
	for _, f := range []mailFact{{"mail.fact.device", v.m.Device}, {"mail.fact.address", v.m.Address}, {"mail.fact.place", v.m.Place}} {
		if f.Value != "" {
			all = append(all, mailFact{v.T(f.Name), display(f.Value, maxSentence)})
		}
	}
	return all
}

// tidy leaves at most one empty line between paragraphs.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	var out []string
	for _, line := range lines {
		line = strings.TrimRight(line, " ")
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}
