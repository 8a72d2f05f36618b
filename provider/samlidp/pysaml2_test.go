package samlidp_test

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
)

// pysaml2 is a service provider that nobody here wrote.
type pysaml2 struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
}

func (p *pysaml2) ask(m map[string]any) map[string]string {
	p.t.Helper()
	line, err := json.Marshal(m)
	if err == nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	if err != nil || !p.out.Scan() {
		p.t.Fatalf("pysaml2 is gone: %v", err)
	}
	var answer map[string]string
	if err := json.Unmarshal(p.out.Bytes(), &answer); err != nil || answer["error"] != "" {
		p.t.Fatalf("%v: %v, %s", m["do"], err, answer["error"])
	}
	return answer
}

const (
	pyName = "https://py.test/metadata"
	pyACS  = "https://py.test/acs"
	pySLO  = "https://py.test/slo"
)

func startPysaml2(t *testing.T, w *world) (p *pysaml2, metadata string) {
	t.Helper()
	python, xmlsec := os.Getenv("JEDAN_SAML_PYTHON"), ""
	if python != "" {
		xmlsec, _ = exec.LookPath("xmlsec1")
	}
	if xmlsec == "" {
		t.Skip("JEDAN_SAML_PYTHON names no interpreter with pysaml2, or there is no xmlsec1")
	}
	dir := t.TempDir()
	file := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text, err := spPair().PEM()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/sp.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err != nil || err2 != nil || cmd.Start() != nil {
		t.Fatal(err, err2)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	p = &pysaml2{t: t, in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(nil, 1<<20)
	described := p.ask(map[string]any{
		"entity_id": pyName, "xmlsec": xmlsec, "key": file("key.pem", text), "certificate": file("cert.pem", pemOf(spPair())), "acs": pyACS, "slo": pySLO,
	})
	return p, described["xml"]
}

func TestPysaml2(t *testing.T) {
	w := newWorld(t)
	p, metadata := startPysaml2(t, w)
	d := samlidp.Draft{Name: "py", Settings: samlidp.Settings{Sign: samlidp.SignBoth, Encrypt: true, Attributes: []samlidp.Attribute{{Name: "mail", Claim: "email"}}}}
	if err := w.App.SAML.Describe(t.Context(), &d, []byte(metadata)); err != nil {
		t.Fatal(err)
	}
	w.add(d)
	if d.EntityID != pyName || !d.Settings.RequireSigned || d.Settings.SLOURL != pySLO || d.Settings.EncryptionCert == "" {
		t.Errorf("%+v", d)
	}
	p.ask(map[string]any{"do": "know", "xml": w.Browser().Get("/saml/idp/metadata").Body, "idp": w.URL + "/saml/idp"})
	b := w.Browser()
	name := ""
	for _, cipher := range []string{"aes256-gcm", "aes256-cbc", ""} {
		_, err := w.App.SAML.Update(t.Context(), "py", func(d *samlidp.Draft) error {
			d.Settings.Cipher, d.Settings.Encrypt = cipher, cipher != ""
			return nil
		}, actor())
		if err != nil {
			t.Fatal(err)
		}
		for _, post := range []bool{false, true} {
			info := p.ask(map[string]any{"do": "request", "post": post})
			page := b.Get("/account")
			if post {
				page = b.PostFrom("https://py.test", "/saml/idp/sso", fieldsOf([]byte(info["form"])))
			} else {
				page = b.Get(info["url"])
			}
			if page.HasID("login-password") {
				page = page.SignIn(maria, testkit.Password)
			}
			s := w.posted(page)
			got := p.ask(map[string]any{"do": "response", "response": s.fields.Get("SAMLResponse")})
			if s.action != pyACS || !strings.Contains(got["attributes"], maria) || got["name"] == "" || name != "" && got["name"] != name {
				t.Errorf("%v %s", got, s.action)
			}
			name = got["name"]
			if cipher == "" && post {
				w.byePysaml2(p, b, got["session"])
			}
		}
	}
}

// byePysaml2 signs out both ways.
func (w *world) byePysaml2(p *pysaml2, b *testkit.Browser, session string) {
	w.t.Helper()
	page := b.Get(p.ask(map[string]any{"do": "sign_out", "slo": w.URL + "/saml/idp/slo", "session": session})["url"])
	if page.Location == nil || live(b) {
		w.t.Fatalf("%d %s", page.Status, page.URL)
	}
	p.ask(map[string]any{"do": "signed_out", "url": page.Location.String()})
	info := p.ask(map[string]any{"do": "request", "post": false})
	p.ask(map[string]any{"do": "response", "response": w.signIn(b, info["url"]).fields.Get("SAMLResponse")})
	if page = leave(b, b.Get("/logout")); page.Location == nil || page.Location.Host != "py.test" {
		w.t.Fatalf("%d %s %v", page.Status, page.URL, page.Location)
	}
	if page = b.Get(p.ask(map[string]any{"do": "told", "url": page.Location.String()})["url"]); page.Status != 200 {
		w.t.Errorf("%d %s", page.Status, page.URL)
	}
	if strings.Contains(w.Log.String(), `"check":"saml_idp_logout_response`) {
		w.t.Error("its answer was refused")
	}
}

// xmlsec1 verifies what we sign.
func TestXMLSec(t *testing.T) {
	xmlsec, err := exec.LookPath("xmlsec1")
	if err != nil {
		t.Skip("there is no xmlsec1")
	}
	for _, sign := range []string{samlidp.SignAssertion, samlidp.SignResponse, samlidp.SignBoth} {
		w := newWorld(t, func(d *samlidp.Draft) { d.Settings.Sign = sign })
		_, at := w.request()
		s := w.signIn(w.Browser(), at)
		certs, err := w.App.SAMLKeys.Published(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		cert, doc := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "response.xml")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certs[0].Raw})
		if os.WriteFile(cert, text, 0o600) != nil || os.WriteFile(doc, s.document(t), 0o600) != nil {
			t.Fatal("not written")
		}
		for _, el := range []string{"Assertion", "Response"} {
			if sign == samlidp.SignAssertion && el == "Response" || sign == samlidp.SignResponse && el == "Assertion" {
				continue
			}
			ns := samlxml.NSAssertion
			if el == "Response" {
				ns = samlxml.NSProtocol
			}
			path := `//*[local-name()="` + el + `"]/*[local-name()="Signature"]`
			out, err := exec.CommandContext(t.Context(), xmlsec, "--verify", "--enabled-key-data", "x509,raw-x509-cert,rsa", "--pubkey-cert-pem", cert, "--id-attr:ID", ns+":"+el, "--node-xpath", path, doc).CombinedOutput()
			if err != nil {
				t.Errorf("%s, %s: %v\n%s", sign, el, err, out)
			}
		}
	}
}
