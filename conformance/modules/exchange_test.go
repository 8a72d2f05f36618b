package modules

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// owns makes a client the owner of a resource.
func (w *world) owns(rp *testkit.RP, resource string) {
	w.t.Helper()
	_, err := w.App.Registrar.UpdateResource(context.Background(), resource, func(r *register.Resource) error { r.Owner = rp.ID; return nil },
		register.Actor{Kind: "operator", ID: "test"})
	w.must(err)
}

func TestTokenExchange_Impersonation(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true})
	subject := s.signIn()
	a := s.ok(s.exchange(s.back, subject.Text("access_token"), "resource", s.stock, "scope", "orders:read"))
	if a.Text("issued_token_type") != typeAccess || a.Text("token_type") != "Bearer" || a.Text("scope") != "orders:read" || a.JSON["refresh_token"] != nil || a.JSON["id_token"] != nil {
		t.Errorf("answer: %s", a.Body)
	}
	_, before := s.parts(subject.Text("access_token"))
	header, claims := s.parts(a.Text("access_token"))
	if header["typ"] != "at+jwt" || claims["sub"] != before["sub"] || claims["client_id"] != s.back.ID || claims["aud"] != s.stock || claims["act"] != nil {
		t.Errorf("claims: %v", claims)
	}
	if claims["exp"].(float64) > before["exp"].(float64) || claims["auth_time"] != before["auth_time"] || claims["acr"] != before["acr"] {
		t.Errorf("lives longer or says more than its subject token: %v %v", claims, before)
	}
	if i := s.ok(s.Introspect(s.back, a.Text("access_token"))); i.JSON["active"] != true || i.Text("client_id") != s.back.ID || i.JSON["aud"] != s.stock {
		t.Errorf("introspection: %s", i.Body)
	}
	if i := s.ok(s.Introspect(s.front, a.Text("access_token"))); i.JSON["active"] != false {
		t.Errorf("the first client may look into it: %s", i.Body)
	}
	evs := s.events(s.back, "token.exchange")
	if len(evs) != 1 || evs[0].Actor != s.back.ID || evs[0].Reason != "impersonation" {
		t.Errorf("events: %+v", evs)
	}
}

func TestTokenExchange_Delegation(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Delegation: true})
	subject := s.signIn().Text("access_token")
	// With an actor token, and without: then the client is the actor, since it has proved who it is.
	for _, changes := range [][]string{{"actor_token", s.own(s.back), "actor_token_type", typeAccess}, nil} {
		a := s.ok(s.exchange(s.back, subject, append(changes, "audience", s.stock)...))
		_, claims := s.parts(a.Text("access_token"))
		act, _ := claims["act"].(object)
		if act["sub"] != s.back.ID || act["client_id"] != s.back.ID || act["act"] != nil {
			t.Errorf("act: %v", claims)
		}
		i := s.ok(s.Introspect(s.back, a.Text("access_token")))
		if seen, _ := i.JSON["act"].(object); seen["sub"] != s.back.ID {
			t.Errorf("introspection: %s", i.Body)
		}
	}
	// A person acts for another one, as support does; the event names both.
	email, support := s.somebody()
	actor := s.ok(s.Redeem(s.back, s.Code(s.back, email, "scope", "openid orders:read")))
	a := s.ok(s.exchange(s.back, subject, "actor_token", actor.Text("access_token"), "actor_token_type", typeAccess, "resource", s.stock))
	_, claims := s.parts(a.Text("access_token"))
	if act := claims["act"].(object); act["sub"] != support.Subject {
		t.Errorf("act: %v", claims)
	}
	evs := s.events(s.back, "token.exchange")
	if last := evs[0]; len(evs) != 3 || !strings.Contains(last.Actor+evs[2].Actor, support.ID.String()) {
		t.Errorf("events: %+v", evs)
	}
	// The actor who is locked acts no more.
	s.must(s.App.Directory.SetState(context.Background(), s.App.Tenant, support.ID, storage.PersonLocked, testkit.Operator()))
	s.inactive(s.back, a.Text("access_token"))
	s.notExchanged("exchange.actor", "invalid_request", s.back, subject, "actor_token", actor.Text("access_token"), "actor_token_type", typeAccess, "resource", s.stock)
	// An ID token names an actor too.
	email, support = s.somebody()
	actor = s.ok(s.Redeem(s.back, s.Code(s.back, email, "scope", "openid")))
	a = s.ok(s.exchange(s.back, subject, "actor_token", actor.Text("id_token"), "actor_token_type", typeID, "resource", s.stock))
	if _, claims = s.parts(a.Text("access_token")); claims["act"].(object)["sub"] != support.Subject {
		t.Errorf("act: %v", claims)
	}
}

// A chain of services: the newest actor stands in front of those before it, and the chain has an end.
func TestTokenExchange_Chain(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Delegation: true})
	first := s.signIn()
	token, holder := first.Text("access_token"), s.back
	for n := 1; ; n++ {
		if n > 1 {
			next := s.exchanging(storage.TokenExchangePolicy{Delegation: true, Audiences: []string{s.stock}, SubjectClients: []string{holder.ID}})
			s.owns(next, s.stock)
			holder = next
		}
		if n == 5 {
			s.notExchanged("exchange.chain", "invalid_request", holder, token, "resource", s.stock)
			break
		}
		a := s.ok(s.exchange(holder, token, "resource", s.stock))
		token = a.Text("access_token")
		_, claims := s.parts(token)
		depth, act := 0, claims["act"]
		for act != nil {
			depth++
			act = act.(object)["act"]
		}
		if depth != n || claims["act"].(object)["sub"] != holder.ID || claims["client_id"] != holder.ID {
			t.Fatalf("%d: %v", n, claims)
		}
	}
	// Impersonation does not wash a chain away.
	washer := s.exchanging(storage.TokenExchangePolicy{Impersonation: true, Audiences: []string{s.stock}, SubjectClients: []string{s.back.ID}})
	s.owns(washer, s.stock)
	once := s.ok(s.exchange(s.back, s.signIn().Text("access_token"), "resource", s.stock)).Text("access_token")
	_, claims := s.parts(s.ok(s.exchange(washer, once, "resource", s.stock)).Text("access_token"))
	if act, _ := claims["act"].(object); act["sub"] != s.back.ID {
		t.Errorf("the actor was forgotten: %v", claims)
	}
	// The end of the first grant is the end of all.
	s.ok(s.Introspect(holder, token))
	s.ok(s.Call("/oauth2/revoke", s.front, form("token", first.Text("refresh_token"))))
	s.inactive(s.back, token)
}

func TestTokenExchange_Formats(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true, Delegation: true})
	s.Change(s.back, func(m *storage.ClientMetadata) { m.AccessTokenFormat = "opaque" })
	subject := s.signIn()
	actor := []string{"actor_token", s.own(s.back), "actor_token_type", typeAccess, "resource", s.stock}
	a := s.ok(s.exchange(s.back, subject.Text("access_token"), actor...))
	if !strings.HasPrefix(a.Text("access_token"), "jda_") || a.Text("issued_token_type") != typeAccess {
		t.Errorf("not a handle: %s", a.Body)
	}
	i := s.ok(s.Introspect(s.back, a.Text("access_token")))
	if act, _ := i.JSON["act"].(object); act["sub"] != s.back.ID {
		t.Errorf("introspection: %s", i.Body)
	}
	jwt := s.ok(s.exchange(s.back, subject.Text("access_token"), append(actor, "requested_token_type", typeJWT)...))
	if len(strings.Split(jwt.Text("access_token"), ".")) != 3 || jwt.Text("issued_token_type") != typeJWT {
		t.Errorf("not a JWT: %s", jwt.Body)
	}
	// A handle is a subject token as well, but no JWT; what was exchanged can be exchanged again by its own client.
	s.ok(s.exchange(s.back, a.Text("access_token"), "resource", s.stock))
	s.notExchanged("exchange.subject", "invalid_request", s.back, a.Text("access_token"), "subject_token_type", typeJWT, "resource", s.stock)
	s.ok(s.exchange(s.back, subject.Text("access_token"), "subject_token_type", typeJWT, "resource", s.stock))
	// An ID token of the client itself.
	own := s.ok(s.Redeem(s.back, s.code(s.back, "scope", "openid orders:read")))
	_, claims := s.parts(s.ok(s.exchange(s.back, own.Text("id_token"), "subject_token_type", typeID, "resource", s.stock, "requested_token_type", typeJWT)).Text("access_token"))
	if claims["sub"] != s.person.Subject || claims["scope"] != "openid orders:read" {
		t.Errorf("claims: %v", claims)
	}
}

func TestTokenExchange_Parameters(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true, Delegation: true})
	subject := s.signIn().Text("access_token")
	for _, changes := range [][]string{
		{"subject_token", ""}, {"subject_token_type", ""}, {"subject_token_type", "urn:ietf:params:oauth:token-type:saml2"}, {"subject_token_type", "access_token"},
		{"subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"}, {"actor_token", subject}, {"actor_token_type", typeAccess},
		{"actor_token", subject, "actor_token_type", "x"}, {"requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"}, {"requested_token_type", typeID},
	} {
		s.notExchanged("exchange.parameters", "invalid_request", s.back, subject, append(changes, "resource", s.stock)...)
	}
	// A client that is not registered for it, and one whose policy was taken away behind the rules.
	s.refused(s.exchange(s.front, subject, "resource", s.stock), 400, "unauthorized_client")
	s.behind(s.back, func(m *storage.ClientMetadata) { m.TokenExchange = nil })
	s.notExchanged("exchange.policy", "unauthorized_client", s.back, subject, "resource", s.stock)
}

// What ends the subject's grant ends what was made of it, and an exchanged token can be revoked by itself.
func TestTokenExchange_Ends(t *testing.T) {
	ctx := context.Background()
	for name, end := range map[string]func(s *shop, subject *testkit.Answer){
		"refresh token revoked": func(s *shop, subject *testkit.Answer) {
			s.ok(s.Call("/oauth2/revoke", s.front, form("token", subject.Text("refresh_token"))))
		},
		"person locked": func(s *shop, _ *testkit.Answer) {
			s.must(s.App.Directory.SetState(ctx, s.App.Tenant, s.person.ID, storage.PersonLocked, testkit.Operator()))
		},
		"person erased": func(s *shop, _ *testkit.Answer) {
			s.must(s.App.Directory.Erase(ctx, s.App.Tenant, s.person.ID, testkit.Operator()))
		},
		"consent withdrawn": func(s *shop, _ *testkit.Answer) {
			s.must(s.App.DB.RevokeConsent(ctx, s.App.Tenant, s.person.ID, s.front.Client.ID, s.App.Now(), s.event("consent.revoke")))
		},
		"first client disabled": func(s *shop, _ *testkit.Answer) { s.Disable(s.front) },
		"first client deleted": func(s *shop, _ *testkit.Answer) {
			s.must(s.App.DB.DeleteClient(ctx, s.App.Tenant, s.front.Client.ID, s.App.Now(), s.event("client.delete")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, storage.TokenExchangePolicy{Impersonation: true})
			subject := s.signIn()
			a := s.ok(s.exchange(s.back, subject.Text("access_token"), "resource", s.stock))
			if i := s.ok(s.Introspect(s.back, a.Text("access_token"))); i.JSON["active"] != true {
				t.Fatal(i.Body)
			}
			end(s, subject)
			s.inactive(s.back, a.Text("access_token"))
			s.notExchanged("exchange.subject", "invalid_request", s.back, subject.Text("access_token"), "resource", s.stock)
		})
	}
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true})
	subject := s.signIn()
	a := s.ok(s.exchange(s.back, subject.Text("access_token"), "resource", s.stock))
	s.ok(s.Call("/oauth2/revoke", s.front, form("token", a.Text("access_token")))) // not its client
	s.ok(s.exchange(s.back, a.Text("access_token"), "resource", s.stock))
	s.ok(s.Call("/oauth2/revoke", s.back, form("token", a.Text("access_token"))))
	s.inactive(s.back, a.Text("access_token"))
	s.alive(s.front, subject)
}

// The tokens of a client itself are exchanged as well; whoever stands behind them must stand.
func TestTokenExchange_OfAClient(t *testing.T) {
	w := open(t)
	s := newShop(w, storage.TokenExchangePolicy{Impersonation: true})
	caller := s.exchanging(storage.TokenExchangePolicy{Delegation: true, Audiences: []string{s.stock}, SubjectClients: []string{s.back.ID}})
	subject := s.own(s.back)
	a := s.ok(s.exchange(caller, subject, "resource", s.stock))
	_, claims := s.parts(a.Text("access_token"))
	if claims["sub"] != s.back.ID || claims["client_id"] != caller.ID || claims["act"].(object)["sub"] != caller.ID || claims["gid"] != nil {
		t.Errorf("claims: %v", claims)
	}
	s.refused(s.Userinfo(a.Text("access_token")), 401, "invalid_token")
	s.Disable(s.back)
	s.inactive(caller, a.Text("access_token"))
}

// UserInfo shows an exchanged token's client what its scopes say, not what another client asked to see by name.
func TestTokenExchange_Userinfo(t *testing.T) {
	s := openShop(t, storage.TokenExchangePolicy{Impersonation: true})
	front := s.Client(storage.ClientMetadata{Scope: "openid email"})
	s.Change(s.back, func(m *storage.ClientMetadata) { m.TokenExchange.SubjectClients = []string{front.ID} })
	subject := s.tokens(front, "scope", "openid email", "claims", `{"userinfo":{"phone_number":null}}`).Text("access_token")
	if u := s.ok(s.Userinfo(subject)); u.JSON["phone_number"] == nil {
		t.Fatalf("the first client sees no phone number: %s", u.Body)
	}
	u := s.ok(s.Userinfo(s.ok(s.exchange(s.back, subject)).Text("access_token")))
	if u.JSON["email"] == nil || u.JSON["phone_number"] != nil || u.Text("sub") != s.person.Subject {
		t.Errorf("UserInfo: %s", u.Body)
	}
}

func TestTokenExchange_Lifetime(t *testing.T) {
	w := alone(t)
	s := newShop(w, storage.TokenExchangePolicy{Impersonation: true})
	subject := s.signIn()
	w.Clock.Advance(9 * time.Minute)
	a := s.ok(s.exchange(s.back, subject.Text("access_token"), "resource", s.stock))
	if n, _ := a.JSON["expires_in"].(float64); n > 60 || n <= 0 {
		t.Errorf("expires_in %v", a.JSON["expires_in"])
	}
	w.Clock.Advance(2 * time.Minute)
	s.notExchanged("exchange.subject", "invalid_request", s.back, subject.Text("access_token"), "resource", s.stock)
	s.inactive(s.back, a.Text("access_token"))
}
