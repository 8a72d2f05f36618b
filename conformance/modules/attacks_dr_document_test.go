package modules

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// described lets clients of any host describe themselves.
func described(c *app.Config) { c.Register.Documents = []string{"*"} }

// client publishes a client ID metadata document and returns the client as its owner knows it.
func (s *site) client(path string, changes object) *testkit.RP {
	s.t.Helper()
	doc := object{"client_id": s.URL + path, "client_name": "Agent Smith", "redirect_uris": []string{"https://agent.test/cb"}, "grant_types": []string{"authorization_code", "refresh_token"}}
	for name, v := range changes {
		if doc[name] = v; v == nil {
			delete(doc, name)
		}
	}
	s.json(path, doc)
	return &testkit.RP{ID: s.URL + path, Redirect: "https://agent.test/cb"}
}

// rows reports whether a client is stored.
func (w *world) stored(rp *testkit.RP) bool {
	w.t.Helper()
	_, err := w.App.DB.ClientByClientID(w.t.Context(), w.App.Tenant, rp.ID)
	return err == nil
}

func TestDR11_ClientDocuments(t *testing.T) {
	s := newSite(t)
	w := alone(t, described, s.reachable)
	if w.Get("/.well-known/openid-configuration").JSON["client_id_metadata_document_supported"] != true {
		t.Error("not advertised")
	}
	rp := s.client("/agent.json", nil)
	for range 20 { // strangers look at it as often as they like: one look at the document, nothing stored
		if a := w.begins(w.AuthURL(rp, "scope", "openid offline_access")); a.Status != 303 {
			t.Fatal(a.Body)
		}
	}
	if w.stored(rp) || s.count("/agent.json") != 1 {
		t.Errorf("stored: %v, fetched %d times", w.stored(rp), s.count("/agent.json"))
	}
	b := w.Browser()
	p := b.Get(w.AuthURL(rp, "scope", "openid offline_access")).SignIn(w.email, testkit.Password)
	text, _ := w.seen(p.Body)
	if !p.HasID("consent-allow") || !p.HasID("consent-document") || !strings.Contains(text, "127.0.0.1:") || !strings.Contains(text, "agent.test") || !strings.Contains(text, "Not verified") {
		t.Errorf("consent: %.1500s", text)
	}
	a := w.ok(w.Redeem(rp, p.Allow().Params().Get("code")))
	if !w.stored(rp) || a.Text("refresh_token") == "" {
		t.Errorf("stored %v: %s", w.stored(rp), a.Body)
	}
	w.ok(w.Userinfo(a.Text("access_token")))
	if claims := w.idToken(a, rp); claims["aud"] != rp.ID {
		t.Errorf("aud %v", claims["aud"])
	}
	a = w.ok(w.Refresh(rp, a.Text("refresh_token")))
	if q := b.Get(w.AuthURL(rp, "scope", "openid", "prompt", "none")).Params(); q.Get("code") == "" {
		t.Errorf("consent is not remembered: %v", q)
	}
	// While its site is away the client goes on as it was.
	s.page("/agent.json", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	w.Clock.Advance(2 * time.Hour)
	w.ok(w.Refresh(rp, a.Text("refresh_token")))
	w.begins(w.AuthURL(rp, "scope", "openid"))
	// When the document is gone, so is the client.
	s.page("/agent.json", http.NotFound)
	w.Clock.Advance(2 * time.Hour)
	w.page(w.Get(w.AuthURL(rp, "scope", "openid")), 400, "invalid_client")
}

func TestDR11_DocumentsThatAreRefused(t *testing.T) {
	s := newSite(t)
	w := alone(t, described, s.reachable)
	for name, changes := range map[string]object{
		"another's id": {"client_id": "https://other.test/agent.json"}, "no id": {"client_id": nil}, "a secret": {"client_secret": "x"}, "a secret's end": {"client_secret_expires_at": 0},
		"basic": {"token_endpoint_auth_method": "client_secret_basic"}, "post": {"token_endpoint_auth_method": "client_secret_post"}, "secret jwt": {"token_endpoint_auth_method": "client_secret_jwt"},
		"no redirect": {"redirect_uris": nil}, "script redirect": {"redirect_uris": []string{"javascript:alert(1)"}}, "machine": {"grant_types": []string{"authorization_code", "client_credentials"}},
		"implicit": {"grant_types": []string{"implicit"}, "response_types": []string{"id_token"}}, "large": {"client_uri": "https://agent.test/" + strings.Repeat("x", 6000)}, "private key": {"jwks": object{"keys": []object{{"kty": "oct", "k": "AAAA"}}}},
		"wrong type": {"client_name": 1}, "script logo": {"logo_uri": "data:image/svg+xml,x"}, "right to left": {"client_name": "\u202eelgooG"}, "foreign scope only": {"scope": "admin"},
	} {
		rp := s.client("/"+strings.ReplaceAll(name, " ", "-"), changes)
		w.page(w.Get(w.AuthURL(rp, "scope", "openid")), 400, "invalid_client", "agent.test")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	at := func(path string, h http.HandlerFunc) *testkit.RP {
		return &testkit.RP{ID: s.page(path, h), Redirect: "https://agent.test/cb"}
	}
	text := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(body))
		}
	}
	doc := func(path string) string {
		return `{"client_id":"` + s.URL + path + `","redirect_uris":["https://agent.test/cb"]}`
	}
	for name, rp := range map[string]*testkit.RP{
		"a page": at("/html", text("text/html", doc("/html"))), "no type": at("/plain", text("text/plain", doc("/plain"))), "no JSON": at("/broken", text("application/json", "{")),
		"a list": at("/list", text("application/json", "["+doc("/list")+"]")), "twice": at("/twice", text("application/json", `{"client_id":"x",`+doc("/twice")[1:])),
		"absent": {ID: s.URL + "/absent", Redirect: "https://agent.test/cb"}, "a redirect": at("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/kind", http.StatusFound) }),
		"a query": {ID: s.URL + "/kind?x=1", Redirect: "https://agent.test/cb"}, "a fragment": {ID: s.URL + "/kind#x", Redirect: "https://agent.test/cb"}, "dots": {ID: s.URL + "/a/../kind", Redirect: "https://agent.test/cb"},
		"escaped dots": {ID: s.URL + "/a/%2e%2e/kind", Redirect: "https://agent.test/cb"}, "http": {ID: strings.Replace(s.URL, "https", "http", 1) + "/kind", Redirect: "https://agent.test/cb"}, "no path": {ID: s.URL, Redirect: "https://agent.test/cb"},
		"a user": {ID: strings.Replace(s.URL, "https://", "https://u@", 1) + "/kind", Redirect: "https://agent.test/cb"}, "inside": {ID: "https://10.0.0.1/agent.json", Redirect: "https://agent.test/cb"},
		"metadata service": {ID: "https://169.254.169.254/agent.json", Redirect: "https://agent.test/cb"}, "by name": {ID: "https://localhost/agent.json", Redirect: "https://agent.test/cb"}, "as a number": {ID: "https://2130706433/agent.json", Redirect: "https://agent.test/cb"},
	} {
		a := w.Get(w.AuthURL(rp, "scope", "openid"))
		if a.Header.Get("Location") != "" || a.Status != 400 && a.Status != 503 {
			t.Errorf("%s: %d %q", name, a.Status, a.Header.Get("Location"))
		}
	}
	kind := s.client("/kind", nil)
	s.page("/kind", text("application/oauth-client+json; charset=utf-8", doc("/kind")))
	w.begins(w.AuthURL(kind, "scope", "openid"))
	if s.count("/absent") == 0 || s.count("/kind") != 1 {
		t.Errorf("asked: %d, %d", s.count("/absent"), s.count("/kind"))
	}
}

// Whatever changes in a document is asked about again.
func TestDR11_ChangedDocumentsAskAgain(t *testing.T) {
	s := newSite(t)
	w := alone(t, described, s.reachable)
	rp := s.client("/agent.json", nil)
	b := w.Browser()
	b.Authorize(w.AuthURL(rp, "scope", "openid"), w.email)
	silent := func() string { return b.Get(w.AuthURL(rp, "scope", "openid", "prompt", "none")).Params().Get("error") }
	if got := silent(); got != "" {
		t.Fatalf("unchanged: %q", got)
	}
	for _, changes := range []object{
		{"client_name": "Agent Jones"}, {"redirect_uris": []string{"https://agent.test/cb", "https://evil.test/cb"}}, {"policy_uri": "https://agent.test/policy"}, {"jwks_uri": "https://agent.test/jwks"},
	} {
		s.client("/agent.json", changes)
		w.Clock.Advance(61 * time.Minute)
		if got := silent(); got != "consent_required" && got != "login_required" {
			t.Errorf("%v: %q", changes, got)
		}
		b.Authorize(w.AuthURL(rp, "scope", "openid"), w.email)
		if got := silent(); got != "" {
			t.Errorf("%v: asked again and again: %q", changes, got)
		}
	}
	row, err := w.App.DB.ClientByClientID(t.Context(), w.App.Tenant, rp.ID)
	w.must(err)
	if row.Metadata.JWKSURI != "https://agent.test/jwks" || !row.Metadata.Described || !row.Metadata.Unvetted {
		t.Errorf("stored: %+v", row.Metadata)
	}
}

// What the operator says about such a client stays, and goes before what its document says.
func TestDR11_OperatorsWord(t *testing.T) {
	s := newSite(t)
	w := alone(t, described, s.reachable)
	rp := s.client("/agent.json", object{"jedan_first_party": true, "jedan_unvetted": false, "jedan_described": false})
	b := w.Browser()
	old := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp, "scope", "openid"), w.email).Get("code")))
	row, err := w.App.DB.ClientByClientID(t.Context(), w.App.Tenant, rp.ID)
	w.must(err)
	if row.Metadata.FirstParty || !row.Metadata.Unvetted {
		t.Errorf("privileges by metadata: %+v", row.Metadata)
	}
	rp.Client = row
	w.Change(rp, func(m *storage.ClientMetadata) { m.AccessTokenSeconds = 60 })
	a := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp, "scope", "openid"), w.email).Get("code")))
	if a.JSON["expires_in"] != 60.0 {
		t.Errorf("the operator's lifetime does not hold: %v", a.JSON["expires_in"])
	}
	w.Disable(rp)
	w.page(w.Get(w.AuthURL(rp, "scope", "openid")), 400, "invalid_client")
	w.refused(w.Userinfo(old.Text("access_token")), 401, "invalid_token")
	// A client that the operator registered under a URL is never looked up there.
	own := w.Client(storage.ClientMetadata{}, func(o *register.Options) { o.ClientID = s.URL + "/own.json" })
	w.begins(w.AuthURL(own))
	if s.count("/own.json") != 0 {
		t.Error("a registered client was fetched")
	}
}

func TestDR11_OffAndAllowed(t *testing.T) {
	s := newSite(t)
	off := alone(t, s.reachable)
	rp := s.client("/agent.json", nil)
	off.page(off.Get(off.AuthURL(rp, "scope", "openid")), 400, "invalid_client")
	if off.Get("/.well-known/openid-configuration").JSON["client_id_metadata_document_supported"] != nil {
		t.Error("advertised though off")
	}
	other := alone(t, s.reachable, func(c *app.Config) { c.Register.Documents = []string{"apps.example.com", "*.example.org"} })
	other.page(other.Get(other.AuthURL(rp, "scope", "openid")), 400, "invalid_client")
	if s.count("/agent.json") != 0 {
		t.Error("fetched though not allowed")
	}
	only := alone(t, s.reachable, func(c *app.Config) { c.Register.Documents = []string{"127.0.0.1"} })
	only.begins(only.AuthURL(rp, "scope", "openid"))
}

// A flood of names of one host costs its owner no flood of requests, and us neither rows nor memory.
func TestDR11_FloodOfNames(t *testing.T) {
	s := newSite(t)
	var hits atomic.Int64
	s.page("/", nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hits.Add(1); http.NotFound(w, r) })
	w := alone(t, described, s.reachable)
	before, began := clientsOf(t, w), w.Clock.Now()
	for i := range 1000 {
		a := w.Get(w.AuthURL(&testkit.RP{ID: s.URL + "/" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + "/" + strings.Repeat("y", i/26), Redirect: "https://agent.test/cb"}))
		if !slices.Contains([]int{400, 503}, a.Status) {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	most := 125 + 2*int64(w.Clock.Now().Sub(began).Seconds()) // 120 a minute, and what the time allows anew
	if hits.Load() > most || clientsOf(t, w) != before {
		t.Errorf("%d requests to the host, %d new rows", hits.Load(), clientsOf(t, w)-before)
	}
}

// Errors of such a client stay on our own page, as those of every stranger (AZ06).
func TestDR11_ErrorsStayHere(t *testing.T) {
	s := newSite(t)
	w := alone(t, described, s.reachable)
	rp := s.client("/agent.json", nil)
	w.page(w.Get(w.AuthURL(rp, "scope", "openid nonsense")), 400, "invalid_scope", "agent.test")
}
