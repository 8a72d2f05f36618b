package samlsp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
)

// What we write keeps to the schemas of SAML, and another stack verifies what we sign.
func TestOurMessagesByAnotherStack(t *testing.T) {
	python := os.Getenv("JEDAN_SAML_PYTHON")
	if python == "" {
		t.Skip("JEDAN_SAML_PYTHON names no interpreter with signxml and pysaml2")
	}
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	signer := ownPair()
	add := func(name, xml string, signed bool) {
		certificate := ""
		if signed {
			certificate = pemOf(signer)[0]
		}
		if err := lines.Encode(map[string]string{"name": name, "xml": xml, "certificate": certificate}); err != nil {
			t.Fatal(err)
		}
	}
	next := ownNext()
	for _, binding := range []string{"redirect", "post"} {
		w := newWorld(t, func(c *Config) {
			c.SSOBinding, c.SignRequests, c.AuthnContexts = binding, true, map[string]string{"pwd": password, "mfa": mfa}
		})
		w.keys.pairs.Next = &next
		_, body, err := w.c.Metadata(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		add("metadata", string(body), false)
		for name, message := range w.ourMessages(binding) {
			add(binding+" "+name, message, binding == "post")
		}
	}
	signer = curvedPair()
	w := newWorld(t, func(c *Config) { c.SSOBinding, c.SignRequests = "post", true })
	w.keys.pairs.Current = signer
	add("signed by a curve", w.ourMessages("post")["SAMLRequest"], true)
	cmd := exec.CommandContext(t.Context(), python, "testdata/verify.py")
	cmd.Stdin = &in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// ourMessages are one of each kind.
func (w *world) ourMessages(binding string) map[string]string {
	ctx, out := w.t.Context(), map[string]string{}
	if binding == "post" { // sign-outs prefer to be redirected
		delete(w.c.trust.last.slo, "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect")
	}
	wished := wish()
	wished.Fresh, wished.ACR = true, []string{"mfa", "pwd"}
	id := w.accepts(arrival(answer().bytes(w.t)))
	for name, begin := range map[string]func(context.Context) (*federation.Departure, error){
		"SAMLRequest": func(ctx context.Context) (*federation.Departure, error) { return w.c.Begin(ctx, wished) },
		"SAMLRequest of sign-out": func(ctx context.Context) (*federation.Departure, error) {
			return w.c.BeginLogout(ctx, id.Subject, id.Session, ourState)
		},
		"SAMLResponse": func(ctx context.Context) (*federation.Departure, error) {
			return w.c.AnswerLogout(ctx, &LogoutRequest{ID: "_logout"}, false)
		},
	} {
		d, err := begin(ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		param := name[:len("SAMLRequest")]
		if name == "SAMLResponse" {
			param = name
		}
		if d.Form == nil {
			root, _ := sent(w.t.(*testing.T), d, param)
			out[name] = string(bytesOf(w.t, root))
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(d.Form.Get(param))
		if err != nil {
			w.t.Fatal(err)
		}
		out[name] = string(raw)
	}
	return out
}
