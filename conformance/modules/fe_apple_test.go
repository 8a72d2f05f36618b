package modules

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// appleWorld is a server with Apple as its upstream.
type appleWorld struct {
	*feWorld
	o       *socialOP
	team    *ecdsa.PrivateKey
	secrets []string // that came to the token endpoint
}

func newApple(t *testing.T) *appleWorld {
	t.Helper()
	w := &appleWorld{feWorld: newSocial(t)}
	var err error
	if w.team, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	w.o = newSocialOP(t, w.Clock.Now, func(o *socialOP) { o.client = w.client })
	w.o.set(func(o *socialOP) {
		o.claims = map[string]any{"sub": "001.apple.0001", "email": "x7k@privaterelay.appleid.com", "email_verified": "true", "is_private_email": "true"}
	})
	w.provider("apple", "oidc", w.config(nil))
	return w
}

func (w *appleWorld) config(changes map[string]any) map[string]any {
	der, err := x509.MarshalPKCS8PrivateKey(w.team)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]any{
		"template": "apple", "issuer": w.o.url(), "client_secret": nil, "team_id": "TEAM123456", "key_id": "KEY1234567",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
	for k, v := range changes {
		out[k] = v
	}
	return out
}

// client checks our secret as Apple's documentation says it does.
func (w *appleWorld) client(r *http.Request) bool {
	secret := r.PostFormValue("client_secret")
	w.secrets = append(w.secrets, secret)
	token, err := jwt.ParseSigned(secret, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || token.Headers[0].KeyID != "KEY1234567" {
		return false
	}
	var c jwt.Claims
	if err := token.Claims(w.team.Public(), &c); err != nil {
		return false
	}
	now := w.Clock.Now()
	return c.Issuer == "TEAM123456" && c.Subject == "jedan" && len(c.Audience) == 1 && c.Audience[0] == w.o.url() && r.PostFormValue("client_id") == "jedan" &&
		c.Expiry.Time().After(now) && c.Expiry.Time().Before(now.Add(15_777_000*time.Second)) && !c.IssuedAt.Time().After(now)
}

// through is a sign-in whose answer comes as a form, with the field user if it is the first.
func (w *appleWorld) through(b *testkit.Browser, user string) *testkit.Page {
	w.t.Helper()
	to := w.away(b, "apple")
	if q := to.Query(); q.Get("response_mode") != "form_post" || q.Get("scope") != "openid name email" {
		w.t.Fatal(to)
	}
	form := w.o.visit(to)
	if user != "" {
		form.Set("user", user)
	}
	return b.PostFrom(w.o.url(), "/federation/apple/callback", form).Submit()
}

const appleUser = `{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"someone.else@example.org"}`

// TestFE_Apple: the name comes once, by the form; the address by the ID token alone.
func TestFE_Apple(t *testing.T) {
	w := newApple(t)
	w.Person("someone.else@example.org")
	first := w.subject(w.through(w.Browser(), appleUser))
	p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "x7k@privaterelay.appleid.com")
	if err != nil || p.Subject != first {
		t.Fatal("a relay address that is verified by \"true\" does not count: ", err)
	}
	claims, err := w.App.Directory.Claims(p)
	if err != nil || claims.String("given_name") != "Ada" || claims.String("family_name") != "Lovelace" || claims.String("name") != "Ada Lovelace" {
		t.Error(claims, err)
	}
	if w.subject(w.through(w.Browser(), "")) != first {
		t.Error("a second time is somebody else")
	}
	if len(w.secrets) != 2 || w.secrets[0] != w.secrets[1] {
		t.Error("the secret is made anew each time")
	}
	w.Clock.Advance(51 * time.Minute)
	w.subject(w.through(w.Browser(), ""))
	if w.secrets[2] == w.secrets[0] {
		t.Error("a secret is used until its last minute")
	}
	for _, verified := range []any{"false", false, nil, "TRUE", 1} {
		w.o.set(func(o *socialOP) {
			o.claims = map[string]any{"sub": "002", "email": "unverified@example.org", "email_verified": verified}
		})
		w.subject(w.through(w.Browser(), `{"email":"unverified@example.org"}`))
		if w.hasAddress("unverified@example.org") {
			t.Errorf("email_verified %v counts", verified)
		}
	}
}

func TestFE_AppleUser(t *testing.T) {
	w := newApple(t)
	for _, user := range []string{"x", "[]", "{", `{"name":"Ada"}`, `{"name":[]}`, `{"name":{}} {}`, `{"name":{},"name":{}}`, `{"x":"` + strings.Repeat("x", 5000) + `"}`} {
		b, mark := w.Browser(), w.Log.Mark()
		w.refusedBy(b, w.through(b, user), mark, "oidc_apple.user")
	}
	w.subject(w.through(w.Browser(), `{"name":{"firstName":"A\u0000","lastName":7,"middleName":"x"},"sub":"evil","email_verified":true,"aud":1}`))
	for name, change := range map[string]map[string]any{
		"no team": {"team_id": nil}, "no key id": {"key_id": nil}, "no key": {"private_key": nil}, "no PEM": {"private_key": "x"}, "a secret": {"client_secret": "x"},
		"basic": {"token_endpoint_auth_method": "client_secret_basic"}, "for google": {"template": "google"},
	} {
		if w.tryProvider("bad", "oidc", w.config(change)) == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	row, err := w.App.Connectors.ByName(t.Context(), "apple")
	if err != nil || strings.Contains(row.Settings, "PRIVATE KEY") {
		t.Error("the key is not kept sealed", err)
	}
}

// notice is a server-to-server notice; a nil value removes a claim.
func (w *appleWorld) notice(event string, changes map[string]any) (int, []string) {
	w.t.Helper()
	now := w.Clock.Now().Unix()
	claims := map[string]any{"iss": w.o.url(), "aud": "jedan", "iat": now, "exp": now + 86400, "jti": "n-" + time.Now().String(), "events": event}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.send(map[string]any{"payload": signed(w.t, w.o.key, jose.ES256, "k1", payload)})
}

func (w *appleWorld) send(body any) (int, []string) {
	w.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	mark := w.Log.Mark()
	resp, err := w.HTTP.Post(w.URL+"/federation/apple/notices", "application/json", bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, w.Log.Refused(mark)
}

// TestFE_AppleNotices: revoked consent and deleted accounts end sessions; anything else ends nothing.
func TestFE_AppleNotices(t *testing.T) {
	event := func(kind string) string {
		return `{"type":"` + kind + `","sub":"001.apple.0001","event_time":1508184845}`
	}
	w := newApple(t)
	b := w.Browser()
	w.subject(w.through(b, appleUser))
	for name, c := range map[string]struct {
		event  string
		change map[string]any
		check  string
	}{
		"iss":          {event("consent-revoked"), map[string]any{"iss": "https://other.example"}, "oidc_notice.iss"},
		"aud":          {event("consent-revoked"), map[string]any{"aud": "another"}, "oidc_notice.aud"},
		"old":          {event("consent-revoked"), map[string]any{"iat": w.Clock.Now().Add(-25 * time.Hour).Unix()}, "oidc_notice.time"},
		"over":         {event("consent-revoked"), map[string]any{"exp": w.Clock.Now().Add(-2 * time.Minute).Unix()}, "oidc_notice.time"},
		"no iat":       {event("consent-revoked"), map[string]any{"iat": nil}, "oidc_notice.time"},
		"no jti":       {event("consent-revoked"), map[string]any{"jti": nil}, "oidc_notice.jti"},
		"an ID token":  {event("consent-revoked"), map[string]any{"nonce": "n"}, "oidc_notice.nonce"},
		"no event":     {"", map[string]any{"events": nil}, "oidc_notice.events"},
		"an object":    {"", map[string]any{"events": map[string]any{"type": "consent-revoked", "sub": "001.apple.0001"}}, "oidc_notice.events"},
		"about nobody": {`{"type":"consent-revoked"}`, nil, "oidc_notice.events"},
	} {
		if status, by := w.notice(c.event, c.change); status != http.StatusBadRequest || strings.Join(by, "") != c.check || !in(b) {
			t.Errorf("%s: %d %v", name, status, by)
		}
	}
	for _, body := range []any{map[string]any{"payload": "x.y.z"}, map[string]any{}, map[string]any{"payload": 7}, []int{}} {
		if status, by := w.send(body); status != http.StatusBadRequest || len(by) == 0 {
			t.Errorf("%v: %d %v", body, status, by)
		}
	}
	for _, kind := range []string{"email-disabled", "email-enabled", "something-new"} {
		if status, by := w.notice(event(kind), nil); status != http.StatusOK || !in(b) {
			t.Errorf("%s: %d %v", kind, status, by)
		}
	}
	if status, by := w.notice(strings.Replace(event("consent-revoked"), "001", "002", 1), nil); status != http.StatusOK || !in(b) {
		t.Errorf("somebody else's: %d %v", status, by)
	}
	for _, kind := range []string{"consent-revoked", "account-delete", "account-deleted"} {
		b := w.Browser()
		w.subject(w.through(b, ""))
		once := map[string]any{"jti": "once-" + kind}
		if status, by := w.notice(event(kind), once); status != http.StatusOK || in(b) {
			t.Errorf("%s: %d %v", kind, status, by)
		}
		if status, by := w.notice(event(kind), once); status != http.StatusBadRequest {
			t.Errorf("a notice came twice: %d %v", status, by)
		}
	}
	google := newSocialOP(t, w.Clock.Now, nil)
	w.provider("google", "oidc", map[string]any{"template": "google", "issuer": google.url()})
	resp, err := w.HTTP.Post(w.URL+"/federation/google/notices", "application/json", strings.NewReader("{}"))
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Error(resp.StatusCode, err)
	}
	_ = resp.Body.Close()
}

// TestFE_AppleRecheck: Apple wants to be asked about somebody once a day at most.
func TestFE_AppleRecheck(t *testing.T) {
	w := newApple(t)
	key := w.o.url() + "\n001.apple.0001"
	var id string
	w.o.set(func(o *socialOP) { id, o.refreshes["r"] = o.idToken(nil), true })
	tokens := &federation.Tokens{Refresh: "r", ID: id}
	if got, err := w.recheck("apple", key, tokens); got != nil || err != nil || w.o.visits != 0 {
		t.Error("asked at once: ", got, err)
	}
	w.Clock.Advance(25 * time.Hour)
	got, err := w.recheck("apple", key, tokens)
	if err != nil || got.Key != key || got.Tokens.ID == id {
		t.Fatal(got, err)
	}
	if again, err := w.recheck("apple", key, got.Tokens); again != nil || err != nil || w.o.visits != 1 {
		t.Error("asked again: ", again, err)
	}
	w.Clock.Advance(25 * time.Hour)
	if check, person := refusal(second(w.recheck("apple", key, tokens))); check != "oidc_refresh.grant" || !person {
		t.Error("a token that was used: ", check)
	}
}
