package web

import (
	"net/http"
	"time"
)

// federationStates are the pages of upstream sign-ins.
func federationStates(lang string) []state {
	ways := []Connector{{"corp", "Acme Corporation"}, {"google", "Google"}, {"github", "GitHub"}, {"microsoft", "Microsoft"}, {"gitlab", "GitLab"}, {"uni", "Technische Universität Bergakademie Freiberg"}}
	at := time.Date(2026, 11, 3, 9, 30, 0, 0, time.UTC)
	rows := []LoginRow{
		{ID: "a1", Connector: "Google", There: "maria@example.org", Since: at, Used: at.Add(48 * time.Hour)},
		{ID: "b2", Connector: "Technische Universität Bergakademie Freiberg", Since: at, Used: at},
	}
	return []state{
		{"login-connectors", http.StatusOK, LoginPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Passkeys: true, Signup: true, Connectors: ways}},
		{"login-directory-password", http.StatusForbidden, LoginPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Identifier: "maria", Error: ProblemDirectoryPassword}},
		{"login-directory-account", http.StatusForbidden, LoginPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Identifier: "maria", Error: ProblemDirectoryAccount}},
		{"directory-password", http.StatusForbidden, DirectoryPasswordPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Identifier: "maria"}},
		{"directory-password-refused", http.StatusForbidden, DirectoryPasswordPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Identifier: "maria", Errors: map[string]string{"new_password": FieldPasswordDirectory}}},
		{"login-upstream", http.StatusForbidden, LoginPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Connectors: ways[:2], Error: ProblemUpstream}},
		{"relay", http.StatusOK, RelayPage{Lang: lang, Action: "https://idp.example.org/sso", Fields: [][2]string{{"SAMLRequest", "PHg+"}, {"RelayState", "r"}}, Then: "https:"}},
		{"link", http.StatusOK, LinkPage{Lang: lang, CSRF: "c1", Ticket: "t1", Connector: "Google", There: "maria@example.org", Here: "maria", FormAction: "https://files.acme.example"}},
		{"link-ask", http.StatusOK, LinkAskPage{Lang: lang, Ticket: "t1", Connector: "Google", There: "maria@example.org"}},
		{"login-unknown", http.StatusForbidden, LoginPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Connectors: ways[:2], Error: ProblemUnknown}},
		{"elsewhere", http.StatusOK, ElsewherePage{Lang: lang, Flow: "f1", ClientName: "Acme Files", Connector: ways[0]}},
		{"connector-test-form", http.StatusOK, ConnectorTestPage{Lang: lang, Connector: "Acme Corporation", Name: "corp", Ticket: "t1", Form: true}},
		{"connector-test", http.StatusOK, ConnectorTestPage{
			Lang: lang, Connector: "Acme Corporation", Name: "corp", Ticket: "t1", Outcome: TestCreate, Facts: [][2]string{{"connector_test.key", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}, {TestFactACR, "https://refeds.org/profile/mfa"}},
			Claims:  [][2]string{{"email", `"maria@example.org"`}, {"groups", `["everybody","engineering","a-group-with-a-rather-long-name-of-a-department"]`}},
			Profile: [][2]string{{"email", `"maria@example.org"`}, {"email_verified", "true"}}, Strong: true, Joins: []string{"engineering"}, Leaves: []string{"sales"},
		}},
		{"connector-test-refused", http.StatusOK, ConnectorTestPage{
			Lang: lang, Connector: "Acme Corporation", Name: "corp", Ticket: "t1", Outcome: TestRefused, Check: "oidc_id_token.nonce", Expected: "the nonce of the request", Received: "another",
		}},
		{"logins", http.StatusOK, LoginsPage{Lang: lang, CSRF: "c1", Rows: rows, More: ways[2:4], Done: "logins.done.linked"}},
		{"logins-empty", http.StatusOK, LoginsPage{Lang: lang, CSRF: "c1", More: ways[:1]}},
		{"logins-last", http.StatusForbidden, LoginsPage{Lang: lang, CSRF: "c1", Rows: rows[:1], Problem: "logins.error.last"}},
		{"logins-again", http.StatusOK, LoginsPage{Lang: lang, CSRF: "c1", Rows: rows, More: ways[2:], Again: true}},
	}
}
