package modules

import (
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Whose token may be exchanged by whom.
func TestTokenExchangeAttack_ForeignTokens(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true, Delegation: true})
	subject := s.signIn()
	access := subject.Text("access_token")
	stranger := s.Client(storage.ClientMetadata{Scope: "openid orders:read"})
	s.notExchanged("exchange.subject_client", "invalid_request", s.back, s.tokens(stranger, "scope", "openid").Text("access_token"), "resource", s.stock)
	// A token of a client that is named, but for a resource of somebody else.
	other := "https://other.example/" + s.back.ID
	s.Resource(other, stranger)
	s.Change(s.front, func(m *storage.ClientMetadata) { m.Resources = append(m.Resources, other) })
	for _, resource := range []string{other} {
		s.notExchanged("exchange.subject_client", "invalid_request", s.back, s.signIn("resource", resource).Text("access_token"), "resource", s.stock)
	}
	// ID tokens of another audience, also of a client that is named; expired or damaged ones; other JWTs of ours.
	for _, token := range []string{subject.Text("id_token"), s.tokens(stranger, "scope", "openid").Text("id_token"), access, "x", subject.Text("refresh_token")} {
		s.notExchanged("exchange.subject", "invalid_request", s.back, token, "subject_token_type", typeID, "resource", s.stock)
	}
	own := s.ok(s.Redeem(s.back, s.code(s.back, "scope", "openid")))
	for _, token := range []string{own.Text("id_token"), access + "x", "jda_AAAA", "", subject.Text("refresh_token")} {
		s.row(map[bool]string{true: "exchange.parameters", false: "exchange.subject"}[token == ""], func() {
			s.refused(s.exchange(s.back, token, "resource", s.stock), 400, "invalid_request")
		})
	}
	// A signed UserInfo answer is no ID token.
	s.Change(s.back, func(m *storage.ClientMetadata) { m.UserinfoSignedRespAlg = "RS256" })
	s.notExchanged("exchange.subject", "invalid_request", s.back, s.ok(s.Userinfo(own.Text("access_token"))).Body, "subject_token_type", typeID, "resource", s.stock)
	// An actor's token that was issued to another client, and one that is itself somebody's by proxy.
	for _, token := range []string{access, s.own(s.exchanging(storage.TokenExchangePolicy{Impersonation: true}))} {
		s.notExchanged("exchange.actor", "invalid_request", s.back, access, "resource", s.stock, "actor_token", token, "actor_token_type", typeAccess)
	}
	proxy := s.ok(s.exchange(s.back, access, "resource", s.stock, "actor_token", s.own(s.back), "actor_token_type", typeAccess)).Text("access_token")
	s.notExchanged("exchange.actor", "invalid_request", s.back, access, "resource", s.stock, "actor_token", proxy, "actor_token_type", typeAccess)
	s.alive(s.front, subject)
}

// What a policy does not say is not allowed.
func TestTokenExchangeAttack_Modes(t *testing.T) {
	imp := openShop(t, storage.TokenExchangePolicy{Impersonation: true})
	actor := []string{"actor_token", imp.own(imp.back), "actor_token_type", typeAccess, "resource", imp.stock}
	imp.notExchanged("exchange.mode", "invalid_request", imp.back, imp.signIn().Text("access_token"), actor...)
	none := openShop(t, storage.TokenExchangePolicy{Impersonation: true})
	none.behind(none.back, func(m *storage.ClientMetadata) { m.TokenExchange.Impersonation = false })
	none.notExchanged("exchange.mode", "invalid_request", none.back, none.signIn().Text("access_token"), "resource", none.stock)
	// Nobody acts for themselves: a person, and a client with or without an actor token.
	both := openShop(t, storage.TokenExchangePolicy{Impersonation: true, Delegation: true})
	same := both.ok(both.Redeem(both.back, both.code(both.back, "scope", "openid"))).Text("access_token")
	both.notExchanged("exchange.mode", "invalid_request", both.back, both.signIn().Text("access_token"), "resource", both.stock, "actor_token", same, "actor_token_type", typeAccess)
	own := both.own(both.back)
	both.notExchanged("exchange.mode", "invalid_request", both.back, own, "resource", both.stock, "actor_token", own, "actor_token_type", typeAccess)
	both.Change(both.back, func(m *storage.ClientMetadata) { m.TokenExchange.Impersonation = false })
	both.notExchanged("exchange.mode", "invalid_request", both.back, own, "resource", both.stock)
}

// behind changes a registration behind the rules.
func (w *world) behind(rp *testkit.RP, change func(*storage.ClientMetadata)) {
	w.t.Helper()
	_, err := w.App.DB.UpdateClient(w.t.Context(), w.App.Tenant, rp.Client.ID, func(c *storage.Client) error { change(&c.Metadata); return nil }, w.event("client.update"))
	w.must(err)
}

// A token never reaches further than the one that it was made of.
func TestTokenExchangeAttack_Widening(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true})
	narrow := s.signIn("scope", "openid offline_access orders:read").Text("access_token")
	for _, scope := range []string{"orders:write", "orders:read orders:write", "email", "profile", "jedan:admin", "offline_access", "openid offline_access", "orders:read admin"} {
		s.notExchanged("exchange.scope", "invalid_scope", s.back, narrow, "resource", s.stock, "scope", scope)
	}
	if a := s.ok(s.exchange(s.back, narrow, "resource", s.stock)); a.Text("scope") != "openid orders:read" {
		t.Errorf("scope %q", a.Text("scope"))
	}
	// What the client itself is not registered for it does not get through others' tokens.
	wide := s.signIn().Text("access_token")
	s.Change(s.back, func(m *storage.ClientMetadata) { m.Scope = "openid orders:read" })
	s.notExchanged("exchange.scope", "invalid_scope", s.back, wide, "resource", s.stock, "scope", "orders:write")
	if a := s.ok(s.exchange(s.back, wide, "resource", s.stock)); a.Text("scope") != "openid orders:read" {
		t.Errorf("scope %q", a.Text("scope"))
	}
	s.Resource("https://free.example/"+s.back.ID, nil)
	for _, target := range []string{"https://free.example/" + s.back.ID, s.api, "https://unknown.example", "relative", s.stock + "#x", s.URL, s.URL + "/oauth2/userinfo", s.front.ID} {
		for _, name := range []string{"resource", "audience"} {
			s.notExchanged("exchange.target", "invalid_target", s.back, wide, name, target)
			s.notExchanged("exchange.target", "invalid_target", s.back, wide, "resource", s.stock, name, target)
		}
	}
	// Named nowhere, the targets are the subject token's; those are not in the policy either.
	s.notExchanged("exchange.target", "invalid_target", s.back, wide)
	s.notExchanged("exchange.details", "invalid_authorization_details", s.back, wide, "resource", s.stock, "authorization_details", `[{"type":"payment"}]`)
}

// A person whom another issuer vouches for.
func TestTokenExchange_OtherIssuer(t *testing.T) {
	w, k := trusting(t, core.MapSub)
	s := newShop(w, storage.TokenExchangePolicy{Impersonation: true, Delegation: true, Issuers: []string{elsewhere}})
	sign := func(changes ...any) string {
		return k.sign("ES256", nil, w.said(w.person.Subject, append([]any{"aud", "https://shop.example"}, changes...)...))
	}
	jwt := []string{"subject_token_type", typeJWT, "resource", s.stock}
	good := sign()
	a := w.ok(w.exchange(s.back, good, jwt...))
	_, claims := w.parts(a.Text("access_token"))
	if claims["sub"] != w.person.Subject || members(claims, "aud")[1] != s.stock || claims["scope"] != "openid email orders:read" || claims["auth_time"] != nil || claims["acr"] != nil {
		t.Errorf("claims: %v", claims)
	}
	again := w.ok(w.exchange(s.back, good, append(jwt, "scope", "orders:read")...))
	if _, c := w.parts(again.Text("access_token")); c["gid"] != claims["gid"] || len(w.grants(s.back)) != 1 {
		t.Errorf("one token of another issuer made %d grants", len(w.grants(s.back)))
	}
	if i := w.ok(w.Introspect(s.back, a.Text("access_token"))); i.JSON["active"] != true || i.JSON["auth_time"] != nil {
		t.Errorf("introspection: %s", i.Body)
	}
	for name, token := range map[string]string{
		"audience": sign("aud", w.URL), "expired": sign("exp", w.Clock.Now().Add(-2*time.Minute).Unix()), "no exp": sign("exp", nil), "issuer": sign("iss", "https://evil.example"),
		"future": sign("iat", w.Clock.Now().Add(time.Hour).Unix()), "unknown person": sign("sub", "nobody"), "no aud": sign("aud", nil), "damaged": good[:len(good)-4] + "AAAA",
		"none":  unsigned(t, object{"alg": "none", "kid": k.kid}, w.said(w.person.Subject, "aud", "https://shop.example")),
		"HS256": symmetric(t, "HS256", k.jwks(), object{"kid": k.kid}, w.said(w.person.Subject, "aud", "https://shop.example")),
	} {
		t.Run(name, func(*testing.T) { w.notExchanged("exchange.subject", "invalid_request", s.back, token, jwt...) })
	}
	// may_act names who may act, and nobody else does.
	for _, c := range []struct {
		may object
		ok  bool
	}{
		{object{"sub": s.back.ID}, true}, {object{"client_id": s.back.ID, "iss": w.URL}, true}, {object{"sub": s.front.ID}, false}, {object{"sub": s.back.ID, "iss": elsewhere}, false},
		{object{"sub": s.back.ID, "email": "x@example.org"}, false}, {object{}, false}, {object{"iss": w.URL}, false}, {object{"sub": []string{s.back.ID}}, false},
	} {
		for _, actor := range [][]string{nil, {"actor_token", w.own(s.back), "actor_token_type", typeAccess}} {
			if c.ok {
				w.ok(w.exchange(s.back, sign("may_act", c.may), append(jwt, actor...)...))
			} else {
				w.notExchanged("exchange.may_act", "invalid_request", s.back, sign("may_act", c.may), append(jwt, actor...)...)
			}
		}
	}
	// Actors that another issuer names stand in the chain, and nothing else of theirs.
	deep := object{"sub": "a", "evil": "x", "act": object{"sub": "b", "act": object{"sub": "c", "act": object{"sub": "d", "act": object{"sub": "e"}}}}}
	w.notExchanged("exchange.chain", "invalid_request", s.back, sign("act", deep), jwt...)
	_, claims = w.parts(w.ok(w.exchange(s.back, sign("act", object{"sub": "a", "evil": "x", "iss": elsewhere}), jwt...)).Text("access_token"))
	if act, _ := claims["act"].(object); act["sub"] != "a" || act["evil"] != nil || act["iss"] != elsewhere {
		t.Errorf("act: %v", claims)
	}
	// The grant is one of the person's: it is listed and can be ended, and the same token does not revive it.
	w.must(w.App.DB.RevokeConsent(t.Context(), w.App.Tenant, w.person.ID, s.back.Client.ID, w.App.Now(), w.event("consent.revoke")))
	w.inactive(s.back, a.Text("access_token"))
	w.notExchanged("exchange.subject", "invalid_request", s.back, good, jwt...)
	// A client whose registration names no issuer exchanges nothing of theirs.
	plain := w.exchanging(storage.TokenExchangePolicy{Impersonation: true, Audiences: []string{s.stock}})
	w.notExchanged("exchange.subject", "invalid_request", plain, sign(), jwt...)
}

// A token that is bound to a key is exchanged by who holds the key, and the new one is bound to the key of its request.
func TestTokenExchangeAttack_BoundTokens(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true, Delegation: true})
	k, other := newKey(t, "ES256"), newKey(t, "ES256")
	subject := s.ok(s.redeemBy(s.back, s.code(s.back, "scope", "openid orders:read"), s.tokenProof(k))).Text("access_token")
	ask := func(token string, proof *key, more ...string) *testkit.Answer {
		f := form(append([]string{"grant_type", grantExchange, "subject_token", token, "subject_token_type", typeAccess, "resource", s.stock}, more...)...)
		if proof == nil {
			return s.Call("/oauth2/token", s.back, f)
		}
		return s.prove("/oauth2/token", s.back, f, s.tokenProof(proof))
	}
	for _, wrong := range []*key{nil, other} {
		s.row("exchange.subject_key", func() { s.refused(ask(subject, wrong), 400, "invalid_request") })
	}
	a := s.ok(ask(subject, k))
	_, claims := s.parts(a.Text("access_token"))
	if cnf, _ := claims["cnf"].(object); a.Text("token_type") != "DPoP" || cnf["jkt"] != k.jkt() {
		t.Errorf("not bound: %s %v", a.Body, claims)
	}
	plain := s.signIn().Text("access_token")
	actor := s.ok(s.prove("/oauth2/token", s.back, form("grant_type", "client_credentials", "scope", "orders:read"), s.tokenProof(k))).Text("access_token")
	for _, wrong := range []*key{nil, other} {
		s.row("exchange.actor_key", func() {
			s.refused(ask(plain, wrong, "actor_token", actor, "actor_token_type", typeAccess), 400, "invalid_request")
		})
	}
	s.ok(ask(plain, k, "actor_token", actor, "actor_token_type", typeAccess))
}
