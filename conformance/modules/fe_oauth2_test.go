package modules

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// TestFE_Discord: the flag says whether the address is verified.
func TestFE_Discord(t *testing.T) {
	w := newSocial(t)
	s := newOAuthService(t, "/oauth2/authorize", "/api/oauth2/token", "/api/users/@me")
	w.provider("discord", "oauth2", map[string]any{"template": "discord", "host": s.http.URL, "token_endpoint_auth_method": "client_secret_post"})
	if q := w.away(w.Browser(), "discord").Query(); q.Get("scope") != "identify email" || q.Get("code_challenge") == "" {
		t.Error(q)
	}
	for i, c := range []struct {
		verified any
		trusted  bool
	}{{true, true}, {false, false}, {"true", false}, {nil, false}} {
		s.set(func(s *oauthService) {
			s.said = map[string]any{"id": fmt.Sprint("8035111025001679", i), "username": "nelly", "email": fmt.Sprintf("d%d@acme.example", i), "verified": c.verified}
		})
		if w.at("discord", s); w.hasAddress(fmt.Sprintf("d%d@acme.example", i)) != c.trusted {
			t.Errorf("verified %v", c.verified)
		}
	}
	for _, id := range []any{nil, "", 0.5, strings.Repeat("8", 256)} {
		s.set(func(s *oauthService) { s.said["id"] = id })
		w.notAt("discord", s, "social_user.id")
	}
}

// TestFE_RecheckRenews: a token that has run out is renewed, one that does not count any more too, and a refresh token that does not is the person's
// end.
func TestFE_RecheckRenews(t *testing.T) {
	w := newSocial(t)
	s := newOAuthService(t, "/oauth2/authorize", "/api/oauth2/token", "/api/users/@me")
	s.said = map[string]any{"id": "80351110250016790"}
	s.access, s.n = "access-0", 0
	w.provider("discord", "oauth2", map[string]any{"template": "discord", "host": s.http.URL, "token_endpoint_auth_method": "client_secret_post"})
	key, now := s.http.URL+"\n80351110250016790", w.Clock.Now()
	id, err := w.recheck("discord", key, &federation.Tokens{Access: "access-0", Refresh: "refresh-0", ExpiresAt: now.Add(time.Hour)})
	if err != nil || id.Tokens.Access != "access-0" || id.Tokens.Refresh != "refresh-0" || !id.Tokens.ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Fatal(id, err)
	}
	if id, err = w.recheck("discord", key, &federation.Tokens{Access: "access-0", Refresh: "refresh-0", ExpiresAt: now.Add(-time.Hour)}); err != nil || id.Tokens.Access != "access-1" || id.Tokens.Refresh != "refresh-1" {
		t.Fatal("not renewed: ", err)
	}
	if id, err = w.recheck("discord", key, &federation.Tokens{Access: "other", Refresh: "refresh-1", ExpiresAt: now.Add(time.Hour)}); err != nil || id.Tokens.Access != "access-2" {
		t.Fatal("not renewed: ", err)
	}
	if check, person := refusal(second(w.recheck("discord", key, &federation.Tokens{Access: "other", Refresh: "refresh-1"}))); check != "social_recheck.grant" || !person {
		t.Error(check)
	}
}

// TestFE_Facebook: no address counts, and every question proves that the app asks.
func TestFE_Facebook(t *testing.T) {
	w := newSocial(t)
	s := newOAuthService(t, "/v23.0/dialog/oauth", "/v23.0/oauth/access_token", "/v23.0/me")
	graph := func(code int) func(w http.ResponseWriter) {
		return func(h http.ResponseWriter) {
			s.json(h, http.StatusBadRequest, map[string]any{"error": map[string]any{"message": "…", "type": "OAuthException", "code": code, "fbtrace_id": "x"}})
		}
	}
	s.denied, s.expired, s.refresh = graph(100), graph(190), false
	s.proof = func(r *http.Request, token string) bool {
		mac := hmac.New(sha256.New, []byte("upstream-secret"))
		mac.Write([]byte(token))
		return r.URL.Query().Get("appsecret_proof") == hex.EncodeToString(mac.Sum(nil)) && strings.Contains(r.URL.Query().Get("fields"), "email")
	}
	w.provider("facebook", "oauth2", map[string]any{"template": "facebook", "host": s.http.URL})
	if q := w.away(w.Browser(), "facebook").Query(); q.Get("scope") != "public_profile,email" {
		t.Error(q)
	}
	s.said = map[string]any{"id": "10221", "name": "Fa Ce", "email": "fb@acme.example", "email_verified": true, "verified": true}
	if w.at("facebook", s) == "" || w.hasAddress("fb@acme.example") {
		t.Error("an address of Facebook counts")
	}
	b, mark := w.Browser(), w.Log.Mark()
	q := s.visit(w.away(b, "facebook"))
	q.Set("code", "made up")
	w.refusedBy(b, w.back(b, "facebook", q), mark, "social_answer.grant")
	key := s.http.URL + "\n10221"
	if _, err := w.recheck("facebook", key, &federation.Tokens{Access: s.access}); err != nil {
		t.Error(err)
	}
	if check, person := refusal(second(w.recheck("facebook", key, &federation.Tokens{Access: "revoked"}))); check != "social_user.token" || !person {
		t.Error(check)
	}
	s.set(func(s *oauthService) { s.expired = graph(2) })
	if _, err := w.recheck("facebook", key, &federation.Tokens{Access: "revoked"}); !errs.Is(err, errs.Unavailable) {
		t.Error("a service that is in trouble ends a session: ", err)
	}
	for name, config := range map[string]map[string]any{"no secret": {"client_secret": nil}, "trust": {"trust_email": true}, "an endpoint": {"userinfo_endpoint": "https://evil.example/me"}} {
		config["template"], config["host"] = "facebook", s.http.URL
		if w.tryProvider("bad", "oauth2", config) == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

// TestFE_OAuth2: any service, by paths.
func TestFE_OAuth2(t *testing.T) {
	w := newSocial(t)
	s := newOAuthService(t, "/authorize", "/token", "/me")
	s.client = func(r *http.Request) bool {
		id, secret, _ := r.BasicAuth()
		return id == "jedan" && secret == "upstream-secret"
	}
	config := func(changes map[string]any) map[string]any {
		out := map[string]any{
			"authorization_endpoint": s.http.URL + "/authorize?tenant=1", "token_endpoint": s.http.URL + "/token", "userinfo_endpoint": s.http.URL + "/me", "scopes": []string{"a", "b"},
			"id": "data.id", "claims": map[string]string{"email": "data.mail.address", "email_verified": "data.mail.ok", "name": "data.name"}, "groups": "data.groups",
			"trust_email": true, "email_domains": []string{"acme.example"}, "issuer": s.http.URL,
		}
		for k, v := range changes {
			out[k] = v
		}
		return out
	}
	w.provider("any", "oauth2", config(nil))
	w.provider("second", "oauth2", config(map[string]any{"issuer": nil}))
	to := w.away(w.Browser(), "any").Query()
	if to.Get("tenant") != "1" || to.Get("scope") != "a b" {
		t.Error(to)
	}
	person := func(id any, mail string, ok any) map[string]any {
		return map[string]any{"data": map[string]any{"id": id, "name": "Ann", "mail": map[string]any{"address": mail, "ok": ok}, "groups": []any{"g", 1, nil}}}
	}
	through := func(change func(q url.Values)) (status int, by string) {
		b, mark := w.Browser(), w.Log.Mark()
		q := s.visit(w.away(b, "any"))
		q.Set("iss", s.http.URL)
		if change != nil {
			change(q)
		}
		p := w.back(b, "any", q)
		if refused := w.Log.Refused(mark); len(refused) > 0 {
			return p.Status, refused[0]
		}
		w.subject(p)
		return p.Status, ""
	}
	for i, c := range []struct {
		mail    string
		ok      any
		trusted bool
	}{{"a@acme.example", true, true}, {"b@acme.example", "true", false}, {"c@acme.example", false, false}, {"d@other.example", true, false}} {
		s.set(func(s *oauthService) { s.said = person(i+1, c.mail, c.ok) })
		if _, by := through(nil); by != "" || w.hasAddress(c.mail) != c.trusted {
			t.Errorf("%s %v: %s", c.mail, c.ok, by)
		}
	}
	for check, change := range map[string]func(q url.Values){
		"social_callback.issuer": func(q url.Values) { q.Set("iss", "https://evil.example") }, "social_callback.code": func(q url.Values) { q.Del("code") },
		"social_answer.grant": func(q url.Values) { q.Set("code", "stolen") },
	} {
		if _, by := through(change); by != check {
			t.Errorf("refused by %q, want %s", by, check)
		}
	}
	if _, by := through(func(q url.Values) { q.Del("iss") }); by != "social_callback.issuer" {
		t.Errorf("an answer that names nobody: %q", by)
	}
	b, mark := w.Browser(), w.Log.Mark() // mix-up: the address that a browser comes back to is one upstream's
	q := s.visit(w.away(b, "any"))
	q.Set("iss", s.http.URL)
	w.refusedBy(b, w.back(b, "second", q), mark, "callback.connector")
	for _, said := range []map[string]any{{}, {"data": nil}, {"data": "x"}, person("", "", nil), person(nil, "", nil), person([]int{1}, "", nil)} {
		s.set(func(s *oauthService) { s.said = said })
		if _, by := through(nil); by != "social_user.id" {
			t.Errorf("%v: %q", said, by)
		}
	}
	for name, change := range map[string]map[string]any{
		"no endpoint": {"token_endpoint": nil}, "a fragment": {"userinfo_endpoint": "https://x.example/#a"}, "no scheme": {"authorization_endpoint": "x.example"},
		"a bad path": {"id": "a..b"}, "a bad claim": {"claims": map[string]string{"x": ""}}, "public without PKCE": {"client_secret": nil, "no_pkce": true},
		"GitHub's": {"organizations": []string{"x"}}, "a host": {"host": "https://x.example"}, "nobody's template": {"template": "myspace"},
	} {
		if w.tryProvider("bad", "oauth2", config(change)) == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}
