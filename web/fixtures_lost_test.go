package web

import (
	"net/http"
	"time"
)

// lostStates are the pages of a recovery that waits, and of an administrator's link.
func lostStates(lang string) []state {
	ok, ready := http.StatusOK, time.Date(2026, 11, 25, 9, 5, 7, 0, time.UTC)
	const day, maria = 24 * time.Hour, "maria@example.org"
	return []state{
		{"recovery-lost", ok, RecoveryPage{Lang: lang, CSRF: "c1", Lost: true}},
		{"lost", ok, LostPage{Lang: lang, CSRF: "c1", Wait: day}},
		{"lost-half", ok, LostPage{Lang: lang, CSRF: "c1", Wait: day, Identifier: maria, Flow: "f1", Step: "s1"}},
		{"lost-missing", http.StatusBadRequest, LostPage{Lang: lang, CSRF: "c1", Wait: day, Error: ProblemRecoveryMissing}},
		{"lost-throttled", http.StatusTooManyRequests, LostPage{Lang: lang, CSRF: "c1", Wait: day, Identifier: maria, RetryAfter: 90 * time.Second}},
		{"lost-start", ok, LostStepPage{Lang: lang, CSRF: "c1", Token: "t", Identifier: maria, Wait: day}},
		{"lost-waiting", ok, LostWaitingPage{Lang: lang, Ready: ready}},
		{"lost-cancel", ok, LostStepPage{Lang: lang, CSRF: "c1", Token: "t", Cancel: true, Ready: ready}},
		{"lost-cancel-own", ok, LostStepPage{Lang: lang, CSRF: "c1", Cancel: true, Own: true, Identifier: maria, Ready: ready}},
		{"lost-set", ok, LostSetPage{Lang: lang, CSRF: "c1", Token: "t", Identifier: maria, Factors: true, MinPasswordLength: 15}},
		{"lost-set-short", http.StatusBadRequest, LostSetPage{Lang: lang, CSRF: "c1", Token: "t", Errors: map[string]string{"new_password": FieldPasswordShort}, MinPasswordLength: 15}},
		{"lost-home", ok, HomePage{Lang: lang, Signed: true, Person: "Maria Horvat", Passkeys: true, Recovery: ready}},
		{"lost-mfa", ok, MFAPage{Lang: lang, Flow: "f1", Step: "s1", CSRF: "c1", ClientName: "Acme Files", Identifier: maria, Kind: "totp", Others: []string{"backup"}, Lost: true}},
	}
}
