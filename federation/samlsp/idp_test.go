package samlsp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// response is what our small identity provider says. Its zero value is nothing: begin with answer().
type response struct {
	p, a, s string // prefixes of protocol, assertion and signature; "" for a default namespace

	id, version, destination, inResponseTo, issuer, issued, status string

	assertionID, assertionVersion, assertionIssuer, assertionIssued string
	subject, conditions, statement, attributes, advice              string // whole elements

	gap                           string // white space between elements
	beforeAssertion, afterContent string // elements around the assertion
	signResponse, signAssertion   *signing
	encrypt                       *xmlenc.RSA
	around                        bool         // the encrypted text relies on prefixes declared around it
	pair                          samlxml.Pair // to encrypt for
}

// signing is how an element is signed.
type signing struct {
	pair                          samlxml.Pair
	method, digest, c14n          string
	transforms                    []string
	inclusive                     string // PrefixList
	uri                           *string
	references                    int
	keyInfo, object, infoChildren string
	hmacKey                       []byte
}

func signedBy(p samlxml.Pair) *signing {
	m := samlxml.RSASHA256
	if _, ok := p.Key.(*ecdsa.PrivateKey); ok {
		m = samlxml.ECDSASHA256
	}
	return &signing{pair: p, method: m, digest: samlxml.NSEncrypt + "sha256", c14n: samlxml.ExcC14N, transforms: []string{samlxml.Enveloped, samlxml.ExcC14N}, references: 1}
}

func stamp(d time.Duration) string { return began().Add(d).Format(time.RFC3339) }

// answer is a good response to _request, its assertion signed.
func answer() *response {
	r := &response{
		p: "samlp", a: "saml", s: "ds", id: "_response", version: "2.0", destination: ourACS, inResponseTo: "_request", issuer: idpName,
		issued: stamp(30 * time.Second), status: samlxml.Success, assertionID: "_assertion", assertionVersion: "2.0", assertionIssuer: idpName,
		assertionIssued: stamp(30 * time.Second), signAssertion: signedBy(idpPair()), pair: ownPair(),
	}
	r.fill()
	return r
}

// fill writes the parts with the prefixes.
func (r *response) fill() {
	n := r.n
	r.subject = `<` + n("Subject") + `><` + n("NameID") + ` Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">maria-7</` + n("NameID") + `>` +
		`<` + n("SubjectConfirmation") + ` Method="` + samlxml.Bearer + `"><` + n("SubjectConfirmationData") + ` InResponseTo="_request" NotOnOrAfter="` + stamp(5*time.Minute) +
		`" Recipient="` + ourACS + `"/></` + n("SubjectConfirmation") + `></` + n("Subject") + `>`
	r.conditions = `<` + n("Conditions") + ` NotBefore="` + stamp(0) + `" NotOnOrAfter="` + stamp(5*time.Minute) + `"><` + n("AudienceRestriction") + `><` + n("Audience") + `>` +
		ourName + `</` + n("Audience") + `></` + n("AudienceRestriction") + `></` + n("Conditions") + `>`
	r.statement = `<` + n("AuthnStatement") + ` AuthnInstant="` + stamp(20*time.Second) + `" SessionIndex="_session" SessionNotOnOrAfter="` + stamp(8*time.Hour) + `"><` +
		n("AuthnContext") + `><` + n("AuthnContextClassRef") + `>` + password + `</` + n("AuthnContextClassRef") + `></` + n("AuthnContext") + `></` + n("AuthnStatement") + `>`
	r.attributes = r.attributesOf("mail", "maria@example.org", "givenName", "Maria", "groups", "staff|admins")
}

// attributesOf writes a statement of names and values; several values are divided by |.
func (r *response) attributesOf(pairs ...string) string {
	n, out := r.n, ""
	for i := 0; i+1 < len(pairs); i += 2 {
		out += `<` + n("Attribute") + ` Name="` + pairs[i] + `">`
		for v := range strings.SplitSeq(pairs[i+1], "|") {
			out += `<` + n("AttributeValue") + `>` + v + `</` + n("AttributeValue") + `>`
		}
		out += `</` + n("Attribute") + `>`
	}
	return `<` + n("AttributeStatement") + `>` + out + `</` + n("AttributeStatement") + `>`
}

// n is a name in the assertion's namespace.
func (r *response) n(tag string) string { return prefixed(r.a, tag) }

func prefixed(prefix, tag string) string {
	if prefix == "" {
		return tag
	}
	return prefix + ":" + tag
}

func xmlns(prefix, namespace string) string {
	if prefix == "" {
		return ` xmlns="` + namespace + `"`
	}
	return ` xmlns:` + prefix + `="` + namespace + `"`
}

func (r *response) assertion() string {
	declared := xmlns(r.a, samlxml.NSAssertion)
	if r.around {
		declared = ""
	}
	parts := []string{`<` + r.n("Issuer") + `>` + r.assertionIssuer + `</` + r.n("Issuer") + `>`, r.subject, r.conditions, r.advice, r.statement, r.attributes}
	return `<` + r.n("Assertion") + declared + ` ID="` + r.assertionID + `" Version="` + r.assertionVersion + `" IssueInstant="` + r.assertionIssued + `">` +
		r.gap + strings.Join(parts, r.gap) + r.gap + `</` + r.n("Assertion") + `>`
}

// tree is the response with its signatures, and the assertion encrypted if that is wanted.
func (r *response) tree(t testing.TB) *etree.Element {
	t.Helper()
	p := func(tag string) string { return prefixed(r.p, tag) }
	given := func(name, value string) string {
		if value == "" {
			return ""
		}
		return ` ` + name + `="` + value + `"`
	}
	text := `<` + p("Response") + xmlns(r.p, samlxml.NSProtocol) + given("ID", r.id) + given("Version", r.version) + given("IssueInstant", r.issued) +
		given("Destination", r.destination) + given("InResponseTo", r.inResponseTo)
	if r.around {
		text += xmlns(r.a, samlxml.NSAssertion)
	}
	text += `>` + r.gap
	if r.issuer != "" {
		text += `<` + r.n("Issuer") + xmlns(r.a, samlxml.NSAssertion) + `>` + r.issuer + `</` + r.n("Issuer") + `>` + r.gap
	}
	text += `<` + p("Status") + `><` + p("StatusCode") + ` Value="` + r.status + `"/></` + p("Status") + `>` + r.beforeAssertion + r.assertion() + r.afterContent + r.gap + `</` + p("Response") + `>`
	root := treeOf(t, text)
	var at *etree.Element
	for _, el := range samlxml.Children(root, samlxml.NSAssertion, "Assertion") {
		if samlxml.Attribute(el, "ID") == r.assertionID {
			at = el
		}
	}
	if r.signAssertion != nil {
		r.signAssertion.sign(t, at, r.s)
	}
	if r.encrypt != nil {
		r.hide(t, at)
	}
	if r.signResponse != nil {
		r.signResponse.sign(t, root, r.s)
	}
	return root
}

// hide encrypts the assertion.
func (r *response) hide(t testing.TB, at *etree.Element) {
	plain := at.Copy()
	if !r.around {
		plain = samlxml.Detached(at)
	}
	data, err := r.encrypt.Encrypt(r.pair.Certificate, bytesOf(t, plain), nil)
	if err != nil {
		t.Fatal(err)
	}
	shell := etree.NewElement(prefixed(r.a, "EncryptedAssertion"))
	key := "xmlns"
	if r.a != "" {
		key = "xmlns:" + r.a
	}
	shell.CreateAttr(key, samlxml.NSAssertion)
	shell.AddChild(data)
	root := at.Parent()
	index := at.Index()
	root.RemoveChild(at)
	root.InsertChildAt(index, shell)
}

// bytes is the response as it is sent.
func (r *response) bytes(t testing.TB) []byte { return bytesOf(t, r.tree(t)) }

func treeOf(t testing.TB, text string) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	doc.ReadSettings.PreserveDuplicateAttrs = true
	if err := doc.ReadFromString(text); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return doc.Root()
}

func bytesOf(t testing.TB, el *etree.Element) []byte {
	t.Helper()
	doc := etree.NewDocument()
	doc.SetRoot(el.Copy())
	raw, err := doc.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sign puts a signature into an element, after its issuer.
func (s *signing) sign(t testing.TB, el *etree.Element, prefix string) {
	t.Helper()
	sig := s.signature(t, el, prefix)
	at := 0
	if i := samlxml.Child(el, samlxml.NSAssertion, "Issuer"); i != nil {
		at = i.Index() + 1
	}
	el.InsertChildAt(at, sig)
}

// signature is made by hand over goxmldsig's canonical XML, so that a test can make each part of it wrong.
func (s *signing) signature(t testing.TB, el *etree.Element, prefix string) *etree.Element {
	t.Helper()
	h := hashOf(s.digest)
	h.Write(canonicalBytes(t, samlxml.Detached(el), s.inclusive))
	uri := "#" + samlxml.Attribute(el, "ID")
	if s.uri != nil {
		uri = *s.uri
	}
	n := func(tag string) string { return prefixed(prefix, tag) }
	steps := ""
	for _, algorithm := range s.transforms {
		inner := ""
		if s.inclusive != "" && algorithm == samlxml.ExcC14N {
			inner = `<ec:InclusiveNamespaces xmlns:ec="` + samlxml.ExcC14N + `" PrefixList="` + s.inclusive + `"/>`
		}
		steps += `<` + n("Transform") + ` Algorithm="` + algorithm + `">` + inner + `</` + n("Transform") + `>`
	}
	reference := `<` + n("Reference") + ` URI="` + uri + `"><` + n("Transforms") + `>` + steps + `</` + n("Transforms") + `><` + n("DigestMethod") + ` Algorithm="` + s.digest +
		`"/><` + n("DigestValue") + `>` + base64.StdEncoding.EncodeToString(h.Sum(nil)) + `</` + n("DigestValue") + `></` + n("Reference") + `>`
	text := fmt.Sprintf(`<%s%s><%s><%s Algorithm="%s"/><%s Algorithm="%s"/>%s%s</%s><%s/>%s%s</%s>`, n("Signature"), xmlns(prefix, samlxml.NSSignature), n("SignedInfo"),
		n("CanonicalizationMethod"), s.c14n, n("SignatureMethod"), s.method, strings.Repeat(reference, s.references), s.infoChildren, n("SignedInfo"),
		n("SignatureValue"), s.keyInfo, s.object, n("Signature"))
	sig := treeOf(t, text)
	info := canonicalBytes(t, samlxml.Detached(samlxml.Child(sig, samlxml.NSSignature, "SignedInfo")), "")
	samlxml.Child(sig, samlxml.NSSignature, "SignatureValue").SetText(base64.StdEncoding.EncodeToString(s.value(t, info)))
	return sig
}

func (s *signing) value(t testing.TB, info []byte) []byte {
	t.Helper()
	if s.hmacKey != nil {
		mac := hmac.New(sha1.New, s.hmacKey)
		mac.Write(info)
		return mac.Sum(nil)
	}
	hash := crypto.SHA256
	if strings.HasSuffix(s.method, "sha1") {
		hash = crypto.SHA1
	}
	if m, ok := samlxml.Methods()[s.method]; ok {
		hash = map[string]crypto.Hash{"SHA256-RSA": crypto.SHA256, "SHA384-RSA": crypto.SHA384, "SHA512-RSA": crypto.SHA512,
			"ECDSA-SHA256": crypto.SHA256, "ECDSA-SHA384": crypto.SHA384, "ECDSA-SHA512": crypto.SHA512}[m.String()]
	}
	h := hash.New()
	h.Write(info)
	var value []byte
	var err error
	if key, ok := s.pair.Key.(*rsa.PrivateKey); ok {
		value, err = rsa.SignPKCS1v15(rand.Reader, key, hash, h.Sum(nil))
	} else {
		value, err = samlxml.XMLSigner{Key: s.pair.Key}.Sign(rand.Reader, h.Sum(nil), hash)
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func hashOf(algorithm string) interface {
	Write([]byte) (int, error)
	Sum([]byte) []byte
} {
	if h, ok := samlxml.Digests()[algorithm]; ok {
		return h.New()
	}
	return sha1.New()
}

func canonicalBytes(t testing.TB, el *etree.Element, prefixes string) []byte {
	t.Helper()
	raw, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(prefixes).Canonicalize(el)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
