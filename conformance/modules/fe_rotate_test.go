package modules

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"encoding/xml"
	"net/url"
	"slices"
	"testing"

	"github.com/crewjam/saml"
	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
)

// rotate goes one step on with the keys of a connector.
func (w *feWorld) rotate(name string, wantUsed bool) {
	w.t.Helper()
	used, err := w.App.Connectors.RotateKeys(w.t.Context(), name, operator())
	if err != nil || used != wantUsed {
		w.t.Fatal(used, err)
	}
}

// kids are the published keys of a use.
func kids(set jose.JSONWebKeySet, use string) (out []string) {
	for _, k := range set.Keys {
		if k.Use == use {
			out = append(out, k.KeyID)
		}
	}
	return out
}

// TestFE_RotateKeys: the next keys are published before they are used, sign-ins go on all the while, and what was encrypted to the last still opens.
func TestFE_RotateKeys(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.asserting(o)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "client_secret": nil, "token_endpoint_auth_method": "private_key_jwt", "encrypted_id_token": true})
	enters := func(what, kid string) {
		t.Helper()
		o.set(func(o *socialOP) { o.encrypt = encryptedTo(t, w.published("corp"), kid) })
		_, page := w.by("corp", o)
		if w.subject(page) == "" {
			t.Error(what)
		}
	}
	first := w.published("corp")
	enters("before", kids(first, "enc")[0])
	w.rotate("corp", false)
	both := w.published("corp")
	for _, use := range []string{"sig", "enc"} {
		for _, kid := range kids(first, use) {
			if !slices.Contains(kids(both, use), kid) || len(kids(both, use)) != 2*len(kids(first, use)) {
				t.Errorf("%s: %v after %v", use, kids(both, use), kids(first, use))
			}
		}
	}
	for _, kid := range kids(both, "enc") {
		enters("between", kid)
	}
	old := encryptedTo(t, both, kids(first, "enc")[0])
	w.rotate("corp", true)
	after := w.published("corp")
	for _, use := range []string{"sig", "enc"} {
		if slices.ContainsFunc(kids(after, use), func(kid string) bool { return slices.Contains(kids(first, use), kid) }) || len(kids(after, use)) != len(kids(first, use)) {
			t.Errorf("%s: %v after %v", use, kids(after, use), kids(first, use))
		}
	}
	enters("after", kids(after, "enc")[0])
	o.set(func(o *socialOP) { o.encrypt = old })
	if _, page := w.by("corp", o); w.subject(page) == "" {
		t.Error("what was encrypted to the last key does not open")
	}
	w.provider("plain", "oidc", map[string]any{"issuer": o.url()})
	if _, err := w.App.Connectors.RotateKeys(t.Context(), "plain", operator()); err == nil {
		t.Error("a connector without keys has turned them")
	}
}

// TestFE_RotateGivenKeys: a key of the operator's own, for a provider that takes RS256 alone, has one of its kind after it.
func TestFE_RotateGivenKeys(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	given, err := rsa.GenerateKey(rand.Reader, 3072)
	w.must(err)
	der, err := x509.MarshalPKCS8PrivateKey(given)
	w.must(err)
	w.provider("corp", "oidc", map[string]any{
		"issuer": o.url(), "request_uri": true, "request_object_signing_alg": "RS256", "key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	o.fetch = func(uri string) url.Values { return w.object("corp", uri) }
	enters := func(published int) {
		t.Helper()
		keys := w.published("corp").Keys
		for _, k := range keys {
			if key, is := k.Key.(*rsa.PublicKey); !is || key.N.BitLen() != 3072 || k.Algorithm != "RS256" {
				t.Errorf("%T for %s", k.Key, k.Algorithm)
			}
		}
		if _, page := w.by("corp", o); len(keys) != published || w.subject(page) == "" {
			t.Errorf("%d keys", len(keys))
		}
	}
	enters(1)
	w.rotate("corp", false)
	enters(2)
	w.rotate("corp", true)
	enters(1)
}

// TestSA_RotateKeys: the same with SAML: an identity provider that has read our metadata between the two steps encrypts to the next key.
func TestSA_RotateKeys(t *testing.T) {
	w, idp := samlWorld(t, nil)
	read := func() []string {
		t.Helper()
		idp.sp = new(saml.EntityDescriptor)
		w.must(xml.Unmarshal([]byte(w.Browser().Get("/saml/uni/metadata").Body), idp.sp))
		var out []string
		for _, k := range idp.sp.SPSSODescriptors[0].KeyDescriptors {
			if text := k.KeyInfo.X509Data.X509Certificates[0].Data; !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
		return out
	}
	enters := func(what string) {
		t.Helper()
		b := w.Browser()
		if w.subject(w.acs(b, idp.visit(w.away(b, "uni")))) == "" {
			t.Error(what)
		}
	}
	first := read()
	w.rotate("uni", false)
	enters("an identity provider that has not read it")
	both := read()
	if len(first) != 1 || len(both) != 2 || !slices.Contains(both, first[0]) {
		t.Fatalf("%d, then %d certificates", len(first), len(both))
	}
	enters("between")
	w.rotate("uni", true)
	enters("an identity provider that has not read that the next are used")
	if last := read(); slices.Contains(last, first[0]) {
		t.Error("the last certificate is still published")
	}
	enters("after")
	if err := w.App.Connectors.Refresh(t.Context(), "uni", operator()); err == nil {
		t.Error("metadata without an address was read anew")
	}
	w.must(w.change("uni", func(d *federation.Draft) { d.Title = "Anew" }))
	enters("after a change")
}
