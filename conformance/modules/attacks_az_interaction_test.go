package modules

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func registrarActor() register.Actor { return register.Actor{Kind: "operator", ID: "test"} }

func sorted(s ...string) []string {
	slices.Sort(s)
	return s
}

// get is a browser's request that follows nothing.
func get(b *testkit.Browser, to string) *testkit.Answer { return b.Raw("GET", to, "") }

// authTime redeems a code and reads when the person signed in.
func (w *world) authTime(rp *testkit.RP, code string) float64 {
	w.t.Helper()
	at, ok := w.idToken(w.ok(w.Redeem(rp, code)), rp)["auth_time"].(float64)
	if !ok {
		w.t.Fatal("no auth_time")
	}
	return at
}

func TestAZ26_PromptAndMaxAge(t *testing.T) {
	w := alone(t)
	rp, second := w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{})
	b := w.Browser()
	w.row("interaction.signed_in", func() { w.refusedTo(get(b, w.AuthURL(rp, "prompt", "none")), rp, "query", "login_required") })
	first := w.authTime(rp, b.Authorize(w.AuthURL(rp), w.email).Get("code"))
	w.row("interaction.consent", func() {
		w.refusedTo(get(b, w.AuthURL(second, "prompt", "none")), second, "query", "consent_required")
	})
	if again := w.authTime(rp, w.response(get(b, w.AuthURL(rp, "prompt", "none")), rp, "query").Get("code")); again != first {
		t.Errorf("auth_time moved from %v to %v without a sign-in", first, again)
	}

	w.Clock.Advance(5 * time.Second)
	for _, change := range [][]string{{"prompt", "login"}, {"max_age", "0"}, {"max_age", "1"}, {"prompt", "login consent"}} {
		w.row("interaction.fresh", func() {
			w.refusedTo(get(b, w.AuthURL(rp, append([]string{"max_age", "0", "prompt", "none"}, "display", "page")...)), rp, "query", "login_required")
		})
		p := b.Get(w.AuthURL(rp, change...))
		if !p.HasID("login-password") {
			t.Fatalf("%v: no sign-in page on %s", change, p.URL.Path)
		}
		flow := p.URL.Query().Get("flow")
		if back := b.Get("/oauth2/authorize?flow=" + flow); !back.HasID("login-password") {
			t.Errorf("%v: coming back without signing in leads to %s", change, back.URL.Path)
		}
		moved := w.authTime(rp, p.SignIn(w.email, testkit.Password).Allow().Params().Get("code"))
		if moved < first+5 {
			t.Errorf("%v: auth_time %v after %v", change, moved, first)
		}
		first = moved
		w.Clock.Advance(5 * time.Second)
	}
	if again := w.authTime(rp, w.response(get(b, w.AuthURL(rp, "max_age", "10000")), rp, "query").Get("code")); again != first {
		t.Errorf("max_age=10000 moved auth_time from %v to %v", first, again)
	}
	if p := b.Get(w.AuthURL(rp, "prompt", "consent")); !p.HasID("consent-allow") {
		t.Errorf("prompt=consent shows %s", p.URL.Path)
	}
	chooser := b.Get(w.AuthURL(rp, "prompt", "select_account"))
	if !chooser.HasID("account-1") {
		t.Fatalf("prompt=select_account shows %s", chooser.URL.Path)
	}
	if q := chooser.Submit("account", "1").Params(); q.Get("code") == "" {
		t.Errorf("after the choice: %v", q)
	}
	for _, prompt := range []string{"none login", "login none", "none consent", "none none", "create", "NONE"} {
		w.row("authorize.prompt", func() { w.refusedTo(get(b, w.AuthURL(rp, "prompt", prompt)), rp, "query", "invalid_request") })
	}
	for _, age := range []string{"-1", "x", "1.5", "99999999999999999999"} {
		w.row("authorize.max_age", func() { w.refusedTo(get(b, w.AuthURL(rp, "max_age", age)), rp, "query", "invalid_request") })
	}
}

// claimsOf is a claims parameter.
func claimsOf(t *testing.T, v object) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAZ27_HintMismatch(t *testing.T) {
	w := open(t)
	rp, another := w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{})
	hint := w.tokens(rp).Text("id_token")
	otherEmail, other := w.somebody()
	b := w.Browser()
	b.Authorize(w.AuthURL(rp), otherEmail)
	theirs := w.ok(w.Redeem(rp, w.response(get(b, w.AuthURL(rp)), rp, "query").Get("code"))).Text("id_token")
	if q := w.response(get(b, w.AuthURL(rp, "prompt", "none", "id_token_hint", theirs)), rp, "query"); q.Get("code") == "" {
		t.Fatalf("their own hint: %v", q)
	}
	sub := claimsOf(t, object{"id_token": object{"sub": object{"value": w.person.Subject}}})
	for _, change := range [][]string{{"id_token_hint", hint}, {"claims", sub}} {
		w.row("interaction.hinted_person", func() {
			w.refusedTo(get(b, w.AuthURL(rp, append(change, "prompt", "none")...)), rp, "query", "login_required")
		})
		p := b.Get(w.AuthURL(rp, change...))
		if !p.HasID("login-password") {
			t.Fatalf("somebody else's session answers: %s", p.URL.Path)
		}
		var refused *testkit.Page
		w.row("subject", func() { refused = p.SignIn(otherEmail, testkit.Password) })
		if refused.Location != nil || refused.Status != 403 {
			t.Errorf("%s signed in where %s was asked for: %d", other.Subject, w.person.Subject, refused.Status)
		}
		if q := p.SignIn(w.email, testkit.Password).Allow().Params(); q.Get("code") == "" {
			t.Errorf("the hinted person: %v", q)
		}
		b = w.Browser()
		b.Authorize(w.AuthURL(rp), otherEmail)
	}
	for _, bad := range []string{"nonsense", hint[:len(hint)-4], hint + "x", w.tokens(rp).Text("access_token"), w.tokens(another).Text("id_token"), strings.Repeat("a", 2000)} {
		w.row("authorize.id_token_hint", func() {
			w.refusedTo(get(b, w.AuthURL(rp, "id_token_hint", bad)), rp, "query", "invalid_request")
		})
	}
}

func TestAZ28_EssentialACR(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	acr := func(v any) string { return claimsOf(t, object{"id_token": object{"acr": v}}) }
	for _, v := range []object{{"essential": true, "value": "phrh"}, {"essential": true, "values": []string{"phrh", "urn:unknown"}}, {"essential": true, "value": ""}} {
		w.row("authorize.acr", func() {
			w.refusedTo(w.Get(w.AuthURL(rp, "claims", acr(v))), rp, "query", "unmet_authentication_requirements")
		})
	}
	for _, values := range []string{"phrh", "phrh urn:unknown"} { // RFC 9470 section 5
		w.row("authorize.acr", func() {
			w.refusedTo(w.Get(w.AuthURL(rp, "acr_values", values)), rp, "query", "unmet_authentication_requirements")
		})
	}
	w.row("authorize.acr", func() {
		asks := w.Client(storage.ClientMetadata{DefaultACRValues: []string{"phrh"}})
		w.refusedTo(w.Get(w.AuthURL(asks)), asks, "query", "unmet_authentication_requirements")
	})
	for _, change := range [][]string{
		{"claims", acr(object{"essential": true, "value": "1"})}, {"claims", acr(object{"essential": true, "values": []string{"phr", "1"}})},
		{"claims", acr(object{"essential": true})}, {"claims", acr(nil)}, {"claims", acr(object{"value": "phr"})}, {"acr_values", "phrh 1"}, {"acr_values", "1"}, {"acr_values", "urn:mace:incommon:iap:silver"},
	} {
		if got := w.idToken(w.tokens(rp, change...), rp)["acr"]; got != "1" {
			t.Errorf("%v: acr %v is not what was done", change, got)
		}
	}
	// On return from a step the sealed request counts, not what the browser adds or leaves out.
	b := w.Browser()
	p := b.Get(w.AuthURL(rp, "scope", "openid", "state", "sealed"))
	signedIn := p.SubmitRaw("identifier", w.email, "password", testkit.Password)
	back := signedIn.Header.Get("Location") + "&acr_values=phrh&state=stripped&scope=openid+email&redirect_uri=https%3A%2F%2Fevil.test%2Fcb"
	if q := b.Get(back).Allow().Params(); q.Get("state") != "sealed" {
		t.Errorf("the flow was changed on the way: %v", q)
	} else if a := w.ok(w.Redeem(rp, q.Get("code"))); a.Text("scope") != "openid" {
		t.Errorf("scope %s", a.Text("scope"))
	}
	for _, claims := range []string{"nonsense", "[]", `{"id_token":1}`, `{"id_token":{"acr":"x"}}`, `"`} {
		w.row("authorize.claims", func() { w.refusedTo(w.Get(w.AuthURL(rp, "claims", claims)), rp, "query", "invalid_request") })
	}
}
