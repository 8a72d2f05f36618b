package web

import (
	"net/http"
	"strings"
	"time"
)

// otpStates are the pages of codes that are sent, and of address and number.
func otpStates(lang string) []state {
	ok, bad, many, wrong := http.StatusOK, http.StatusBadRequest, http.StatusTooManyRequests, http.StatusForbidden
	at := time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC)
	ask := MFAPage{
		Lang: lang, Flow: "f1." + strings.Repeat("A", 600), Step: "s1", CSRF: "c1", ClientName: "Acme Files", Identifier: "maria@example.org", Kind: "sms", Sends: true,
		Where: "•••• 89", Others: []string{"totp", "mail", "backup"}, FormAction: FormActionSource("https://files.acme.example/cb"),
	}
	sent, refused, locked, enough, mail := ask, ask, ask, ask, ask
	sent.CodeSent, refused.CodeSent, locked.CodeSent, enough.CodeSent = true, true, true, true
	refused.Error, locked.RetryAfter, enough.Error = ProblemCode, 4*time.Minute, ProblemCodeSends
	mail.Kind, mail.Where, mail.Others = "mail", "m•••@example.org", []string{"totp", "sms", "backup"}
	none := SentPage{Lang: lang, CSRF: "c1", Factors: []SentFactor{{Kind: "sms"}, {Kind: "mail", To: "maria@example.org"}}}
	both := SentPage{Lang: lang, CSRF: "c1", Factors: []SentFactor{
		{Kind: "sms", ID: "1", To: "+4915123456789", Since: at, LastUsed: at.Add(time.Hour)}, {Kind: "mail", ID: "2", To: "maria@example.org", Since: at},
	}}
	added, remove, badNumber, noMail := both, both, none, none
	added.Done, remove.RemoveAsk = SentAdded, "1"
	badNumber.Number, badNumber.NumberError, noMail.Error = "0151 23", FieldPhone, ProblemNoMail
	code := TypedCodePage{Lang: lang, CSRF: "c1", Path: "/account/security/codes/sms/1", Back: "/account/security/codes", Section: "security", To: "+4915123456789"}
	codeWrong, codeEnded, mailed := code, code, code
	codeWrong.Error, codeEnded.Error, codeEnded.To, mailed.Mailed, mailed.To = ProblemSentCode, ProblemSentCode, "", true, "maria@example.org"
	phone := PhonePage{Lang: lang, CSRF: "c1", Number: "+4915123456789", Verified: true, Factor: true}
	phoneAsk, phoneDone := phone, phone
	phoneAsk.RemoveAsk, phoneDone.Done = true, PhoneAdded
	email := EmailPage{Lang: lang, CSRF: "c1", Email: "maria@example.org", Verified: true}
	open, emailDone, emailBad, emailMany := email, email, email, email
	open.Verified, emailDone.Done = false, EmailChanged
	emailBad.Typed, emailBad.FieldError, emailMany.Error = "maria", FieldEmail, ProblemCodeSends
	return []state{
		{"mfa-sms", ok, ask}, {"mfa-sms-sent", ok, sent}, {"mfa-sms-wrong", wrong, refused}, {"mfa-sms-locked", many, locked}, {"mfa-sms-enough", many, enough},
		{"mfa-mail", ok, mail},
		{"sent-none", ok, none}, {"sent", ok, both}, {"sent-added", ok, added}, {"sent-remove", ok, remove}, {"sent-number", bad, badNumber}, {"sent-no-mail", bad, noMail},
		{"typed-code", ok, code}, {"typed-code-wrong", wrong, codeWrong}, {"typed-code-ended", wrong, codeEnded}, {"typed-code-mailed", ok, mailed},
		{"phone", ok, phone}, {"phone-none", ok, PhonePage{Lang: lang, CSRF: "c1"}}, {"phone-remove", ok, phoneAsk}, {"phone-done", ok, phoneDone},
		{"phone-country", bad, PhonePage{Lang: lang, CSRF: "c1", Typed: "+1 202 555 0143", NumberError: FieldPhoneCountry}},
		{"email", ok, email}, {"email-unverified", ok, open}, {"email-none", ok, EmailPage{Lang: lang, CSRF: "c1"}}, {"email-done", ok, emailDone}, {"email-bad", bad, emailBad},
		{"email-enough", many, emailMany},
		{"email-confirm", ok, EmailLinkPage{Lang: lang, CSRF: "c1", Token: "t", Email: "maria@example.org"}},
		{"email-keep", ok, EmailLinkPage{Lang: lang, CSRF: "c1", Token: "t", Keep: true}},
	}
}
