package modules

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestFE03_Answer: an answer of the token endpoint without what was asked for is none.
func TestFE03_Answer(t *testing.T) {
	w := newFE(t, nil)
	say := func(v map[string]any) func(http.ResponseWriter) bool {
		return func(h http.ResponseWriter) bool { w.up.json(h, v); return true }
	}
	for _, c := range []struct {
		check string
		says  map[string]any
	}{
		{"oidc_answer.token_type", map[string]any{"access_token": "x", "token_type": "mac", "id_token": "x"}},
		{"oidc_answer.token_type", map[string]any{"token_type": "Bearer", "id_token": "x"}},
		{"oidc_answer.id_token", map[string]any{"access_token": "x", "token_type": "Bearer"}},
	} {
		w.up.set(func(u *upstream) { u.answer = say(c.says) })
		b, mark := w.Browser(), w.Log.Mark()
		w.refusedBy(b, w.through(b), mark, c.check)
	}
	w.up.set(func(u *upstream) { u.answer = nil })
	b, mark := w.Browser(), w.Log.Mark()
	q := w.up.visit(w.away(b, "corp"))
	q.Set("code", "another")
	w.refusedBy(b, w.back(b, "corp", q), mark, "oidc_answer.grant")
}

// TestFE_Denied: a person who turns back comes to the sign-in page again, and can go another way.
func TestFE_Denied(t *testing.T) {
	w := newFE(t, nil)
	w.Person("maria@example.org")
	for check, change := range map[string]func(q url.Values){
		"oidc_callback.error": func(q url.Values) { q.Set("error", "access_denied") },
		"oidc_callback.code":  func(q url.Values) { q.Del("code") },
	} {
		b, mark := w.Browser(), w.Log.Mark()
		q := w.up.visit(w.away(b, "corp"))
		change(q)
		p := w.back(b, "corp", q)
		w.refusedBy(b, p, mark, check)
		if check == "oidc_callback.error" {
			w.subject(p.SignIn("maria@example.org", testkit.Password))
		}
	}
	if w.up.visits != 0 {
		t.Error("a code was redeemed")
	}
}

// TestFE07_TicketBinding: the proof that an account is somebody's is for the upstream account that it was asked for, and no other.
func TestFE07_TicketBinding(t *testing.T) {
	w := newFE(t, nil)
	maria := w.Person("maria@example.org")
	ask := func(b *testkit.Browser, sub string, changes ...string) string {
		w.up.set(func(u *upstream) { u.claims = map[string]any{"sub": sub, "email": "maria@example.org"} })
		return hrefOf(w.through(b, changes...).Body, "link-sign-in")
	}
	mine, theirs := w.Browser(), w.Browser()
	ticket, other := ask(mine, "account-1"), ask(theirs, "account-2")
	confirm := mine.Get(ticket).SignIn("maria@example.org", testkit.Password)
	action, form := confirm.Form("answer", "link")
	_, err := url.Parse(action)
	if err != nil {
		t.Fatal(err)
	}
	there, err := url.Parse(other)
	if err != nil {
		t.Fatal(err)
	}
	form.Set("ticket", there.Query().Get("ticket"))
	if p := mine.Post(action, form); p.Status < 400 || w.links(maria) != 0 {
		t.Errorf("another account's ticket was taken: %d, %d links", p.Status, w.links(maria))
	}
	again := ask(mine, "account-2", "prompt", "login") // asked after the person proved who they are
	if p := mine.Get(again); !p.HasID("login-password") {
		t.Errorf("an older proof is enough for another account: %d", p.Status)
	}
	w.subject(confirm.Submit("answer", "link"))
	w.up.set(func(u *upstream) { u.claims["sub"] = "account-1" })
	if got := w.signedIn(w.Browser()); got != maria.Subject {
		t.Error("the account that was confirmed is not linked")
	}
}

// TestFE04_TicketIsNoState: what waits for a person's word is not what waits for an upstream's, and the other way round; neither uses the other up.
func TestFE04_TicketIsNoState(t *testing.T) {
	w := newFE(t, nil)
	maria := w.Person("maria@example.org")
	w.up.set(func(u *upstream) { u.claims = map[string]any{"email": "maria@example.org"} })
	b := w.Browser()
	link := hrefOf(w.through(b).Body, "link-sign-in")
	at, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"code": {"x"}, "iss": {w.up.url()}, "state": {at.Query().Get("ticket")}}
	if p := w.back(b, "corp", q); p.Status != http.StatusBadRequest || w.up.visits != 1 {
		t.Errorf("a ticket came back as a state: %d, %d visits", p.Status, w.up.visits)
	}
	state := w.up.visit(w.away(b, "corp"))
	if p := b.Get("/account/logins/link?ticket=" + url.QueryEscape(state.Get("state"))); p.Status != http.StatusBadRequest {
		t.Errorf("a state was taken for a ticket: %d", p.Status)
	}
	confirm := b.Get(link).SignIn("maria@example.org", testkit.Password)
	if got := w.subject(confirm.Submit("answer", "link")); got != maria.Subject || w.links(maria) != 1 {
		t.Errorf("the ticket was used up: %s, %d links", got, w.links(maria))
	}
}

// TestFE09_SecondFactor: what was proved upstream is one factor here; the person's own second one is still asked for, unless the operator counts the upstream's.
func TestFE09_SecondFactor(t *testing.T) {
	for rule, asked := range map[string]bool{"": true, `"otp" in amr`: false, `"fpt" in amr`: true, `acr == claims.nothing`: true} {
		world, _, _ := secured(t, outboundHere)
		w := &feWorld{Server: world.Server, t: t, up: newUpstream(t, world.Clock.Now)}
		w.rp = w.Client(storage.ClientMetadata{})
		w.connect("corp", w.up, func(d *federation.Draft) { d.Settings.Link, d.Settings.MFA = federation.LinkVerified, rule })
		w.up.set(func(u *upstream) { u.claims = map[string]any{"email": world.email, "amr": []string{"pwd", "otp"}} })
		p := w.through(w.Browser())
		if got := p.HasID("mfa-code"); got != asked {
			t.Errorf("%q: asked for the second factor: %v (status %d)", rule, got, p.Status)
		}
		if asked && p.Location != nil {
			t.Errorf("%q: signed in without it", rule)
		}
	}
}

// TestFE_Mapping: rules of the operator make claims of what the upstream says, and take over what they list at each sign-in.
func TestFE_Mapping(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) {
		d.Settings.Mapping = map[string]string{"nickname": `claims.login + "!"`, "website": "claims.absent"}
		d.Settings.Overwrite = []string{"nickname", "name", "email"}
	})
	claims := func() (string, string, string) {
		p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@upstream.example")
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.App.Directory.Claims(p)
		if err != nil {
			t.Fatal(err)
		}
		return c.String("nickname"), c.String("name"), c.String("website")
	}
	w.up.set(func(u *upstream) { u.claims = map[string]any{"login": "nora"} })
	w.signedIn(w.Browser())
	if nick, name, site := claims(); nick != "nora!" || name != "Nora Neu" || site != "" {
		t.Error(nick, name, site)
	}
	w.up.set(func(u *upstream) {
		u.claims = map[string]any{"login": "new", "name": "Nora Alt", "email": "moved@upstream.example"}
	})
	w.signedIn(w.Browser())
	if nick, name, _ := claims(); nick != "new!" || name != "Nora Alt" {
		t.Error(nick, name)
	}
}
