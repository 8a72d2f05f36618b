package modules

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// WebFinger leads to the issuer and says nothing about who has an account.
func TestOIDCC_WebFinger(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t))
	ask := func(resource string, rels ...string) *testkit.Answer {
		q := url.Values{"resource": {resource}, "rel": rels}
		return w.Get("/.well-known/webfinger?" + q.Encode())
	}
	const rel = "http://openid.net/specs/connect/1.0/issuer"
	var bodies []string
	for _, resource := range []string{"acct:" + w.email, "acct:nobody@nowhere.example", "https://id.example/somebody"} {
		a := w.ok(ask(resource, rel))
		links, _ := a.JSON["links"].([]any)
		if a.Header.Get("Content-Type") != "application/jrd+json" || a.JSON["subject"] != resource || len(links) != 1 || a.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("%s: %v %s", resource, a.Header, a.Body)
		}
		if l, _ := links[0].(map[string]any); l["rel"] != rel || l["href"] != w.URL {
			t.Errorf("link %v", l)
		}
		bodies = append(bodies, strings.ReplaceAll(a.Body, resource, "X"))
	}
	if bodies[0] != bodies[1] || bodies[1] != bodies[2] {
		t.Errorf("accounts can be told from others: %v", bodies)
	}
	if a := w.ok(ask("acct:a@b.example")); !strings.Contains(a.Body, w.URL) {
		t.Errorf("without rel: %s", a.Body)
	}
	if a := w.ok(ask("acct:a@b.example", "http://webfinger.net/rel/avatar")); strings.Contains(a.Body, w.URL) {
		t.Errorf("another rel: %s", a.Body)
	}
	for _, bad := range []string{"", "maria", "acct:maria", "acct:@b.example", "mailto:a@b.example", "javascript:alert(1)", "http://a.example", "acct:" + strings.Repeat("a", 600) + "@b.example"} {
		if a := ask(bad, rel); a.Status != 400 {
			t.Errorf("%q: %d", bad, a.Status)
		}
	}
	if a := ask(`acct:"</script>@b.example`, rel); a.Status == 200 && strings.Contains(a.Body, "</script>") {
		t.Errorf("not escaped: %s", a.Body)
	}
}

// RFC 9728: our own API says what it is, and its challenges say where.
func TestRFC9728_ProtectedResourceMetadata(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t))
	api := w.ok(w.Get("/.well-known/oauth-protected-resource"))
	if api.JSON["resource"] != w.URL || !strings.Contains(api.Body, `"authorization_servers":["`+w.URL+`"]`) || api.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("API: %s", api.Body)
	}
	challenge := w.Userinfo("").Header.Values("WWW-Authenticate")
	if len(challenge) == 0 {
		t.Fatal("no challenge")
	}
	for _, c := range append(challenge, w.Userinfo("x").Header.Values("WWW-Authenticate")...) {
		_, rest, ok := strings.Cut(c, `resource_metadata="`)
		at, _, _ := strings.Cut(rest, `"`)
		if !ok {
			t.Fatalf("challenge %q", c)
		}
		if doc := w.ok(w.Get(at)); doc.JSON["resource"] != w.URL+"/oauth2/userinfo" || len(members(doc.JSON, "scopes_supported")) == 0 || !strings.Contains(doc.Body, `"bearer_methods_supported":["header","body"]`) {
			t.Errorf("%s: %s", at, doc.Body)
		}
	}
}
