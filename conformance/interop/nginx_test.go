//go:build interop

package interop

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"text/template"
	"time"
)

// nginxFile is what docs/guides/forward-auth.md says, with TLS on both sides.
const nginxFile = `
daemon off;
worker_processes 1;
user root;
pid {{.Dir}}/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path {{.Dir}}/body;
  proxy_temp_path {{.Dir}}/proxy;
  fastcgi_temp_path {{.Dir}}/fastcgi;
  uwsgi_temp_path {{.Dir}}/uwsgi;
  scgi_temp_path {{.Dir}}/scgi;
  proxy_ssl_trusted_certificate {{.CA}};
  proxy_ssl_verify on;
  proxy_ssl_server_name on;
  proxy_ssl_name {{.OurHost}};
  server {
    listen {{.At}} ssl;
    ssl_certificate {{.Cert}};
    ssl_certificate_key {{.Key}};
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

// behind is an application that knows nothing of sign-in; its page says whom it was told of.
func behind(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := json.Marshal(map[string]string{"user": r.Header.Get("Remote-User"), "email": r.Header.Get("Remote-Email"), "at": r.URL.RequestURI()})
		page(w, `<h1>Wiki</h1><pre id="told">`+string(raw)+`</pre>`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// nginx protects an application on the third site.
func (s *sites) nginx(at *certified, o *ours) {
	s.t.Helper()
	binary := os.Getenv("JEDAN_NGINX")
	if binary == "" {
		s.t.Skip("JEDAN_NGINX names no nginx (Debian: apt-get install nginx-light; JEDAN_NGINX=/usr/sbin/nginx)")
	}
	if _, err := exec.LookPath(binary); err != nil {
		s.t.Fatal(err)
	}
	var text strings.Builder
	err := template.Must(template.New("").Parse(nginxFile)).Execute(&text, map[string]string{
		"Dir": s.dir, "CA": s.ca, "OurHost": ourHost, "At": at.at, "Cert": at.cert, "Key": at.key, "Issuer": o.url, "Behind": behind(s.t),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.start(at.at, s.command(binary, "-e", "stderr", "-p", s.dir, "-c", s.write("nginx.conf", text.String())))
}

// TestForwardAuth: nginx asks us about an application whose people come by an upstream.
func TestForwardAuth(t *testing.T) {
	s := openSites(t)
	at := s.site(appHost)
	o := s.ours(`JEDAN_TRUSTED_PROXIES=["127.0.0.0/8"]`)
	op := s.nodeProvider(func(string) []map[string]any {
		return []map[string]any{{
			"client_id": "op", "client_secret": upstreamSecret, "redirect_uris": []string{o.url + "/federation/op/callback"},
			"backchannel_logout_uri": o.url + "/federation/op/backchannel", "backchannel_logout_session_required": true,
		}}
	})
	o.connector("op", "oidc", map[string]any{"issuer": op.url, "client_id": "op", "client_secret": upstreamSecret, "userinfo": true, "trust_email": true})
	o.client(map[string]any{
		"client_name": "Wiki", "jedan_first_party": true, "scope": "openid profile email", "grant_types": []string{"authorization_code"},
		"jedan_forward_auth": map[string]any{"hosts": []string{net.JoinHostPort(appHost, at.port())}, "source": "original_url", "rules": []any{map[string]any{"path": "/public/", "public": true}}},
	})
	s.nginx(at, o)
	f, b := &findings{t: t}, s.chromium().tab(t)
	b.visit(at.url + "/public/x")
	f.hold("a public path needs no sign-in", strings.Contains(b.text("#told"), `"user":""`), b.where())
	b.visit(at.url + "/inside?a=b")
	o.leads(b, "op")
	op.signIn(b, "maria")
	told := b.text("#told")
	f.hold("a page that needs one leads to the upstream and back to itself, by three sites", strings.Contains(told, `"maria@upstream.test"`) && strings.Contains(told, `"/inside?a=b"`), b.where())
	fetch := `fetch("/api", {headers: {"Remote-User": "root", "Remote-Email": "root@ours.test"}}).then(r => r.text().then(t => r.status + " " + t))`
	got := ask[string](b, fetch)
	f.hold("the browser's own identity headers are overwritten", strings.HasPrefix(got, "200") && !strings.Contains(got, "root") && strings.Contains(got, "maria@upstream.test"), got)
	b.visit(op.url + "/session/end")
	began := time.Now()
	b.click("button[name=logout]")
	f.hold("the upstream is left", b.arrives("body:not(:has(button[name=logout])) h1"), b.where()) // its question has a heading too
	b.visit(at.url + "/public/x")
	o.soon("the end upstream reaches the protected application", func() bool { return strings.HasPrefix(ask[string](b, fetch), "401") })
	f.within("a sign-out upstream ends it: a script is answered 401", time.Since(began), 2*time.Second+500*time.Millisecond)
	b.visit(at.url + "/inside")
	b.see("#login-connector-op")
	f.hold("and a page leads to the sign-in", b.at().Hostname() == ourHost, b.where())
	report(t, "Forward authentication: nginx", append([]string{nginxVersion() + " as docs/guides/forward-auth.md has it, oidc-provider as upstream, Chromium, three sites over TLS. What was seen to hold:", ""}, f.lines...)...)
}

func nginxVersion() string {
	out, err := exec.Command(os.Getenv("JEDAN_NGINX"), "-v").CombinedOutput() //nolint:gosec // the operator names it
	if err != nil {
		return "nginx"
	}
	return strings.TrimSpace(strings.TrimPrefix(string(out), "nginx version: "))
}
