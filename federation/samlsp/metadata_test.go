package samlsp

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

const metadataURL = "https://idp.example.org/saml/metadata"

// described is the identity provider's metadata with these keys.
func describedBy(attributes string, keys ...samlxml.Pair) string {
	out := `<md:EntityDescriptor xmlns:md="` + samlxml.NSMetadata + `" xmlns:ds="` + samlxml.NSSignature + `" ID="_metadata" entityID="` + idpName + `"` + attributes + `>` +
		`<!-- made by hand --><md:IDPSSODescriptor protocolSupportEnumeration="` + samlxml.NSProtocol + `">`
	for _, k := range keys {
		out += `<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + "\n" + base64Of(k) + "\n" +
			`</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
	}
	return out + `<md:SingleLogoutService Binding="` + saml.HTTPRedirectBinding + `" Location="` + sloURL + `" ResponseLocation="` + sloURL + `/done"/>` +
		`<md:SingleSignOnService Binding="` + saml.HTTPPostBinding + `" Location="` + ssoURL + `/post"/>` +
		`<md:SingleSignOnService Binding="` + saml.HTTPRedirectBinding + `" Location="` + ssoURL + `"/></md:IDPSSODescriptor></md:EntityDescriptor>`
}

func byMetadata(text string) func(*Config) {
	return func(c *Config) { c.IDPCertificates, c.IDPSSOURL, c.IDPSLOURL, c.IDPMetadata = nil, "", "", text }
}

func byMetadataURL(c *Config) { byMetadata("")(c); c.IDPMetadataURL = metadataURL }

func TestMetadataIsRead(t *testing.T) {
	group := func(s string) string {
		return `<?xml version="1.0" encoding="UTF-8"?><EntitiesDescriptor xmlns="` + samlxml.NSMetadata + `"><EntitiesDescriptor>` +
			strings.Replace(s, idpName, "https://other.test", 1) + replaced(s, "_metadata", "_m2") + `</EntitiesDescriptor></EntitiesDescriptor>`
	}
	text := describedBy("", idpPair(), nextPair())
	for name, document := range map[string]string{"one": text, "among others": group(text)} {
		w := newWorld(t, byMetadata(document))
		for _, p := range []samlxml.Pair{idpPair(), nextPair()} { // both count while keys change
			r := answer()
			r.signAssertion.pair = p
			w.accepts(arrival(r.bytes(t)))
			w.forget()
		}
		d, err := w.c.Begin(t.Context(), wish())
		if err != nil || !strings.HasPrefix(d.URL, ssoURL+"?SAMLRequest=") {
			t.Errorf("%s: %v %v", name, d, err)
		}
	}
}

// SA23: metadata that does not count.
func TestSA23_Metadata(t *testing.T) {
	good := describedBy("", idpPair())
	change := func(old, with string) func(string) string {
		return func(s string) string { return replaced(s, old, with) }
	}
	for name, c := range map[string]struct {
		check  string
		change func(string) string
		config func(*Config)
	}{
		"http":                     {"saml_metadata.endpoints", change(`Location="`+ssoURL+`"/>`, `Location="http://idp.example.org/sso"/>`), nil},
		"http for sign-out":        {"saml_metadata.endpoints", change(sloURL+"/done", "http://idp.example.org"), nil},
		"no endpoint for browsers": {"saml_metadata.endpoints", func(s string) string { return strings.ReplaceAll(s, "md:SingleSignOnService", "md:Other") }, nil},
		"expired":                  {"saml_metadata.valid_until", change(` entityID`, ` validUntil="`+stamp(0)+`" entityID`), nil},
		"no time":                  {"saml_metadata.valid_until", change(` entityID`, ` validUntil="soon" entityID`), nil},
		"an expired group": {"saml_metadata.valid_until", func(s string) string {
			return `<md:EntitiesDescriptor xmlns:md="` + samlxml.NSMetadata + `" validUntil="` + stamp(0) + `">` + s + `</md:EntitiesDescriptor>`
		}, nil},
		"another entity": {"saml_metadata.entity", change(idpName, "https://evil.test"), nil},
		"twice": {"saml_metadata.entity", func(s string) string {
			return `<md:EntitiesDescriptor xmlns:md="` + samlxml.NSMetadata + `">` + s + replaced(s, "_metadata", "_m2") + `</md:EntitiesDescriptor>`
		}, nil},
		"within something else":     {"saml_metadata.entity", func(s string) string { return `<x>` + s + `</x>` }, nil},
		"no role":                   {"saml_metadata.role", func(s string) string { return strings.ReplaceAll(s, "md:IDPSSODescriptor", "md:SPSSODescriptor") }, nil},
		"another protocol":          {"saml_metadata.role", change(`"`+samlxml.NSProtocol+`"`, `"urn:oasis:names:tc:SAML:1.1:protocol"`), nil},
		"a role that has ended":     {"saml_metadata.role", change(` protocolSupport`, ` validUntil="`+stamp(0)+`" protocolSupport`), nil},
		"no keys":                   {"saml_metadata.keys", change(`use="signing"`, `use="encryption"`), nil},
		"keys that are not pinned":  {"saml_metadata.keys", nil, func(c *Config) { c.IDPFingerprints = []string{strings.Repeat("ab", 32)} }},
		"document type":             {"saml_document.markup", func(s string) string { return "<!DOCTYPE x>" + s }, nil},
		"no signature":              {"saml_signature.parts", nil, func(c *Config) { c.IDPMetadataCertificates = pemOf(nextPair()) }},
		"too large":                 {"saml_document.size", func(s string) string { return s + strings.Repeat(" ", samlxml.MostMetadata) }, nil},
		"a comment that holds more": {"saml_document.markup", change("made by hand", "<!ENTITY x>"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, byMetadata(good))
			if c.change != nil {
				w.config.IDPMetadata = c.change(good)
			}
			if c.config != nil {
				c.config(&w.config)
			}
			_, err := w.connect()
			wantCheck(t, err, c.check)
		})
	}
}

// SA23: metadata that must be signed by a key that the operator gave.
func TestSA23_SignedMetadata(t *testing.T) {
	signedText := func(p samlxml.Pair) string {
		root := treeOf(t, describedBy("", idpPair()))
		signedBy(p).sign(t, root, "ds")
		return string(bytesOf(t, root))
	}
	pin := func(text string) func(*Config) {
		return func(c *Config) { byMetadata(text)(c); c.IDPMetadataCertificates = pemOf(nextPair()) }
	}
	newWorld(t, pin(signedText(nextPair()))).accepts(arrival(answer().bytes(t)))
	w := newWorld(t)
	pin(signedText(evilPair()))(&w.config)
	_, err := w.connect()
	wantCheck(t, err, "saml_signature.value")
}

// Metadata by address: what is known counts until it ends, also while the identity provider is away or tells lies.
func TestMetadataIsRenewed(t *testing.T) {
	w := newWorld(t, byMetadataURL)
	if _, err := w.c.Begin(t.Context(), wish()); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("without metadata: %v", err)
	}
	w.files[metadataURL] = describedBy(` validUntil="`+stamp(36*time.Hour)+`" cacheDuration="PT2H"`, idpPair())
	if _, err := w.c.Begin(t.Context(), wish()); !errs.Is(err, errs.Unavailable) {
		t.Errorf("asked again at once: %v", err)
	}
	begin := func(what string) {
		t.Helper()
		if _, err := w.c.Begin(t.Context(), wish()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	key := func(p samlxml.Pair) error {
		r := answer()
		r.signAssertion.pair = p
		w.forget()
		_, err := w.c.Complete(t.Context(), arrival(r.bytes(t)))
		return err
	}
	w.now = w.now.Add(2 * time.Minute)
	begin("fresh")
	w.files[metadataURL] = describedBy("", nextPair())
	wantCheck(t, key(nextPair()), "saml_signature.value") // not asked again yet
	w.now = w.now.Add(2 * time.Hour)
	begin("renewed")
	if got := w.c.trust.last.keys; len(got) != 1 || !got[0].Equal(nextPair().Certificate) {
		t.Error("the new key is not known")
	}
	w.files[metadataURL] = replaced(describedBy("", evilPair()), idpName, "https://evil.test")
	w.now = w.now.Add(2 * time.Hour)
	begin("another entity: the last good copy counts")
	w.files[metadataURL] = describedBy(` validUntil="`+stamp(36*time.Hour)+`"`, idpPair())
	w.now = w.now.Add(2 * time.Hour)
	begin("with an end")
	delete(w.files, metadataURL)
	w.now = began().Add(35 * time.Hour)
	begin("away: the last good copy counts")
	w.now = began().Add(36 * time.Hour)
	if _, err := w.c.Begin(t.Context(), wish()); !errs.Is(err, errs.Unavailable) {
		t.Errorf("after the end: %v", err)
	}
}

func TestOurMetadata(t *testing.T) {
	next := ownNext()
	w := newWorld(t)
	w.keys.pairs.Next = &next
	kind, body, err := w.c.Metadata(t.Context())
	if err != nil || kind != "application/samlmetadata+xml" {
		t.Fatal(kind, err)
	}
	var entity saml.EntityDescriptor
	if err := xml.Unmarshal(body, &entity); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	role := entity.SPSSODescriptors[0]
	got := fmt.Sprint(entity.EntityID, " ", role.AssertionConsumerServices[0].Location, " ", len(role.SingleLogoutServices), " ", role.SingleLogoutServices[0].Location)
	if want := fmt.Sprint(ourName, " ", ourACS, " 2 ", ourSLO); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	uses := ""
	for _, k := range role.KeyDescriptors {
		which := map[string]string{base64.StdEncoding.EncodeToString(next.Certificate.Raw): "next", base64Of(ownPair()): "current"}
		uses += k.Use + " " + which[k.KeyInfo.X509Data.X509Certificates[0].Data] + ", "
	}
	if uses != "signing current, signing next, encryption current, " {
		t.Errorf("keys: %s", uses)
	}
	w.config.EntityID, w.config.ACSURL = "urn:old:server", "https://old.example.com/acs" // of the server that was before us
	moved, err := w.connect()
	if err != nil {
		t.Fatal(err)
	}
	if _, body, err = moved.Metadata(t.Context()); err != nil || !strings.Contains(string(body), `entityID="urn:old:server"`) || !strings.Contains(string(body), `"https://old.example.com/acs"`) {
		t.Errorf("%v: %s", err, body)
	}
	if doc := etree.NewDocument(); doc.ReadFromBytes(body) != nil {
		t.Error("not well-formed")
	}
}

func TestConfigIsValidated(t *testing.T) {
	good := newWorld(t).config
	for field, change := range map[string]func(*Config){
		"idp_entity_id":    func(c *Config) { c.IDPEntityID = "" },
		"idp_metadata_url": func(c *Config) { c.IDPSSOURL = "" },
		"idp_metadata":     func(c *Config) { c.IDPMetadata, c.IDPMetadataURL = "x", "https://x.test" },
		"idp_sso_url":      func(c *Config) { c.IDPSSOURL = "http://x.test" },
		"idp_certificates": func(c *Config) { c.IDPCertificates = []string{"x"} },
		"idp_metadata_certificates": func(c *Config) {
			c.IDPMetadataCertificates = []string{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}
		},
		"idp_fingerprints": func(c *Config) { c.IDPFingerprints = []string{"sha1:aa"} },
		"sso_binding":      func(c *Config) { c.SSOBinding = "soap" },
		"acs_url":          func(c *Config) { c.ACSURL = "/acs" },
		"entity_id":        func(c *Config) { c.EntityID = strings.Repeat("x", 1025) },
		"skew_seconds":     func(c *Config) { c.SkewSeconds = -1 },
		"name_id_format":   func(c *Config) { c.NameIDFormat = "any" },
		"key_formats":      func(c *Config) { c.KeyFormats, c.KeyAttribute = []string{"transient"}, "uid" },
		"authn_contexts":   func(c *Config) { c.AuthnContexts = map[string]string{"a": "x", "b": "x"} },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}
