package web

import (
	"net/http"
	"time"
)

// requiredStates are the pages of what must be done before anything else.
func requiredStates(lang string) []state {
	page := RequiredPage{
		Lang: lang, CSRF: "c1", Flow: "f1", ClientName: "Acme Files", Identifier: "maria@example.org", FormAction: FormActionSource("https://files.acme.example/cb"),
		MinPasswordLength: 15, Version: "2026-11", TermsURL: "https://acme.example/terms", To: "maria@example.org",
	}
	with := func(action string, change func(*RequiredPage)) RequiredPage {
		p := page
		p.Action = action
		if change != nil {
			change(&p)
		}
		return p
	}
	return []state{
		{"required-password", http.StatusOK, with(RequiredPassword, nil)},
		{"required-password-wrong", http.StatusBadRequest, with(RequiredPassword, func(p *RequiredPage) { p.Errors = map[string]string{"new_password": FieldPasswordSame} })},
		{"required-terms", http.StatusOK, with(RequiredTerms, nil)},
		{"required-terms-changed", http.StatusOK, with(RequiredTerms, func(p *RequiredPage) { p.Accepted = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) })},
		{"required-email", http.StatusOK, with(RequiredEmail, nil)},
		{"required-email-sent", http.StatusOK, with(RequiredEmail, func(p *RequiredPage) { p.Sent = true })},
		{"required-email-wrong", http.StatusForbidden, with(RequiredEmail, func(p *RequiredPage) { p.Sent, p.Error = true, ProblemSentCode })},
		{"required-email-throttled", http.StatusTooManyRequests, with(RequiredEmail, func(p *RequiredPage) { p.Error = ProblemRequiredSends })},
		{"home-terms", http.StatusOK, HomePage{Lang: lang, Signed: true, Person: "Maria", Terms: &TermsLine{Version: "2026-11", URL: "https://acme.example/terms", At: page.Accepted.AddDate(2025, 10, 3)}}},
	}
}
