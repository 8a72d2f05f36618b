package web

import (
	"net/http"
	"time"
)

func passkeyStates(lang string) []state {
	ok, bad := http.StatusOK, http.StatusForbidden
	at := time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC)
	login := LoginPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Passkeys: true}
	wrong := login
	wrong.Error, wrong.Unknown = ProblemPasskey, PasskeySignals{RPID: "id.acme.example", UnknownID: "AQID"}
	page := PasskeysPage{Lang: lang, CSRF: "c1", Rows: []PasskeyRow{
		{ID: "1", Name: "Maria’s phone", Make: "iCloud Keychain", Added: at.Add(-48 * time.Hour), Used: at, Synced: true},
		{ID: "2", Name: "Security key", Added: at},
	}, Signals: PasskeySignals{RPID: "id.acme.example", User: "AA", Accepted: []string{"AQID"}, Name: "maria@example.org", FullName: "Maria Horvat"}}
	done, failed, old := page, page, page
	done.Done, failed.Problem, old.Again = "passkeys.done.renamed", ProblemPasskeyTaken, true
	offer := PasskeyOfferPage{Lang: lang, CSRF: "c1", Flow: "f1", Step: "s1", ClientName: "Acme Files"}
	again := offer
	again.Problem = ProblemPasskey
	return []state{
		{"login-passkey", ok, login},
		{"login-passkey-error", bad, wrong},
		{"passkeys", ok, page},
		{"passkeys-empty", ok, PasskeysPage{Lang: lang, CSRF: "c1"}},
		{"passkeys-done", ok, done},
		{"passkeys-error", bad, failed},
		{"passkeys-again", ok, old},
		{"passkey-remove", ok, PasskeyRemovePage{Lang: lang, CSRF: "c1", ID: "1", Name: "Maria’s phone"}},
		{"passkey-last", bad, PasskeyRemovePage{Lang: lang, CSRF: "c1", ID: "1", Name: "Maria’s phone", Last: true}},
		{"offer", ok, offer},
		{"offer-error", bad, again},
		{"home-passkeys", ok, HomePage{Lang: lang, Signed: true, Person: "Maria Horvat", Passkeys: true}},
	}
}
