package modules

import (
	"slices"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// pairwise is a client that knows people by subjects of its own sector.
func (w *world) pairwise(redirect string) *testkit.RP {
	w.t.Helper()
	return w.Client(storage.ClientMetadata{SubjectType: "pairwise", RedirectURIs: []string{redirect}, PostLogoutRedirectURIs: []string{redirect + "/bye"}})
}

// everywhere collects the sub from every place where one leaves the server.
func (w *world) everywhere(rp *testkit.RP) []string {
	w.t.Helper()
	a := w.offline(rp)
	_, access := w.parts(a.Text("access_token"))
	var subs []string
	for place, sub := range map[string]any{
		"ID token": w.idToken(a, rp)["sub"], "access token": access["sub"], "UserInfo": w.ok(w.Userinfo(a.Text("access_token"))).JSON["sub"],
		"introspection": w.ok(w.Introspect(rp, a.Text("access_token"))).JSON["sub"],
		"refresh":       w.ok(w.Call("/oauth2/introspect", rp, form("token", a.Text("refresh_token"), "token_type_hint", "refresh_token"))).JSON["sub"],
		"refreshed":     w.ok(w.Userinfo(w.ok(w.Refresh(rp, a.Text("refresh_token"))).Text("access_token"))).JSON["sub"],
	} {
		s, _ := sub.(string)
		if s == "" {
			w.t.Errorf("no sub in %s", place)
		}
		if subs = append(subs, s); s != subs[0] {
			w.t.Errorf("another sub in %s", place)
		}
	}
	return slices.Compact(subs)
}

func TestJW18_PairwiseSubjects(t *testing.T) {
	w := open(t)
	a, sameHost, b := w.pairwise("https://a.test/cb"), w.pairwise("https://a.test/other"), w.pairwise("https://b.test/cb")
	subA, subSame, subB := w.everywhere(a)[0], w.everywhere(sameHost)[0], w.everywhere(b)[0]
	if subA != subSame {
		t.Error("two subjects in one sector")
	}
	if subA == subB || subA == w.person.Subject || subB == w.person.Subject {
		t.Error("two sectors, or a sector and everybody, know the person by one subject")
	}
	public := w.Client(storage.ClientMetadata{})
	if w.everywhere(public)[0] != w.person.Subject {
		t.Error("the public subject changed")
	}
	email, _ := w.somebody()
	if other := w.idToken(w.ok(w.Redeem(a, w.Code(a, email))), a); other["sub"] == subA {
		t.Error("two people have one subject")
	}
}

// Hints carry the pairwise subject, and lead back to the session's person.
func TestJW18_PairwiseHints(t *testing.T) {
	w := open(t)
	rp, other := w.pairwise("https://a.test/cb"), w.pairwise("https://b.test/cb")
	browser := w.Browser()
	idToken := w.ok(w.Redeem(rp, browser.Authorize(w.AuthURL(rp), w.email).Get("code"))).Text("id_token")
	_, claims := w.parts(idToken)
	sub, _ := claims["sub"].(string)
	silent := func(rp *testkit.RP, changes ...string) string {
		return browser.Get(w.AuthURL(rp, append(changes, "prompt", "none")...)).Params().Get("error")
	}
	if got := silent(rp, "id_token_hint", idToken); got != "" {
		t.Errorf("its own hint: %q", got)
	}
	if got := silent(rp, "claims", `{"id_token":{"sub":{"value":"`+sub+`"}}}`); got != "" {
		t.Errorf("its own sub: %q", got)
	}
	w.row("interaction.hinted_person", func() {
		if got := silent(rp, "claims", `{"id_token":{"sub":{"value":"`+w.person.Subject+`"}}}`); got != "login_required" {
			t.Errorf("the public sub names somebody to a pairwise client: %q", got)
		}
	})
	browser.Authorize(w.AuthURL(other), w.email)
	if got := silent(other, "claims", `{"id_token":{"sub":{"value":"`+sub+`"}}}`); got != "login_required" {
		t.Errorf("another sector's sub: %q", got)
	}
	// The hint names the person on the sign-in page too: somebody else is turned away, the person is not.
	page := w.Browser().Get(w.AuthURL(rp, "id_token_hint", idToken)).SignIn(w.email, testkit.Password).Allow()
	if page.Location == nil || page.Params().Get("code") == "" {
		t.Errorf("the hinted person could not sign in: %d", page.Status)
	}
	stranger, _ := w.somebody()
	if page := w.Browser().Get(w.AuthURL(rp, "id_token_hint", idToken)).SignIn(stranger, testkit.Password); page.Location != nil {
		t.Error("somebody else signed in for the hinted person")
	}
	out := browser.Get(w.URL + "/oauth2/logout?" + form("id_token_hint", idToken, "post_logout_redirect_uri", "https://a.test/cb/bye").Encode())
	if out.Location == nil || out.Location.Host != "a.test" {
		t.Errorf("logout by its own hint asked: %d %s", out.Status, out.URL)
	}
}
