package web

import (
	"net/http"
	"time"
)

// signupStates are the pages of a new account; its notes are among those of a forgotten password.
func signupStates(lang string) []state {
	return []state{
		{"signup", http.StatusOK, SignupPage{Lang: lang, CSRF: "c1", Flow: "f1", ClientName: "Acme Files"}},
		{"signup-domain", http.StatusBadRequest, SignupPage{
			Lang: lang, CSRF: "c1", Domains: []string{"acme.example", "example.org"}, Identifier: "maria@elsewhere.example", Error: ProblemSignupDomain,
		}},
		{"signup-wrong", http.StatusBadRequest, SignupPage{Lang: lang, CSRF: "c1", Identifier: "maria", Error: ProblemSignupAddress}},
		{"signup-throttled", http.StatusTooManyRequests, SignupPage{Lang: lang, CSRF: "c1", Identifier: "maria@example.org", RetryAfter: 90 * time.Second}},
		{"signup-finish", http.StatusOK, SignupFinishPage{Lang: lang, CSRF: "c1", Token: "t", Identifier: "maria@example.org", MinPasswordLength: 15}},
		{"signup-finish-attributes", http.StatusOK, SignupFinishPage{Lang: lang, CSRF: "c1", Token: "t", Identifier: "maria@example.org", MinPasswordLength: 15, Attributes: schema(lang)}},
		{"signup-finish-wrong", http.StatusBadRequest, SignupFinishPage{
			Lang: lang, CSRF: "c1", Token: "t", Identifier: "maria@example.org", Name: "Maria", MinPasswordLength: 15,
			Errors: map[string]string{"new_password": FieldPasswordShort, "name": FieldSignupName},
		}},
	}
}
