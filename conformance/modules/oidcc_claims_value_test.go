package modules

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A claim that is asked for with values comes with one of them or not at all; a sub asks for a person (OpenID Connect Core section 5.5.1).
func TestOIDCC_ClaimsValueAndValues(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	for _, ask := range []struct {
		name  string
		value any
		comes bool
	}{
		{"email", object{"value": w.email}, true}, {"email", object{"value": "other@example.org"}, false}, {"email", object{"values": []any{"x", w.email}}, true},
		{"email", object{"values": []any{"x", 1}, "essential": true}, false}, {"email_verified", object{"value": true}, true}, {"email_verified", object{"value": false}, false},
		{"email_verified", object{"value": "true"}, false}, {"email", nil, true}, {"email", object{"essential": true}, true},
	} {
		for _, target := range []string{"id_token", "userinfo"} {
			a := w.tokens(rp, "scope", "openid", "claims", claimsOf(t, object{target: object{ask.name: ask.value}}))
			got := w.idToken(a, rp)
			if target == "userinfo" {
				got = w.ok(w.Userinfo(a.Text("access_token"))).JSON
			}
			if _, comes := got[ask.name]; comes != ask.comes {
				t.Errorf("%s %s %v: %v", target, ask.name, ask.value, got)
			}
		}
	}
	// A scope that covers the claim brings it whatever value is asked for.
	a := w.tokens(rp, "scope", "openid email", "claims", claimsOf(t, object{"userinfo": object{"email": object{"value": "other@example.org"}}}))
	if w.ok(w.Userinfo(a.Text("access_token"))).Text("email") != w.email {
		t.Error("the scope's claim is missing")
	}
	b := w.signedIn(rp)
	sub := w.person.Subject
	for _, good := range []object{{"id_token": object{"sub": object{"values": []string{"somebody", sub}}}}, {"id_token": object{"sub": object{"value": sub}}, "userinfo": object{"sub": object{"value": sub}}}} {
		if q := w.response(get(b, w.AuthURL(rp, "prompt", "none", "claims", claimsOf(t, good))), rp, "query"); q.Get("code") == "" {
			t.Errorf("%v: %v", good, q)
		}
	}
	for _, bad := range []object{{"id_token": object{"sub": object{"values": []string{"somebody"}}}}, {"id_token": object{"sub": object{"value": sub}}, "userinfo": object{"sub": object{"value": "somebody"}}}} {
		w.row("interaction.hinted_person", func() {
			w.refusedTo(get(b, w.AuthURL(rp, "prompt", "none", "claims", claimsOf(t, bad))), rp, "query", "login_required")
		})
	}
}

// AZ28 too: a session that was made with less than is demanded is not enough; the person signs in again, and what is stated is what was done.
func TestAZ28_StepUp(t *testing.T) {
	w := alone(t)
	rp := w.Client(storage.ClientMetadata{})
	b := w.signedIn(rp)
	_, err := w.App.DB.SQL().ExecContext(t.Context(), "UPDATE sessions SET acr = '0'")
	w.must(err)
	w.Restart()
	if q := w.response(get(b, w.AuthURL(rp, "prompt", "none")), rp, "query"); w.idToken(w.ok(w.Redeem(rp, q.Get("code"))), rp)["acr"] != "0" {
		t.Error("a session of class 0 is not told as what it is")
	}
	for _, change := range [][]string{{"acr_values", "1"}, {"claims", claimsOf(t, object{"id_token": object{"acr": object{"essential": true, "value": "1"}}})}} {
		w.row("interaction.acr", func() {
			w.refusedTo(get(b, w.AuthURL(rp, append(change, "prompt", "none")...)), rp, "query", "login_required")
		})
		fresh := get(b, w.AuthURL(rp, change...))
		if !strings.HasPrefix(fresh.Header.Get("Location"), "/login?") {
			t.Fatalf("%v: %d %s", change, fresh.Status, fresh.Header.Get("Location"))
		}
	}
	p := b.Get(w.AuthURL(rp, "acr_values", "1")).SignIn(w.email, testkit.Password)
	a := w.ok(w.Redeem(rp, p.Allow().Params().Get("code")))
	if got := w.idToken(a, rp)["acr"]; got != "1" {
		t.Errorf("acr %v", got)
	}
	if _, at := w.parts(a.Text("access_token")); at["acr"] != "1" || at["auth_time"] == nil { // RFC 9470 section 6.1
		t.Errorf("access token %v", at)
	}
}
