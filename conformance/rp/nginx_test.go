package rp

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"text/template"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// nginxFile is what docs/guides/forward-auth.md says, for this machine.
const nginxFile = `
daemon off;
worker_processes 1;
pid {{.Dir}}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path {{.Dir}}/body;
  proxy_temp_path {{.Dir}}/proxy;
  fastcgi_temp_path {{.Dir}}/fastcgi;
  uwsgi_temp_path {{.Dir}}/uwsgi;
  scgi_temp_path {{.Dir}}/scgi;
  server {
    listen {{.At}};
    location /.jedan-auth/ {
      proxy_pass {{.Issuer}}/forward-auth/;
      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
    location = /.jedan-auth-ask {
      internal;
      proxy_pass {{.Issuer}}/forward-auth;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
    location / {
      auth_request /.jedan-auth-ask;
      auth_request_set $jedan_to $upstream_http_location;
      auth_request_set $jedan_cookie $upstream_http_set_cookie;
      auth_request_set $jedan_user $upstream_http_remote_user;
      auth_request_set $jedan_email $upstream_http_remote_email;
      error_page 401 = @sign_in;
      proxy_set_header Remote-User $jedan_user;
      proxy_set_header Remote-Email $jedan_email;
      proxy_pass {{.Behind}};
    }
    location @sign_in {
      if ($jedan_to = "") { return 401; }
      add_header Set-Cookie $jedan_cookie always;
      return 302 $jedan_to;
    }
  }
}
`

// behindNginx is an application that knows nothing of sign-in behind nginx.
type behindNginx struct{ *program }

func openNginx(t *testing.T) *behindNginx {
	t.Helper()
	binary := tool(t, "JEDAN_NGINX", "nginx")
	at := freeAddress(t)
	s := testkit.StartTLS(t, func(c *app.Config) { c.Proxies = []string{"127.0.0.0/8"} })
	w := &world{Server: s, t: t, subject: s.Person(email).Subject}
	m := storage.ClientMetadata{ClientName: "Behind nginx", FirstParty: true, Scope: "openid profile email", GrantTypes: []string{"authorization_code"}}
	m.Forward = &storage.ForwardAuth{Hosts: []string{at}, Source: "original_url", Rules: []storage.ForwardRule{{Path: "/public/", Public: true}}}
	s.Client(m)
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(visitor{User: r.Header.Get("Remote-User"), Email: r.Header.Get("Remote-Email")})
	}))
	t.Cleanup(behind.Close)
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "nginx.conf"))
	if err == nil {
		err = template.Must(template.New("").Parse(nginxFile)).Execute(file, map[string]string{"Dir": dir, "At": at, "Issuer": s.URL, "Behind": behind.URL})
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return &behindNginx{w.start(at, exec.CommandContext(t.Context(), binary, "-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "nginx.conf")))}
}

func TestForwardAuthOfNginx(t *testing.T) {
	p := openNginx(t)
	b := p.Browser()
	out := b.Raw(http.MethodGet, p.URL+"/inside?a=b", "", "Accept", "text/html")
	if page := p.visit(b, out.Location().String()); page.Status != http.StatusOK || page.URL.RequestURI() != "/inside?a=b" {
		t.Fatalf("the sign-in ended at %v: %d %.400s", page.URL, page.Status, page.Body)
	}
	seen := func(path string) (v visitor, status int) {
		page := b.Raw(http.MethodGet, p.URL+path, "", "Accept", "text/html", "Remote-User", "root", "Remote-Email", "root@example.org")
		_ = json.Unmarshal([]byte(page.Body), &v)
		return v, page.Status
	}
	if v, status := seen("/inside"); status != http.StatusOK || v.User == "" || v.User == "root" || v.Email != email {
		t.Errorf("status %d, the application was told of %+v", status, v)
	}
	if v, status := seen("/public/x"); status != http.StatusOK || v.User != "" || v.Email != "" {
		t.Errorf("a public path: status %d, the application was told of %+v", status, v)
	}
	sessions, err := p.App.DB.SessionsOf(t.Context(), p.App.Tenant, p.whose().ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		if err := p.App.DB.RevokeSession(t.Context(), p.App.Tenant, s.ID, p.Clock.Now(), "test", nil); err != nil {
			t.Fatal(err)
		}
	}
	p.Within(5*time.Second, "the end of the session", func() bool { _, status := seen("/inside"); return status == http.StatusFound })
	stranger := p.Browser()
	if page := stranger.Raw(http.MethodGet, p.URL+"/inside", "", "Accept", "application/json"); page.Status != http.StatusUnauthorized {
		t.Errorf("a program: status %d", page.Status)
	}
}

func (p *behindNginx) whose() *storage.Person {
	p.t.Helper()
	who, err := p.App.Directory.ByIdentifier(p.t.Context(), p.App.Tenant, email)
	if err != nil {
		p.t.Fatal(err)
	}
	return who
}
