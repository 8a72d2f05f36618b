package modules

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// form makes a form of name and value pairs.
func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f
}

// machine is a client that gets tokens of its own.
func (w *world) machine(m storage.ClientMetadata, options ...func(*register.Options)) *testkit.RP {
	w.t.Helper()
	m.GrantTypes, m.RedirectURIs = []string{"client_credentials"}, []string{"https://machine.test/cb"}
	if m.Scope == "" {
		m.Scope = "files"
	}
	return w.Client(m, options...)
}

// credentials asks for a client's own token with any header and form.
func (w *world) credentials(f url.Values, authorization ...string) *testkit.Answer {
	w.t.Helper()
	f.Set("grant_type", "client_credentials")
	header := []string{"Content-Type", testkit.FormType}
	for _, a := range authorization {
		header = append(header, "Authorization", a)
	}
	return w.Raw("POST", "/oauth2/token", f.Encode(), header...)
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// unknown wants invalid_client with a challenge.
func (w *world) unknown(a *testkit.Answer) {
	w.t.Helper()
	w.refused(a, 401, "invalid_client")
	if !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Basic ") {
		w.t.Errorf("WWW-Authenticate %q", a.Header.Get("WWW-Authenticate"))
	}
}

func TestTK06_ClientAuthenticationMethods(t *testing.T) {
	w := open(t)
	viaBasic := w.machine(storage.ClientMetadata{}, func(o *register.Options) { o.ClientID = "odd:id/+%&=" + w.email })
	viaPost := w.machine(storage.ClientMetadata{TokenEndpointAuthMethod: "client_secret_post"})
	public := w.public(storage.ClientMetadata{})
	post := func(rp *testkit.RP, secret string) url.Values {
		return form("client_id", rp.ID, "client_secret", secret)
	}
	raw := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

	w.ok(w.credentials(form(), basic(viaBasic.ID, viaBasic.Secret)))
	w.ok(w.credentials(form("client_id", viaBasic.ID), basic(viaBasic.ID, viaBasic.Secret)))
	w.ok(w.credentials(post(viaPost, viaPost.Secret)))

	inQuery := "/oauth2/token?" + post(viaPost, viaPost.Secret).Encode()
	w.unknown(w.Raw("POST", inQuery, "grant_type=client_credentials", "Content-Type", testkit.FormType))
	w.row("client.one_method", func() {
		w.refused(w.credentials(post(viaBasic, viaBasic.Secret), basic(viaBasic.ID, viaBasic.Secret)), 400, "invalid_request")
	})
	w.row("client.one_method", func() {
		w.refused(w.credentials(form("client_assertion", "x", "client_assertion_type", "y"), basic(viaBasic.ID, viaBasic.Secret)), 400, "invalid_request")
	})
	w.row("client.registered_method", func() { w.unknown(w.credentials(post(viaBasic, viaBasic.Secret))) })
	w.row("client.registered_method", func() { w.unknown(w.credentials(form(), basic(viaPost.ID, viaPost.Secret))) })
	w.row("client.registered_method", func() { w.unknown(w.credentials(form("client_id", viaBasic.ID))) })
	w.row("client.registered_method", func() { w.unknown(w.credentials(form(), basic(public.ID, ""))) })
	w.row("client.registered_method", func() { w.unknown(w.credentials(post(public, "secret"))) })
	w.row("client.secret", func() { w.unknown(w.credentials(form(), basic(viaBasic.ID, ""))) })
	w.row("client.secret", func() { w.unknown(w.credentials(form(), basic(viaBasic.ID, "wrong"))) })
	w.row("client.secret", func() { w.unknown(w.credentials(form(), basic(viaBasic.ID, viaPost.Secret))) })
	w.row("client.secret", func() { w.unknown(w.credentials(post(viaPost, strings.Repeat("x", 2000)))) })
	w.row("client.known", func() { w.unknown(w.credentials(form(), basic("nobody", "secret"))) })
	w.row("client.known", func() { w.unknown(w.credentials(form())) })
	w.row("client.known", func() { w.unknown(w.credentials(form(), raw(":"))) })
	for _, odd := range []string{raw(viaBasic.ID + ":" + viaBasic.Secret), raw("%zz:x"), raw("nocolon"), "Basic !!!", "Basic", "Basic ", raw("a\x00b:c"), raw("\xff:\xff")} {
		w.unknown(w.credentials(form(), odd))
	}
	w.row("client.authorization_header", func() { w.unknown(w.credentials(form(), raw("%zz:x"))) })
	w.Disable(viaBasic)
	w.row("client.enabled", func() { w.unknown(w.credentials(form(), basic(viaBasic.ID, viaBasic.Secret))) })
}

// countingRing counts keyed hashes; countingClients counts queries.
type countingRing struct {
	core.Ring
	hashes int
}

func (r *countingRing) VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool {
	r.hashes++
	return r.Ring.VerifyMAC(purpose, version, mac, parts...)
}

type countingClients struct {
	storage.ClientReader
	queries int
}

func (c *countingClients) ClientByClientID(ctx context.Context, tenant storage.ID, id string) (*storage.Client, error) {
	c.queries++
	return c.ClientReader.ClientByClientID(ctx, tenant, id)
}

func TestTK08_NoSecretOracle(t *testing.T) {
	w := open(t)
	rp := w.machine(storage.ClientMetadata{})
	wrong, unknown := w.credentials(form(), basic(rp.ID, "wrong")), w.credentials(form(), basic("nobody", "wrong"))
	w.unknown(wrong)
	w.unknown(unknown)
	for _, h := range []map[string][]string{wrong.Header, unknown.Header} {
		delete(h, "Date")
	}
	if wrong.Body != unknown.Body || len(wrong.Header) != len(unknown.Header) || wrong.Header.Get("WWW-Authenticate") != unknown.Header.Get("WWW-Authenticate") {
		t.Errorf("they differ:\n%v %s\n%v %s", wrong.Header, wrong.Body, unknown.Header, unknown.Body)
	}

	ring, clients := &countingRing{Ring: w.App.Ring}, &countingClients{ClientReader: w.App.DB}
	authn := &core.Authn{
		Clients: core.NewClients(clients, cache.NewFeed(w.App.Now, w.App.Log), w.App.Tenant, nil), Ring: ring, Now: w.App.Now, Tenant: w.App.Tenant, Issuer: w.URL,
		Verdicts: func(context.Context, string, []verdict.Verdict) {},
	}
	work := func(id, secret string) (hashes, queries int) {
		h, q := ring.hashes, clients.queries
		r := core.ClientRequest(w.Request("/oauth2/token", nil, form()), form(), w.URL+"/oauth2/token")
		r.Header.Set("Authorization", basic(id, secret))
		if _, err := authn.Authenticate(context.Background(), r); (err == nil) != (secret == rp.Secret) {
			t.Errorf("%s: %v", id, err)
		}
		return ring.hashes - h, clients.queries - q
	}
	for _, c := range [][2]string{{rp.ID, rp.Secret}, {rp.ID, "wrong"}, {"nobody", "wrong"}, {"nobody at all", strings.Repeat("x", 500)}} {
		if hashes, queries := work(c[0], c[1]); hashes != 1 || queries != 1 {
			t.Errorf("%q: %d hashes, %d queries", c[0], hashes, queries)
		}
	}
}

func TestTK21_ClientCredentials(t *testing.T) {
	w := open(t)
	api, other := "https://api21."+w.email, "https://other21."+w.email
	api, other = strings.ReplaceAll(api, "@", "."), strings.ReplaceAll(other, "@", ".")
	w.Resource(api, nil)
	w.Resource(other, nil)
	rp := w.machine(storage.ClientMetadata{Scope: "files openid offline_access", Resources: []string{api}})
	a := w.ok(w.Call("/oauth2/token", rp, form("grant_type", "client_credentials", "scope", "files", "resource", api)))
	_, claims := w.parts(a.Text("access_token"))
	if claims["sub"] != rp.ID || a.Text("scope") != "files" || a.JSON["id_token"] != nil || a.JSON["refresh_token"] != nil {
		t.Errorf("got %s, %v", a.Body, claims)
	}
	if all := w.ok(w.Call("/oauth2/token", rp, form("grant_type", "client_credentials"))); all.Text("scope") != "files" {
		t.Errorf("the default scope is %q", all.Text("scope"))
	}
	ask := func(pairs ...string) *testkit.Answer {
		return w.Call("/oauth2/token", rp, form(append([]string{"grant_type", "client_credentials"}, pairs...)...))
	}
	w.row("client_credentials.scope", func() { w.refused(ask("scope", "admin"), 400, "invalid_scope") })
	w.row("client_credentials.scope", func() { w.refused(ask("scope", "files admin"), 400, "invalid_scope") })
	for _, scope := range []string{"openid", "openid offline_access", "files openid"} {
		w.row("client_credentials.no_person_scope", func() { w.refused(ask("scope", scope), 400, "invalid_scope") })
	}
	for _, resource := range []string{other, "https://unknown.test/", w.URL, w.URL + "/oauth2/userinfo", api + "#x"} {
		w.row("client_credentials.resource", func() { w.refused(ask("resource", resource), 400, "invalid_target") })
	}
	w.row("client_credentials.resource", func() { w.refused(ask("resource", api, "resource", other), 400, "invalid_target") })
	if b := w.ok(ask("scope", "files", "audience", other)); strings.Contains(w.payload(b), other) {
		t.Errorf("audience was taken: %s", w.payload(b))
	}
	w.must(w.App.Registrar.DeleteResource(context.Background(), api, registrarActor()))
	w.refused(ask("scope", "files", "resource", api), 400, "invalid_target")

	// Registration refuses a public client for this grant; a row that says so anyway gets nothing.
	_, err := w.App.Registrar.Create(context.Background(), storage.ClientMetadata{TokenEndpointAuthMethod: "none", GrantTypes: []string{"client_credentials"}}, register.Options{})
	if err == nil {
		t.Error("a public machine was registered")
	}
	_, err = w.App.DB.UpdateClient(context.Background(), w.App.Tenant, rp.Client.ID, func(c *storage.Client) error {
		c.Metadata.TokenEndpointAuthMethod = "none"
		return nil
	}, w.event("client.update"))
	w.must(err)
	w.row("client_credentials.confidential", func() {
		w.refused(w.credentials(form("client_id", rp.ID, "scope", "files")), 400, "unauthorized_client")
	})
}

func TestTK22_ClientIsNoPerson(t *testing.T) {
	w := open(t)
	rp := w.machine(storage.ClientMetadata{Scope: "files"}, func(o *register.Options) { o.ClientID = w.person.Subject })
	people := w.Client(storage.ClientMetadata{})
	w.ok(w.Userinfo(w.tokens(people).Text("access_token")))
	for _, format := range []string{"jwt", "opaque"} {
		w.Change(rp, func(m *storage.ClientMetadata) { m.AccessTokenFormat = format })
		own := w.ok(w.Call("/oauth2/token", rp, form("grant_type", "client_credentials"))).Text("access_token")
		if i := w.ok(w.Introspect(rp, own)); i.Text("sub") != w.person.Subject || i.JSON["active"] != true {
			t.Errorf("%s: %s", format, i.Body)
		}
		w.refused(w.Userinfo(own), 401, "invalid_token")
		for _, path := range []string{"/account/password", "/"} {
			if a := w.Get(path, "Authorization", "Bearer "+own); strings.Contains(a.Body, w.email) || strings.Contains(a.Body, "Maria") {
				t.Errorf("%s answers for the person: %.200s", path, a.Body)
			}
		}
	}
	// Whatever scopes and audience such a token claims: a token of no grant is nobody's.
	now := w.Clock.Now().Unix()
	forged, err := w.App.Keys.Sign("ES256", "at+jwt", []byte(claimsOf(t, object{
		"iss": w.URL, "sub": w.person.Subject, "client_id": rp.ID, "aud": []string{w.URL, w.URL + "/oauth2/userinfo"}, "scope": "openid email", "jti": storage.NewID(w.Clock.Now()).String(),
		"iat": now, "exp": now + 60,
	})))
	w.must(err)
	w.refused(w.Userinfo(forged), 401, "invalid_token")
}

// payload is a JWT access token's claims as text.
func (w *world) payload(a *testkit.Answer) string {
	w.t.Helper()
	_, claims := w.parts(a.Text("access_token"))
	return claimsOf(w.t, claims)
}
