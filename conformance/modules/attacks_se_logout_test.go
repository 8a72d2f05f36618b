package modules

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// logoutURL asks to end the session.
func (w *world) logoutURL(pairs ...string) string {
	return w.URL + "/oauth2/logout?" + form(pairs...).Encode()
}

func TestSE09_Logout(t *testing.T) {
	w := open(t)
	meta := storage.ClientMetadata{PostLogoutRedirectURIs: []string{"https://app.test/bye", "https://app.test/bye?x=1"}}
	rp := w.Client(meta)
	meta.PostLogoutRedirectURIs = []string{"https://other.test/bye"}
	other := w.Client(meta)
	enter := func() (*testkit.Browser, string) {
		b := w.Browser()
		a := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp), w.email).Get("code")))
		return b, a.Text("id_token")
	}
	b, hint := enter()
	in := func() {
		t.Helper()
		if got := w.silent(b, rp); got != "" {
			t.Errorf("signed out: %q", got)
		}
	}
	refuse := func(row string, pairs ...string) {
		t.Helper()
		w.row(row, func() { w.page(get(b, w.logoutURL(pairs...)), 400, "invalid_request", "evil.test") })
		in()
	}
	for _, uri := range []string{
		"https://evil.test/", "javascript:alert(1)", "data:text/html,x", "https://other.test/bye", "https://app.test/bye/", "https://app.test/bye?foo=bar", "https://app.test/BYE",
		"//app.test/bye", "https://app.test/cb", "https://app.test@evil.test/bye", "/",
	} {
		refuse("logout.redirect_uri", "id_token_hint", hint, "post_logout_redirect_uri", uri)
		refuse("logout.redirect_uri", "client_id", rp.ID, "post_logout_redirect_uri", uri)
	}
	refuse("logout.redirect_uri", "post_logout_redirect_uri", "https://app.test/bye") // no hint, no client
	refuse("logout.redirect_uri", "post_logout_redirect_uri", "https://app.test/bye", "state", "x")
	header, claims := w.parts(hint)
	for _, bad := range []string{
		"nonsense", hint + "x", hint[:len(hint)-3], unsigned(t, object{"alg": "none"}, claims), rehead(t, hint, with(header, object{"alg": "none"})),
		symmetric(t, "HS256", []byte(rp.Secret), nil, claims), newKey(t, "RS256").sign("RS256", nil, claims), w.tokens(rp).Text("access_token"),
	} {
		refuse("logout.id_token_hint", "id_token_hint", bad, "post_logout_redirect_uri", "https://app.test/bye")
		refuse("logout.id_token_hint", "id_token_hint", bad)
	}
	refuse("logout.hinted_client", "id_token_hint", hint, "client_id", other.ID)
	refuse("logout.hinted_client", "id_token_hint", hint, "client_id", other.ID, "post_logout_redirect_uri", "https://other.test/bye")
	refuse("logout.client", "client_id", "nobody")
	if a := get(b, w.logoutURL("state", "a")+"&state=b"); a.Status != 400 {
		t.Errorf("a parameter twice: %d", a.Status)
	}

	// Another's hint, or none: the person is asked, and nobody is signed out by a link.
	otherEmail, _ := w.somebody()
	ob := w.Browser()
	theirs := w.ok(w.Redeem(rp, ob.Authorize(w.AuthURL(rp), otherEmail).Get("code"))).Text("id_token")
	for _, pairs := range [][]string{{}, {"state", "x"}, {"client_id", rp.ID}, {"id_token_hint", theirs, "post_logout_redirect_uri", "https://app.test/bye"}} {
		p := b.Get(w.logoutURL(pairs...))
		if p.Status != 200 || !p.HasID("logout-confirm") {
			t.Errorf("%v: %d %s", pairs, p.Status, p.URL.Path)
		}
		in()
		if got := w.silent(ob, rp); got != "" {
			t.Errorf("%v: the other person was signed out: %q", pairs, got)
		}
	}
	// A cross-site POST becomes a question too, and the question's form is protected.
	posted := b.Raw("POST", "/oauth2/logout", form("state", "x").Encode(), "Content-Type", testkit.FormType, "Origin", "https://evil.test")
	if posted.Status != 303 || !strings.HasPrefix(posted.Header.Get("Location"), "/oauth2/logout?") {
		t.Errorf("cross-site POST: %d %s", posted.Status, posted.Header.Get("Location"))
	}
	for _, csrf := range []string{"AAAA", ""} {
		if a := b.Raw("POST", "/oauth2/logout", form("csrf", csrf).Encode(), "Content-Type", testkit.FormType, "Origin", "https://evil.test"); a.Status != 403 {
			t.Errorf("forged confirmation: %d", a.Status)
		}
	}
	_, otherForm := ob.Get(w.logoutURL()).Form()
	if a := b.Raw("POST", "/oauth2/logout", otherForm.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL); a.Status != 403 {
		t.Errorf("another browser's form: %d", a.Status)
	}
	in()

	state := `a"'<>&%#?=;` + "`{}|^ ~"
	for _, uri := range rp.Metadata.PostLogoutRedirectURIs {
		b, hint := enter()
		to := get(b, w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", uri, "state", state)).Location()
		want, _ := url.Parse(uri)
		q := to.Query()
		if to.Host != want.Host || to.Path != want.Path || q.Get("state") != state || q.Get("x") != want.Query().Get("x") || q.Has("iss") {
			t.Errorf("led to %s", to)
		}
		if got := w.silent(b, rp); got != "login_required" {
			t.Errorf("not signed out: %q", got)
		}
	}
	asked, _ := enter()
	done := asked.Get(w.logoutURL("client_id", rp.ID, "post_logout_redirect_uri", "https://app.test/bye", "state", state)).Submit()
	if done.Location == nil || done.Location.Host != "app.test" || done.Location.Query().Get("state") != state || w.silent(asked, rp) != "login_required" {
		t.Errorf("after the confirmation: %v", done.Location)
	}
}
