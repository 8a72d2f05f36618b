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
		{"required-address", http.StatusOK, with(RequiredAddress, func(p *RequiredPage) { p.To = "" })},
		{"required-address-sent", http.StatusOK, with(RequiredAddress, func(p *RequiredPage) { p.Sent = true })},
		{"required-address-taken", http.StatusConflict, with(RequiredAddress, func(p *RequiredPage) { p.Error = ProblemRequiredTaken })},
		{"required-email-throttled", http.StatusTooManyRequests, with(RequiredEmail, func(p *RequiredPage) { p.Error = ProblemRequiredSends })},
		{"required-profile", http.StatusOK, with(RequiredProfile, func(p *RequiredPage) { p.Attributes = schema(lang) })},
		{"required-profile-wrong", http.StatusBadRequest, with(RequiredProfile, func(p *RequiredPage) {
			p.Attributes = schema(lang)
			for i := range p.Attributes {
				p.Attributes[i].Wrong = true
			}
			p.Attributes[0].Value = "x"
		})},
		{"home-terms", http.StatusOK, HomePage{Lang: lang, Signed: true, Person: "Maria", Terms: &TermsLine{Version: "2026-11", URL: "https://acme.example/terms", At: page.Accepted.AddDate(2025, 10, 3)}}},
	}
}

// schema is one attribute of each kind.
func schema(lang string) []Attribute {
	words := func(en, de string) string {
		if lang == "de" {
			return de
		}
		return en
	}
	return []Attribute{
		{Name: "staff_number", Label: words("Staff number", "Personalnummer"), Hint: words("Two letters and four digits, such as AB1234", "Zwei Buchstaben und vier Ziffern, etwa AB1234"), Kind: "text", Required: true},
		{Name: "floor", Label: words("Floor", "Stockwerk"), Kind: "integer", Value: "4"},
		{Name: "joined", Label: words("Day of joining", "Eintrittstag"), Kind: "date", Value: "2024-02-01"},
		{Name: "homepage", Label: words("Page on the intranet", "Seite im Intranet"), Kind: "url", Value: "https://intra.acme.example/maria"},
		{Name: "department", Label: words("Department", "Abteilung"), Kind: "choice", Choices: []string{"Sales", "R&D", "Finance"}, Value: "R&D", Required: true},
		{Name: "parking", Label: words("Parking permit", "Parkberechtigung"), Kind: "boolean"},
	}
}
