//go:build interop

package interop

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// pysaml2 is a site of pysaml2's, which is told things a line at a time.
type pysaml2 struct {
	*certified
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
}

func (s *sites) pysaml2(script, host string) *pysaml2 {
	s.t.Helper()
	python, xmlsec := os.Getenv("JEDAN_SAML_PYTHON"), ""
	if python != "" {
		xmlsec, _ = exec.LookPath("xmlsec1")
	}
	if xmlsec == "" {
		s.t.Skip("JEDAN_SAML_PYTHON names no interpreter with pysaml2 (federation/samlsp/testdata/requirements.txt), or there is no xmlsec1 (Debian: apt-get install xmlsec1)")
	}
	at := s.site(host)
	pair, err := samlxml.NewPair(at.url+"/metadata", time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := pair.PEM()
	if err != nil {
		s.t.Fatal(err)
	}
	file := s.write(script+".pair.pem", text)
	cmd := s.command(python, "python/"+script)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	in, err := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err != nil || err2 != nil {
		s.t.Fatal(err, err2)
	}
	go func() {
		_, _ = io.WriteString(in, sealed(map[string]any{
			"url": at.url, "port": at.port(), "tls_certificate": at.cert, "tls_key": at.key, "key": file, "certificate": file, "xmlsec": xmlsec, "dir": s.dir,
		})+"\n")
	}()
	s.start(at.at, cmd)
	return &pysaml2{certified: at, t: s.t, in: in, out: bufio.NewScanner(out)}
}

// know tells it something.
func (p *pysaml2) know(m map[string]any) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, sealed(m)+"\n"); err != nil || !p.out.Scan() {
		p.t.Fatalf("pysaml2 is gone: %v", err)
	}
	var answer map[string]string
	if err := json.Unmarshal(p.out.Bytes(), &answer); err != nil || answer["error"] != "" {
		p.t.Fatalf("%v: %s", err, answer["error"])
	}
}

func (pysaml2) signIn(b *tab, name string) {
	b.t.Helper()
	b.see("#name")
	b.enter("#name", name)
	b.press("#go", backHere)
}

// TestPysaml2IdP: pysaml2 as identity provider.
func TestPysaml2IdP(t *testing.T) {
	s := openSites(t)
	app := s.application()
	idp := s.pysaml2("idp.py", upstreamHost)
	o := s.ours()
	for name, binding := range map[string]string{"py": "redirect", "bypost": "post"} {
		o.connector(name, "saml", map[string]any{
			"idp_entity_id": idp.url + "/metadata", "idp_metadata_url": idp.url + "/metadata", "sso_binding": binding, "sign_requests": true, "trust_email": true,
		}, "sign_out", "true")
	}
	app.register(o)
	chrome := s.chromium()
	f := &findings{t: t}
	idp.know(map[string]any{"metadata": string(s.fetched(o.url + "/saml/py/metadata"))})
	b := chrome.tab(t)
	v := app.signs(b, nil, func() { o.leads(b, "py"); idp.signIn(b, "maria") })
	f.hold("sign-in: signed request by redirect, response and assertion signed, by a cross-site POST", v.text("email") == "maria@upstream.test" && v.text("family_name") == "of pysaml2", v.Claims)
	stolen(f, app, o, idp, chrome)
	began := time.Now()
	b.visit(idp.url + "/out")
	b.see("#gone, #refused")
	f.hold("its sign-out comes by the browser, and the answer counts there", b.has("#gone"), b.where())
	app.ended(f, o, "its sign-out ends the session here", v, began)
	b = chrome.tab(t)
	app.signs(b, nil, func() { o.leads(b, "py"); idp.signIn(b, "maria") })
	o.signOut(b)
	f.hold("our sign-out passes by it and comes back", b.arrives(signedOut), b.where())
	b.visit(idp.url + "/")
	f.hold("and has ended the session there", b.text("#who") == "False", b.where())
	idp.know(map[string]any{"metadata": string(s.fetched(o.url + "/saml/bypost/metadata")), "encrypt": true})
	b = chrome.tab(t)
	v = app.signs(b, nil, func() { o.leads(b, "bypost"); idp.signIn(b, "petra") })
	f.hold("sign-in: signed request by POST, encrypted assertion (AES-256-GCM)", v.text("email") == "petra@upstream.test", v.Claims)
	report(t, "SAML: pysaml2 as identity provider", append([]string{"pysaml2 7.5.5, Chromium, three sites over TLS. What was seen to hold:", ""}, f.lines...)...)
}

// stolen gives one browser's answer to another: it signs nobody in there, and still counts where it belongs (the binding holds over a cross-site POST).
func stolen(f *findings, app *application, o *ours, idp *pysaml2, chrome *chromium) {
	f.t.Helper()
	mine, other := chrome.tab(f.t), chrome.tab(f.t)
	app.signs(mine, nil, func() {
		o.leads(mine, "py")
		mine.see("#name")
		mine.enter("#name", "ivana")
		mine.scripts(false)
		mine.press("#go", "form input[type=submit]") // their page waits for a click now
		form := ask[string](mine, `JSON.stringify([document.forms[0].action, [...document.forms[0].elements].filter(e => e.name).map(e => [e.name, e.value])])`)
		other.visit(app.url + "/start")
		o.leads(other, "py")
		other.see("#name")
		ask[bool](other, `(([action, fields]) => {
			const f = document.createElement("form");
			f.method = "post"; f.action = action;
			for (const [name, value] of fields) { const i = document.createElement("input"); i.type = "hidden"; i.name = name; i.value = value; f.append(i); }
			document.body.append(f); setTimeout(() => f.submit()); return true;
		})(`+form+`)`)
		other.see("main details:not([id]), #consent-allow, #app")
		f.hold("an answer that another browser began signs nobody in", other.has("main details:not([id])") && other.at().Hostname() == ourHost, other.where())
		mine.scripts(true)
		mine.press("form input[type=submit]", "#consent-allow, #app, main details:not([id])")
	})
	f.hold("and counts in the browser that began", mine.has("#app"), mine.where())
}

// TestPysaml2SP: pysaml2 as an application, whose people come by pysaml2 as identity provider.
func TestPysaml2SP(t *testing.T) {
	s := openSites(t)
	sp, idp := s.pysaml2("sp.py", appHost), s.pysaml2("idp.py", upstreamHost)
	o := s.ours()
	o.connector("py", "saml", map[string]any{"idp_entity_id": idp.url + "/metadata", "idp_metadata_url": idp.url + "/metadata", "sign_requests": true, "trust_email": true})
	o.run("saml-apps", "create", "py", "--title", "Acme Files", "--metadata-url", sp.url+"/metadata", "--file", o.file("app.json", map[string]any{"settings": map[string]any{
		"acs": []any{}, "consent": true, "encrypt_assertions": true, "sign": "both", "attributes": []any{map[string]any{"name": "mail", "claim": "email"}},
	}}))
	idp.know(map[string]any{"metadata": string(s.fetched(o.url + "/saml/py/metadata"))})
	sp.know(map[string]any{"metadata": string(s.fetched(o.url + "/saml/idp/metadata")), "idp": o.url + "/saml/idp"})
	chrome := s.chromium()
	f := &findings{t: t}
	for _, by := range []string{"redirect", "post"} {
		spSignsInAndOut(f, chrome.tab(t), o, sp, idp, by)
	}
	report(t, "SAML: pysaml2 as service provider", append([]string{"pysaml2 7.5.5 there and as upstream, Chromium, three sites over TLS. What was seen to hold:", ""}, f.lines...)...)
}

func spSignsInAndOut(f *findings, b *tab, o *ours, sp, idp *pysaml2, by string) {
	f.t.Helper()
	in := func() {
		f.t.Helper()
		b.visit(sp.url + "/start?by=" + by)
		o.leads(b, "py")
		idp.signIn(b, "maria")
		if b.has("#consent-allow") {
			b.press("#consent-allow", "#app, #refused, main details:not([id])")
		}
	}
	in()
	f.hold("sign-in: signed request by "+by+", response and assertion signed, assertion encrypted", b.has("#app") && strings.Contains(b.text("#app"), "maria@upstream.test"), b.where())
	b.visit(sp.url + "/out")
	b.see("#gone, #refused, main details:not([id])")
	f.hold("its sign-out is answered", b.has("#gone"), b.where())
	b.visit(o.url + "/account")
	b.see("main")
	f.hold("and has ended the session here", b.has("#login-identifier"), b.where())
	in()
	o.signOut(b)
	f.hold("our sign-out passes by it and comes back", b.arrives(signedOut), b.where())
	b.visit(sp.url + "/")
	f.hold("and has ended the session there", b.arrives("#nobody"), b.where())
}
