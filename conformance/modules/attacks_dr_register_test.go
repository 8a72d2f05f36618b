package modules

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestDR01_RegistrationIsOffUnlessConfigured(t *testing.T) {
	w := open(t)
	for _, a := range []struct{ method, to string }{{"POST", "/oauth2/register"}, {"GET", "/oauth2/register/x"}, {"PUT", "/oauth2/register/x"}, {"DELETE", "/oauth2/register/x"}} {
		if got := w.send(a.method, a.to, "jdi_x", registration(nil)); got.Status != http.StatusNotFound {
			t.Errorf("%s %s: %d", a.method, a.to, got.Status)
		}
	}
	if w.Get("/.well-known/openid-configuration").JSON["registration_endpoint"] != nil {
		t.Error("advertised")
	}
}

func TestDR01_InitialAccessTokens(t *testing.T) {
	w := alone(t, invited)
	if w.Get("/.well-known/openid-configuration").JSON["registration_endpoint"] != w.URL+"/oauth2/register" {
		t.Error("not advertised")
	}
	before := clientsOf(t, w)
	token := w.initial(2)
	w.row("registration.allowed", func() {
		for _, bad := range []string{"", "jdi_x", "x", token + "A", token[:len(token)-1], strings.Replace(token, "jdi_", "jdg_", 1), token[4:], "jdi_" + strings.Repeat("A", 64), "jdi_" + strings.Repeat("A", 100_000)} {
			if len(bad) > 1000 {
				continue // larger than any header may be
			}
			w.unauthorized(w.send("POST", "/oauth2/register", bad, registration(nil)))
		}
	})
	w.row("registration.bearer", func() {
		w.refused(w.Raw("POST", "/oauth2/register", "{}", "Content-Type", "application/json", "Authorization", "Bearer "+token, "Authorization", "Bearer "+token), 400, "invalid_request")
	})
	w.regRefused(w.send("POST", "/oauth2/register", token, registration(object{"redirect_uris": []string{"x"}})), "invalid_redirect_uri")
	w.enrol(token, nil)
	w.enrol(token, nil) // what was refused cost nothing
	w.unauthorized(w.send("POST", "/oauth2/register", token, registration(nil)))
	late := w.initial(-1)
	for range 3 {
		w.enrol(late, nil)
	}
	w.Clock.Advance(time.Hour)
	w.unauthorized(w.send("POST", "/oauth2/register", late, registration(nil)))
	if n := clientsOf(t, w) - before; n != 5 {
		t.Errorf("%d clients", n)
	}
}

// A token for one client makes one client, whoever is quick.
func TestDR01_InitialAccessIsSpentOnce(t *testing.T) {
	w := alone(t, invited)
	token := w.initial(1)
	var won atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if w.send("POST", "/oauth2/register", token, registration(nil)).Status == http.StatusCreated {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d clients by one use", won.Load())
	}
}

func TestDR01_QuotaOfStrangers(t *testing.T) {
	w := alone(t, anybody, func(c *app.Config) { c.Register.PerHour, c.Register.MaxClients = 20, 25 })
	before := clientsOf(t, w)
	throttled := 0
	for range 1000 {
		if a := w.send("POST", "/oauth2/register", "", registration(nil)); a.Status == http.StatusTooManyRequests && a.Header.Get("Retry-After") != "" {
			throttled++
		}
	}
	if n := clientsOf(t, w) - before; n != 20 || throttled != 980 {
		t.Errorf("%d clients, %d turned away", n, throttled)
	}
	w.enrol(w.initial(1), nil) // the invited do not wait for strangers
	w.Clock.Advance(2 * time.Hour)
	for range 10 {
		w.send("POST", "/oauth2/register", "", registration(nil))
	}
	if n := clientsOf(t, w) - before; n != 25 {
		t.Errorf("%d clients where 25 may be", n)
	}
}

func TestDR02_RedirectSchemes(t *testing.T) {
	w := alone(t, anybody)
	for _, uri := range []string{
		"javascript://x/%0aalert(1)", "javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://a.test/1", "https://u:p@h.test/", "https://*.a.test/cb",
		"https://a.test/*", "https://a.test/cb#f", "http://a.test/cb", "ftp://a.test/", "//a.test/cb", "/cb", "", "https://a.test\\@evil.test/", "https://a.test/\u0000", "https://2130706433/",
	} {
		w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"redirect_uris": []string{"https://a.test/cb", uri}})), "invalid_redirect_uri")
	}
	w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"redirect_uris": nil})), "invalid_redirect_uri")
	w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"redirect_uris": "https://a.test/cb"})), "invalid_client_metadata")
	w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"redirect_uris": []string{"com.example.app:/cb"}})), "invalid_redirect_uri")
	w.enrol("", object{"redirect_uris": []string{"com.example.app:/cb", "http://127.0.0.1/cb"}, "application_type": "native", "token_endpoint_auth_method": "none"})
}

func TestDR03_RegistrationAccessTokens(t *testing.T) {
	w := alone(t, anybody)
	a, b := w.enrol("", nil), w.enrol("", nil)
	uri, token := a.Text("registration_client_uri"), a.Text("registration_access_token")
	if uri != w.URL+"/oauth2/register/"+a.Text("client_id") || !strings.HasPrefix(token, "jdg_") || token == b.Text("registration_access_token") {
		t.Fatalf("answer %s", a.Body)
	}
	read := w.ok(w.send("GET", uri, token, nil))
	if read.Text("client_id") != a.Text("client_id") || read.Text("registration_access_token") != token || read.Text("registration_client_uri") != uri || read.JSON["client_secret"] != nil {
		t.Errorf("read: %s", read.Body)
	}
	change := registration(object{"client_id": a.Text("client_id"), "client_name": "New"})
	w.row("registration.manage_token", func() {
		for _, bad := range []string{"", b.Text("registration_access_token"), a.Text("client_secret"), token + "x", "jdg_", w.initial(5)} {
			w.unauthorized(w.send("GET", uri, bad, nil))
			w.unauthorized(w.send("PUT", uri, bad, change))
			w.unauthorized(w.send("DELETE", uri, bad, nil))
		}
		w.unauthorized(w.send("GET", w.URL+"/oauth2/register/nobody", token, nil))
		byHand := w.Client(storage.ClientMetadata{})
		w.unauthorized(w.send("GET", w.URL+"/oauth2/register/"+byHand.ID, token, nil))
	})
	w.row("registration.manage_bearer", func() {
		w.refused(w.Raw("GET", uri, "", "Authorization", "Bearer "+token, "Authorization", "Bearer "+token), 400, "invalid_request")
	})
	changed := w.ok(w.send("PUT", uri, token, change))
	next := changed.Text("registration_access_token")
	if next == token || next == "" || changed.Text("client_name") != "New" {
		t.Errorf("changed: %s", changed.Body)
	}
	w.unauthorized(w.send("GET", uri, token, nil)) // renewed
	w.Disable(w.rpOf(a))
	w.row("registration.manage_enabled", func() { w.refused(w.send("GET", uri, next, nil), 403, "access_denied") })
	other := b.Text("registration_client_uri")
	if gone := w.send("DELETE", other, b.Text("registration_access_token"), nil); gone.Status != http.StatusNoContent || gone.Body != "" {
		t.Errorf("delete: %d %s", gone.Status, gone.Body)
	}
	w.unauthorized(w.send("GET", other, b.Text("registration_access_token"), nil))
	w.unauthorized(w.send("DELETE", other, b.Text("registration_access_token"), nil))
}

// Of changes with one token at once, one is made.
func TestDR03_OneChangeWins(t *testing.T) {
	w := alone(t, anybody)
	a := w.enrol("", nil)
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			got := w.send("PUT", a.Text("registration_client_uri"), a.Text("registration_access_token"), registration(object{"client_id": a.Text("client_id"), "client_name": fmt.Sprint("Name ", i)}))
			switch got.Status {
			case http.StatusOK:
				won.Add(1)
			case http.StatusUnauthorized:
			default:
				t.Errorf("%d %s", got.Status, got.Body)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d changes by one token", won.Load())
	}
}

func TestDR04_NoPrivilegeByMetadata(t *testing.T) {
	w := alone(t, anybody, func(c *app.Config) { c.Register.GrantTypes = []string{"authorization_code", "refresh_token"} })
	for _, grant := range []string{"client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:jwt-bearer", "password"} {
		w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"grant_types": []string{"authorization_code", grant}})), "invalid_client_metadata")
	}
	w.row("registration.policy", func() {
		w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"grant_types": []string{"authorization_code", "client_credentials"}})), "invalid_client_metadata")
		w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"scope": "admin jedan:admin"})), "invalid_client_metadata")
	})
	greedy := registration(object{
		"client_id": "root", "client_secret": "chosen-by-the-client-itself-0123456789", "scope": "openid admin jedan:admin email", "tenant_id": "other", "skip_consent": true,
		"first_party": true, "jedan_first_party": true, "jedan_resources": []string{"https://api.test"}, "jedan_online_refresh": true, "jedan_access_token_seconds": 86400,
		"jedan_unvetted": false, "jedan_disabled": false, "jedan_weak_secret": true, "allowed_cors_origins": []string{"*"}, "client_secret_expires_at": 1, "client_id_issued_at": 1,
		"registration_access_token": "mine", "registration_client_uri": "https://evil.test", "client_name#de": "Anders", "logo_uri": nil, "unknown": object{"a": []int{1}},
	})
	a := w.send("POST", "/oauth2/register", "", greedy)
	if a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	m := w.rpOf(a).Metadata
	if a.Text("client_id") == "root" || a.Text("client_secret") == greedy["client_secret"] || m.FirstParty || len(m.Resources) > 0 || m.Online || m.AccessTokenSeconds != 0 ||
		m.WeakSecret || !m.Unvetted || m.Scope != "openid email" || a.JSON["client_secret_expires_at"] != 0.0 || a.Text("registration_access_token") == "mine" {
		t.Errorf("metadata %+v, answer %s", m, a.Body)
	}
	for name := range a.JSON {
		if strings.HasPrefix(name, "jedan_") || slices.Contains([]string{"tenant_id", "skip_consent", "unknown", "allowed_cors_origins"}, name) {
			t.Errorf("%s in the answer", name)
		}
	}
	greedy["client_id"] = a.Text("client_id")
	w.row("registration.same_secret", func() {
		w.regRefused(w.send("PUT", a.Text("registration_client_uri"), a.Text("registration_access_token"), greedy), "invalid_client_metadata")
	})
	greedy["client_secret"] = a.Text("client_secret")
	changed := w.ok(w.send("PUT", a.Text("registration_client_uri"), a.Text("registration_access_token"), greedy))
	if m := w.rpOf(a).Metadata; m.FirstParty || !m.Unvetted || m.Scope != "openid email" || changed.Text("client_secret") != a.Text("client_secret") {
		t.Errorf("after a change: %+v %s", m, changed.Body)
	}
	greedy["client_id"] = w.Client(storage.ClientMetadata{}).ID
	w.row("registration.same_id", func() {
		w.regRefused(w.send("PUT", a.Text("registration_client_uri"), changed.Text("registration_access_token"), greedy), "invalid_client_metadata")
	})
	// People are asked, whatever the client says of itself.
	if p := w.Browser().Get(w.AuthURL(w.rpOf(a), "scope", "openid email")).SignIn(w.email, "correct horse battery staple"); !p.HasID("consent-allow") {
		t.Errorf("consent was not asked: %d", p.Status)
	}
}

// What the operator gave a client stays with it when the client changes itself.
func TestDR04_OperatorsSettingsOutliveChanges(t *testing.T) {
	w := alone(t, anybody)
	a := w.enrol("", object{"scope": "openid"})
	w.Resource("https://api.test/dr", nil)
	w.Change(w.rpOf(a), func(m *storage.ClientMetadata) {
		m.Scope, m.Resources, m.AccessTokenSeconds, m.Unvetted = "openid files", []string{"https://api.test/dr"}, 60, false
	})
	changed := w.ok(w.send("PUT", a.Text("registration_client_uri"), a.Text("registration_access_token"), registration(object{"client_id": a.Text("client_id"), "scope": "openid files more"})))
	m := w.rpOf(changed).Metadata
	if m.Scope != "openid files" || !slices.Equal(m.Resources, []string{"https://api.test/dr"}) || m.AccessTokenSeconds != 60 || m.Unvetted {
		t.Errorf("%+v", m)
	}
}

func TestDR04_ResourcesByConfiguration(t *testing.T) {
	w := alone(t, anybody, func(c *app.Config) { c.Register.Resources = []string{"https://api.test/all"} })
	w.Resource("https://api.test/all", nil)
	if m := w.rpOf(w.enrol("", nil)).Metadata; !slices.Equal(m.Resources, []string{"https://api.test/all"}) {
		t.Errorf("resources %v", m.Resources)
	}
}

func TestDR06_Branding(t *testing.T) {
	w := alone(t, anybody)
	for name, bad := range map[string]object{
		"right to left": {"client_name": "\u202eelgooG"}, "10 KB": {"client_name": strings.Repeat("x", 10<<10)}, "a control": {"client_name": "a\u0000b"}, "blank": {"client_name": " "},
		"svg data": {"logo_uri": "data:image/svg+xml,<svg/>"}, "script logo": {"logo_uri": "javascript:alert(1)"}, "http logo": {"logo_uri": "http://a.test/l.png"},
		"script policy": {"policy_uri": "javascript:alert(1)"}, "script terms": {"tos_uri": "javascript:alert(1)"}, "script home": {"client_uri": "javascript:alert(1)"}, "a list": {"client_name": []string{"x"}},
	} {
		if a := w.send("POST", "/oauth2/register", "", registration(bad)); a.Status != 400 || a.Text("error") != "invalid_client_metadata" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	rp := w.rpOf(w.enrol("", object{"client_name": `Google <b>"&'</b>`, "policy_uri": "https://evil.test/policy"}))
	p := w.Browser().Get(w.AuthURL(rp, "scope", "openid")).SignIn(w.email, "correct horse battery staple")
	if !strings.Contains(p.Body, "Google &lt;b&gt;") || strings.Contains(p.Body, "<b>") || !strings.Contains(p.Body, "suite.test") || strings.Contains(p.Body, "evil.test/l") {
		t.Errorf("consent: %.2000s", p.Body)
	}
}

func TestDR04_MalformedRegistrations(t *testing.T) {
	w := alone(t, anybody)
	w.row("registration.document", func() {
		for _, raw := range []string{"", "{", "[]", "null", `"x"`, `{"redirect_uris":["https://a.test/cb"]} x`, `{"client_name":"a","client_name":"b"}`, "{\"client_name\":\"\xff\"}", strings.Repeat(`{"a":`, 10_000)} {
			w.regRefused(w.send("POST", "/oauth2/register", "", raw), "invalid_client_metadata")
		}
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"} {
			w.regRefused(w.Raw("POST", "/oauth2/register", `{"redirect_uris":["https://a.test/cb"]}`, "Content-Type", media), "invalid_client_metadata")
		}
	})
	w.row("registration.metadata", func() {
		for _, bad := range []object{{"redirect_uris": 1}, {"client_name": 1}, {"default_max_age": "1"}, {"jwks": "x"}, {"grant_types": "authorization_code"}, {"contacts": []int{1}}, {"require_auth_time": "yes"}} {
			w.regRefused(w.send("POST", "/oauth2/register", "", registration(bad)), "invalid_client_metadata")
		}
	})
	if a := w.send("POST", "/oauth2/register", "", `{"client_name":"`+strings.Repeat("x", 70<<10)+`"}`); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("70 KB: %d", a.Status)
	}
	if a := w.Raw("OPTIONS", "/oauth2/register", "", "Origin", "https://spa.test", "Access-Control-Request-Method", "POST"); a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("CORS %v", a.Header)
	}
}

// Who registers only to fill the server up keeps nobody out for long; what people use stays.
func TestDR01_UnusedRegistrationsGo(t *testing.T) {
	w := alone(t, anybody, func(c *app.Config) { c.Register.MaxClients = 4 })
	used, denied := w.rpOf(w.enrol("", object{"scope": "openid"})), w.rpOf(w.enrol("", object{"scope": "openid"}))
	invited := w.rpOf(w.enrol(w.initial(1), nil))
	w.Browser().Authorize(w.AuthURL(used, "scope", "openid"), w.email)
	w.Browser().Get(w.AuthURL(denied, "scope", "openid")).SignIn(w.email, testkit.Password).Submit("decision", "deny")
	w.enrol("", nil)
	if a := w.send("POST", "/oauth2/register", "", registration(nil)); a.Status != http.StatusTooManyRequests {
		t.Fatalf("a fifth client: %d", a.Status)
	}
	sweep := func() {
		w.must(w.App.Registrar.SweepUnused(t.Context(), w.Clock.Now().Add(-w.App.Config.Register.Unused)))
	}
	sweep()
	if clientsOf(t, w) != 4 {
		t.Errorf("%d clients: swept too early", clientsOf(t, w))
	}
	w.Clock.Advance(8 * 24 * time.Hour)
	sweep()
	for name, c := range map[string]struct {
		rp   *testkit.RP
		kept bool
	}{"used": {used, true}, "refused by a person": {denied, false}, "invited": {invited, true}} {
		if w.stored(c.rp) != c.kept {
			t.Errorf("%s: stored %v", name, !c.kept)
		}
	}
	w.enrol("", nil)
}
