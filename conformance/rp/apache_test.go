package rp

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// apacheEars is where the module listens for logout tokens.
const apacheEars = "/members/cb?logout=backchannel"

const apacheFile = `
ServerName 127.0.0.1
Listen {{.At}}
PidFile {{.Dir}}/pid
DefaultRuntimeDir {{.Dir}}
ErrorLog /dev/stderr
LogLevel warn auth_openidc:info
{{range .Modules}}LoadModule {{.}}_module {{$.Lib}}/mod_{{.}}.so
{{end}}
<IfModule unixd_module>
{{if .Root}}User www-data
Group www-data
{{end}}</IfModule>
TypesConfig /dev/null
DocumentRoot {{.Dir}}/pages

OIDCProviderMetadataURL {{.Issuer}}/.well-known/openid-configuration
OIDCCABundlePath {{.Dir}}/trust.pem
OIDCClientID {{.Client.ID}}
OIDCClientSecret {{.Client.Secret}}
OIDCRedirectURI http://{{.At}}/members/cb
OIDCCryptoPassphrase of-this-test-alone
OIDCScope "openid email profile offline_access"
OIDCPKCEMethod S256
OIDCCookieSameSite On
OIDCInfoHook access_token id_token userinfo
<Location /members>
  AuthType openid-connect
  Require valid-user
  OIDCUnAuthAction auth true
</Location>
<Location /staff>
  AuthType openid-connect
  Require claim email:boss@example.org
  OIDCUnAuthAction auth true
</Location>

OIDCOAuthIntrospectionEndpoint {{.Issuer}}/oauth2/introspect
OIDCOAuthClientID {{.Owner.ID}}
OIDCOAuthClientSecret {{.Owner.Secret}}
OIDCOAuthTokenIntrospectionInterval -1
OIDCOAuthRemoteUserClaim sub
<Location /api>
  AuthType oauth20
  Require claim scope:orders:read
</Location>
`

// apache is a web server whose module mod_auth_openidc lets people and programs in.
type apache struct {
	*program
	client, owner *testkit.RP
}

func openApache(t *testing.T) *apache {
	t.Helper()
	binary := tool(t, "JEDAN_RP_APACHE", "apache2, of a Debian that has libapache2-mod-auth-openidc beside it")
	at := freeAddress(t)
	ears := front(t, at)
	s := testkit.StartTLS(t, reaching(t, ears))
	w := &world{Server: s, t: t, subject: s.Person(email).Subject}
	a := &apache{client: w.Client(storage.ClientMetadata{
		ClientLogout: storage.ClientLogout{BackchannelLogoutURI: ears.URL + apacheEars},
		RedirectURIs: []string{"http://" + at + "/members/cb"}, PostLogoutRedirectURIs: []string{"http://" + at + "/bye.html"}, Scope: "openid email profile offline_access orders:read orders:write",
	})}
	a.owner = w.Client(storage.ClientMetadata{ClientName: "Acme Orders", GrantTypes: []string{"client_credentials"}, RedirectURIs: []string{}})
	w.Resource(api, a.owner)
	dir := publicDir(t)
	a.program = w.start(at, exec.CommandContext(t.Context(), binary, "-X", "-f", a.configure(w, dir, at)))
	return a
}

func (a *apache) configure(w *world, dir, at string) string {
	w.t.Helper()
	trust, err := os.ReadFile(w.App.Config.TLS.Certificate)
	if err != nil {
		w.t.Fatal(err)
	}
	for name, text := range map[string]string{"trust.pem": string(trust), "pages/members/index.html": "for members", "pages/staff/index.html": "for the boss", "pages/api/index.html": "orders", "pages/bye.html": "good bye"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	file, err := os.Create(filepath.Join(dir, "apache.conf"))
	if err != nil {
		w.t.Fatal(err)
	}
	err = template.Must(template.New("").Parse(apacheFile)).Execute(file, map[string]any{
		"At": at, "Dir": dir, "Root": os.Geteuid() == 0, "Issuer": w.URL, "Client": a.client, "Owner": a.owner,
		"Lib":     "/usr/lib/apache2/modules",
		"Modules": []string{"mpm_event", "authz_core", "authz_user", "authn_core", "dir", "mime", "auth_openidc"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return file.Name()
}

// publicDir is a folder of the test that any user may read: apache2 is not root when it serves.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "jedan-apache-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// session is what the module knows of the person.
type session struct {
	AccessToken string         `json:"access_token"`
	IDToken     map[string]any `json:"id_token"`
	Userinfo    map[string]any `json:"userinfo"`
}

func (a *apache) session(b *testkit.Browser) session {
	a.t.Helper()
	var s session
	p := b.Get(a.URL + "/members/cb?info=json")
	if err := json.Unmarshal([]byte(p.Body), &s); err != nil {
		a.t.Fatalf("%v: %d %.400s", err, p.Status, p.Body)
	}
	return s
}

func TestApache(t *testing.T) {
	a := openApache(t)
	for name, test := range map[string]func(*apache){"sign-in": (*apache).signIn, "refused": (*apache).refused, "back-channel logout": (*apache).hears, "API": (*apache).api} {
		t.Run(name, func(t *testing.T) { test(&apache{a.with(t), a.client, a.owner}) })
	}
}

// signIn signs in, renews the access token, and signs out of both.
func (a *apache) signIn() {
	b := a.Browser()
	if p := a.visit(b, "/members/"); p.Status != 200 || p.Body != "for members" {
		a.t.Fatalf("%d %s %.400s", p.Status, p.URL, p.Body)
	}
	s := a.session(b)
	if s.IDToken["sub"] != a.subject || s.IDToken["iss"] != a.Server.URL || s.Userinfo["email"] != email || s.Userinfo["name"] != "Maria Example" {
		a.t.Errorf("the module saw %+v", s)
	}
	if p := a.visit(b, "/staff/"); p.Status == 200 {
		a.t.Errorf("somebody else passes for the boss: %s", p.Body)
	}
	renew := url.Values{"refresh": {a.URL + "/members/"}, "access_token": {s.AccessToken}}
	if p := a.visit(b, "/members/cb?"+renew.Encode()); p.Status != 200 || a.session(b).AccessToken == s.AccessToken {
		a.t.Errorf("not renewed: %d %s", p.Status, p.URL)
	}
	if p := a.visit(b, "/members/cb?"+url.Values{"logout": {a.URL + "/bye.html"}}.Encode()); p.Body != "good bye" {
		a.t.Errorf("signing out ended at %s: %d %.400s", p.URL, p.Status, p.Body)
	}
	a.asksToSignIn(b, "/members/")
}

// refused are answers that the module does not take.
func (a *apache) refused() {
	for name, value := range map[string]string{"state": "of another browser", "code": "guessed", "iss": "https://evil.example"} {
		b := a.Browser()
		if p := b.Get(forged(a.comesBack(b, "/members/"), name, value)); p.Location != nil {
			a.t.Errorf("another %s is taken: %d %.400s", name, p.Status, p.Body)
		}
		if p := b.Get(a.URL + "/members/cb?info=json"); p.Status == 200 {
			a.t.Errorf("another %s signs in: %s", name, p.Body)
		}
	}
}

// in reports whether the module takes a browser for signed in.
func (a *apache) in(b *testkit.Browser) bool {
	return b.Get(a.URL+"/members/cb?info=json").Status == 200
}

// hears is the module told by the server that somebody has signed out.
func (a *apache) hears() {
	a.toldOut("/members/", a.in)
	a.forgedLogout("/members/", apacheEars, a.client, a.in)
}

// api lets programs in with access tokens that the server says are good.
func (a *apache) api() {
	rp := a.Client(storage.ClientMetadata{GrantTypes: []string{"client_credentials"}, RedirectURIs: []string{}, Scope: "orders:read orders:write", Resources: []string{api}, AccessTokenFormat: "opaque"})
	token := func(scope string) string {
		return a.Call("/oauth2/token", rp, url.Values{"grant_type": {"client_credentials"}, "resource": {api}, "scope": {scope}}).Text("access_token")
	}
	good := token("orders:read")
	if got := a.call("/api/", good); got.Status != 200 || got.Body != "orders" {
		a.t.Errorf("a good token: %d %s", got.Status, got.Body)
	}
	if got := a.call("/api/", token("orders:write")); got.Status == 200 {
		a.t.Error("a token without the scope passes")
	}
	a.Call("/oauth2/revoke", rp, url.Values{"token": {good}})
	for _, bad := range []string{"", "guessed", good} {
		if got := a.call("/api/", bad); got.Status != 401 || !strings.Contains(got.Header.Get("WWW-Authenticate"), "Bearer") {
			a.t.Errorf("%q: %d %v", bad, got.Status, got.Header)
		}
	}
}
