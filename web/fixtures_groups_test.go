package web

import "net/http"

// groupStates are the pages of who may not use an application.
func groupStates(lang string) []state {
	return []state{
		{"denied", http.StatusForbidden, DeniedPage{
			Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Person: "maria@example.org", FormAction: FormActionSource("https://files.acme.example/cb"),
		}},
		{"denied-device", http.StatusForbidden, DeniedPage{Lang: lang, ClientName: "Acme TV"}},
	}
}
