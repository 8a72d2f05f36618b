package web

import (
	"net/http"
	"time"
)

// recoveryStates are the pages of a forgotten password.
func recoveryStates(lang string) []state {
	all := []state{
		{"recovery", http.StatusOK, RecoveryPage{Lang: lang, CSRF: "c1"}},
		{"recovery-missing", http.StatusBadRequest, RecoveryPage{Lang: lang, CSRF: "c1", Error: ProblemRecoveryMissing}},
		{"recovery-throttled", http.StatusTooManyRequests, RecoveryPage{Lang: lang, CSRF: "c1", Identifier: "maria@example.org", RetryAfter: 90 * time.Second}},
		{"recovery-set", http.StatusOK, NewPasswordPage{Lang: lang, CSRF: "c1", Token: "t", Identifier: "maria@example.org", MinPasswordLength: 15}},
		{"recovery-set-short", http.StatusBadRequest, NewPasswordPage{Lang: lang, CSRF: "c1", Token: "t", Errors: map[string]string{"new_password": FieldPasswordShort}, MinPasswordLength: 15}},
	}
	all = append(append(all, mailStates(lang)...), lostStates(lang)...)
	for note := range notes() {
		all = append(all, state{"note-" + string(note), http.StatusOK, NotePage{Lang: lang, Note: note}})
	}
	return all
}

// mailStates are the pages of a sign-in by mail.
func mailStates(lang string) []state {
	return []state{
		{"mail-sign-in", http.StatusOK, MailSignInPage{Lang: lang, CSRF: "c1", Flow: "f1", ClientName: "Acme Files"}},
		{"mail-sign-in-throttled", http.StatusTooManyRequests, MailSignInPage{Lang: lang, CSRF: "c1", Flow: "f1", Identifier: "maria@example.org", RetryAfter: 90 * time.Second}},
		{"mail-code", http.StatusOK, MailCodePage{Lang: lang, CSRF: "c1", Flow: "f1", ClientName: "Acme Files"}},
		{"mail-code-wrong", http.StatusForbidden, MailCodePage{Lang: lang, CSRF: "c1", Flow: "f1", ClientName: "Acme Files", Error: ProblemMailCode}},
		{"mail-link", http.StatusOK, MailLinkPage{Lang: lang, CSRF: "c1", Token: "t", ClientName: "Acme Files"}},
	}
}
