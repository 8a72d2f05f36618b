package web

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// state is one page in one of its states.
type state struct {
	name   string
	status int
	page   Page
}

// states lists every page in every state, the preview's and the browser test's menu.
func states(lang string) []state {
	ok, bad := http.StatusOK, http.StatusBadRequest
	login := LoginPage{
		Lang: lang, Flow: "f1." + strings.Repeat("A", 600), CSRF: "c1", ClientName: "Acme Files",
		PolicyURI: "https://files.acme.example/privacy", TosURI: "https://files.acme.example/terms",
		FormAction: FormActionSource("https://files.acme.example/cb"),
	}
	filled, wrong, slow, fixed, again, popup := login, login, login, login, login, login
	filled.Identifier = "maria@example.org"
	wrong.Identifier, wrong.Error = "maria@example.org", ProblemCredentials
	slow.Identifier, slow.RetryAfter = "maria@example.org", 42*time.Second
	fixed.Identifier, fixed.IdentifierFixed = "maria@example.org", true
	again.Identifier, again.IdentifierFixed, again.Reauth = "maria@example.org", true, true
	popup.Display, popup.ClientLogoURI = "popup", "/assets/preview-logo"
	when := time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC)
	return append([]state{
		{"login", ok, login},
		{"login-filled", ok, filled},
		{"login-error", bad, wrong},
		{"login-throttled", http.StatusTooManyRequests, slow},
		{"login-fixed", ok, fixed},
		{"login-reauth", ok, again},
		{"login-popup", ok, popup},
		{"login-long", ok, LoginPage{
			Lang: lang, ClientName: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk Verwaltungsportal",
			Identifier: strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + ".example", IdentifierFixed: true,
		}},
		{"login-plain", ok, LoginPage{Lang: lang}},
		{"account", ok, AccountPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Accounts: []Account{
			{1, "Maria Horvat", "maria@example.org", true}, {2, "Maria at work", "m.horvat@acme.example", false}, {3, "", "+385 91 234 5678", false},
		}}},
		{"crowded", http.StatusServiceUnavailable, crowdedPage{Lang: lang}},
		{"error", bad, ErrorPage{
			Lang: lang, Code: "invalid_request", Description: ErrorRedirectURI, ErrorID: "e-7K2MQX9P4T", Time: when,
		}},
		{"error-back", bad, ErrorPage{
			Lang: lang, Code: "invalid_request", ErrorID: "e-7K2MQX9P4T", Time: when,
			BackURL: "https://files.acme.example/", BackName: "Acme Files",
		}},
		{"error-throttled", http.StatusTooManyRequests, ErrorPage{
			Lang: lang, Code: "too_many_requests", ErrorID: "e-7K2MQX9P4T", Time: when, RetryAfter: 90 * time.Second,
		}},
		{"error-offline", http.StatusServiceUnavailable, ErrorPage{
			Lang: lang, Code: "temporarily_unavailable", ErrorID: "e-7K2MQX9P4T", Time: when, RetryAfter: 5 * time.Second,
		}},
		{"error-not-found", http.StatusNotFound, ErrorPage{Lang: lang, Code: "not_found"}},
		{"expired", bad, ExpiredPage{Lang: lang, ClientName: "Acme Files", BackURL: "https://files.acme.example/login"}},
		{"expired-no-way", bad, ExpiredPage{Lang: lang}},
		{"form-post", ok, FormPostPage{Lang: lang, Action: "https://files.acme.example/cb?a=1&b=2", Fields: [][2]string{
			{"code", "jdc_x"}, {"state", `"><b>`}, {"submit", "x"},
		}}},
	}, slices.Concat(consentStates(lang), ownStates(lang), deviceStates(lang), approvalStates(lang), accountStates(lang), mfaStates(lang), passkeyStates(lang), recoveryStates(lang), otpStates(lang), groupStates(lang), signupStates(lang), challengeStates(lang), requiredStates(lang), qrStates(lang), federationStates(lang))...)
}

func deviceStates(lang string) []state {
	ok, bad := http.StatusOK, http.StatusBadRequest
	ask := DeviceAskPage{
		Lang: lang, CSRF: "c1", Request: "r1", UserCode: "WDJB-MJHT", ClientName: "Acme TV", ClientHost: "tv.acme.example", Verified: true,
		Person: "Maria Horvat", PersonIdentifier: "maria@example.org", From: "192.0.2.7", At: time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC),
		Scopes: []ConsentScope{{Name: "openid"}, {Name: "profile", Detail: "Maria Horvat", Optional: true, Checked: true}},
	}
	foreign := ask
	foreign.ClientHost, foreign.Verified, foreign.Elsewhere, foreign.From = "", false, true, "2001:db8:1234:5678:9abc:def0:1234:5678"
	foreign.Scopes = append(foreign.Scopes, ConsentScope{Name: "offline_access", Optional: true, Risky: true})
	return []state{
		{"device", ok, DevicePage{Lang: lang, CSRF: "c1"}},
		{"device-error", bad, DevicePage{Lang: lang, CSRF: "c1", UserCode: "WDJB-MJHH", Error: DeviceCodeUnknown}},
		{"device-throttled", http.StatusTooManyRequests, DevicePage{Lang: lang, CSRF: "c1", UserCode: "WDJB-MJHH", RetryAfter: 55 * time.Second}},
		{"device-ask", ok, ask},
		{"device-ask-foreign", ok, foreign},
		{"device-allowed", ok, DeviceDonePage{Lang: lang, ClientName: "Acme TV", Allowed: true}},
		{"device-denied", ok, DeviceDonePage{Lang: lang, ClientName: "Acme TV"}},
	}
}

func consentStates(lang string) []state {
	full := ConsentPage{
		Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", ClientHost: "files.acme.example", Verified: true,
		Person: "Maria Horvat", PersonIdentifier: "maria@example.org", PolicyURI: "https://files.acme.example/privacy",
		FormAction: FormActionSource("https://files.acme.example/cb"),
		Scopes: []ConsentScope{
			{Name: "offline_access", Optional: true, Risky: true},
			{Name: "openid"}, {Name: "profile", Detail: "Maria Horvat"}, {Name: "email", Detail: "maria@example.org"},
			{Name: "phone", Detail: "+385 91 234 5678", Optional: true, Checked: true},
			{Name: "address", Optional: true},
		},
	}
	agent := full
	agent.ClientName, agent.ClientHost = "Mail Helper", "localhost:4711"
	agent.Verified, agent.Agent, agent.Until, agent.ManageURL = false, true, time.Date(2026, 12, 24, 9, 5, 0, 0, time.UTC), "/account/apps"
	agent.Scopes = []ConsentScope{{Name: "files:write", Risky: true}, {Name: "email", Detail: "maria@example.org"}}
	more := agent
	more.Allowed = []ConsentScope{{Name: "openid"}, {Name: "files:read"}}
	return []state{
		{"consent", http.StatusOK, full},
		{"consent-agent", http.StatusOK, agent},
		{"consent-more", http.StatusOK, more},
		{"consent-empty", http.StatusOK, ConsentPage{Lang: lang, ClientHost: "files.acme.example"}},
	}
}

func ownStates(lang string) []state {
	ok, bad := http.StatusOK, http.StatusBadRequest
	return []state{
		{"logout", ok, LogoutPage{Lang: lang, CSRF: "c1", ClientName: "Acme Files", Person: "maria@example.org", Hidden: [][2]string{{"state", "s"}, {"csrf", "no"}}}},
		{"logout-plain", ok, LogoutPage{Lang: lang, CSRF: "c1"}},
		{"logged-out", ok, LoggedOutPage{Lang: lang, BackURL: "https://files.acme.example/", BackName: "Acme Files"}},
		{"logged-out-no-way", ok, LoggedOutPage{Lang: lang}},
		{"setup", ok, SetupPage{Lang: lang, Token: "t1", CSRF: "c1", MinPasswordLength: 15}},
		{"setup-error", bad, SetupPage{
			Lang: lang, Token: "t1", CSRF: "c1", Email: "maria@", Name: "Maria Horvat", MinPasswordLength: 15,
			Errors: map[string]string{"email": FieldEmailFormat, "password": FieldPasswordShort},
		}},
		{"setup-done", ok, SetupDonePage{Lang: lang, Email: "maria@example.org", Issuer: "https://id.acme.example"}},
		{"home", ok, HomePage{Lang: lang}},
		{"home-signed", ok, HomePage{Lang: lang, Signed: true, Person: "Maria Horvat"}},
		{"password", ok, PasswordChangePage{Lang: lang, CSRF: "c1", Identifier: "maria@example.org"}},
		{"password-error", bad, PasswordChangePage{
			Lang: lang, CSRF: "c1", Errors: map[string]string{"current_password": FieldPasswordWrong, "new_password": FieldPasswordCommon},
		}},
		{"password-done", ok, PasswordChangePage{Lang: lang, Done: true}},
	}
}

func approvalStates(lang string) []state {
	at := time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC)
	ask := ApprovalPage{
		Lang: lang, CSRF: "c1", ID: "0198", ClientName: "Acme Bank", ClientHost: "bank.acme.example", Verified: true, Message: "EUR 12.50 to Corner Shop, W4SCT",
		Person: "Maria Horvat", PersonIdentifier: "maria@example.org", From: "192.0.2.7", At: at, Until: at.Add(5 * time.Minute),
		Scopes: []ConsentScope{{Name: "openid"}, {Name: "profile", Detail: "Maria Horvat", Optional: true, Checked: true}},
	}
	weak := ask
	weak.Message, weak.Verified, weak.ClientHost, weak.Weak = "", false, "", true
	ok := http.StatusOK
	return []state{
		{"approvals", ok, ApprovalsPage{Lang: lang, Rows: []ApprovalRow{
			{ID: "1", ClientName: "Acme Bank", Message: "EUR 12.50 to Corner Shop, W4SCT", At: at}, {ID: "2", ClientName: "Call centre", At: at},
		}}},
		{"approvals-empty", ok, ApprovalsPage{Lang: lang}},
		{"approval", ok, ask},
		{"approval-weak", ok, weak},
		{"approval-allowed", ok, ApprovalDonePage{Lang: lang, ClientName: "Acme Bank", Allowed: true}},
		{"approval-denied", ok, ApprovalDonePage{Lang: lang, ClientName: "Acme Bank"}},
		{"approval-over", http.StatusNotFound, ApprovalDonePage{Lang: lang, Over: true}},
		{"apps", ok, AppsPage{Lang: lang, CSRF: "c1", Ended: "Old App", Tiles: []AppTile{{Title: "Acme Files", URL: "https://files.acme.example/start?iss=x"}, {Title: "Acme Wiki with a rather long name", URL: "https://wiki.acme.example/"}}, Rows: []AppRow{
			{ID: "1", ClientName: "Mail Helper", ClientHost: "localhost:4711", Agent: true, Scopes: []ConsentScope{{Name: "files:write"}, {Name: "email"}}, Since: at, Until: at.Add(720 * time.Hour)},
			{ID: "2", ClientName: "Acme Files", Scopes: []ConsentScope{{Name: "openid"}}, Since: at},
		}}},
		{"apps-empty", ok, AppsPage{Lang: lang}},
		{"home-score", ok, HomePage{Lang: lang, Signed: true, Person: "Maria Horvat", Score: &SecurityScore{Score: 20, Reasons: []string{"The password stands alone: add a passkey, or an authenticator app.", "The password is in a collection of stolen ones: change it."}}}},
		{"home-approvals", ok, HomePage{Lang: lang, Signed: true, Person: "Maria Horvat", Approvals: 2}},
	}
}

func newRenderer(t *testing.T, o Options) *Renderer {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// draw renders a page as the answer to a GET of target.
func draw(t *testing.T, r *Renderer, target string, status int, p Page) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r.Render(w, httptest.NewRequest(http.MethodGet, target, nil), status, p)
	return w
}
