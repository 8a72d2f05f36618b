package rp

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

const keyOwner = "maria@example.org"

// keyDevice is an authenticator that others wrote, in a process of its own.
type keyDevice struct {
	t    *testing.T
	s    *testkit.Server
	in   io.Writer
	out  *bufio.Reader
	name string
	alg  int
}

func authenticators(t *testing.T, s *testkit.Server) *keyDevice {
	t.Helper()
	python := tool(t, "JEDAN_RP_AUTHENTICATOR", "a Python that has conformance/rp/python/authenticators.txt installed")
	cmd := exec.CommandContext(context.Background(), python, filepath.Join("python", "authenticator.py"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := &output{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
	})
	return &keyDevice{t: t, s: s, in: in, out: bufio.NewReader(out)}
}

// answer is what the device says to options of the server.
func (d *keyDevice) answer(b *testkit.Browser, do, path string) map[string]any {
	d.t.Helper()
	a := b.Raw(http.MethodGet, path, "", "Accept", "application/json")
	task, err := json.Marshal(map[string]any{"do": do, "device": d.name, "alg": d.alg, "options": json.RawMessage(a.Body), "origin": d.s.URL})
	if err != nil || a.Status != http.StatusOK {
		d.t.Fatalf("options: %d %v %.300s", a.Status, err, a.Body)
	}
	if _, err := d.in.Write(append(task, '\n')); err != nil {
		d.t.Fatal(err)
	}
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		d.t.Fatal(err)
	}
	var credential map[string]any
	if err := json.Unmarshal(line, &credential); err != nil {
		d.t.Fatal(err)
	}
	return credential
}

// broken are ways to change one field of an answer so that it must not count.
func broken(do string) map[string]func(c map[string]any) {
	field := func(name string, at int) func(c map[string]any) {
		return func(c map[string]any) { flip(c["response"].(map[string]any), name, at) }
	}
	all := map[string]func(c map[string]any){
		"nothing": func(c map[string]any) { clear(c["response"].(map[string]any)) }, "client data": field("clientDataJSON", 40), "type": func(c map[string]any) { c["type"] = "password" },
	}
	if do == "create" {
		all["attestation"], all["truncated"] = field("attestationObject", -1), func(c map[string]any) {
			r := c["response"].(map[string]any)
			r["attestationObject"] = r["attestationObject"].(string)[:40]
		}
		return all
	}
	all["RP ID"], all["flags"], all["signature"], all["handle"] = field("authenticatorData", 0), field("authenticatorData", 32), field("signature", -1), field("userHandle", 0)
	all["credential"] = func(c map[string]any) { flip(c, "id", 0); c["rawId"] = c["id"] }
	return all
}

// flip changes one byte of a base64url member; a negative place counts from the end.
func flip(m map[string]any, name string, at int) {
	b, err := base64.RawURLEncoding.DecodeString(m[name].(string))
	if err != nil || len(b) == 0 {
		return
	}
	b[(at+len(b))%len(b)] ^= 1
	m[name] = base64.RawURLEncoding.EncodeToString(b)
}

// TestAuthenticators adds and uses passkeys of authenticators that others wrote, in every algorithm, and refuses each answer with one field broken.
func TestAuthenticators(t *testing.T) {
	s := testkit.StartNamed(t, func(c *app.Config) { c.Login.Passkeys.UserVerification = "preferred" })
	d := authenticators(t, s)
	for _, one := range []struct {
		name string
		alg  int
		acr  string
	}{{"soft", -7, "1"}, {"fido2", -7, "phr"}, {"fido2", -8, "phr"}, {"fido2", -257, "phr"}} {
		t.Run(one.name+" "+algName(one.alg), func(t *testing.T) {
			d.t, d.name, d.alg = t, one.name, one.alg
			email := algName(one.alg) + "." + one.name + "." + keyOwner
			p := s.Person(email)
			owner := s.Browser()
			owner.Get("/login").SignIn(email, testkit.Password)
			d.enrol(owner)
			d.use()
			all, err := s.App.DB.SessionsOf(t.Context(), s.App.Tenant, p.ID)
			if err != nil || len(all) == 0 || all[len(all)-1].ACR != one.acr {
				t.Errorf("%v %+v", err, all)
			}
		})
	}
}

func algName(alg int) string { return map[int]string{-7: "es256", -8: "eddsa", -257: "rs256"}[alg] }

func (d *keyDevice) enrol(owner *testkit.Browser) {
	d.t.Helper()
	for name, change := range broken("create") {
		if name == "attestation" && d.name == "soft" {
			continue // it has no statement: the last byte is one of the key, which is then another key
		}
		d.add(owner, change, false, name)
	}
	d.add(owner, func(map[string]any) {}, true, "nothing at all")
}

func (d *keyDevice) add(owner *testkit.Browser, change func(map[string]any), want bool, what string) {
	d.t.Helper()
	page := owner.Get("/account/passkeys")
	credential := d.answer(owner, "create", "/account/passkeys/options")
	change(credential)
	p := page.Submit("credential", text(d.t, credential))
	if got := p.Status == http.StatusOK && p.HasID("passkeys-done"); got != want {
		d.t.Errorf("create, %s broken: %d on %s: %.300s", what, p.Status, p.URL, p.Body)
	}
}

func (d *keyDevice) use() {
	d.t.Helper()
	for name, change := range broken("get") {
		d.signIn(change, false, name)
	}
	d.signIn(func(map[string]any) {}, true, "nothing at all")
}

func (d *keyDevice) signIn(change func(map[string]any), want bool, what string) {
	d.t.Helper()
	b := d.s.Browser()
	_, form := b.Get("/login").Form()
	flow := url.Values{"flow": {form.Get("flow")}}
	credential := d.answer(b, "get", "/login/passkey/options?"+flow.Encode())
	change(credential)
	p := b.Post("/login/passkey", url.Values{"csrf": {form.Get("csrf")}, "flow": flow["flow"], "credential": {text(d.t, credential)}})
	if got := p.Status == http.StatusOK && p.URL.Path == "/"; got != want {
		d.t.Errorf("get, %s broken: %d on %s: %.300s", what, p.Status, p.URL, p.Body)
	}
}

func text(t *testing.T, credential map[string]any) string {
	t.Helper()
	b, err := json.Marshal(credential)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
