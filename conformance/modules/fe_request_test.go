package modules

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// object fetches a request by reference, and wants it signed by the key that is published.
func (w *feWorld) object(connector, uri string) url.Values {
	w.t.Helper()
	resp, err := w.HTTP.Get(uri)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/oauth-authz-req+jwt" || resp.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, raw)
	}
	jws, err := jose.ParseSignedCompact(string(raw), []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil || jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType] != "oauth-authz-req+jwt" {
		w.t.Fatal(err)
	}
	set := w.published(connector)
	key := set.Key(jws.Signatures[0].Protected.KeyID)[0]
	if key.Algorithm != jws.Signatures[0].Protected.Algorithm {
		w.t.Errorf("signed by %s with a key for %s", jws.Signatures[0].Protected.Algorithm, key.Algorithm)
	}
	payload, err := jws.Verify(key.Key)
	claims := map[string]any{}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		w.t.Fatal(err)
	}
	out := url.Values{}
	for name, value := range claims {
		out.Set(name, fmt.Sprint(value))
	}
	if _, number := claims["max_age"].(float64); claims["max_age"] != nil && !number {
		w.t.Error("max_age is no number")
	}
	return out
}

// TestFE_RequestByReference: the browser brings the address of the request, which the provider fetches here: signed, about this sign-in, and for as long as
// nobody has come back.
func TestFE_RequestByReference(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "request_uri": true})
	w.provider("other", "oidc", map[string]any{"issuer": o.url(), "request_uri": true})
	w.provider("plain", "oidc", map[string]any{"issuer": o.url()})
	b := w.Browser()
	o.fetch = func(uri string) url.Values { return w.object("corp", uri) }
	to := w.away(b, "corp", "max_age", "60")
	q := to.Query()
	if len(q) != 4 || q.Get("client_id") != "jedan" || q.Get("response_type") != "code" || q.Get("scope") != "openid email profile" {
		t.Error(q)
	}
	at := q.Get("request_uri")
	if len(at) > 512 || !strings.HasPrefix(at, w.URL+"/federation/corp/requests/") {
		t.Error(at)
	}
	request := w.object("corp", at)
	for name, want := range map[string]string{"iss": "jedan", "aud": o.url(), "client_id": "jedan", "response_type": "code", "redirect_uri": w.URL + "/federation/corp/callback", "max_age": "60", "code_challenge_method": "S256"} {
		if request.Get(name) != want {
			t.Errorf("%s: %s", name, request.Get(name))
		}
	}
	if request.Has("code_verifier") || request.Get("state") == "" || request.Get("nonce") == "" || request.Get("exp") == "" {
		t.Error(request)
	}
	for _, elsewhere := range []string{"other", "plain", "nobody"} {
		if resp, err := w.HTTP.Get(strings.Replace(at, "/corp/", "/"+elsewhere+"/", 1)); err != nil || resp.StatusCode != http.StatusNotFound {
			t.Error(elsewhere, resp, err)
		}
	}
	o.claims["auth_time"] = w.Clock.Now().Unix()
	w.subject(w.back(b, "corp", o.visit(to)))
	if resp, err := w.HTTP.Get(at); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Error("a request is shown that is over: ", resp, err)
	}
}

// TestFE_RequestSettings: what cannot be is refused when it is written.
func TestFE_RequestSettings(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	for name, c := range map[string]map[string]any{
		"pushed, too":       {"request_uri": true, "par": true},
		"an algorithm":      {"request_object_signing_alg": "ES256"},
		"another key's":     {"request_uri": true, "request_object_signing_alg": "RS256"},
		"no algorithm":      {"request_uri": true, "request_object_signing_alg": "none"},
		"none of signature": {"request_uri": true, "request_object_signing_alg": "HS256"},
	} {
		c["issuer"] = o.url()
		if err := w.tryProvider("corp", "oidc", c); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "request_uri": true, "request_object_signing_alg": "ES256"})
	o.set(func(o *socialOP) {
		o.meta = map[string]any{"pushed_authorization_request_endpoint": o.url() + "/par", "require_pushed_authorization_requests": true}
	})
	w.provider("pushed", "oidc", map[string]any{"issuer": o.url() + "/", "request_uri": true})
}

// TestFE_SignedUserinfo: where UserInfo is to be signed nothing else is taken, and what is signed must be this provider's and for us.
func TestFE_SignedUserinfo(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "userinfo": true, "signed_userinfo": true, "trust_email": true})
	says := func(change map[string]any) func() string {
		claims := map[string]any{"iss": o.url(), "aud": "jedan", "sub": "sub-1", "email": "signed@upstream.example", "email_verified": true}
		for name, value := range change {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
		payload, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		return func() string { return signed(t, o.key, jose.ES256, "k1", payload) }
	}
	o.set(func(o *socialOP) { o.signs = says(nil) })
	_, page := w.by("corp", o)
	w.subject(page)
	if !w.hasAddress("signed@upstream.example") {
		t.Error("what was signed is not taken")
	}
	good := says(nil)()
	for name, c := range map[string]struct {
		check string
		signs func() string
	}{
		"another issuer": {"oidc_userinfo.iss", says(map[string]any{"iss": "https://evil.example"})},
		"no issuer":      {"oidc_userinfo.iss", says(map[string]any{"iss": nil})},
		"another client": {"oidc_userinfo.aud", says(map[string]any{"aud": "other"})},
		"nobody's":       {"oidc_userinfo.aud", says(map[string]any{"aud": nil})},
		"another person": {"oidc_userinfo.sub", says(map[string]any{"sub": "sub-2"})},
		"changed":        {"oidc_userinfo.signature", func() string { return good[:len(good)-4] + "AAAA" }},
		"unsigned":       {"oidc_userinfo.signature", func() string { return "eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + "." }},
	} {
		o.set(func(o *socialOP) { o.signs = c.signs })
		mark := w.Log.Mark()
		b, page := w.by("corp", o)
		t.Log(name)
		w.refusedBy(b, page, mark, c.check)
	}
	o.set(func(o *socialOP) { o.signs, o.user = nil, map[string]any{"sub": "sub-1"} })
	if _, page := w.by("corp", o); page.Status != http.StatusServiceUnavailable {
		t.Error("plain JSON is taken: ", page.Status)
	}
}

// TestFE_Discovery: a provider that lies about itself is away for its people, and the log names the row.
func TestFE_Discovery(t *testing.T) {
	w := newSocial(t)
	for check, meta := range map[string]map[string]any{
		"oidc_discovery.issuer":    {"issuer": "https://evil.example"},
		"oidc_discovery.endpoints": {"token_endpoint": "javascript:alert(1)"},
	} {
		o := newSocialOP(t, w.Clock.Now, nil)
		o.set(func(o *socialOP) { o.meta = meta })
		name := strings.NewReplacer("oidc_discovery.", "op-").Replace(check)
		w.provider(name, "oidc", map[string]any{"issuer": o.url()})
		mark := w.Log.Mark()
		b := w.Browser()
		page := b.Get(w.AuthURL(w.rp))
		gone := b.Get(hrefOf(page.Body, "login-connector-"+name))
		if gone.Status != http.StatusServiceUnavailable || gone.Location != nil || !slices.Contains(w.Log.Refused(mark), check) {
			t.Errorf("%s: %d %v %v", check, gone.Status, gone.Location, w.Log.Refused(mark))
		}
		row, err := w.App.Connectors.ByName(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		test := w.App.Connectors.TestURL(row, w.URL)
		b.Get(test)
		if page := b.Get(test); page.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: the test page says %d", check, page.Status)
		}
	}
}

// TestFE_StateIsNamed: a browser that brings back what nobody waits for is refused by a row, too.
func TestFE_StateIsNamed(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	b := w.Browser()
	q := o.visit(w.away(b, "corp"))
	q.Set("state", "another")
	mark := w.Log.Mark()
	w.refusedBy(b, w.back(b, "corp", q), mark, "callback.state")
}
