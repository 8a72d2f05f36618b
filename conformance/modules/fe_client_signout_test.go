package modules

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
)

// TestFE_StartLogout says where a browser goes to sign out upstream too.
func TestFE_StartLogout(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) {
		o.meta = map[string]any{"end_session_endpoint": o.url() + "/end?a=1&client_id=evil"}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	none := newSocialOP(t, w.Clock.Now, nil)
	w.provider("none", "oidc", map[string]any{"issuer": none.url()})
	bad := newSocialOP(t, w.Clock.Now, nil)
	bad.set(func(o *socialOP) { o.meta = map[string]any{"end_session_endpoint": "javascript:alert(1)"} })
	w.provider("bad", "oidc", map[string]any{"issuer": bad.url()})
	start := func(name, id string) (*federation.Departure, error) {
		ready, err := w.App.Upstreams.ByName(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		starts, ok := ready.Connector.(federation.LogoutStarter)
		if !ok {
			t.Fatal("no sign-out")
		}
		return starts.StartLogout(t.Context(), federation.Goodbye{Tokens: &federation.Tokens{ID: id}, ReturnTo: w.URL + "/done", State: "s1"})
	}
	d, err := start("corp", "id.token.x")
	if err != nil || d.Form != nil {
		t.Fatal(d, err)
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); q.Get("id_token_hint") != "id.token.x" || q.Get("client_id") != "jedan" || q.Get("a") != "1" || q.Get("post_logout_redirect_uri") != w.URL+"/done" || q.Get("state") != "s1" {
		t.Error(u)
	}
	if d, err = start("corp", strings.Repeat("x", 3000)); err != nil || d.Form.Get("state") != "s1" || len(d.URL) > 200 {
		t.Error("a long token: ", d, err)
	}
	if d, err = start("none", "x"); d != nil || err != nil {
		t.Error(d, err)
	}
	if d, err = start("bad", "x"); d != nil || err == nil {
		t.Error(d, err)
	}
}

// TestFE_Frontchannel: a page of the upstream's ends the sessions that it names, where the operator lets it.
func TestFE_Frontchannel(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "frontchannel_logout": true})
	w.provider("off", "oidc", map[string]any{"issuer": o.url()})
	o.set(func(o *socialOP) { o.claims = map[string]any{"sid": "sid-1"} })
	b, page := w.by("corp", o)
	w.subject(page)
	o.set(func(o *socialOP) { o.claims = map[string]any{"sid": "sid-2"} })
	other, page := w.by("corp", o)
	w.subject(page)
	frame := func(name string, q url.Values) int {
		resp, err := w.HTTP.Get(w.URL + "/federation/" + name + "/frontchannel?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for name, c := range map[string]struct {
		connector string
		q         url.Values
		status    int
		check     string
	}{
		"no iss":       {"corp", url.Values{"sid": {"sid-1"}}, http.StatusBadRequest, "oidc_frontchannel.iss"},
		"another iss":  {"corp", url.Values{"sid": {"sid-1"}, "iss": {"https://other.example"}}, http.StatusBadRequest, "oidc_frontchannel.iss"},
		"no sid":       {"corp", url.Values{"iss": {o.url()}}, http.StatusBadRequest, "oidc_frontchannel.sid"},
		"switched off": {"off", url.Values{"iss": {o.url()}, "sid": {"sid-1"}}, http.StatusNotFound, ""},
		"unknown":      {"corp", url.Values{"iss": {o.url()}, "sid": {"sid-9"}}, http.StatusOK, ""},
	} {
		mark := w.Log.Mark()
		if status := frame(c.connector, c.q); status != c.status || !in(b) || !in(other) || strings.Join(w.Log.Refused(mark), "") != c.check {
			t.Errorf("%s: %d %v", name, status, w.Log.Refused(mark))
		}
	}
	if status := frame("corp", url.Values{"iss": {o.url()}, "sid": {"sid-1"}}); status != http.StatusOK || in(b) || !in(other) {
		t.Errorf("%d", status)
	}
}
