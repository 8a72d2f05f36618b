package modules

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestAZ19_NoPreservingRedirect(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	signedIn := b.Get(w.AuthURL(rp)).SubmitRaw("identifier", w.email, "password", testkit.Password)
	if signedIn.Status != 303 {
		t.Errorf("after credentials: %d", signedIn.Status)
	}
	consent := b.Get(signedIn.Header.Get("Location"))
	allowed := consent.SubmitRaw("decision", "allow")
	if allowed.Status != 303 {
		t.Errorf("after consent: %d", allowed.Status)
	}
	answer := b.Raw(http.MethodGet, allowed.Header.Get("Location"), "")
	if q := w.response(answer, rp, "query"); q.Get("code") == "" {
		t.Errorf("to the client: %v", q)
	}
	posted := w.Raw(http.MethodPost, "/oauth2/authorize", strings.SplitN(w.AuthURL(rp), "?", 2)[1], "Content-Type", testkit.FormType)
	if posted.Status != 303 {
		t.Errorf("after an authorization request by POST: %d", posted.Status)
	}
}

func TestAZ20_NoCORSAtAuthorize(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	login := w.begins(w.AuthURL(rp)).Header.Get("Location")
	for _, origin := range []string{"https://evil.test", "https://app.test", "null", w.URL} {
		for _, path := range []string{strings.TrimPrefix(w.AuthURL(rp), w.URL), login, "/login", "/login/account", "/consent", "/oauth2/logout", "/account/password", "/setup", "/"} {
			for _, method := range []string{http.MethodOptions, http.MethodGet, http.MethodPost} {
				a := w.Raw(method, path, "", "Origin", origin, "Access-Control-Request-Method", "GET", "Content-Type", testkit.FormType)
				for name := range a.Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %.30s from %s: %s", method, path, origin, name)
					}
				}
			}
		}
	}
	if a := w.Raw(http.MethodOptions, "/oauth2/token", "", "Origin", "https://app.test", "Access-Control-Request-Method", "POST"); a.Header.Get("Access-Control-Allow-Origin") != "https://app.test" {
		t.Errorf("the token endpoint refuses a registered origin: %v", a.Header)
	}
	if a := w.Raw(http.MethodOptions, "/oauth2/token", "", "Origin", "https://evil.test", "Access-Control-Request-Method", "POST"); a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("the token endpoint lets a stranger read: %v", a.Header)
	}
}

func TestAZ30_Framing(t *testing.T) {
	w := open(t)
	for name, a := range w.screens() {
		if sources, ok := directive(a, "frame-ancestors"); !ok || !slices.Equal(sources, []string{"'none'"}) || a.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %q, X-Frame-Options %q", name, a.Header.Get("Content-Security-Policy"), a.Header.Get("X-Frame-Options"))
		}
	}
}

func TestAZ31_NoReferrer(t *testing.T) {
	w := open(t)
	for name, a := range w.screens() {
		if a.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: Referrer-Policy %q", name, a.Header.Get("Referrer-Policy"))
		}
		if found := w.foreign(a); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		if sources, ok := directive(a, "default-src"); !ok || !slices.Equal(sources, []string{"'none'"}) {
			t.Errorf("%s: default-src %v", name, sources)
		}
		for _, d := range []string{"script-src", "style-src", "font-src", "connect-src"} {
			if sources, ok := directive(a, d); ok && !slices.Equal(sources, []string{"'self'"}) {
				t.Errorf("%s: %s %v", name, d, sources)
			}
		}
	}
}

func TestAZ32_Methods(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	b := w.signedIn(rp)
	before := len(w.grants(rp))
	for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodTrace, http.MethodDelete, http.MethodPatch} {
		if a := b.Raw(method, w.AuthURL(rp), ""); a.Status != 405 || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d %q", method, a.Status, a.Header.Get("Location"))
		}
	}
	for _, media := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", ""} {
		if a := b.Raw(http.MethodPost, w.AuthURL(rp), `{"client_id":"x"}`, "Content-Type", media); a.Status != 415 || a.Header.Get("Location") != "" {
			t.Errorf("%q: %d", media, a.Status)
		}
	}
	if n := len(w.grants(rp)); n != before {
		t.Errorf("%d grants were made", n-before)
	}
	if q := w.response(b.Raw(http.MethodGet, w.AuthURL(rp), ""), rp, "query"); q.Get("code") == "" || len(w.grants(rp)) != before+1 {
		t.Errorf("GET makes no code: %v", q)
	}
}

func TestAZ29_ScopesAndResources(t *testing.T) {
	w := open(t)
	api, other := "https://api."+w.email[:len(w.email)-len("@example.org")]+".test/", "https://other."+w.email[:len(w.email)-len("@example.org")]+".test/"
	w.Resource(api, nil)
	w.Resource(other, nil)
	rp := w.Client(storage.ClientMetadata{Scope: "openid email files", Resources: []string{api}})
	for _, scope := range []string{"profile", "openid profile", "OPENID", "openid files2", "openid jedan:admin", `openid "x"`, "openid ü", "openid *"} {
		w.row("authorize.scope", func() { w.refusedTo(w.Get(w.AuthURL(rp, "scope", scope)), rp, "query", "invalid_scope") })
	}
	for _, resource := range []string{other, api + "#fragment", api + "x", "api", "/api", "https://unknown.test/", "urn:x", w.URL, w.URL + "/oauth2/userinfo"} {
		w.row("authorize.resource", func() {
			w.refusedTo(w.Get(w.AuthURL(rp, "scope", "openid files", "resource", resource)), rp, "query", "invalid_target")
		})
	}
	w.row("authorize.resource", func() {
		w.refusedTo(w.Get(w.AuthURL(rp, "scope", "openid files", "resource", api)+"&resource=https://unknown.test/"), rp, "query", "invalid_target")
	})
	a := w.tokens(rp, "scope", "openid files", "resource", api)
	_, claims := w.parts(a.Text("access_token"))
	if aud := members(claims, "aud"); !slices.Equal(aud, sorted(api, w.URL+"/oauth2/userinfo")) || claims["scope"] != "openid files" {
		t.Errorf("granted %v", claims)
	}
	// A resource that is gone since is no longer granted.
	w.must(w.App.Registrar.DeleteResource(context.Background(), api, registrarActor()))
	w.row("authorize.resource", func() {
		w.refusedTo(w.Get(w.AuthURL(rp, "scope", "openid files", "resource", api)), rp, "query", "invalid_target")
	})
}
