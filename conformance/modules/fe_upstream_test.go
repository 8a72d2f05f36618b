package modules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// upstream is an OpenID provider that says what a test wants it to.
type upstream struct {
	t    *testing.T
	http *httptest.Server
	now  func() time.Time
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	asked  map[string]url.Values // authorization requests by code
	used   map[string]bool
	claims map[string]any                   // of the person there, over the defaults
	user   map[string]any                   // what UserInfo says over those
	break_ func(claims map[string]any)      // changes the ID token before it is signed
	sign   func(payload []byte) string      // signs it otherwise
	answer func(w http.ResponseWriter) bool // answers at the token endpoint instead; true: it did
	meta   map[string]any                   // of the discovery document, over the defaults
	visits int                              // at the token endpoint
	last   url.Values                       // what came there
}

func newUpstream(t *testing.T, now func() time.Time) *upstream {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{t: t, now: now, key: key, asked: map[string]url.Values{}, used: map[string]bool{}, claims: map[string]any{}, user: map[string]any{}, meta: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", u.discovery)
	mux.HandleFunc("GET /jwks", u.jwks)
	mux.HandleFunc("POST /token", u.token)
	mux.HandleFunc("GET /userinfo", u.userinfo)
	u.http = httptest.NewServer(mux)
	t.Cleanup(u.http.Close)
	return u
}

func (u *upstream) url() string { return u.http.URL }

func (u *upstream) discovery(w http.ResponseWriter, _ *http.Request) {
	doc := map[string]any{
		"issuer": u.url(), "authorization_endpoint": u.url() + "/authorize", "token_endpoint": u.url() + "/token", "userinfo_endpoint": u.url() + "/userinfo",
		"jwks_uri": u.url() + "/jwks", "authorization_response_iss_parameter_supported": true,
	}
	u.mu.Lock()
	maps.Copy(doc, u.meta)
	u.mu.Unlock()
	u.json(w, doc)
}

func (u *upstream) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		u.t.Error(err)
	}
}

func (u *upstream) jwks(w http.ResponseWriter, _ *http.Request) {
	u.json(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: u.key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
}

// visit is what a browser does there: it is sent with a request, and back with a code.
func (u *upstream) visit(to *url.URL) url.Values {
	u.t.Helper()
	if to == nil || !strings.HasPrefix(to.String(), u.url()+"/authorize?") {
		u.t.Fatalf("not sent to the upstream but to %v", to)
	}
	q := to.Query()
	u.mu.Lock()
	defer u.mu.Unlock()
	code := "code-" + q.Get("state")
	u.asked[code] = q
	return url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {u.url()}}
}

func (u *upstream) token(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.visits++
	if err := r.ParseForm(); err != nil {
		u.t.Error(err)
	}
	u.last = r.PostForm
	if u.answer != nil && u.answer(w) {
		return
	}
	id, secret, _ := r.BasicAuth()
	code := r.PostFormValue("code")
	q, ok := u.asked[code]
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if id != "jedan" || secret != "upstream-secret" || !ok || u.used[code] || r.PostFormValue("redirect_uri") != q.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		u.json(w, map[string]any{"error": "invalid_grant"})
		return
	}
	u.used[code] = true
	u.json(w, map[string]any{"access_token": "at-" + code, "token_type": "bearer", "expires_in": 300, "id_token": u.idToken(q, "at-"+code)})
}

func (u *upstream) idToken(q url.Values, access string) string {
	now := u.now().Unix()
	sum := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": u.url(), "sub": "sub-1", "aud": "jedan", "exp": now + 300, "iat": now, "auth_time": now, "nonce": q.Get("nonce"),
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]), "email": "new@upstream.example", "email_verified": true, "name": "Nora Neu",
	}
	maps.Copy(claims, u.claims)
	if u.break_ != nil {
		u.break_(claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		u.t.Error(err)
	}
	if u.sign != nil {
		return u.sign(payload)
	}
	return signed(u.t, u.key, jose.ES256, "k1", payload)
}

func signed(t *testing.T, key any, alg jose.SignatureAlgorithm, kid string, payload []byte) string {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	jws, err := s.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return out
}

func (u *upstream) userinfo(w http.ResponseWriter, _ *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	said := map[string]any{"sub": "sub-1", "nickname": "nono"}
	maps.Copy(said, u.user)
	u.json(w, said)
}

// set changes what the upstream says.
func (u *upstream) set(change func(u *upstream)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(u)
}

// feWorld is a server with one upstream, named corp.
type feWorld struct {
	*testkit.Server
	t  *testing.T
	up *upstream
	rp *testkit.RP
}

// outboundHere lets the server ask this machine over plain http.
func outboundHere(c *app.Config) {
	c.Outbound.AllowNetworks, c.Outbound.AllowHTTP = []string{"127.0.0.0/8"}, true
}

func newFE(t *testing.T, change func(d *federation.Draft), options ...testkit.Option) *feWorld {
	t.Helper()
	s := testkit.Start(t, append([]testkit.Option{outboundHere}, options...)...)
	w := &feWorld{Server: s, t: t, up: newUpstream(t, s.Clock.Now)}
	w.rp = s.Client(storage.ClientMetadata{})
	w.connect("corp", w.up, change)
	return w
}

// connect adds an upstream that makes accounts and whose addresses are believed.
func (w *feWorld) connect(name string, up *upstream, change func(d *federation.Draft)) {
	w.t.Helper()
	config := map[string]any{"issuer": up.url(), "client_id": "jedan", "client_secret": "upstream-secret", "trust_email": true}
	raw, err := json.Marshal(config)
	if err != nil {
		w.t.Fatal(err)
	}
	d := federation.Draft{Name: name, Kind: "oidc", Title: "Corp " + name, Settings: federation.Settings{Create: true, Config: raw}}
	if change != nil {
		change(&d)
	}
	if _, err := w.App.Connectors.Create(w.t.Context(), d, directory.Actor{Kind: "operator"}); err != nil {
		w.t.Fatal(err)
	}
}

// configure changes a member of a draft's config.
func configure(d *federation.Draft, name string, value any) {
	members := map[string]any{}
	if err := json.Unmarshal(d.Settings.Config, &members); err != nil {
		panic(err)
	}
	members[name] = value
	raw, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	d.Settings.Config = raw
}

// away sends a browser to the upstream by the button of the sign-in page.
func (w *feWorld) away(b *testkit.Browser, name string, changes ...string) *url.URL {
	w.t.Helper()
	page := b.Get(w.AuthURL(w.rp, changes...))
	href, ok := strings.CutPrefix(hrefOf(page.Body, "login-connector-"+name), "/")
	if !ok {
		w.t.Fatalf("no button for %s (status %d):\n%.800s", name, page.Status, page.Body)
	}
	gone := b.Get("/" + href)
	if gone.Location == nil {
		w.t.Fatalf("not sent away: status %d\n%.800s", gone.Status, gone.Body)
	}
	return gone.Location
}

// back brings a browser back.
func (w *feWorld) back(b *testkit.Browser, name string, q url.Values) *testkit.Page {
	w.t.Helper()
	return b.Get("/federation/" + name + "/callback?" + q.Encode())
}

// through signs in by the upstream and returns the page that follows.
func (w *feWorld) through(b *testkit.Browser, changes ...string) *testkit.Page {
	w.t.Helper()
	return w.back(b, "corp", w.up.visit(w.away(b, "corp", changes...)))
}

// signedIn runs the whole sign-in and returns the person's subject.
func (w *feWorld) signedIn(b *testkit.Browser, changes ...string) string {
	w.t.Helper()
	return w.subject(w.through(b, changes...))
}

// subject is whose code the page carries to the client.
func (w *feWorld) subject(p *testkit.Page) string {
	w.t.Helper()
	code := p.Allow().Params().Get("code")
	if code == "" {
		w.t.Fatal("no code")
	}
	return w.Userinfo(w.Redeem(w.rp, code).Text("access_token")).Text("sub")
}

// hrefOf is the address of the link with the id.
func hrefOf(body, id string) string {
	_, rest, ok := strings.Cut(body, `id="`+id+`" href="`)
	if !ok {
		return ""
	}
	href, _, _ := strings.Cut(rest, `"`)
	return strings.NewReplacer("&amp;", "&", "&#43;", "+").Replace(href)
}

func text64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func operator() directory.Actor { return directory.Actor{Kind: "operator", ID: "test"} }
