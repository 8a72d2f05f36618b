package modules

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// modes are the response modes with a client that may use all of them.
func (w *world) modes() ([]string, *testkit.RP) {
	w.t.Helper()
	all := []string{"query", "fragment", "form_post"}
	return all, w.Client(storage.ClientMetadata{ResponseModes: all})
}

func TestAZ14_ImplicitAndHybridOff(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	b := w.signedIn(rp)
	for _, rt := range []string{"token", "id_token", "id_token token", "code token", "code id_token", "code id_token token", "token code"} {
		w.row("authorize.response_type_registered", func() {
			w.refusedTo(b.Raw("GET", w.AuthURL(rp, "response_type", rt), ""), rp, "fragment", "unsupported_response_type")
		})
	}
	for _, rt := range []string{"none", "foo", "code foo", "code none", "CODE", "code code"} {
		w.row("authorize.response_type", func() {
			w.refusedTo(b.Raw("GET", w.AuthURL(rp, "response_type", rt), ""), rp, "query", "unsupported_response_type")
		})
	}
	implicit := w.types(storage.ClientMetadata{}, "token", "id_token token")
	for _, rt := range []string{"token", "token id_token"} {
		if q := w.Browser().Authorize(w.AuthURL(implicit, "response_type", rt), w.email); q.Get("access_token") == "" {
			t.Errorf("%s: %v", rt, q)
		}
	}
	w.row("authorize.response_type_registered", func() {
		w.refusedTo(w.Get(w.AuthURL(implicit)), implicit, "query", "unsupported_response_type")
	})
	hybrid := w.types(storage.ClientMetadata{}, "code id_token")
	if q := w.Browser().Authorize(w.AuthURL(hybrid, "response_type", "id_token code"), w.email); q.Get("code") == "" || q.Get("id_token") == "" || q.Has("access_token") {
		t.Errorf("hybrid: %v", q)
	}
}

func TestAZ16_ResponseModeSwitch(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{ResponseModes: []string{"query"}})
	b := w.signedIn(rp)
	for _, mode := range []string{"fragment", "form_post", "jwt", "query.jwt", "web_message", "Query"} {
		w.row("authorize.response_mode", func() {
			w.refusedTo(b.Raw("GET", w.AuthURL(rp, "response_mode", mode), ""), rp, "query", "unsupported_response_mode")
		})
	}
	if q := w.response(b.Raw("GET", w.AuthURL(rp, "response_mode", "query"), ""), rp, "query"); q.Get("code") == "" {
		t.Errorf("the registered mode: %v", q)
	}
	plain := w.Client(storage.ClientMetadata{})
	w.row("authorize.response_mode", func() {
		w.refusedTo(w.Get(w.AuthURL(plain, "response_mode", "fragment")), plain, "query", "unsupported_response_mode")
	})
	// A form cannot be posted to an app.
	native := w.public(storage.ClientMetadata{RedirectURIs: []string{"com.example.app:/cb"}, ApplicationType: "native"})
	w.row("authorize.response_mode", func() {
		w.refusedTo(w.Get(w.AuthURL(native, "response_mode", "form_post")), native, "query", "unsupported_response_mode")
	})
	w.begins(w.AuthURL(native))
	// Tokens never go to the query, whatever is registered.
	implicit := w.types(storage.ClientMetadata{ResponseModes: []string{"query", "fragment"}}, "code token", "token")
	for _, rt := range []string{"token", "code token"} {
		w.row("authorize.response_mode", func() { // the suite's fapi1-advanced-final-ensure-response-mode-query wants this code
			w.refusedTo(w.Get(w.AuthURL(implicit, "response_type", rt, "response_mode", "query")), implicit, "fragment", "invalid_request")
		})
	}
}

func TestAZ17_StateAndNonceEcho(t *testing.T) {
	w := open(t)
	modes, rp := w.modes()
	b := w.signedIn(rp)
	for _, text := range []string{
		`"'><script>alert(1)</script>`, "a b+c%d&e=f#g;h", "%0d%0aSet-Cookie:%20x=y", "&amp;&#x27;", "ü漢😀", strings.Repeat("s", 1000), "%s{{.}}", "-._~",
	} {
		for _, mode := range modes {
			a := b.Raw("GET", w.AuthURL(rp, "response_mode", mode, "state", text, "nonce", text), "")
			q := w.response(a, rp, mode)
			if q.Get("state") != text {
				t.Errorf("%s: state %q came back as %q", mode, text, q.Get("state"))
			}
			if strings.Contains(a.Body, "<script>alert") || strings.ContainsAny(a.Header.Get("Location"), "\r\n\"<> ") {
				t.Errorf("%s: not encoded: %s %s", mode, a.Header.Get("Location"), a.Body)
			}
			if claims := w.idToken(w.ok(w.Redeem(rp, q.Get("code"))), rp); claims["nonce"] != text {
				t.Errorf("nonce %q came back as %q", text, claims["nonce"])
			}
			w.refusedTo(w.Get(w.AuthURL(rp, "response_mode", mode, "state", text, "prompt", "none")), rp, mode, "login_required")
		}
	}
	for _, mode := range modes {
		for _, name := range []string{"state", "nonce"} {
			for _, text := range []string{"a\r\nX-Evil: 1", "a\nb", "a\tb", "a\x7f", "\x1b[31m"} {
				w.row("authorize.printable", func() {
					w.page(b.Raw("GET", w.AuthURL(rp, "response_mode", mode, name, text), ""), 400, "invalid_request", "app.test")
				})
			}
			w.row("authorize.size", func() {
				w.page(b.Raw("GET", w.AuthURL(rp, "response_mode", mode, name, strings.Repeat("x", 8<<10)), ""), 400, "invalid_request", "app.test")
			})
			for _, raw := range []string{"%00", "%ff%fe", "%c0%80", "%zz", "a;b"} {
				w.page(b.Raw("GET", w.AuthURL(rp, "response_mode", mode, name, "")+"&"+name+"="+raw, ""), 400, "invalid_request", "app.test")
			}
		}
	}
}

func TestAZ18_Issuer(t *testing.T) {
	w := open(t)
	issuer, _ := w.Get("/.well-known/openid-configuration").JSON["issuer"].(string)
	if issuer != w.URL {
		t.Fatalf("issuer %q", issuer)
	}
	modes, rp := w.modes()
	b := w.signedIn(rp)
	for _, mode := range modes {
		success := w.response(b.Raw("GET", w.AuthURL(rp, "response_mode", mode), ""), rp, mode)
		failure := w.response(w.Get(w.AuthURL(rp, "response_mode", mode, "prompt", "none")), rp, mode)
		for kind, q := range map[string]url.Values{"code": success, "error": failure} {
			if q.Get(kind) == "" || len(q["iss"]) != 1 || q.Get("iss") != issuer || q.Get("state") != "state-1" {
				t.Errorf("%s: %v", mode, q)
			}
		}
	}
	hybrid := w.types(storage.ClientMetadata{}, "code id_token token", "id_token")
	for _, rt := range hybrid.Metadata.ResponseTypes {
		if q := w.Browser().Authorize(w.AuthURL(hybrid, "response_type", rt), w.email); q.Get("iss") != issuer || q.Get("id_token") == "" {
			t.Errorf("%s: %v", rt, q)
		}
		if q := w.response(w.Get(w.AuthURL(hybrid, "response_type", rt, "prompt", "none")), hybrid, "fragment"); q.Get("iss") != issuer || q.Get("error") != "login_required" {
			t.Errorf("%s: %v", rt, q)
		}
	}
}
