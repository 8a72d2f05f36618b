package rp

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// spring is an application and an API on Spring Security.
type spring struct {
	*program
	secret, key, owner *testkit.RP
}

func openSpring(t *testing.T) *spring {
	t.Helper()
	jar := tool(t, "JEDAN_RP_SPRING", "the jar that `mvn package` makes of conformance/rp/spring")
	at := freeAddress(t)
	ears := front(t, at)
	w := open(t, reaching(t, ears))
	secret, _ := w.register(method{"client_secret_basic", "RS256"}, springClient(at, "secret"), func(m *storage.ClientMetadata) {
		m.BackchannelLogoutURI = ears.URL + springEars
	})
	keyed, key := w.register(method{"private_key_jwt", "RS256"}, springClient(at, "key"))
	owner := w.Client(storage.ClientMetadata{ClientName: "Acme Orders", GrantTypes: []string{"client_credentials"}, RedirectURIs: []string{}})
	w.Resource(api, owner)
	w.Resource(elsewhere, nil)
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "java", "-XX:TieredStopAtLevel=1", "-jar", jar)
	cmd.Env = append(os.Environ(), "SPRING_APPLICATION_JSON="+string(encode(t, map[string]string{
		"server.port": port, "acme.issuer": w.URL, "acme.api": api, "acme.key": string(key),
		"spring.security.oauth2.client.registration.secret.client-id": secret.ID, "spring.security.oauth2.client.registration.secret.client-secret": secret.Secret,
		"spring.security.oauth2.client.registration.key.client-id":        keyed.ID,
		"spring.security.oauth2.resourceserver.opaquetoken.client-id":     owner.ID,
		"spring.security.oauth2.resourceserver.opaquetoken.client-secret": owner.Secret,
	})))
	return &spring{w.start(at, cmd), secret, keyed, owner}
}

// springEars is where Spring listens for logout tokens.
const springEars = "/logout/connect/back-channel/secret"

// springClient are the addresses that Spring has for a registration; its access tokens are about to expire as soon as they are there.
func springClient(at, name string) func(*storage.ClientMetadata) {
	return func(m *storage.ClientMetadata) {
		m.RedirectURIs, m.PostLogoutRedirectURIs = []string{"http://" + at + "/login/oauth2/code/" + name}, []string{"http://" + at + "/bye"}
		m.AccessTokenSeconds = 30
	}
}

func TestSpring(t *testing.T) {
	s := openSpring(t)
	for name, test := range map[string]func(*spring){
		"client_secret_basic": (*spring).bySecret, "private_key_jwt": (*spring).byKey, "refused": (*spring).refused, "back-channel logout": (*spring).hears,
		"API, JWT": (*spring).verifies, "API, DPoP": (*spring).proves, "API, introspection": (*spring).asks,
	} {
		t.Run(name, func(t *testing.T) { test(&spring{s.with(t), s.secret, s.key, s.owner}) })
	}
}

func (s *spring) bySecret() { s.signIn(s.secret, "secret") }
func (s *spring) byKey()    { s.signIn(s.key, "key") }

// signIn signs in, lets Spring renew the access token, and signs out of both.
func (s *spring) signIn(rp *testkit.RP, name string) {
	b := s.Browser()
	s.visit(b, "/oauth2/authorization/"+name)
	var claims struct {
		Subject  string   `json:"sub"`
		Email    string   `json:"email"`
		Audience []string `json:"aud"`
	}
	s.read(b, "/me", &claims)
	if claims.Subject != s.subject || claims.Email != email || len(claims.Audience) != 1 || claims.Audience[0] != rp.ID {
		s.t.Errorf("Spring saw %+v", claims)
	}
	first, second := s.token(b), s.token(b)
	if first == second || s.Userinfo(second).Text("sub") != s.subject {
		s.t.Errorf("not renewed: %q, %q", first, second)
	}
	p := b.Get(s.URL + "/logout").Submit()
	if p.Location == nil {
		s.t.Fatalf("signing out: %d %s %.400s", p.Status, p.URL, p.Body)
	}
	if p = s.visit(b, p.Location.String()); p.Body != "good bye" {
		s.t.Errorf("signing out ended at %s: %d %.400s", p.URL, p.Status, p.Body)
	}
	s.asksToSignIn(b, "/oauth2/authorization/"+name)
}

// read decodes a page of the application.
func (s *spring) read(b *testkit.Browser, path string, v any) {
	s.t.Helper()
	p := b.Get(s.URL + path)
	if err := json.Unmarshal([]byte(p.Body), v); err != nil {
		s.t.Fatalf("%s: %v: %d %.400s", path, err, p.Status, p.Body)
	}
}

func (s *spring) token(b *testkit.Browser) string {
	s.t.Helper()
	var got struct {
		AccessToken string `json:"access_token"`
	}
	s.read(b, "/token", &got)
	return got.AccessToken
}

// refused are answers that Spring does not take, and a grant that ended.
func (s *spring) refused() {
	for name, value := range map[string]string{"state": "of another browser", "code": "guessed"} {
		b := s.Browser()
		p := b.Get(forged(s.comesBack(b, "/oauth2/authorization/secret"), name, value))
		if p.Location == nil || p.Location.String() != s.URL+"/login?error" {
			s.t.Errorf("another %s is taken: %d %v", name, p.Status, p.Location)
		}
		if p := b.Get(s.URL + "/me"); p.Status == 200 {
			s.t.Errorf("another %s signs in: %s", name, p.Body)
		}
	}
}

// in reports whether Spring takes a browser for signed in.
func (s *spring) in(b *testkit.Browser) bool { return b.Get(s.URL+"/me").Status == 200 }

// hears is Spring told by the server that somebody has signed out.
func (s *spring) hears() {
	s.toldOut("/oauth2/authorization/secret", s.in)
	s.forgedLogout("/oauth2/authorization/secret", springEars, s.secret, s.in)
}

// orders is a token of a machine for the API.
func (s *spring) orders(rp *testkit.RP, scope, resource string) string {
	s.t.Helper()
	return s.Call("/oauth2/token", rp, url.Values{"grant_type": {"client_credentials"}, "resource": {resource}, "scope": {scope}}).Text("access_token")
}

const elsewhere = "https://other.acme.example"

func (s *spring) machine(format string) *testkit.RP {
	return s.Client(storage.ClientMetadata{
		GrantTypes: []string{"client_credentials"}, RedirectURIs: []string{}, Scope: "orders:read orders:write", Resources: []string{api, elsewhere}, AccessTokenFormat: format,
	})
}

// verifies is the API that verifies JWTs by itself.
func (s *spring) verifies() {
	rp := s.machine("jwt")
	good := s.orders(rp, "orders:read", api)
	if a := s.call("/jwt/orders", good); a.Status != 200 || a.Text("name") != rp.ID || !strings.Contains(a.Body, "SCOPE_orders:read") {
		s.t.Errorf("a good token: %d %s %v", a.Status, a.Body, a.Header)
	}
	if a := s.call("/jwt/orders", s.orders(rp, "orders:write", api)); a.Status != 403 {
		s.t.Errorf("a token without the scope: %d", a.Status)
	}
	app := newGoApp(s.t.Context(), s.world, s.secretFor(), "RS256")
	token, _ := app.signIn(s.t.Context())
	id, _ := token.Extra("id_token").(string)
	for name, bad := range map[string]string{"none": "", "guessed": "x.y.z", "for another API": s.orders(rp, "orders:read", elsewhere), "an ID token": id} {
		if a := s.call("/jwt/orders", bad); a.Status != 401 {
			s.t.Errorf("%s: %d", name, a.Status)
		}
	}
}

// proves is the API that wants proof of the key that a token is bound to.
func (s *spring) proves() {
	rp := s.Client(storage.ClientMetadata{
		GrantTypes: []string{"client_credentials"}, RedirectURIs: []string{}, Scope: "orders:read", Resources: []string{api}, ClientBinding: storage.ClientBinding{DPoPBound: true},
	})
	own, thief := newProver(s.t), newProver(s.t)
	req := s.Request("/oauth2/token", rp, url.Values{"grant_type": {"client_credentials"}, "resource": {api}, "scope": {"orders:read"}})
	req.Header.Set("DPoP", own.proof("POST", s.Server.URL+"/oauth2/token", ""))
	token := s.Do(req).Text("access_token")
	for name, c := range map[string]struct {
		scheme, proof string
		status        int
	}{
		"own key": {"DPoP", own.proof("GET", s.URL+"/jwt/orders", token), 200}, "another key": {"DPoP", thief.proof("GET", s.URL+"/jwt/orders", token), 401},
		"no key": {"Bearer", "", 401}, "of another request": {"DPoP", own.proof("GET", s.URL+"/jwt/other", token), 401},
	} {
		header := []string{"Authorization", c.scheme + " " + token}
		if c.proof != "" {
			header = append(header, "DPoP", c.proof)
		}
		if a := s.Get(s.URL+"/jwt/orders", header...); a.Status != c.status {
			s.t.Errorf("%s: %d %s %v", name, a.Status, a.Body, a.Header)
		}
	}
}

// secretFor is an application of the Go tests at the same server.
func (s *spring) secretFor() *testkit.RP {
	rp, _ := s.register(method{"client_secret_basic", "RS256"})
	return rp
}

// asks is the API that asks the server.
func (s *spring) asks() {
	rp := s.machine("opaque")
	good := s.orders(rp, "orders:read", api)
	if a := s.call("/opaque/orders", good); a.Status != 200 || a.Text("name") != rp.ID || !strings.Contains(a.Body, "SCOPE_orders:read") {
		s.t.Errorf("a good token: %d %s %v", a.Status, a.Body, a.Header)
	}
	if a := s.call("/opaque/orders", s.orders(rp, "orders:write", api)); a.Status != 403 {
		s.t.Errorf("a token without the scope: %d", a.Status)
	}
	s.Call("/oauth2/revoke", rp, url.Values{"token": {good}})
	for name, bad := range map[string]string{"none": "", "guessed": "x", "revoked": good} {
		if a := s.call("/opaque/orders", bad); a.Status != 401 {
			s.t.Errorf("%s: %d", name, a.Status)
		}
	}
}
