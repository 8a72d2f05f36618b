//go:build interop

package interop

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// served is the program as it answers.
type served struct {
	*program
	url string
	log *testkit.Log
}

// serve runs the server until the test ends, over TLS with HTTP/2. Its name is localhost: a ticket is for a name.
func (p *program) serve() *served {
	p.t.Helper()
	at := free(p.t)
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		p.t.Fatal(err)
	}
	s := &served{program: p, url: "https://localhost:" + port, log: &testkit.Log{}}
	certificate, key := ldaptest.Certificate(p.t, "localhost")
	cmd := exec.Command(p.path, "--data", p.data, "serve", "--issuer", s.url, "--listen", at) //nolint:gosec // the test's own
	ours := func(v string) bool { return strings.HasPrefix(v, "JEDAN_") }
	cmd.Env = append(slices.DeleteFunc(os.Environ(), ours), `JEDAN_OUTBOUND__ALLOW_NETWORKS=["127.0.0.0/8"]`, "JEDAN_TLS__CERTIFICATE="+p.file("cert.pem", certificate),
		"JEDAN_TLS__KEY="+p.file("key.pem", key))
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	answers(p.t, at)
	return s
}

// curl asks with the ticket that there is, or without; it returns status and headers.
func (m *mit) curl(jar, url string, negotiate bool) string {
	m.t.Helper()
	args := []string{"-s", "-k", "-i", "--noproxy", "*", "-4", "-b", jar, "-c", jar, "-o", filepath.Join(m.folder, "page"), "-D", "-"}
	if negotiate {
		args = append(args, "--negotiate", "-u", ":")
	}
	return m.must("", "curl", append(args, url)...)
}

// visit walks a sign-in by curl; it returns the last answer.
func (m *mit) visit(s *served) string {
	m.t.Helper()
	jar := filepath.Join(m.t.TempDir(), "jar")
	begun := m.curl(jar, s.url+"/login", false)
	return m.curl(jar, header(begun, "Location"), true)
}

func header(answer, name string) string {
	for line := range strings.SplitSeq(answer, "\r\n") {
		if k, v, ok := strings.Cut(line, ": "); ok && strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// gssClient is a browser of MIT's library, which looks at the answer: with SPNEGO, and with Kerberos alone.
const gssClient = `import base64, ssl, sys, urllib.request, http.cookiejar, gssapi
class Still(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *a): return None
done = []
for oid in ("1.3.6.1.5.5.2", "1.2.840.113554.1.2.2"):
    web = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl._create_unverified_context()), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), Still())
    def get(url, **headers):
        try: return web.open(urllib.request.Request(url, headers=headers))
        except urllib.error.HTTPError as e: return e
    at = get(sys.argv[1] + "/login").headers["Location"]
    ctx = gssapi.SecurityContext(name=gssapi.Name("HTTP@localhost", gssapi.NameType.hostbased_service), mech=gssapi.OID.from_int_seq(oid), usage="initiate",
        flags=gssapi.RequirementFlag.mutual_authentication)
    answer = get(at, Authorization="Negotiate " + base64.b64encode(ctx.step()).decode())
    ctx.step(base64.b64decode(answer.headers["WWW-Authenticate"].split()[1]))
    done.append(ctx.complete and gssapi.RequirementFlag.mutual_authentication in ctx.actual_flags and answer.status == 303)
print(*done)
`

// python is what MIT's library makes of our answers; "" where there is none for Python.
func (m *mit) python(s *served) string {
	m.t.Helper()
	if exec.Command("/usr/bin/python3", "-c", "import gssapi").Run() != nil {
		m.t.Log("there is no python3-gssapi: nobody looks at our answers")
		return ""
	}
	return m.must("", "/usr/bin/python3", m.file("client.py", gssClient), s.url)
}

// long sends a long header by HTTP/2; curl has a limit of its own there.
func (s *served) long(name, begin string) string {
	s.t.Helper()
	web := http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // G402: a test's own certificate
	defer web.CloseIdleConnections()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/login", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set(name, begin+strings.Repeat("A", 86<<10))
	resp, err := web.RoundTrip(req)
	if err != nil {
		return err.Error()
	}
	_ = resp.Body.Close()
	return resp.Proto + " " + resp.Status
}

// people are those who have an account.
func (s *served) people() []map[string]any {
	s.t.Helper()
	var out []map[string]any
	if err := json.Unmarshal(s.run("users", "list", "--output", "json").out, &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// TestKerberos: a KDC, a command line and a browser that nobody here wrote.
func TestKerberos(t *testing.T) {
	m := startMIT(t)
	p := build(t)
	realms := []map[string]any{{"realm": mitRealm}}
	old := m.keytab()
	settings := func() string {
		return p.file("tickets.json", map[string]any{"title": "Corp", "settings": map[string]any{"create": true, "config": map[string]any{
			"principal": mitService, "realms": realms, "networks": []string{"127.0.0.0/8"},
		}}})
	}
	p.run("connectors", "create", "tickets", "--kind", "kerberos", "--keytab-file", old, "--file", settings())
	s := p.serve()
	var lines []string
	ok := func(what string, good bool, got any) {
		t.Helper()
		if !good {
			t.Errorf("%s: %v\n%s", what, got, s.log)
			return
		}
		lines = append(lines, "- "+what)
	}
	jar := filepath.Join(t.TempDir(), "jar")
	asked := m.curl(jar, header(m.curl(jar, s.url+"/login", false), "Location"), false)
	ok("a browser without a ticket is asked for one, beside the form", strings.Contains(asked, " 401 ") && header(asked, "WWW-Authenticate") == "Negotiate", asked)

	as, other := s.long("Authorization", "Negotiate "), s.long("X-Other", "")
	ok("a header of 86 KiB is taken for a ticket by HTTP/2, and for nothing else", as == "HTTP/2.0 303 See Other" && strings.HasPrefix(other, "HTTP/2.0 431"), as+other)

	m.signIn("alice")
	in := m.visit(s)
	ok("curl --negotiate signs in by "+strings.Fields(in + " ?")[0]+", and is told that it is us (AP-REP)", strings.Contains(in, " 303 ") && strings.HasPrefix(header(in, "WWW-Authenticate"), "Negotiate "), in)
	m.visit(s)
	if proved := m.python(s); proved != "" {
		ok("MIT's library finds our proof right: SPNEGO is at its end, with mutual authentication, also where Kerberos alone is spoken", proved == "True True\n", proved)
	}
	ok("twice is the same person", len(s.people()) == 1, s.people())
	enctypes := m.must("", "klist", "-e")
	ok("under AES", strings.Contains(enctypes, "aes256-cts-hmac-sha1-96") && !strings.Contains(enctypes, "arcfour"), enctypes)

	m.admin("cpw -randkey -keepold " + mitService)
	m.signIn("alice")
	late := m.visit(s)
	ok("a key that the keytab does not have yet is refused, and the form shown", strings.Contains(late, " 200 ") && header(late, "WWW-Authenticate") == "", late)
	s.run("connectors", "update", "tickets", "--keytab-file", m.keytab())
	for until := time.Now().Add(10 * time.Second); ; { // a running server sees it within a second
		late = m.visit(s)
		if strings.Contains(late, " 303 ") || time.Now().After(until) {
			break
		}
	}
	ok("with both versions in the keytab it counts", strings.Contains(late, " 303 "), late)
	for i, e := range []string{"aes128-cts-hmac-sha1-96", "aes256-cts-hmac-sha384-192", "aes128-cts-hmac-sha256-128"} {
		m.admin("cpw -randkey -keepold -e " + e + ":normal " + mitService)
		s.run("connectors", "update", "tickets", "--keytab-file", m.keytab())
		m.signIn("alice")
		var got string
		for until := time.Now().Add(10 * time.Second); ; {
			got = m.visit(s)
			if strings.Contains(got, " 303 ") || time.Now().After(until) {
				break
			}
		}
		ok("a service key of "+e, strings.Contains(got, " 303 "), []any{i, got})
	}
	ok("all of them the same person", len(s.people()) == 1, s.people())
	chrome(t, m, s, ok)
	directory(t, m, s, &realms, settings, ok)
	report(t, "Kerberos: MIT's KDC", append([]string{
		strings.TrimSpace(m.must("", "dpkg-query", "-W", "-f", "krb5-kdc ${Version}, curl ", "krb5-kdc")+m.must("", "dpkg-query", "-W", "-f", "${Version}", "curl")) + ", over TLS. What was seen to hold:", "",
	}, lines...)...)
}

// chrome signs in with a real browser: one that may use the ticket, and one that may not.
func chrome(t *testing.T, m *mit, s *served, ok func(what string, good bool, got any)) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Log("there is no Chromium: nobody signs in with a real browser")
		return
	}
	at := func(options ...chromedp.ExecAllocatorOption) string {
		options = append(append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.IgnoreCertErrors, chromedp.UserDataDir(t.TempDir()), chromedp.Env(m.env...)), options...)
		parent, stop := chromedp.NewExecAllocator(context.Background(), options...)
		defer stop()
		ctx, cancel := chromedp.NewContext(parent)
		defer cancel()
		ctx, late := context.WithTimeout(ctx, time.Minute)
		defer late()
		for range 2 { // it loads its Kerberos library once it has seen a question
			if err := chromedp.Do(ctx, chromedp.Navigate(s.url+"/account"), chromedp.WaitVisible("main")); err != nil {
				t.Error(err)
			}
		}
		where, err := chromedp.Run(ctx, chromedp.Location())
		if err != nil {
			t.Error(err)
		}
		text, err := chromedp.Run(ctx, chromedp.OuterHTML("main"))
		if err != nil {
			t.Error(err)
		}
		if strings.Contains(text, "login-password") {
			return "the form"
		}
		return where
	}
	ok("Chromium whose policy names the server signs in without a page", strings.HasPrefix(at(chromedp.Flag("auth-server-allowlist", "localhost")), s.url+"/account"), "the form")
	ok("Chromium whose policy does not sees the form", at() == "the form", "signed in")
	ok("and is the same person", len(s.people()) == 1, s.people())
}

// directory has OpenLDAP say who somebody is.
func directory(t *testing.T, m *mit, s *served, realms *[]map[string]any, settings func() string, ok func(what string, good bool, got any)) {
	t.Helper()
	if os.Getenv(ldaptest.SlapdEnv) == "" {
		t.Log(ldaptest.SlapdEnv + " is not set: no directory says who somebody is")
		return
	}
	d := ldaptest.StartSlapd(t, func(w io.Writer) error {
		_, err := io.WriteString(w, ldaptest.Person("alice")+ldaptest.Person("bob"))
		return err
	})
	s.run("connectors", "create", "corp", "--kind", "ldap", "--bind-password-file", s.file("password", ldaptest.ServicePassword), "--file",
		connectorFile(s.program, map[string]any{"servers": []string{d.LDAPS}, "ca": d.CA, "bind_dn": ldaptest.Service, "base_dn": ldaptest.Base}))
	*realms = []map[string]any{{"realm": mitRealm, "directory": "corp"}}
	s.run("connectors", "update", "tickets", "--file", settings())
	m.signIn("alice")
	for until := time.Now().Add(10 * time.Second); len(s.people()) < 2 && time.Now().Before(until); {
		m.visit(s)
	}
	m.visit(s)
	var who []string
	for _, p := range s.people() {
		id, _ := p["id"].(string)
		who = append(who, string(s.run("users", "show", id, "--output", "json").out))
	}
	ok("OpenLDAP says who a principal is", len(who) == 2 && strings.Contains(strings.Join(who, ""), "Dr alice"), who)
	m.signIn("nobody")
	got := m.visit(s)
	ok("a principal without an entry is refused", strings.Contains(got, " 403 ") && len(s.people()) == 2, got)
}
