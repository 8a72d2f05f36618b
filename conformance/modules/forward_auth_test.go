package modules

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// proxy is a reverse proxy in front of an application: it asks about every request, with the cookies of its host.
type proxy struct {
	w       *world
	host    string
	cookies map[string]string
	nginx   bool // it says X-Original-URL
}

const guarded = "files.example"

func behindProxy(c *app.Config) { c.Proxies = []string{"127.0.0.0/8"} }

func newForward(t *testing.T, change func(f *storage.ForwardAuth)) (*world, *testkit.RP, *proxy) {
	t.Helper()
	w := alone(t, behindProxy)
	f := &storage.ForwardAuth{Hosts: []string{guarded, "other." + guarded}}
	if change != nil {
		change(f)
	}
	m := storage.ClientMetadata{FirstParty: true, Scope: "openid profile email groups", GrantTypes: []string{"authorization_code"}}
	m.Forward = f
	return w, w.Client(m), &proxy{w: w, host: guarded, cookies: map[string]string{}, nginx: f.Source == "original_url"}
}

// ask is one question; headers go over the proxy's.
func (p *proxy) ask(path string, headers ...string) *http.Response {
	p.w.t.Helper()
	r, err := http.NewRequestWithContext(p.w.t.Context(), http.MethodGet, p.w.URL+"/forward-auth", nil)
	if err != nil {
		p.w.t.Fatal(err)
	}
	set := map[string]string{"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": p.host, "X-Forwarded-Uri": path, "Accept": "text/html,*/*;q=0.8"}
	if p.nginx {
		set = map[string]string{"X-Original-Method": "GET", "X-Original-Url": "https://" + p.host + path, "Accept": "text/html,*/*;q=0.8"}
	}
	for i := 0; i < len(headers); i += 2 {
		set[headers[i]] = headers[i+1]
	}
	for name, value := range set {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	for name, value := range p.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a, err := p.w.HTTP.Do(r)
	if err != nil {
		p.w.t.Fatal(err)
	}
	if err := a.Body.Close(); err != nil {
		p.w.t.Fatal(err)
	}
	for _, c := range a.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" {
			p.w.t.Errorf("the cookie %s is not its host's alone", c.Name)
		}
		if p.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(p.cookies, c.Name)
		}
	}
	return a
}

// through signs in: out to the authorization endpoint and back to the host.
func (p *proxy) through(b *testkit.Browser, path string) *http.Response {
	p.w.t.Helper()
	out := p.ask(path)
	back := p.walk(b, out.Header.Get("Location"))
	return p.ask(back.RequestURI())
}

// walk is the way of a browser that is signed in here, from the authorization endpoint back to the host.
func (p *proxy) walk(b *testkit.Browser, to string) *url.URL {
	p.w.t.Helper()
	if !strings.HasPrefix(to, p.w.URL+"/oauth2/authorize?") {
		p.w.t.Fatalf("not sent to the authorization endpoint but to %q", to)
	}
	a := b.Raw(http.MethodGet, strings.TrimPrefix(to, p.w.URL), "")
	back, err := url.Parse(a.Header.Get("Location"))
	if err != nil || back.Host != p.host {
		p.w.t.Fatalf("not sent back to the host: status %d, %v", a.Status, a.Header.Get("Location"))
	}
	return back
}

func (w *world) visitor() *testkit.Browser {
	w.t.Helper()
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	return b
}

func TestForwardAuth(t *testing.T) {
	for _, source := range []string{"forwarded", "original_url"} {
		w, _, p := newForward(t, func(f *storage.ForwardAuth) { f.Source = source })
		b := w.visitor()
		out := p.ask("/a?b=c")
		if want := map[string]int{"forwarded": http.StatusFound, "original_url": http.StatusUnauthorized}[source]; out.StatusCode != want {
			t.Errorf("%s: nobody is signed in: status %d, want %d", source, out.StatusCode, want)
		}
		p.cookies = map[string]string{}
		in := p.through(b, "/a?b=c")
		if in.StatusCode != http.StatusFound || in.Header.Get("Location") != "https://"+guarded+"/a?b=c" {
			t.Fatalf("%s: back with %d to %s", source, in.StatusCode, in.Header.Get("Location"))
		}
		if len(p.cookies) != 1 {
			t.Errorf("%s: cookies after the sign-in: %v", source, len(p.cookies))
		}
		a := p.ask("/a")
		if a.StatusCode != http.StatusOK || a.Header.Get("Remote-Email") != w.email || a.Header.Get("Remote-User") == "" {
			t.Errorf("%s: status %d, %v", source, a.StatusCode, a.Header)
		}
		if h, has := a.Header["Remote-Groups"]; !has || h[0] != "" {
			t.Errorf("%s: a header without a value is not said, so that a stranger's would stand", source)
		}
		w.signOutEverywhere()
		if a := p.ask("/a", "Accept", "application/json"); a.StatusCode != http.StatusUnauthorized || a.Header.Get("Location") != "" {
			t.Errorf("%s: the session has ended: status %d", source, a.StatusCode)
		}
	}
}

func (w *world) signOutEverywhere() {
	w.t.Helper()
	sessions, err := w.App.DB.SessionsOf(w.t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	for _, s := range sessions {
		w.must(w.App.DB.RevokeSession(w.t.Context(), w.App.Tenant, s.ID, w.Clock.Now(), "test", nil))
	}
}

// TestForwardAuth_WhatIsAsked: what the proxy does not say clearly is refused, and headers that it does not set are not read.
func TestForwardAuth_WhatIsAsked(t *testing.T) {
	w, _, p := newForward(t, func(f *storage.ForwardAuth) { f.Rules = []storage.ForwardRule{{Path: "/public/", Public: true}} })
	for _, c := range []struct {
		name, check string
		headers     []string
	}{
		{"another host", "forward_auth.host", []string{"X-Forwarded-Host", "evil.example"}},
		{"no host", "forward_auth.host", []string{"X-Forwarded-Host", ""}},
		{"two hosts", "forward_auth.host", []string{"X-Forwarded-Host", guarded + ", evil.example"}},
		{"the source of another proxy", "forward_auth.host", []string{"X-Forwarded-Host", "", "X-Original-Url", "https://" + guarded + "/public/"}},
		{"no method", "forward_auth.source", []string{"X-Forwarded-Method", ""}},
		{"an address instead of a path", "forward_auth.source", []string{"X-Forwarded-Uri", "https://evil.example/"}},
		{"userinfo", "forward_auth.source", []string{"X-Forwarded-Proto", "https://x@"}},
		{"no TLS", "forward_auth.scheme", []string{"X-Forwarded-Proto", "http"}},
	} {
		mark := w.Log.Mark()
		if a := p.ask("/a", c.headers...); a.StatusCode != http.StatusForbidden || !slices.Contains(w.Log.Refused(mark), c.check) {
			t.Errorf("%s: status %d, refused by %v", c.name, a.StatusCode, w.Log.Refused(mark))
		}
	}
	// A host that nobody registered gets nothing by the name of one that is, also where the proxy's own header has a comma in its path.
	for _, path := range []string{"/x", "/x,y"} {
		mark := w.Log.Mark()
		a := p.ask("/public/", "X-Original-Url", "https://unknown.example"+path, "X-Original-Method", "GET")
		if a.StatusCode != http.StatusForbidden || !slices.Contains(w.Log.Refused(mark), "forward_auth.host") {
			t.Errorf("an unknown host %s: status %d, refused by %v", path, a.StatusCode, w.Log.Refused(mark))
		}
	}
	// A stranger's header beside the proxy's own changes nothing.
	if a := p.ask("/a", "X-Original-Url", "https://"+guarded+"/public/"); a.StatusCode != http.StatusFound {
		t.Errorf("X-Original-URL was read: status %d", a.StatusCode)
	}
	if a := p.ask("/public/x"); a.StatusCode != http.StatusOK || a.Header.Get("Remote-User") != "" {
		t.Errorf("a public path: status %d", a.StatusCode)
	}
	for _, path := range []string{"/public/../a", "/public/%2e%2e/a", "/public//x", "/public/..;/a", "/public/a%2fb", "/public\\..\\a", "/publicly", "/PUBLIC/x"} {
		if a := p.ask(path); a.StatusCode == http.StatusOK {
			t.Errorf("%s is public", path)
		}
	}
}

// TestForwardAuth_Commas: a path may have a comma, whatever the proxy.
func TestForwardAuth_Commas(t *testing.T) {
	for _, source := range []string{"forwarded", "original_url"} {
		_, _, p := newForward(t, func(f *storage.ForwardAuth) {
			f.Source, f.Rules = source, []storage.ForwardRule{{Path: "/public/", Public: true}}
		})
		if a := p.ask("/public/a,b"); a.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", source, a.StatusCode)
		}
	}
}

// TestForwardAuth_Strangers: only a trusted proxy may ask.
func TestForwardAuth_Strangers(t *testing.T) {
	w := alone(t)
	p := &proxy{w: w, host: guarded, cookies: map[string]string{}}
	if a := p.ask("/"); a.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", a.StatusCode)
	}
}

// TestForwardAuth_Binding: a cookie opens one host of one application, and a browser ends only the sign-in that it began.
func TestForwardAuth_Binding(t *testing.T) {
	w, _, p := newForward(t, nil)
	b := w.visitor()
	p.through(b, "/")
	other := &proxy{w: w, host: "other." + guarded, cookies: p.cookies}
	if a := other.ask("/"); a.StatusCode != http.StatusFound {
		t.Errorf("the cookie of another host: status %d", a.StatusCode)
	}
	mine := &proxy{w: w, host: guarded, cookies: map[string]string{}}
	back := mine.walk(b, mine.ask("/").Header.Get("Location"))
	victim := &proxy{w: w, host: guarded, cookies: map[string]string{}}
	if a := victim.ask(back.RequestURI()); a.StatusCode != http.StatusBadRequest || len(victim.cookies) != 0 {
		t.Errorf("another browser's answer was taken: status %d", a.StatusCode)
	}
	if a := mine.ask(back.RequestURI()); a.StatusCode != http.StatusFound {
		t.Errorf("its own was not: status %d", a.StatusCode)
	}
	if a := mine.ask(back.RequestURI()); a.StatusCode != http.StatusBadRequest {
		t.Errorf("it was taken twice: status %d", a.StatusCode)
	}
	broken := back.Query()
	broken.Set("iss", "https://evil.example")
	again := &proxy{w: w, host: guarded, cookies: map[string]string{}}
	back = again.walk(b, again.ask("/").Header.Get("Location"))
	broken.Set("state", back.Query().Get("state"))
	if a := again.ask(back.Path + "?" + broken.Encode()); a.StatusCode != http.StatusForbidden {
		t.Errorf("another issuer's answer: status %d", a.StatusCode)
	}
}

// TestForwardAuth_Rules: groups, by path, and who may use the application at all.
func TestForwardAuth_Rules(t *testing.T) {
	w, rp, p := newForward(t, func(f *storage.ForwardAuth) {
		f.Rules = []storage.ForwardRule{{Path: "/admin/", Groups: []string{"operators"}}, {Path: "/write", Methods: []string{"POST"}, Groups: []string{"operators"}}}
		f.Headers = map[string]string{"X-Auth-Groups": "groups", "X-Auth-Subject": "sub"}
	})
	group, err := w.App.Groups.Create(t.Context(), "operators", "", operator())
	w.must(err)
	p.through(w.visitor(), "/")
	want := func(path string, status int, headers ...string) http.Header {
		t.Helper()
		a := p.ask(path, headers...)
		if a.StatusCode != status {
			t.Errorf("%s %v: status %d, want %d", path, headers, a.StatusCode, status)
		}
		return a.Header
	}
	want("/", http.StatusOK)
	want("/write", http.StatusOK)
	want("/write", http.StatusForbidden, "X-Forwarded-Method", "POST")
	mark := w.Log.Mark()
	for _, path := range []string{"/admin/", "/admin", "/admin/x", "/x/%2e%2e/admin/"} {
		want(path, http.StatusForbidden)
	}
	if !slices.Contains(w.Log.Refused(mark), "forward_auth.groups") {
		t.Errorf("refused by %v", w.Log.Refused(mark))
	}
	_, err = w.App.Groups.AddPerson(t.Context(), group, w.person.ID, operator())
	w.must(err)
	if h := want("/admin/x", http.StatusOK); h.Get("X-Auth-Groups") != "operators" || h.Get("X-Auth-Subject") != w.person.Subject || h.Get("Remote-User") != "" {
		t.Errorf("headers: %v", h)
	}
	_, err = w.App.Registrar.Update(t.Context(), rp.ID, register.Change{Actor: registrarActor(), Metadata: func(m *storage.ClientMetadata) error { m.Allowed = []string{}; return nil }})
	w.must(err)
	want("/", http.StatusUnauthorized, "Accept", "application/json")
}

// TestForwardAuth_Tokens: the cookie holds a person's token of this application, whatever else may have been sealed for it.
func TestForwardAuth_Tokens(t *testing.T) {
	w, rp, p := newForward(t, nil)
	w.visitor()
	other := w.Client(storage.ClientMetadata{})
	aad := "forward-auth\x00session\x00" + w.App.Tenant.String() + "\x00" + rp.Client.ID.String() + "\x00" + guarded
	for check, token := range map[string]string{"forward_auth.client": w.offline(other).Text("access_token"), "forward_auth.token": "nonsense"} {
		p.cookies["__Host-jedan-auth"] = text64(w.App.Ring.SealBytes(keys.Flows, []byte(aad), []byte(token)))
		if a := p.ask("/", "Accept", "application/json"); token == "" || a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: status %d", check, a.StatusCode)
		}
	}
}

// TestForwardAuth_Registration: what an application behind a proxy may be.
func TestForwardAuth_Registration(t *testing.T) {
	w := open(t)
	for name, f := range map[string]storage.ForwardAuth{
		"no host": {}, "a wildcard": {Hosts: []string{"*.example"}}, "a URL": {Hosts: []string{"https://files.example"}}, "capitals": {Hosts: []string{"Files.example"}}, "a path": {Hosts: []string{"files.example/x"}},
		"a port": {Hosts: []string{"files.example:0"}}, "twice": {Hosts: []string{"a.example", "a.example"}}, "a source": {Hosts: []string{"a.example"}, Source: "both"},
		"a path that moves":    {Hosts: []string{"a.example"}, Rules: []storage.ForwardRule{{Path: "/a/../b", Public: true}}},
		"no path":              {Hosts: []string{"a.example"}, Rules: []storage.ForwardRule{{Public: true}}},
		"public and for some":  {Hosts: []string{"a.example"}, Rules: []storage.ForwardRule{{Path: "/", Public: true, Groups: []string{"x"}}}},
		"no name of a group":   {Hosts: []string{"a.example"}, Rules: []storage.ForwardRule{{Path: "/", Groups: []string{"a b"}}}},
		"a header of a server": {Hosts: []string{"a.example"}, Headers: map[string]string{"Authorization": "sub"}},
		"a proxy's own header": {Hosts: []string{"a.example"}, Headers: map[string]string{"X-Forwarded-For": "sub"}},
		"two lines":            {Hosts: []string{"a.example"}, Headers: map[string]string{"X-User\r\nX": "sub"}},
	} {
		m := storage.ClientMetadata{ClientName: name}
		m.Forward = &f
		if _, err := w.App.Registrar.Create(t.Context(), m, register.Options{Actor: registrarActor()}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	m := storage.ClientMetadata{ClientName: "with a secret", TokenEndpointAuthMethod: "client_secret_basic"}
	m.Forward = &storage.ForwardAuth{Hosts: []string{"b.example"}}
	if _, err := w.App.Registrar.Create(t.Context(), m, register.Options{Actor: registrarActor()}); err == nil {
		t.Error("a client with a secret was taken")
	}
	m.TokenEndpointAuthMethod = ""
	g, err := w.App.Registrar.Create(t.Context(), m, register.Options{Actor: registrarActor()})
	w.must(err)
	if uris := g.Client.Metadata.RedirectURIs; !slices.Equal(uris, []string{"https://b.example/.jedan-auth/callback"}) {
		t.Errorf("redirect URIs %v", uris)
	}
}
