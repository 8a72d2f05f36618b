package samlidp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
)

const (
	spName = "https://app.test/saml/metadata"
	spACS  = "https://app.test/saml/acs"
	spSLO  = "https://app.test/saml/slo"
	maria  = "maria@example.org"
)

// Keys are made once: they are slow to make.
var (
	spPair   = sync.OnceValue(func() samlxml.Pair { return newPair("app") })
	evilPair = sync.OnceValue(func() samlxml.Pair { return newPair("app") })
)

func newPair(name string) samlxml.Pair {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	p, err := samlxml.SelfSigned(key, name, time.Now().Add(-24*time.Hour))
	if err != nil {
		panic(err)
	}
	return p
}

func pemOf(p samlxml.Pair) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate.Raw}))
}

// world is a server with an application.
type world struct {
	*testkit.Server
	t   testing.TB
	sp  *saml.ServiceProvider
	idp *saml.EntityDescriptor

	mark int // of the log
}

// settings are those of most tests' application.
func settings() samlidp.Settings {
	return samlidp.Settings{
		ACS: []samlidp.ACS{{URL: spACS, Index: 1, Default: true}, {URL: spACS + "/2", Index: 2}}, SLOURL: spSLO, Certificates: []string{pemOf(spPair())},
		Attributes: []samlidp.Attribute{{Name: "mail", Claim: "email"}, {Name: "name", Claim: "name"}},
	}
}

func actor() directory.Actor { return directory.Actor{Kind: "operator", ID: "test"} }

func newWorld(t testing.TB, change ...func(*samlidp.Draft)) *world {
	t.Helper()
	return worldOf(t, nil, change...)
}

// worldOf is newWorld with a configuration.
func worldOf(t testing.TB, options []testkit.Option, change ...func(*samlidp.Draft)) *world {
	t.Helper()
	w := &world{Server: testkit.Start(t, options...), t: t}
	w.Person(maria)
	d := samlidp.Draft{Name: "app", EntityID: spName, Title: "Acme Files", Settings: settings()}
	for _, f := range change {
		f(&d)
	}
	w.add(d)
	w.idp = w.metadata()
	w.sp = w.provider(spName, spACS, spPair())
	return w
}

func (w *world) add(d samlidp.Draft) {
	w.t.Helper()
	if _, err := w.App.SAML.Create(w.t.Context(), d, actor()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) metadata() *saml.EntityDescriptor {
	w.t.Helper()
	p := w.Server.Browser().Get("/saml/idp/metadata")
	var m saml.EntityDescriptor
	if err := xml.Unmarshal([]byte(p.Body), &m); err != nil || p.Status != 200 {
		w.t.Fatal(p.Status, err)
	}
	return &m
}

// provider is crewjam's service provider.
func (w *world) provider(entity, acs string, pair samlxml.Pair) *saml.ServiceProvider {
	address := func(s string) url.URL {
		u, err := url.Parse(s)
		if err != nil {
			w.t.Fatal(err)
		}
		return *u
	}
	return &saml.ServiceProvider{
		EntityID: entity, Key: pair.Key, Certificate: pair.Certificate, MetadataURL: address(entity), AcsURL: address(acs), SloURL: address(spSLO), IDPMetadata: w.idp,
		SignatureMethod: dsig.RSASHA256SignatureMethod, AuthnNameIDFormat: saml.UnspecifiedNameIDFormat,
	}
}

// request is an AuthnRequest of crewjam's, changed.
func (w *world) request(change ...func(*saml.AuthnRequest)) (*saml.AuthnRequest, string) {
	w.t.Helper()
	r, err := w.sp.MakeAuthenticationRequest(w.URL+"/saml/idp/sso", saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	u, err := r.Redirect("their state", w.sp)
	if err != nil {
		w.t.Fatal(err)
	}
	return r, u.String()
}

// sent is a form that a page has the browser post.
type sent struct {
	action string
	fields url.Values
}

var (
	inputShape  = regexp.MustCompile(`name="(SAMLRequest|SAMLResponse|RelayState)" value="([^"]*)"`)
	actionShape = regexp.MustCompile(`<form[^>]* action="([^"]*)"`)
	fieldShape  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// posted is the form of a page; it wants one.
func (w *world) posted(p *testkit.Page) sent {
	w.t.Helper()
	at := actionShape.FindStringSubmatch(p.Body)
	out := sent{fields: url.Values{}}
	for _, f := range fieldShape.FindAllStringSubmatch(p.Body, -1) {
		out.fields.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	if len(at) == 0 || !out.fields.Has("SAMLResponse") {
		w.t.Fatalf("no response on %s (status %d):\n%.2000s", p.URL, p.Status, p.Body)
	}
	out.action = html.UnescapeString(at[1])
	return out
}

// document is the response as text.
func (s sent) document(t testing.TB) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(s.fields.Get("SAMLResponse"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// signIn goes through the sign-in page, if it comes, to the response.
func (w *world) signIn(b *testkit.Browser, at string) sent {
	w.t.Helper()
	p := b.Get(at)
	if p.HasID("login-password") {
		p = p.SignIn(maria, testkit.Password)
	}
	return w.posted(p.Allow())
}

// accepted is what crewjam makes of a response.
func (w *world) accepted(sp *saml.ServiceProvider, s sent, requests ...string) *saml.Assertion {
	w.t.Helper()
	a, err := sp.ParseXMLResponse(s.document(w.t), requests, sp.AcsURL)
	if err != nil {
		if bad, ok := err.(*saml.InvalidResponseError); ok {
			err = bad.PrivateErr
		}
		w.t.Fatalf("%v\n%s", err, s.document(w.t))
	}
	return a
}

// status is the second-level code of a response that says no.
func status(t testing.TB, s sent) string {
	t.Helper()
	root := etree.NewDocument()
	if err := root.ReadFromBytes(s.document(t)); err != nil {
		t.Fatal(err)
	}
	if len(root.FindElements("//Assertion"))+len(root.FindElements("//EncryptedAssertion")) > 0 {
		return "an assertion"
	}
	if inner := root.FindElement("//StatusCode/StatusCode"); inner != nil {
		return strings.TrimPrefix(inner.SelectAttrValue("Value", ""), "urn:oasis:names:tc:SAML:2.0:status:")
	}
	return "none"
}

func values(a *saml.Assertion, name string) (out []string) {
	for _, s := range a.AttributeStatements {
		for _, attr := range s.Attributes {
			if attr.Name == name {
				for _, v := range attr.Values {
					out = append(out, v.Value)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
func unescape(s string) string { return html.UnescapeString(s) }

// message is what an address carries, deflated.
func message(t testing.TB, at *url.URL, param string) *etree.Element {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(at.Query().Get(param))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := samlxml.Inflate(packed)
	if err != nil {
		t.Fatal(err)
	}
	root, err := samlxml.Parse(t.Context(), samlxml.MessageOf(raw))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// verified says whether we signed a query.
func verified(t testing.TB, w *world, at *url.URL) bool {
	t.Helper()
	certs, err := w.App.SAMLKeys.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q, ok := samlxml.ParseQuery(at.RawQuery)
	return ok && q.Verified(certs)
}

// sentOf is a message as status reads it.
func sentOf(root *etree.Element) sent {
	raw, err := etree.NewDocumentWithRoot(root.Copy()).WriteToBytes()
	if err != nil {
		panic(err)
	}
	return sent{fields: url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(raw)}}}
}
