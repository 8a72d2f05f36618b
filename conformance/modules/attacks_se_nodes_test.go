package modules

import (
	"context"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// SE07, TK33: what ends at one node ends at the other within a second, though that one keeps sessions, people and grants in memory.
func TestSE07_OnTheOtherNode(t *testing.T) {
	a := alone(t)
	b := &world{Server: a.Node(t), t: t, person: a.person, email: a.email}
	ctx := context.Background()
	for name, end := range map[string]func(here *testkit.Browser, rp *testkit.RP, tokens *testkit.Answer){
		"logout": func(here *testkit.Browser, _ *testkit.RP, _ *testkit.Answer) { here.Get("/oauth2/logout").Submit() },
		"revoked": func(here *testkit.Browser, rp *testkit.RP, tokens *testkit.Answer) {
			a.ok(a.Call("/oauth2/revoke", rp, form("token", tokens.Text("refresh_token"))))
			here.Get("/oauth2/logout").Submit()
		},
		"locked": func(*testkit.Browser, *testkit.RP, *testkit.Answer) {
			a.must(a.App.Directory.SetState(ctx, a.App.Tenant, a.person.ID, storage.PersonLocked, testkit.Operator()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			a.must(a.App.Directory.SetState(ctx, a.App.Tenant, a.person.ID, storage.PersonActive, testkit.Operator()))
			rp := a.Client(storage.ClientMetadata{Online: true})
			here := a.Browser()
			tokens := a.ok(a.Redeem(rp, here.Authorize(a.AuthURL(rp), a.email).Get("code")))
			there := b.Browser()
			b.plant(there, "jedan-session", cookie(here, a.URL, "jedan-session"))
			b.plant(there, "jedan-browser", cookie(here, a.URL, "jedan-browser"))
			b.Within(time.Second, "the other node knows the session and the tokens", func() bool {
				return b.silent(there, rp) == "" && b.Userinfo(tokens.Text("access_token")).Status == 200
			})
			b.alive(rp, tokens)
			end(here, rp, tokens)
			b.Within(time.Second, "nothing counts at the other node", func() bool {
				return b.silent(there, rp) == "login_required" && b.Userinfo(tokens.Text("access_token")).Status == 401
			})
			b.dead(rp, tokens)
		})
	}
}
