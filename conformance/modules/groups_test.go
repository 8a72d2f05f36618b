package modules

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// The groups claim carries groups by way of others too, and only where the scope was granted.
func TestGroups_Claim(t *testing.T) {
	w := open(t)
	inner := w.group(w.person)
	middle := w.group(inner)
	outer := w.group(middle)
	w.group() // of nobody
	rp := w.Client(storage.ClientMetadata{Scope: "openid email groups"})
	want := []any{inner.Name, middle.Name, outer.Name}
	slices.SortFunc(want, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	a := w.tokens(rp, "scope", "openid groups")
	if got := w.idToken(a, rp)["groups"]; !reflect.DeepEqual(got, want) {
		t.Errorf("ID token: %v", got)
	}
	if got := w.ok(w.Userinfo(a.Text("access_token"))).JSON["groups"]; !reflect.DeepEqual(got, want) {
		t.Errorf("UserInfo: %v", got)
	}
	sly := w.tokens(rp, "scope", "openid", "claims", `{"id_token":{"groups":{"essential":true}},"userinfo":{"groups":null}}`)
	if got, has := w.idToken(sly, rp)["groups"]; has {
		t.Errorf("without the scope: %v", got)
	}
	if got, has := w.ok(w.Userinfo(sly.Text("access_token"))).JSON["groups"]; has {
		t.Errorf("without the scope: %v", got)
	}
	w.part(inner, w.person)
	w.Within(time.Second, "no groups", func() bool {
		got, _ := w.ok(w.Userinfo(a.Text("access_token"))).JSON["groups"].([]any)
		return got != nil && len(got) == 0
	})
}

func TestGroups_NobodyElseComesIn(t *testing.T) {
	w := open(t)
	email, other := w.somebody()
	rp := w.Client(storage.ClientMetadata{})
	w.Change(rp, only(w.group(w.group(w.person))))
	w.tokens(rp) // by way of a nested group

	b := w.Browser()
	p := b.Get(w.AuthURL(rp)).SignIn(email, testkit.Password)
	if p.Status != http.StatusForbidden || p.URL.Path != "/login/denied" || !p.HasID("denied-back") || !p.HasID("denied-other") || !strings.Contains(p.Body, email) {
		t.Fatalf("not told: %d on %s: %.600s", p.Status, p.URL.Path, p.Body)
	}
	flow := p.URL.Query().Get("flow")
	if straight := b.Get("/consent?" + url.Values{"flow": {flow}}.Encode()); straight.Status != http.StatusForbidden || straight.HasID("consent-allow") {
		t.Errorf("consent is asked: %d", straight.Status)
	}
	if _, err := w.App.DB.ConsentFor(t.Context(), w.App.Tenant, other.ID, rp.Client.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a consent: %v", err)
	}
	if q := p.Submit("answer", "back").Params(); q.Get("error") != "access_denied" || q.Get("state") != "state-1" || q.Get("code") != "" {
		t.Errorf("the client is told %v", q)
	}
	w.row("interaction.permitted", func() {
		if q := b.Get(w.AuthURL(rp, "prompt", "none")).Params(); q.Get("error") != "access_denied" {
			t.Errorf("prompt=none: %v", q)
		}
	})
	again := b.Get(w.AuthURL(rp)).Submit("answer", "other")
	if q := again.SignIn(w.email, testkit.Password).Allow().Params(); q.Get("code") == "" {
		t.Errorf("another account: %v", q)
	}
	w.Change(rp, func(m *storage.ClientMetadata) { m.Allowed = []string{"person:" + other.Subject} })
	if q := w.Browser().Authorize(w.AuthURL(rp), email); q.Get("code") == "" {
		t.Errorf("by name: %v", q)
	}
	w.Change(rp, func(m *storage.ClientMetadata) { m.Allowed = []string{} })
	if p := w.Browser().Get(w.AuthURL(rp)).SignIn(email, testkit.Password); p.Status != http.StatusForbidden {
		t.Errorf("an empty list lets somebody in: %d", p.Status)
	}
}

// Whoever is taken out of the group gets no new tokens by any grant, and goes on when they are let in again.
func TestGroups_NoNewTokensAfterRemoval(t *testing.T) {
	w := open(t)
	g := w.group(w.person)
	rp, tv, bank := w.Client(storage.ClientMetadata{}), w.television(only(g)), w.bank(only(g))
	w.Change(rp, only(g))
	first := w.offline(rp)
	refresh, access := first.Text("refresh_token"), first.Text("access_token")
	code := w.code(rp)
	waiting := w.wait(tv)
	w.answer(w.device(w.Browser(), waiting.Text("user_code")), "allow")
	asked := w.ok(w.backchannel(bank))
	w.approve("allow")
	s := newShop(w, storage.TokenExchangePolicy{Impersonation: true})
	subject := s.signIn().Text("access_token")
	w.Change(s.back, only(g))
	w.ok(w.exchange(s.back, subject, "resource", s.stock))

	w.part(g, w.person)
	w.Within(time.Second, "no refresh", func() bool { return w.Refresh(rp, refresh).Status == http.StatusBadRequest })
	if a := w.Introspect(rp, access); a.Body != `{"active":false}` {
		t.Errorf("an access token of somebody who was taken out: %s", a.Body)
	}
	w.refused(w.Userinfo(access), 401, "invalid_token")
	w.row("refresh.permitted", func() { w.refused(w.Refresh(rp, refresh), 400, "invalid_grant") })
	w.row("code.permitted", func() { w.refused(w.Redeem(rp, code), 400, "invalid_grant") })
	w.row("device_code.permitted", func() { w.refused(w.poll(tv, waiting), 400, "access_denied") })
	w.row("auth_req_id.permitted", func() { w.refused(w.askFor(w.Server, bank, asked), 400, "access_denied") })
	w.row("ciba.permitted", func() { w.refused(w.backchannel(bank), 403, "access_denied") })
	w.notExchanged("exchange.permitted", "invalid_request", s.back, subject, "resource", s.stock)
	if p := w.device(w.Browser(), w.wait(tv).Text("user_code")); p.Status != http.StatusForbidden || p.HasID("consent-allow") {
		t.Errorf("the device screen asks: %d %.300s", p.Status, p.Body)
	}
	w.join(g, w.person)
	w.Within(time.Second, "in again", func() bool { return w.Refresh(rp, refresh).Status == http.StatusOK })
	if a := w.Introspect(rp, access); a.JSON["active"] != true {
		t.Errorf("let in again: %s", a.Body)
	}
}

func TestGroups_AnothersWordOpensNothing(t *testing.T) {
	w, k := trusting(t, core.MapSub)
	rp := w.bearing(only(w.group()))
	w.notVouched("jwt_bearer.permitted", "invalid_grant", rp, k.sign("ES256", nil, w.said(w.person.Subject)))
}

// What one server changes, the others keep to within a second.
func TestGroups_AcrossNodes(t *testing.T) {
	w := alone(t)
	g := w.group(w.person)
	rp := w.Client(storage.ClientMetadata{})
	w.Change(rp, only(g))
	refresh := w.offline(rp).Text("refresh_token")
	n := w.Node(t)
	w.ok(n.Refresh(rp, refresh))
	w.part(g, w.person)
	n.Within(time.Second, "refused by the other node", func() bool { return n.Refresh(rp, refresh).Status == http.StatusBadRequest })
}
