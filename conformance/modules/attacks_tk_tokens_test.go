package modules

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// inactive wants exactly the answer that tells nothing.
func (w *world) inactive(rp *testkit.RP, token string, hint ...string) {
	w.t.Helper()
	f := form("token", token)
	if len(hint) > 0 {
		f.Set("token_type_hint", hint[0])
	}
	if a := w.ok(w.Call("/oauth2/introspect", rp, f)); a.Body != `{"active":false}` {
		w.t.Errorf("%.40s: %s", token, a.Body)
	}
}

func TestTK33_Revocation(t *testing.T) {
	w := open(t)
	revoke := func(rp *testkit.RP, token string, more ...string) *testkit.Answer {
		return w.Call("/oauth2/revoke", rp, form(append([]string{"token", token}, more...)...))
	}
	a, b := w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{AccessTokenFormat: "opaque"})
	mine := w.offline(a)
	for _, token := range []string{mine.Text("access_token"), mine.Text("refresh_token"), "unknown", "jdr_AAAA", "jda_AAAA", "a.b.c"} {
		first := w.ok(revoke(b, token))
		if first.Body != w.ok(revoke(b, "whatever")).Body {
			t.Errorf("a hint: %s", first.Body)
		}
	}
	w.alive(a, mine)
	w.ok(w.Refresh(a, mine.Text("refresh_token")))

	w.ok(revoke(a, mine.Text("access_token")))
	w.refused(w.Userinfo(mine.Text("access_token")), 401, "invalid_token")
	w.inactive(a, mine.Text("access_token"))
	next := w.ok(w.Refresh(a, mine.Text("refresh_token"))) // an access token alone ends nothing else
	w.alive(a, next)
	w.ok(revoke(a, next.Text("refresh_token"), "token_type_hint", "access_token")) // a wrong hint is only a hint
	w.dead(a, next)

	for _, rp := range []*testkit.RP{b, w.public(storage.ClientMetadata{})} {
		tokens := w.offline(rp)
		w.alive(rp, tokens)
		w.ok(revoke(rp, tokens.Text("refresh_token")))
		w.dead(rp, tokens)
		if n := len(w.events(rp, "grant.revoke")); n != 1 {
			t.Errorf("%d events", n)
		}
	}
	rotated := w.public(storage.ClientMetadata{})
	old := w.offline(rotated)
	young := w.ok(w.Refresh(rotated, old.Text("refresh_token")))
	w.ok(revoke(rotated, old.Text("refresh_token")))
	w.dead(rotated, young)
	w.refused(w.Call("/oauth2/revoke", nil, form("token", "x")), 401, "invalid_client")
	w.refused(w.Call("/oauth2/revoke", a, form()), 400, "invalid_request")
}

func TestTK35_IntrospectionContent(t *testing.T) {
	w := alone(t)
	owner, api := w.machine(storage.ClientMetadata{}), "https://api35.test/"
	w.Resource(api, owner)
	stranger := w.Client(storage.ClientMetadata{})
	for _, format := range []string{"jwt", "opaque"} {
		rp := w.Client(storage.ClientMetadata{AccessTokenFormat: format, Resources: []string{api}})
		a, b := w.offline(rp, "resource", api), w.offline(rp, "resource", api)
		token, other := a.Text("access_token"), b.Text("access_token")
		for _, reader := range []*testkit.RP{rp, owner} {
			if i := w.ok(w.Introspect(reader, token)); i.JSON["active"] != true || i.Text("sub") != w.person.Subject || i.Text("client_id") != rp.ID {
				t.Errorf("%s: %s", format, i.Body)
			}
		}
		w.inactive(stranger, token)
		half := len(token) / 2
		changed := "A"
		if token[half] == 'A' {
			changed = "B"
		}
		for _, bad := range []string{
			token[:len(token)-1], token[:half], token + "A", token + ".", " " + token, token[:half] + changed + token[half+1:], token[half:] + token[:half],
			token[:half] + other[half:], other[:half] + token[half:], "jda_", "x", ".", "..", strings.Repeat("a", 9000), a.Text("id_token"),
		} {
			w.inactive(rp, bad)
		}
		w.inactive(rp, a.Text("refresh_token")) // a resource server that is handed one must not take it for access
		w.inactive(owner, a.Text("refresh_token"), "refresh_token")
		if i := w.ok(w.Call("/oauth2/introspect", rp, form("token", a.Text("refresh_token"), "token_type_hint", "refresh_token"))); i.JSON["active"] != true || i.JSON["token_type"] != nil {
			t.Errorf("own refresh token: %s", i.Body)
		}
		w.ok(w.Call("/oauth2/revoke", rp, form("token", token)))
		w.inactive(rp, token)
		w.inactive(owner, token)
		w.Clock.Advance(11 * time.Minute)
		w.inactive(rp, other)
	}
	rp := w.Client(storage.ClientMetadata{})
	a := w.offline(rp)
	w.must(w.App.Directory.SetState(context.Background(), w.App.Tenant, w.person.ID, storage.PersonDisabled, testkit.Operator()))
	w.inactive(rp, a.Text("access_token"))
	w.inactive(rp, a.Text("refresh_token"), "refresh_token")
	own := w.ok(w.Call("/oauth2/token", owner, form("grant_type", "client_credentials"))).Text("access_token")
	if i := w.Introspect(owner, own); i.JSON["active"] != true {
		t.Errorf("a client's own: %s", i.Body)
	}
	w.Disable(owner)
	w.inactive(rp, own)
	w.refused(w.Introspect(owner, own), 401, "invalid_client")
	w.refused(w.Introspect(w.public(storage.ClientMetadata{}), own), 400, "unauthorized_client")
}

func TestTK40_ResponseHygiene(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	a := w.offline(rp)
	secrets := []string{rp.Secret, a.Text("access_token"), a.Text("refresh_token"), testkit.Verifier, testkit.Password}
	for name, answer := range map[string]*testkit.Answer{
		"token": a, "refresh": w.Refresh(rp, a.Text("refresh_token")), "token error": w.Refresh(rp, "jdr_"+rp.Secret), "bad code": w.Redeem(rp, rp.Secret),
		"bad client": w.Introspect(&testkit.RP{ID: rp.ID, Secret: "x" + rp.Secret}, a.Text("access_token")), "bad type": w.Call("/oauth2/token", rp, form("grant_type", rp.Secret)),
		"introspect": w.Introspect(rp, a.Text("access_token")), "introspect error": w.Call("/oauth2/introspect", rp, form("x", rp.Secret)),
		"revoke error": w.Call("/oauth2/revoke", rp, form("x", rp.Secret)), "userinfo": w.Userinfo(a.Text("access_token")), "userinfo error": w.Userinfo("jda_" + rp.Secret),
		"no token": w.Userinfo(""), "twice": w.Raw("POST", "/oauth2/token", "code="+rp.Secret+"&code="+rp.Secret, "Content-Type", testkit.FormType),
		"revoke": w.Call("/oauth2/revoke", rp, form("token", a.Text("access_token"))),
	} {
		if !strings.Contains(answer.Header.Get("Cache-Control"), "no-store") || answer.Header.Get("Content-Type") != "application/json" || answer.JSON == nil {
			t.Errorf("%s: %d %v %s", name, answer.Status, answer.Header, answer.Body)
		}
		if answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", name, answer.Header)
		}
		for _, secret := range secrets {
			if (strings.Contains(answer.Body, secret) && name != "token" && name != "refresh") || strings.Contains(strings.Join(answer.Header.Values("WWW-Authenticate"), " "), secret) {
				t.Errorf("%s echoes a secret", name)
			}
		}
		for member := range answer.JSON {
			if strings.Contains(member, "debug") || strings.Contains(member, "hint") || strings.Contains(member, "stack") || member == "status_code" {
				t.Errorf("%s: member %s", name, member)
			}
		}
	}
}

func TestTK41_MethodAndMediaType(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	code := w.code(rp)
	f := form("grant_type", "authorization_code", "code", code, "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier)
	auth := basic(rp.ID, rp.Secret)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if a := w.Raw(method, "/oauth2/token?"+f.Encode(), "", "Authorization", auth); a.Status != 405 {
			t.Errorf("%s: %d %s", method, a.Status, a.Body)
		}
	}
	for _, media := range []string{"application/json", "text/plain", "", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=iso-8859-1", "x"} {
		if a := w.Raw("POST", "/oauth2/token", f.Encode(), "Authorization", auth, "Content-Type", media); a.Status != 415 && a.Status != 400 {
			t.Errorf("%q: %d %s", media, a.Status, a.Body)
		}
	}
	w.refused(w.Raw("POST", "/oauth2/token", `{"grant_type":"authorization_code"}`, "Authorization", auth, "Content-Type", "application/json"), 415, "invalid_request")
	if a := w.Raw("POST", "/oauth2/token", f.Encode(), "Authorization", auth); a.Status != 415 {
		t.Errorf("no media type: %d", a.Status)
	}
	for _, body := range []string{"grant_type=%ff%fe", "grant_type=a%00b", "grant_type=%zz", "a;b=c", strings.Repeat("a=b&", 300), "x=" + strings.Repeat("a", 70<<10)} {
		if a := w.Raw("POST", "/oauth2/token", body, "Authorization", auth, "Content-Type", testkit.FormType); a.Status != 400 && a.Status != 413 {
			t.Errorf("%.20q: %d %s", body, a.Status, a.Body)
		}
	}
	w.ok(w.Raw("POST", "/oauth2/token", f.Encode(), "Authorization", auth, "Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"))
}

func TestTK42_AuthorizationHeader(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	token := w.tokens(rp).Text("access_token")
	userinfo := func(headers ...string) *testkit.Answer {
		var h []string
		for _, v := range headers {
			h = append(h, "Authorization", v)
		}
		return w.Get("/oauth2/userinfo", h...)
	}
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER "} {
		w.ok(userinfo(scheme + token))
	}
	for _, odd := range []string{"bearer\t" + token, "Bearer  " + token, "Bearer " + token + ",Bearer " + token, "Bearer " + token + ", Basic eA==", "Bearer", "Bearer " + token + " x", "Token " + token, "Bearer=" + token} {
		if a := userinfo(odd); a.Status != 400 || a.JSON["sub"] != nil {
			t.Errorf("%.20q: %d %s", odd, a.Status, a.Body)
		}
	}
	for _, two := range [][]string{{"Bearer " + token, "Bearer " + token}, {"Bearer " + token, basic(rp.ID, rp.Secret)}} {
		if a := userinfo(two...); a.Status != 400 {
			t.Errorf("two headers: %d %s", a.Status, a.Body)
		}
	}
	machine := w.machine(storage.ClientMetadata{})
	good := basic(machine.ID, machine.Secret)
	w.ok(w.credentials(form(), good))
	w.ok(w.credentials(form(), "basic"+strings.TrimPrefix(good, "Basic")))
	for _, path := range []string{"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"} {
		send := func(headers ...string) *testkit.Answer {
			h := []string{"Content-Type", testkit.FormType}
			for _, v := range headers {
				h = append(h, "Authorization", v)
			}
			return w.Raw("POST", path, "grant_type=client_credentials&token=x", h...)
		}
		w.ok(send(good))
		w.row("client.authorization_header", func() { w.refused(send(good, good), 400, "invalid_request") })
		for _, odd := range []string{strings.Replace(good, " ", "\t", 1), strings.Replace(good, " ", "  ", 1), good + ",x", good + " x", "Bearer " + token, "Digest x"} {
			w.row("client.authorization_header", func() { w.unknown(send(odd)) })
		}
	}
}
