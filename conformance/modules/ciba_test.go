package modules

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// The whole way of fapi-ciba-id1 in poll mode, as far as it needs no certificate.
func TestCIBA_Poll(t *testing.T) {
	w := alone(t, patient)
	rp, k := w.signingBank("PS256")
	a := w.ok(w.Call("/oauth2/bc-authorize", rp, form("request", k.sign("PS256", nil, w.signedRequest(rp, "scope", "openid email offline_access", "acr_values", "1", "requested_expiry", 300)))))
	if len(a.Text("auth_req_id")) < 43 || a.JSON["expires_in"] != 300.0 || a.JSON["interval"] != 5.0 || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %v", a.Body, a.Header)
	}
	w.row("auth_req_id.answered", func() { w.refused(w.askFor(w.Server, rp, a), 400, "authorization_pending") })
	w.approve("allow")
	tokens := w.ok(w.askFor(w.Server, rp, a))
	claims := w.idToken(tokens, rp)
	if claims["sub"] != w.person.Subject || claims["acr"] != "1" || claims["at_hash"] == nil || claims["c_hash"] != nil || claims["s_hash"] != nil {
		t.Errorf("ID token %v", claims)
	}
	if u := w.ok(w.Userinfo(tokens.Text("access_token"))); u.Text("email") != w.email {
		t.Errorf("%s", u.Body)
	}
	if r := w.ok(w.Refresh(rp, tokens.Text("refresh_token"))); r.Text("access_token") == "" {
		t.Errorf("%s", r.Body)
	}
	other := w.bank()
	w.refused(w.Refresh(other, tokens.Text("refresh_token")), 400, "invalid_grant")
	w.row("auth_req_id.unspent", func() { w.refused(w.askFor(w.Server, rp, a), 400, "invalid_grant") })
	w.ok(w.Userinfo(tokens.Text("access_token")))
	if g := w.grants(rp); len(g) != 1 || !strings.HasPrefix(g[0].Origin, "ciba:") || g[0].Person != w.person.ID {
		t.Errorf("grants %+v", g)
	}
}

// …-user-rejects-authentication, …-multiple-call-to-token-endpoint, …-auth-req-id-expired, …-ensure-wrong-auth-req-id-in-token-endpoint-request.
func TestCIBA_Polling(t *testing.T) {
	w := alone(t, patient)
	rp, other := w.bank(), w.bank()
	denied := w.ok(w.backchannel(rp))
	w.approve("deny")
	w.row("auth_req_id.allowed", func() { w.refused(w.askFor(w.Server, rp, denied), 400, "access_denied") })
	if evs := w.events(rp, "consent.deny"); len(evs) != 1 {
		t.Errorf("%+v", evs)
	}

	a := w.ok(w.backchannel(rp, "requested_expiry", "10"))
	if a.JSON["expires_in"] != 10.0 {
		t.Errorf("%s", a.Body)
	}
	w.refused(w.askFor(w.Server, rp, a), 400, "authorization_pending")
	w.row("auth_req_id.pace", func() { w.refused(w.askFor(w.Server, rp, a), 400, "slow_down") })
	w.row("auth_req_id.authentic", func() { w.refused(w.askFor(w.Server, other, a), 400, "invalid_grant") })
	w.row("auth_req_id.authentic", func() { w.refused(w.Call("/oauth2/token", rp, form("grant_type", cibaGrant)), 400, "invalid_request") })
	w.Clock.Advance(10 * time.Second)
	w.row("auth_req_id.unexpired", func() { w.refused(w.askFor(w.Server, rp, a), 400, "expired_token") })
	w.Clock.Advance(2 * time.Minute)
	_, err := w.App.DB.DeleteExpiredPending(context.Background(), w.Clock.Now(), 100)
	w.must(err)
	w.row("auth_req_id.stands", func() { w.refused(w.askFor(w.Server, rp, a), 400, "expired_token") })

	a = w.ok(w.backchannel(rp))
	w.approve("allow")
	w.Change(rp, func(m *storage.ClientMetadata) { m.Scope = "openid" })
	w.row("auth_req_id.registered", func() { w.refused(w.askFor(w.Server, rp, a), 400, "invalid_scope") })
	w.Change(rp, func(m *storage.ClientMetadata) { m.Scope = "openid email" })
	w.refused(w.askFor(w.Server, rp, a, "scope", "openid phone"), 400, "invalid_scope") // TK28's swap
	w.ok(w.askFor(w.Server, rp, a))
}

// TestTK24_SixteenCIBAPolls: right after approval, over both nodes where there are two.
func TestTK24_SixteenCIBAPolls(t *testing.T) {
	w := alone(t, patient)
	nodes := []*testkit.Server{w.Server}
	if w.App.Config.Database != "" {
		nodes = append(nodes, w.Node(t))
	}
	rp := w.bank()
	for range 5 {
		a := w.ok(w.backchannel(rp, "scope", "openid offline_access"))
		w.approve("allow")
		w.onlyOne(nodes, func(n *testkit.Server) *testkit.Answer { return w.askFor(n, rp, a) })
	}
}

// …-ensure-request-object-*-fails, …-ensure-unsigned-backchannel-authorization-request-fails, …-ensure-requested-expiry-as-string-succeeds.
func TestCIBA_SignedRequests(t *testing.T) {
	w := alone(t, patient)
	rp, k := w.signingBank("ES256")
	other, ok := w.signingBank("ES256")
	send := func(object string) *testkit.Answer {
		return w.Call("/oauth2/bc-authorize", rp, form("request", object))
	}
	sign := func(changes ...any) string { return k.sign("ES256", nil, w.signedRequest(rp, changes...)) }
	refused := func(row, object string) {
		t.Helper()
		w.row(row, func() { w.refused(send(object), 400, "invalid_request") })
	}
	w.ok(send(sign()))
	w.ok(send(sign("requested_expiry", "30")))
	w.ok(send(sign("scope", "email openid")))
	w.ok(send(k.sign("ES256", object{"typ": "oauth-authz-req+jwt"}, w.signedRequest(rp, "aud", []string{w.URL}))))
	now := w.Clock.Now()
	for _, c := range []struct {
		row     string
		changes []any
	}{
		{"jar.ciba_audience", []any{"aud", nil}}, {"jar.ciba_audience", []any{"aud", "https://other.test"}},
		{"jar.ciba_issuer", []any{"iss", nil}}, {"jar.ciba_issuer", []any{"iss", other.ID}},
		{"jar.ciba_lifetime", []any{"exp", nil}}, {"jar.ciba_times", []any{"exp", now.Add(-5 * time.Minute).Unix()}},
		{"jar.ciba_lifetime", []any{"exp", now.Add(70 * time.Minute).Unix()}}, {"jar.ciba_lifetime", []any{"nbf", nil}},
		{"jar.ciba_times", []any{"nbf", now.Add(10 * time.Minute).Unix()}}, {"jar.ciba_lifetime", []any{"nbf", now.Add(-70 * time.Minute).Unix()}},
		{"jar.ciba_identity", []any{"iat", nil}}, {"jar.ciba_identity", []any{"jti", nil}}, {"jar.ciba_identity", []any{"jti", strings.Repeat("x", 257)}},
		{"jar.ciba_nested", []any{"request", "x"}}, {"jar.ciba_parameters", []any{"scope", []string{"openid"}}},
	} {
		refused(c.row, sign(c.changes...))
	}
	refused("jar.ciba_signature", unsigned(t, object{"alg": "none"}, w.signedRequest(rp)))
	refused("jar.ciba_signature", sign()[:100])
	refused("jar.ciba_signature", ok.sign("ES256", nil, w.signedRequest(rp)))
	refused("jar.ciba_signature", newKey(t, "RS256").sign("RS256", nil, w.signedRequest(rp)))
	w.row("ciba.signed", func() { w.refused(w.backchannel(rp), 400, "invalid_request") })
	w.row("ciba.signed", func() {
		plain := w.bank()
		w.refused(w.Call("/oauth2/bc-authorize", plain, form("request", k.sign("ES256", nil, w.signedRequest(plain)))), 400, "invalid_request")
	})
	w.row("ciba.nothing_outside", func() {
		w.refused(w.Call("/oauth2/bc-authorize", rp, form("request", sign(), "binding_message", "W4SCT")), 400, "invalid_request")
	})
	again := sign()
	w.ok(send(again))
	refused("ciba.unused", again)
	w.row("ciba.request_object", func() { w.refused(send("x"), 400, "invalid_request") })
}

func TestCIBA_Requests(t *testing.T) {
	w := open(t)
	w.Resource("https://api.test", nil)
	rp := w.bank()
	refused := func(row, code string, changes ...string) {
		t.Helper()
		w.row(row, func() { w.refused(w.backchannel(rp, changes...), 400, code) })
	}
	refused("ciba.scope", "invalid_scope", "scope", "")
	refused("ciba.scope", "invalid_scope", "scope", "email")
	refused("ciba.scope", "invalid_scope", "scope", "openid admin")
	refused("ciba.resource", "invalid_target", "resource", "https://api.test")
	refused("ciba.binding_message", "invalid_binding_message", "binding_message", "1234 \U0001F44D\U0001F3FF 品川")
	refused("ciba.binding_message", "invalid_binding_message", "binding_message", strings.Repeat("Lorem ipsum ", 40))
	refused("ciba.binding_message", "invalid_binding_message", "binding_message", "a\nb")
	refused("ciba.binding_message", "invalid_binding_message", "binding_message", "\u202egnp.exe")
	refused("ciba.binding_message", "invalid_binding_message", "binding_message", "  ")
	refused("ciba.acr_values", "unmet_authentication_requirements", "acr_values", "phrh")
	refused("ciba.requested_expiry", "invalid_request", "requested_expiry", "-5")
	refused("ciba.requested_expiry", "invalid_request", "requested_expiry", "soon")
	refused("ciba.one_hint", "invalid_request", "login_hint", "")
	refused("ciba.one_hint", "invalid_request", "login_hint_token", "xxxxxxxxxxxxxxxxxxxx")
	refused("ciba.one_hint", "invalid_request", "login_hint_token", "xxxxxxxxxxxxxxxxxxxx", "login_hint", "")
	refused("ciba.hint", "unknown_user_id", "login_hint", "nobody@example.org")
	refused("ciba.hint", "unknown_user_id", "login_hint", strings.Repeat("x", 1000))
	refused("ciba.hint", "invalid_request", "login_hint", "", "id_token_hint", "x.y.z")
	locked, p := w.somebody()
	w.must(w.App.Directory.SetState(t.Context(), w.App.Tenant, p.ID, storage.PersonLocked, testkit.Operator()))
	refused("ciba.hint", "unknown_user_id", "login_hint", locked)
	w.row("ciba.grant_type_allowed", func() { w.refused(w.backchannel(w.Client(storage.ClientMetadata{})), 400, "unauthorized_client") })
	w.row("ciba.client_authentication", func() { w.refused(w.backchannel(nil), 401, "invalid_client") })
	w.refused(w.backchannel(&testkit.RP{ID: rp.ID}), 401, "invalid_client")
	if a := w.ok(w.backchannel(rp, "requested_expiry", "86400")); a.JSON["expires_in"] != 900.0 {
		t.Errorf("%s", a.Body)
	}
	for _, message := range []string{"Plačilo 12,50 € – Trgovina", "支払い 1200円", "Zahlung: 12,50 € (Müller & Söhne)"} {
		w.ok(w.backchannel(rp, "binding_message", message))
	}
}

// A person is named by an ID token of this client too, also when the client knows them by a name of its own.
func TestCIBA_IDTokenHint(t *testing.T) {
	w := open(t)
	rp := w.bank(func(m *storage.ClientMetadata) {
		m.RedirectURIs, m.GrantTypes = nil, append(m.GrantTypes, "authorization_code")
	})
	own := w.bank(func(m *storage.ClientMetadata) {
		m.RedirectURIs, m.GrantTypes, m.SubjectType = nil, append(m.GrantTypes, "authorization_code"), "pairwise"
	})
	for _, rp := range []*testkit.RP{rp, own} {
		hint := w.tokens(rp, "scope", "openid email").Text("id_token")
		a := w.ok(w.backchannel(rp, "login_hint", "", "id_token_hint", hint))
		w.approve("allow")
		_, want := w.parts(hint)
		if got := w.idToken(w.ok(w.askFor(w.Server, rp, a)), rp); got["sub"] != want["sub"] {
			t.Errorf("sub %v, want %v", got["sub"], want["sub"])
		}
		other := w.bank()
		w.refused(w.backchannel(other, "login_hint", "", "id_token_hint", hint), 400, "invalid_request")
	}
}

// Nobody but the person sees or answers what waits for them, and they see what they answer.
func TestCIBA_Approvals(t *testing.T) {
	w := open(t)
	rp := w.bank()
	a := w.ok(w.backchannel(rp, "scope", "openid email profile", "binding_message", "EUR 12.50, W4SCT"))
	b := w.Browser()
	if p := b.Get("/login").SignIn(w.email, testkit.Password); !p.HasID("home-approvals") { // signed in for nothing else
		t.Errorf("the start page says nothing: %.600s", p.Body)
	}
	page := w.waiting(b)
	text, _ := w.seen(page.Body)
	for _, want := range []string{"Acme Bank", "EUR 12.50, W4SCT", "See your email address", w.email, "127.0.0.1", fmt.Sprint(w.Clock.Now().Year()), "Not verified"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q: %s", want, text)
		}
	}
	stranger, _ := w.somebody()
	s := w.Browser()
	if p := s.Get(page.URL.Path).SignIn(stranger, testkit.Password); p.Status != 404 || strings.Contains(p.Body, "W4SCT") {
		t.Errorf("somebody else sees it: %d", p.Status)
	}
	action, f := page.Form("decision", "allow")
	if p := s.Post(action, f); p.Status != 403 {
		t.Errorf("somebody else answers: %d", p.Status)
	}
	if p := b.PostFrom("https://evil.test", action, f); p.Status != 403 {
		t.Errorf("another site answers: %d", p.Status)
	}
	forged := filled(form(), []string{"decision", "allow", "csrf", "AAAA"})
	if p := b.Post(action, forged); p.Status != 403 {
		t.Errorf("a forged form: %d", p.Status)
	}
	if p := b.Post(action, filled(form(), []string{"csrf", f.Get("csrf")})); p.Status != 400 {
		t.Errorf("no decision: %d", p.Status)
	}
	w.refused(w.askFor(w.Server, rp, a), 400, "authorization_pending")
	f["scope"] = []string{"email", "phone"} // profile off; phone was not asked for
	if p := b.Post(action, f); p.Status != 200 {
		t.Fatalf("%d %.400s", p.Status, p.Body)
	}
	if p := b.Post(action, f); p.Status != 404 || !strings.Contains(p.Body, "This request is over") {
		t.Errorf("answered twice: %d", p.Status)
	}
	if tokens := w.ok(w.askFor(w.Server, rp, a)); tokens.Text("scope") != "openid email" {
		t.Errorf("%s", tokens.Body)
	}
	if p := b.Get("/account/approvals/not-an-id"); p.Status != 404 {
		t.Errorf("%d", p.Status)
	}
}

// A client that bothers a person is stopped; one whose requests are wanted is not.
func TestCIBA_RequestBombing(t *testing.T) {
	w := alone(t, cheap)
	rp, other := w.bank(), w.bank()
	for range 12 {
		w.ok(w.backchannel(rp))
		w.approve("allow")
	}
	for i := range 10 {
		if a := w.backchannel(rp); a.Status != 200 {
			t.Fatalf("request %d: %s", i, a.Body)
		}
	}
	w.row("ciba.person_allowance", func() { w.refused(w.backchannel(rp), 429, "temporarily_unavailable") })
	w.refused(w.backchannel(rp, "scope", "email"), 400, "invalid_scope")
	for i := range 10 {
		if a := w.backchannel(other); a.Status != 200 {
			t.Fatalf("another client's request %d: %s", i, a.Body)
		}
	}
	third := w.bank()
	w.refused(w.backchannel(third), 429, "temporarily_unavailable") // twenty wait for this person
	w.Clock.Advance(6 * time.Minute)
	w.ok(w.backchannel(third))
}

// …-ping, …-ping-backchannel-notification-endpoint-response-has-body, …-401, …-403, …-return-redirect-request.
func TestCIBA_Ping(t *testing.T) {
	s := newSite(t)
	w := alone(t, s.reachable, patient)
	rp, b := w.ringing(s, "/bell")
	const token = "8d67dc78-7faa-4d41-aabd-67707b374255"
	w.row("ciba.notification_token", func() { w.refused(w.backchannel(rp), 400, "invalid_request") })
	w.refused(w.backchannel(rp, "client_notification_token", "short"), 400, "invalid_request")
	w.refused(w.backchannel(rp, "client_notification_token", strings.Repeat("x", 1025)), 400, "invalid_request")
	w.refused(w.backchannel(rp, "client_notification_token", token+" "+token), 400, "invalid_request")
	for decision, code := range map[string]string{"allow": "", "deny": "access_denied"} {
		a := w.ok(w.backchannel(rp, "client_notification_token", token))
		w.approve(decision)
		r := b.wait(w)
		if r.header.Get("Authorization") != "Bearer "+token || r.header.Get("Content-Type") != "application/json" || r.body != `{"auth_req_id":"`+a.Text("auth_req_id")+`"}` {
			t.Errorf("%s: %v %s", decision, r.header, r.body)
		}
		if got := w.askFor(w.Server, rp, a); got.Text("error") != code {
			t.Errorf("%s: %s", decision, got.Body)
		}
	}
	for _, status := range []int{http.StatusOK, http.StatusUnauthorized, http.StatusForbidden, http.StatusMovedPermanently} {
		b.status = func() int { return status }
		a := w.ok(w.backchannel(rp, "client_notification_token", token))
		w.approve("allow")
		b.wait(w)
		w.ok(w.askFor(w.Server, rp, a))
	}
	w.Clock.Advance(time.Minute) // what is tried again is due
	w.Within(20*time.Second, "every notification is over", func() bool {
		left, err := w.App.DB.Outbox(t.Context(), w.App.Tenant, storage.OutboxFilter{Kind: "ciba_ping", State: storage.OutboxWaiting, Limit: 10})
		return err == nil && len(left) == 0
	})
	if n := s.count("/bell"); n != 6 || s.count("/elsewhere") != 0 {
		t.Errorf("rung %d times, elsewhere %d", n, s.count("/elsewhere"))
	}
}

// A bell that is broken is rung again.
func TestCIBA_PingIsTriedAgain(t *testing.T) {
	s := newSite(t)
	w := alone(t, s.reachable)
	rp, b := w.ringing(s, "/bell")
	b.status = func() int { return http.StatusBadGateway }
	w.ok(w.backchannel(rp, "client_notification_token", "8d67dc78-7faa-4d41-aabd-67707b374255"))
	w.approve("allow")
	b.wait(w)
	w.Within(10*time.Second, "the failure is noted", func() bool {
		ms, err := w.App.DB.Outbox(t.Context(), w.App.Tenant, storage.OutboxFilter{Kind: "ciba_ping", Limit: 1})
		return err == nil && len(ms) == 1 && ms[0].Status != ""
	})
	w.Clock.Advance(15 * time.Second)
	b.wait(w)
}

// The URL that answers in a person's place is in no binary that was built without the tag conformance.
func TestCIBA_NoAutomaticApproval(t *testing.T) {
	w := open(t)
	a := w.ok(w.backchannel(w.bank()))
	if got := w.Raw("POST", "/conformance/ciba?auth_req_id="+a.Text("auth_req_id")+"&action=allow", "", "Content-Type", testkit.FormType, "Accept", "application/json"); got.Status != 404 {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}
