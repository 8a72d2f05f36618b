package samlsp

import (
	"bufio"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// pysaml2 is an identity provider that nobody here wrote.
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

// startPysaml2 starts it for a connector that will have its metadata; both live now, as pysaml2's clock is the machine's.
func startPysaml2(t *testing.T) (*pysaml2, *world) {
	t.Helper()
	python, xmlsec := os.Getenv("JEDAN_SAML_PYTHON"), ""
	if python != "" {
		xmlsec, _ = exec.LookPath("xmlsec1")
	}
	if xmlsec == "" {
		t.Skip("JEDAN_SAML_PYTHON names no interpreter with pysaml2, or there is no xmlsec1")
	}
	now := time.Now()
	ours, err := samlxml.NewPair(ourName, now)
	theirs, err2 := samlxml.NewPair(idpName, now)
	text, err3 := theirs.PEM()
	if err != nil || err2 != nil || err3 != nil {
		t.Fatal(err, err2, err3)
	}
	w := newWorld(t, func(c *Config) { c.SignRequests = true })
	w.now, w.keys.pairs = now, Pairs{Current: ours}
	_, metadata, err := w.c.Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/idp.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err != nil || err2 != nil || cmd.Start() != nil {
		t.Fatal(err, err2)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	p := &pysaml2{t: t, in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(nil, 1<<20)
	described := p.ask(map[string]any{
		"entity_id": idpName, "xmlsec": xmlsec, "key": file("key.pem", text), "certificate": file("cert.pem", pemOf(theirs)[0]), "metadata": file("sp.xml", string(metadata)),
		"sso": ssoURL, "slo": sloURL, "dir": dir,
	})
	byMetadata(described["xml"])(&w.config)
	if w.c, err = w.connect(); err != nil {
		t.Fatal(err)
	}
	return p, w
}

// comeBack is the browser with the answer to a departure.
func comeBack(t *testing.T, d *federation.Departure, began time.Time, xml string) federation.Arrival {
	t.Helper()
	a := arrival([]byte(xml))
	a.Kept, a.Began = d.Kept, began
	return a
}

func TestPysaml2(t *testing.T) {
	p, w := startPysaml2(t)
	id := signIn(t, p, w, "redirect", nil)
	for _, cipher := range []string{samlxml.NSEncrypt + "aes256-cbc", samlxml.NSEncrypt11 + "aes256-gcm"} {
		p.ask(map[string]any{"do": "cipher", "algorithm": cipher, "key_type": "aes-256"})
		signIn(t, p, w, "redirect", id)
		signIn(t, p, w, "post", id)
	}
	signOut(t, p, w, id)
}

// signIn goes through the ways of signing, and once somebody is known those of encrypting.
func signIn(t *testing.T, p *pysaml2, w *world, binding string, known *federation.Identity) (id *federation.Identity) {
	t.Helper()
	w.c.config.SSOBinding = binding
	for name, how := range map[string][2]bool{"response signed": {true, false}, "assertion signed": {false, true}, "both signed": {true, true}} {
		w.now = time.Now()
		d, err := w.c.Begin(t.Context(), wish())
		if err != nil {
			t.Fatal(err)
		}
		ask := map[string]any{"do": "sign_in", "sign_response": how[0], "sign_assertion": how[1], "encrypt": known != nil}
		if ask["url"] = d.URL; d.Form != nil {
			ask["url"], ask["form"] = "", d.Form.Get("SAMLRequest")
		}
		answer := p.ask(ask)
		a := comeBack(t, d, w.now, answer["xml"])
		if id, err = w.c.Complete(t.Context(), a); err != nil {
			t.Fatalf("%s, %s: %v\n%s", binding, name, err, answer["xml"])
		}
		if known != nil && id.Key != known.Key || id.Profile["email"] != "maria@example.org" || id.Profile["family_name"] != "Muster" || id.ACR != password {
			t.Errorf("%s, %s: %+v", binding, name, id)
		}
		w.refuses(a, "saml_assertion.replay")
	}
	return id
}

// signOut goes both ways.
func signOut(t *testing.T, p *pysaml2, w *world, id *federation.Identity) {
	t.Helper()
	w.now = time.Now()
	d, err := w.c.BeginLogout(t.Context(), id.Subject, id.Session, ourState)
	if err != nil {
		t.Fatal(err)
	}
	answer := p.ask(map[string]any{"do": "read_sign_out", "url": d.URL, "state": ourState})
	u, err := url.Parse(answer["url"])
	if err != nil || answer["session"] != id.Session {
		t.Fatalf("%v: %v", err, answer)
	}
	w.now = time.Now()
	if err := w.c.ReadLogoutResponse(t.Context(), federation.BrowserMessage{Method: "GET", Query: u.RawQuery}, Sent{ID: string(d.Kept), RelayState: ourState}); err != nil {
		t.Error(err)
	}
	name, err := parseSubject(id.Subject, idpName)
	if err != nil || name.Value != answer["value"] {
		t.Fatalf("%v %s", err, answer["value"])
	}
	theirs := p.ask(map[string]any{
		"do": "sign_out", "destination": ourSLO, "issuer": idpName, "format": name.Format, "name_qualifier": idpName, "sp_name_qualifier": ourName, "value": name.Value, "session": id.Session,
	})
	if u, err = url.Parse(theirs["url"]); err != nil {
		t.Fatal(err)
	}
	w.now = time.Now()
	r, err := w.c.ReadLogoutRequest(t.Context(), federation.BrowserMessage{Method: "GET", Query: u.RawQuery})
	if err != nil {
		t.Fatal(err)
	}
	if r.Subject != id.Subject || len(r.Sessions) != 1 || r.Sessions[0] != id.Session || r.ID != theirs["id"] || r.RelayState != "their state" {
		t.Errorf("%+v", r)
	}
}
