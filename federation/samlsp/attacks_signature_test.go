package samlsp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// signs changes how the assertion is signed.
func signs(f func(*signing)) func(*response) { return func(r *response) { f(r.signAssertion) } }

func keyInfo(p samlxml.Pair) string {
	return `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + base64Of(p) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
}

// SA10: keys of the message count for nothing, and the identity provider's only while they are valid.
func TestSA10_KeysOfTheMessage(t *testing.T) {
	run(t, []attack{
		{name: "another key that comes along", check: "saml_signature.value", before: signs(func(s *signing) { s.keyInfo = keyInfo(idpPair()) }), change: signs(func(s *signing) {
			s.pair, s.keyInfo = evilPair(), keyInfo(evilPair())
		})},
		{name: "another key that claims to be ours", check: "saml_signature.value", change: signs(func(s *signing) {
			s.pair, s.keyInfo = evilPair(), keyInfo(idpPair())
		})},
		{name: "a key value", check: "saml_signature.value", change: signs(func(s *signing) {
			s.pair, s.keyInfo = evilPair(), `<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue/></ds:KeyValue></ds:KeyInfo>`
		})},
		{name: "the certificate has expired", check: "saml_signature.keys", at: 3 * 365 * 24 * time.Hour},
	})
	// While keys change both count, whatever KeyInfo says or does not say.
	w := newWorld(t, func(c *Config) { c.IDPCertificates = pemOf(idpPair(), nextPair()) })
	for name, s := range map[string]string{"none": "", "the same": keyInfo(nextPair()), "the other": keyInfo(idpPair()), "a strange one": keyInfo(evilPair())} {
		r := answer()
		r.signAssertion.pair, r.signAssertion.keyInfo = nextPair(), s
		t.Log(name)
		w.accepts(arrival(r.bytes(t)))
		w.forget()
	}
}

// A fingerprint picks among the certificates.
func TestSA10_Fingerprints(t *testing.T) {
	sum := sha256.Sum256(nextPair().Certificate.RawSubjectPublicKeyInfo)
	w := newWorld(t, func(c *Config) {
		c.IDPCertificates, c.IDPFingerprints = pemOf(idpPair(), nextPair()), []string{hex.EncodeToString(sum[:])}
	})
	w.refuses(arrival(answer().bytes(t)), "saml_signature.value")
	r := answer()
	r.signAssertion.pair = nextPair()
	w.accepts(arrival(r.bytes(t)))
}

// SA12: weak algorithms and keys.
func TestSA12_WeakAlgorithms(t *testing.T) {
	use := func(name string) func(*response) { return signs(func(s *signing) { s.method = name }) }
	run(t, []attack{
		{name: "rsa-sha1", check: "saml_signature.method", change: use(samlxml.NSSignature + "rsa-sha1")},
		{name: "rsa-md5", check: "saml_signature.method", change: use("http://www.w3.org/2001/04/xmldsig-more#rsa-md5")},
		{name: "none", check: "saml_signature.method", change: use("none")},
		{name: "hmac-sha1 with the certificate as key", check: "saml_signature.method", change: signs(func(s *signing) {
			s.method, s.hmacKey = samlxml.NSSignature+"hmac-sha1", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: idpPair().Certificate.Raw})
		})},
		{name: "hmac-sha256", check: "saml_signature.method", change: signs(func(s *signing) {
			s.method, s.hmacKey = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", idpPair().Certificate.Raw
		})},
		{name: "an algorithm of another key", check: "saml_signature.value", change: use(samlxml.ECDSASHA256)},
		{name: "a digest by SHA-1", check: "saml_signature.digest", change: signs(func(s *signing) { s.digest = samlxml.NSSignature + "sha1" })},
		{name: "another canonical form", check: "saml_signature.canonicalization", change: signs(func(s *signing) { s.c14n = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" })},
		{name: "a canonical form with comments", check: "saml_signature.canonicalization", change: signs(func(s *signing) { s.c14n = samlxml.ExcC14N + "WithComments" })},
	})
	w := newWorld(t, func(c *Config) { c.IDPCertificates = pemOf(weakPair()) })
	r := answer()
	r.signAssertion.pair = weakPair()
	w.refuses(arrival(r.bytes(t)), "saml_signature.keys")
}

// SA13: transforms that compute, and references that lead elsewhere.
func TestSA13_TransformsAndReferences(t *testing.T) {
	uri := func(s string) func(*response) { return signs(func(g *signing) { g.uri = &s }) }
	steps := func(s ...string) func(*response) { return signs(func(g *signing) { g.transforms = s }) }
	run(t, []attack{
		{name: "no URI", check: "saml_signature.reference", change: uri("")},
		{name: "http", check: "saml_signature.reference", change: uri("http://127.0.0.1/x")},
		{name: "XPointer", check: "saml_signature.reference", change: uri("#xpointer(id('_assertion'))")},
		{name: "the response", check: "saml_signature.reference", change: uri("#_response")},
		{name: "without an ID", check: "saml_signature.reference", change: func(r *response) { r.assertionID = ""; s := "#"; r.signAssertion.uri = &s }},
		{name: "two references", check: "saml_signature.parts", change: signs(func(s *signing) { s.references = 2 })},
		{name: "no reference", check: "saml_signature.parts", change: signs(func(s *signing) { s.references = 0 })},
		{name: "two signatures", check: "saml_response.signatures", tree: func(root *etree.Element) {
			at := assertionOf(root)
			at.AddChild(signatureOf(at).Copy())
		}},
		{name: "a value that holds an element", check: "saml_signature.parts", tree: func(root *etree.Element) {
			samlxml.Child(signatureOf(assertionOf(root)), samlxml.NSSignature, "SignatureValue").InsertChildAt(0, etree.NewElement("ds:X"))
		}},
		{name: "an assertion in the key information", check: "saml_response.wrapped", before: responseSigned, tree: func(root *etree.Element) {
			box := etree.NewElement("ds:KeyInfo")
			box.AddChild(evil(assertionOf(root), "_evil"))
			signatureOf(root).AddChild(box)
		}},
		{name: "an object", check: "saml_signature.parts", change: signs(func(s *signing) { s.object = `<ds:Object/>` })},
		{name: "another child of SignedInfo", check: "saml_signature.parts", change: signs(func(s *signing) { s.infoChildren = `<ds:X/>` })},
		{name: "XSLT", check: "saml_signature.transforms", change: steps("http://www.w3.org/TR/1999/REC-xslt-19991116", samlxml.Enveloped)},
		{name: "XPath", check: "saml_signature.transforms", change: steps(samlxml.Enveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116")},
		{name: "three", check: "saml_signature.transforms", change: steps(samlxml.Enveloped, samlxml.ExcC14N, samlxml.ExcC14N)},
		{name: "the signature stays", check: "saml_signature.transforms", change: steps(samlxml.ExcC14N)},
		{name: "with comments", check: "saml_signature.transforms", change: steps(samlxml.Enveloped, samlxml.ExcC14N+"WithComments")},
		{name: "no canonical form", check: "saml_signature.transforms", change: steps(samlxml.Enveloped)},
	})
}
