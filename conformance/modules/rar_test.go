package modules

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	payment  = `{"type":"payment","amount":{"value":12.50,"currency":"EUR"},"creditor":"Acme Books","reference":"R-7"}`
	accounts = `{"type":"accounts","actions":["read","list"],"locations":["https://bank.example"]}`
)

// detailed starts a server with two types: payments are asked each time, accounts once.
func detailed(t *testing.T) *world {
	t.Helper()
	return alone(t, func(c *app.Config) {
		c.Tokens.Details = []core.DetailTypeConfig{
			{
				Type: "payment", Risky: true,
				Schema: `{"type":"object","additionalProperties":false,"required":["type","amount","creditor"],"properties":{"type":{},"creditor":{"type":"string"},"reference":{"type":"string"},
					"amount":{"type":"object","required":["value","currency"],"properties":{"value":{"type":"number","exclusiveMinimum":0},"currency":{"type":"string"}}}}}`,
				Sentences: map[string]string{"en": "Pay {amount.value} {amount.currency} to {creditor}", "de": "{amount.value} {amount.currency} an {creditor} zahlen"},
			},
			{
				Type: "accounts", Remember: true, Schema: `{"type":"object","properties":{"actions":{"items":{"enum":["read","list","close"]}}}}`,
				Sentences: map[string]string{"en": "Your accounts: {actions}"},
			},
		}
	})
}

// detailing is a client that may ask for types.
func (w *world) detailing(m storage.ClientMetadata, types ...string) *testkit.RP {
	w.t.Helper()
	m.DetailTypes = types
	return w.Client(m)
}

// same wants authorization_details in an object to be those of the text.
func (w *world) same(where string, o object, want string) {
	w.t.Helper()
	var list any
	w.must(json.Unmarshal([]byte(want), &list))
	a, err := json.Marshal(o["authorization_details"])
	w.must(err)
	b, err := json.Marshal(list)
	w.must(err)
	if string(a) != string(b) {
		w.t.Errorf("%s: %s, want %s", where, a, b)
	}
}

// A person sees in words what is asked, all of it, and the tokens say what was allowed.
func TestRAR_Payment(t *testing.T) {
	w := detailed(t)
	for _, format := range []string{"jwt", "opaque"} {
		rp := w.detailing(storage.ClientMetadata{AccessTokenFormat: format}, "payment", "accounts")
		b := w.Browser()
		p := b.Get(w.AuthURL(rp, "authorization_details", "["+payment+","+accounts+"]")).SignIn(w.email, testkit.Password)
		text, _ := w.seen(p.Body)
		for _, words := range []string{"Pay 12.50 EUR to Acme Books", "reference: R-7", "Your accounts: read, list", "locations: https://bank.example"} {
			if !strings.Contains(text, words) {
				t.Errorf("consent does not say %q:\n%s", words, text)
			}
		}
		code := p.Allow().Params().Get("code")
		a := w.ok(w.Redeem(rp, code))
		w.same("answer", a.JSON, "["+payment+","+accounts+"]")
		if format == "jwt" {
			_, claims := w.parts(a.Text("access_token"))
			w.same("access token", claims, "["+payment+","+accounts+"]")
		}
		w.same("introspection", w.ok(w.Introspect(rp, a.Text("access_token"))).JSON, "["+payment+","+accounts+"]")
	}
	german := w.Browser().Get(w.AuthURL(w.detailing(storage.ClientMetadata{}, "payment"), "authorization_details", "["+payment+"]", "ui_locales", "de")).SignIn(w.email, testkit.Password)
	if text, _ := w.seen(german.Body); !strings.Contains(text, "12.50 EUR an Acme Books zahlen") {
		t.Errorf("in German: %s", text)
	}
}

// What was allowed once is not asked again, unless it is new or a payment; a person who says no gives nothing.
func TestRAR_Consent(t *testing.T) {
	w := detailed(t)
	rp := w.detailing(storage.ClientMetadata{}, "payment", "accounts")
	b := w.signedIn(rp)
	asks := func(details string) bool {
		t.Helper()
		silent := b.Authorize(w.AuthURL(rp, "prompt", "none", "authorization_details", details), w.email)
		if silent.Get("error") != "consent_required" && silent.Get("code") == "" {
			t.Fatalf("%v", silent)
		}
		return silent.Get("code") == ""
	}
	if !asks("[" + accounts + "]") {
		t.Error("details that nobody consented to")
	}
	if q := b.Authorize(w.AuthURL(rp, "authorization_details", "["+accounts+"]"), w.email); q.Get("code") == "" {
		t.Fatal(q)
	}
	reordered := `[{"locations":["https://bank.example"],"actions":["read","list"],"type":"accounts"}]`
	if asks("["+accounts+"]") || asks(reordered) {
		t.Error("the very same details are asked again")
	}
	if !asks(strings.Replace(reordered, "list", "close", 1)) {
		t.Error("other details are not asked")
	}
	for range 2 {
		if !asks("["+payment+"]") || !asks("["+accounts+","+payment+"]") {
			t.Error("a payment is not asked")
		}
		if q := b.Authorize(w.AuthURL(rp, "authorization_details", "["+payment+"]"), w.email); q.Get("code") == "" {
			t.Fatal(q)
		}
	}
	c, err := w.App.DB.ConsentFor(t.Context(), w.App.Tenant, w.person.ID, rp.Client.ID)
	w.must(err)
	if n := len(c.Scopes); n != 4 { // openid profile email and the accounts
		t.Errorf("remembered: %v", c.Scopes)
	}
	no := b.Get(w.AuthURL(rp, "authorization_details", "["+payment+"]")).Submit("decision", "deny")
	if no.Params().Get("error") != "access_denied" {
		t.Errorf("denied: %v", no.Params())
	}
	// A form that names what was not on the page gets nothing more.
	first := w.detailing(storage.ClientMetadata{FirstParty: true}, "payment")
	a := w.ok(w.Redeem(first, b.Authorize(w.AuthURL(first, "authorization_details", "["+payment+"]"), w.email).Get("code")))
	w.same("first party", a.JSON, "["+payment+"]")
}

func TestRAR_Narrowing(t *testing.T) {
	w := detailed(t)
	w.Resource("https://bank.example", nil)
	rp := w.detailing(storage.ClientMetadata{Resources: []string{"https://bank.example"}}, "payment", "accounts")
	ask := func(changes ...string) string {
		return w.code(rp, append([]string{"scope", "openid offline_access", "authorization_details", "[" + payment + "," + accounts + "]"}, changes...)...)
	}
	read := `{"type":"accounts","actions":["read"],"locations":["https://bank.example"]}`
	code := ask()
	for _, wider := range []string{
		`[{"type":"accounts","actions":["read","close"],"locations":["https://bank.example"]}]`, `[{"type":"accounts"}]`, `[{"type":"other"}]`, `[`, `[]`,
		strings.Replace("["+payment+"]", "12.50", "1250", 1),
	} {
		w.refused(w.Redeem(rp, code, "authorization_details", wider), 400, "invalid_authorization_details")
	}
	a := w.ok(w.Redeem(rp, code, "authorization_details", "["+read+"]"))
	w.same("narrowed", a.JSON, "["+read+"]")
	again := w.ok(w.Refresh(rp, a.Text("refresh_token")))
	w.same("refreshed", again.JSON, "["+payment+","+accounts+"]")
	w.same("refreshed and narrowed", w.ok(w.Refresh(rp, a.Text("refresh_token"), "authorization_details", "["+payment+"]")).JSON, "["+payment+"]")
	w.refused(w.Refresh(rp, a.Text("refresh_token"), "authorization_details", `[{"type":"accounts"}]`), 400, "invalid_authorization_details")
	// Details for other locations than the token's resources stay out of it.
	w.Resource("https://other.example", nil)
	w.Change(rp, func(m *storage.ClientMetadata) { m.Resources = append(m.Resources, "https://other.example") })
	w.same("elsewhere", w.ok(w.Redeem(rp, ask("resource", "https://other.example"))).JSON, "["+payment+"]")
	// A type that the client is registered for no longer is granted no longer.
	w.Change(rp, func(m *storage.ClientMetadata) { m.DetailTypes = []string{"accounts"} })
	w.same("taken away", w.ok(w.Refresh(rp, a.Text("refresh_token"))).JSON, "["+accounts+"]")
	plain := w.Client(storage.ClientMetadata{})
	w.refused(w.Redeem(plain, w.code(plain), "authorization_details", "["+payment+"]"), 400, "invalid_authorization_details")
}

func TestRAR_Refused(t *testing.T) {
	w := detailed(t)
	rp := w.detailing(storage.ClientMetadata{}, "payment")
	for name, details := range map[string]string{
		"not registered": "[" + accounts + "]", "unknown": `[{"type":"other"}]`, "schema": strings.Replace("["+payment+"]", "12.50", "-1", 1), "additional": strings.Replace("["+payment+"]", "reference", "evil", 1),
		"no array": payment, "no JSON": "[", "no type": `[{"amount":1}]`, "empty": "[]", "too long to show": strings.Replace("["+payment+"]", "R-7", strings.Repeat("x", 300), 1),
		"twice": `[{"type":"accounts","type":"payment"}]`,
	} {
		t.Run(name, func(*testing.T) {
			w.row("authorize.authorization_details", func() {
				w.refusedTo(w.Get(w.AuthURL(rp, "authorization_details", details)), rp, "query", "invalid_authorization_details")
			})
		})
	}
	w.begins(w.AuthURL(rp, "authorization_details", "["+payment+"]"))
	doc := w.ok(w.Get("/.well-known/openid-configuration")).JSON
	if types := members(doc, "authorization_details_types_supported"); len(types) != 2 {
		t.Errorf("discovery: %v", types)
	}
	none := open(t)
	if _, ok := none.ok(none.Get("/.well-known/openid-configuration")).JSON["authorization_details_types_supported"]; ok {
		t.Error("types are advertised that there are none of")
	}
	none.refusedTo(none.Get(none.AuthURL(none.Client(storage.ClientMetadata{}), "authorization_details", "["+payment+"]")), &testkit.RP{Redirect: "https://app.test/cb"}, "query", "invalid_authorization_details")
}

// Pushed, in a request object, and for a client by itself.
func TestRAR_OtherWays(t *testing.T) {
	w := detailed(t)
	rp := w.detailing(storage.ClientMetadata{}, "payment")
	uri := w.pushed(rp, "authorization_details", "["+payment+"]")
	q := w.Browser().Authorize(w.bare(rp, "request_uri", uri), w.email)
	w.same("pushed", w.ok(w.Redeem(rp, q.Get("code"))).JSON, "["+payment+"]")
	w.refused(w.push(rp, w.params(rp, "authorization_details", "["+accounts+"]")), 400, "invalid_authorization_details")

	signed, k := w.signing("ES256", storage.ClientMetadata{ClientDetails: storage.ClientDetails{DetailTypes: []string{"payment"}}})
	var list []any
	w.must(json.Unmarshal([]byte("["+payment+"]"), &list))
	q = w.Browser().Authorize(w.bare(signed, "request", k.sign("ES256", nil, w.ask(signed, "authorization_details", list))), w.email)
	w.same("request object", w.ok(w.Redeem(signed, q.Get("code"))).JSON, "["+payment+"]")

	machine := w.machine(storage.ClientMetadata{ClientDetails: storage.ClientDetails{DetailTypes: []string{"accounts"}}})
	own := func(details string) *testkit.Answer {
		return w.Call("/oauth2/token", machine, url.Values{"grant_type": {"client_credentials"}, "authorization_details": {details}})
	}
	w.same("client credentials", w.ok(own("["+accounts+"]")).JSON, "["+accounts+"]")
	w.row("client_credentials.authorization_details", func() { w.refused(own("["+payment+"]"), 400, "invalid_authorization_details") })
}
