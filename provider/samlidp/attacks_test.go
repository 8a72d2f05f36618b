package samlidp_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
	"github.com/jedan-auth/jedan-auth/storage"
)

// plainRequest is an AuthnRequest as text, with a place for whatever a case puts there.
func (w *world) plainRequest(change ...func(*saml.AuthnRequest)) string {
	r, _ := w.request(change...)
	r.Signature = nil
	text, err := etree.NewDocumentWithRoot(r.Element()).WriteToString()
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// bring is the page that a browser gets with a message that nobody signed.
func (w *world) bring(b *testkit.Browser, text string) *testkit.Page {
	w.t.Helper()
	packed, err := samlxml.Deflate([]byte(text))
	if err != nil {
		w.t.Fatal(err)
	}
	return b.Get("/saml/idp/sso?" + url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(packed)}, "RelayState": {"s"}}.Encode())
}

// refuses wants an error page, and the row in the log.
func (w *world) refuses(name string, p *testkit.Page, check string) {
	w.t.Helper()
	if p.Status != 400 || p.Location != nil || strings.Contains(p.Body, "SAMLResponse") || p.HasID("login-password") {
		w.t.Errorf("%s: %d %s %v", name, p.Status, p.URL, p.Location)
	}
	if got := w.Log.Refused(w.mark); !slices.Contains(got, check) {
		w.t.Errorf("%s: refused by %v, want %s", name, got, check)
	}
	w.mark = w.Log.Mark()
}

// SA22: an answer goes to no address that is not registered, whoever is signed in.
func TestSA22_UnregisteredConsumer(t *testing.T) {
	w := newWorld(t)
	w.other("second")
	b := w.Browser()
	w.signedIn(b)
	w.mark = w.Log.Mark()
	for _, at := range []string{
		"https://evil.test/acs", spACS + "/", spACS + "?x=1", spACS + "#x", strings.ToUpper(spACS), "http://app.test/saml/acs", "https://app.test@evil.test/saml/acs",
		"https://app.test/saml/acs/../evil", "//app.test/saml/acs", "javascript:alert(1)", "https://second.test/acs", " " + spACS, "",
	} {
		text := strings.Replace(w.plainRequest(), `AssertionConsumerServiceURL="`+spACS+`"`, `AssertionConsumerServiceURL="`+at+`"`, 1)
		if !strings.Contains(text, `AssertionConsumerServiceURL="`+at+`"`) {
			t.Fatal(text)
		}
		w.refuses(at, w.bring(b, text), "saml_idp_request.consumer")
	}
	for _, index := range []string{"3", "-1", "99999999999999999999", "x", "1.0", ""} {
		text := strings.Replace(w.plainRequest(), `AssertionConsumerServiceURL="`+spACS+`"`, `AssertionConsumerServiceIndex="`+index+`"`, 1)
		w.refuses("index "+index, w.bring(b, text), "saml_idp_request.consumer")
	}
	text := strings.Replace(w.plainRequest(), `AssertionConsumerServiceURL=`, `AssertionConsumerServiceIndex="1" AssertionConsumerServiceURL=`, 1)
	w.refuses("both", w.bring(b, text), "saml_idp_request.consumer")
	text = strings.Replace(w.plainRequest(), `AssertionConsumerServiceURL="`+spACS+`"`, `AssertionConsumerServiceIndex="2"`, 1)
	if s := w.posted(w.bring(b, text)); s.action != spACS+"/2" {
		t.Errorf("by its index: %s", s.action)
	}
}

// SA22: rules of requests, each one change away from a request that is answered.
func TestSA22_Requests(t *testing.T) {
	w := newWorld(t)
	w.add(samlidp.Draft{Name: "off", EntityID: "https://off.test", Disabled: true, Settings: samlidp.Settings{ACS: []samlidp.ACS{{URL: spACS}}}})
	b := w.Browser()
	w.signedIn(b)
	w.posted(w.bring(b, w.plainRequest()))
	w.mark = w.Log.Mark()
	replaced := func(old, with string) string {
		text := w.plainRequest()
		if strings.Count(text, old) != 1 {
			t.Fatalf("%s is there %d times in %s", old, strings.Count(text, old), text)
		}
		return strings.Replace(text, old, with, 1)
	}
	name := ">" + spName + "<"
	subject := `<saml:Subject xmlns:saml="` + samlxml.NSAssertion + `"><saml:NameID>victim</saml:NameID></saml:Subject>`
	for _, c := range []struct{ name, check, text string }{
		{"nobody", "saml_idp_message.issuer", replaced(name, ">https://nobody.test<")},
		{"no issuer", "saml_idp_message.issuer", replaced(name, "><")},
		{"switched off", "saml_idp_message.enabled", replaced(name, ">https://off.test<")},
		{"version", "saml_idp_message.version", replaced(`Version="2.0"`, `Version="1.1"`)},
		{"root", "saml_idp_message.root", strings.ReplaceAll(w.plainRequest(), "AuthnRequest", "LogoutRequest")},
		{"destination", "saml_idp_message.destination", replaced(w.URL+"/saml/idp/sso", "https://other.test/sso")},
		{"old", "saml_idp_message.issued", w.plainRequest(func(r *saml.AuthnRequest) { r.IssueInstant = r.IssueInstant.Add(-time.Hour) })},
		{"of the future", "saml_idp_message.issued", w.plainRequest(func(r *saml.AuthnRequest) { r.IssueInstant = r.IssueInstant.Add(time.Hour) })},
		{"no ID", "saml_idp_message.id", w.plainRequest(func(r *saml.AuthnRequest) { r.ID = "" })},
		{"markup as ID", "saml_idp_message.id", w.plainRequest(func(r *saml.AuthnRequest) { r.ID = `_"/><evil x="` })},
		{"long ID", "saml_idp_message.id", w.plainRequest(func(r *saml.AuthnRequest) { r.ID = "_" + strings.Repeat("a", 256) })},
		{"about somebody", "saml_idp_request.subject", replaced("<samlp:NameIDPolicy", subject+"<samlp:NameIDPolicy")},
		{"artifact", "saml_idp_request.binding", w.plainRequest(func(r *saml.AuthnRequest) { r.ProtocolBinding = saml.HTTPArtifactBinding })},
		{"document type", "saml_document.markup", `<!DOCTYPE x [<!ENTITY a "b">]>` + w.plainRequest()},
		{"comment", "saml_document.markup", replaced(name, ">https://app.test/<!-- -->saml/metadata<")},
		{"two documents", "saml_document.well_formed", w.plainRequest() + w.plainRequest()},
		{"the same ID twice", "saml_document.ids", strings.Replace(replaced("<samlp:NameIDPolicy", `<samlp:Extensions ID="_x"/><samlp:NameIDPolicy`), `ID="id-`, `ID="_x" Consent="id-`, 1)},
	} {
		w.refuses(c.name, w.bring(b, c.text), c.check)
	}
	w.refuses("no request", b.Get("/saml/idp/sso"), "saml_idp_message.field")
	long := "/saml/idp/sso?RelayState=" + strings.Repeat("a", 1025) + "&SAMLRequest="
	packed, err := samlxml.Deflate([]byte(w.plainRequest()))
	if err != nil {
		t.Fatal(err)
	}
	w.refuses("a long state", b.Get(long+url.QueryEscape(base64.StdEncoding.EncodeToString(packed))), "saml_idp_message.relay_state")
}

// SA22: a signature that is there has to be right, and where it is wanted it has to be there.
func TestSA22_SignedRequests(t *testing.T) {
	w := newWorld(t, func(d *samlidp.Draft) { d.Settings.RequireSigned = true })
	b := w.Browser()
	w.signedIn(b)
	w.mark = w.Log.Mark()
	w.refuses("unsigned", w.bring(b, w.plainRequest()), "saml_idp_message.signature")
	_, good := w.request()
	for name, at := range map[string]string{
		"another state": strings.Replace(good, "their+state", "another", 1), "no signature": good[:strings.Index(good, "&Signature=")],
		"another algorithm": strings.Replace(good, "rsa-sha256", "rsa-sha1", 1), "another request": strings.Replace(good, "SAMLRequest=", "SAMLRequest=AA", 1),
	} {
		if p := b.Get(at); p.Status != 400 || strings.Contains(p.Body, "SAMLResponse") {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if at := strings.Replace(good, "their+state", "their%20state", 1); b.Get(at).Status != 400 {
		t.Error("what was signed are the very letters")
	}
	w.mark = w.Log.Mark()
	w.sp = w.provider(spName, spACS, evilPair())
	_, at := w.request()
	w.refuses("another key", b.Get(at), "saml_idp_message.signature")
	r, err := w.sp.MakeAuthenticationRequest(w.URL+"/saml/idp/sso", saml.HTTPPostBinding, saml.HTTPPostBinding)
	if err != nil {
		t.Fatal(err)
	}
	w.refuses("another key, by POST", b.PostFrom("https://app.test", "/saml/idp/sso", fieldsOf(r.Post("x"))), "saml_signature.value")
	// A signature of another part of the message: the application's own, around a request that it did not make.
	w.sp = w.provider(spName, spACS, spPair())
	signed, err := w.sp.MakeAuthenticationRequest(w.URL+"/saml/idp/sso", saml.HTTPPostBinding, saml.HTTPPostBinding)
	if err != nil {
		t.Fatal(err)
	}
	inner := signed.Element()
	sig := samlxml.Child(inner, samlxml.NSSignature, "Signature")
	evil := signed.Element()
	evil.RemoveChild(samlxml.Child(evil, samlxml.NSSignature, "Signature"))
	evil.CreateAttr("ID", "_evil")
	evil.CreateAttr("AssertionConsumerServiceURL", spACS+"/2")
	inner.RemoveChild(sig)
	box := etree.NewElement("samlp:Extensions")
	box.AddChild(inner)
	evil.InsertChildAt(1, sig)
	evil.InsertChildAt(2, box)
	text, err := etree.NewDocumentWithRoot(evil).WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(text)}}
	w.refuses("wrapped", b.PostFrom("https://app.test", "/saml/idp/sso", form), "saml_signature.reference")
}

// SA22: what people write about themselves is text, in signed and in encrypted assertions.
func TestSA22_Metacharacters(t *testing.T) {
	evil := []string{
		`</saml:AttributeValue></saml:Attribute><saml:Attribute Name="role"><saml:AttributeValue>admin`, `]]><!-- -->`, `<!-- ` + maria + ` -->`, `&lt;&amp;&#x41;"'`, `<![CDATA[x]]>`,
		`<?xml version="1.0"?>`, `maria"><evil/>`, `%3Cscript%3E`, `&xxe;`, "ü€𝄞",
	}
	w := newWorld(t, func(d *samlidp.Draft) {
		d.Settings.NameIDFormat, d.Settings.Sign = "unspecified", "both"
		d.Settings.Attributes = append(d.Settings.Attributes, samlidp.Attribute{Name: `ni"ck<&>`, Claim: "nickname"})
	})
	b := w.Browser()
	w.signedIn(b)
	for _, text := range evil {
		_, err := w.App.Directory.Update(t.Context(), w.App.Tenant, w.maria().ID, directory.UpdatePerson{Claims: directory.Claims{"nickname": text, "name": text}}, actor())
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		r, at := w.request()
		s := w.posted(b.Get(at))
		a := w.accepted(w.sp, s, r.ID)
		if got := values(a, `ni"ck<&>`); len(got) != 1 || got[0] != text {
			t.Errorf("%q became %q", text, got)
		}
		if n := len(a.AttributeStatements[0].Attributes); n != 3 || len(values(a, "role")) > 0 {
			t.Errorf("%q made %d attributes", text, n)
		}
		if bytes.Contains(s.document(t), []byte("<!")) || bytes.Contains(s.document(t), []byte("<evil")) {
			t.Errorf("%q is markup", text)
		}
	}
	for _, state := range []string{`"><script>alert(1)</script>`, `' onmouseover='x`, "javascript:alert(1)", "https://evil.test", "a\r\nSet-Cookie: x=y"} {
		packed, err := samlxml.Deflate([]byte(w.plainRequest()))
		if err != nil {
			t.Fatal(err)
		}
		q := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(packed)}, "RelayState": {state}}
		p := b.Get("/saml/idp/sso?" + q.Encode())
		if s := w.posted(p); s.action != spACS || s.fields.Get("RelayState") != state || strings.Contains(p.Body, "<script>alert") {
			t.Errorf("%q became %q at %s", state, s.fields.Get("RelayState"), s.action)
		}
	}
}

// SA22: what was said for one application is worth nothing at another, and no application is answered for another.
func TestSA22_MultipleApplications(t *testing.T) {
	w := newWorld(t, func(d *samlidp.Draft) {
		d.Settings.Attributes = append(d.Settings.Attributes, samlidp.Attribute{Name: "secret", Claim: "birthdate"})
	})
	second := w.other("second")
	b := w.Browser()
	r, at := w.request()
	s := w.signIn(b, at)
	first := w.accepted(w.sp, s, r.ID)
	if _, err := second.ParseXMLResponse(s.document(t), []string{r.ID}, second.AcsURL); err == nil {
		t.Error("the other application took it")
	}
	if a := w.at(b, second); len(values(a, "secret")) > 0 || a.Subject.NameID.Value == first.Subject.NameID.Value || a.Conditions.AudienceRestrictions[0].Audience.Value != "https://second.test" {
		t.Errorf("%+v", a)
	}
	// The first one's request with the second one's address, and the other way round.
	was := w.sp
	for _, c := range []struct {
		by  *saml.ServiceProvider
		acs string
	}{{was, "https://second.test/acs"}, {second, spACS}} {
		w.sp = c.by
		w.mark = w.Log.Mark()
		_, at := w.request(func(r *saml.AuthnRequest) { r.AssertionConsumerServiceURL = c.acs })
		w.refuses(c.acs, b.Get(at), "saml_idp_request.consumer")
	}
	// A flow of one application, at the authorization endpoint, and an OAuth flow here.
	w.sp = was
	_, at = w.request(func(r *saml.AuthnRequest) { yes := true; r.ForceAuthn = &yes })
	sealed := b.Get(at).Query("flow")
	if sealed == "" {
		t.Fatal("no flow")
	}
	if p := b.Get("/oauth2/authorize?flow=" + url.QueryEscape(sealed)); p.Status != 400 || p.Location != nil {
		t.Errorf("%d %v", p.Status, p.Location)
	}
	rp := w.Client(storage.ClientMetadata{})
	sealed = b.Get(w.AuthURL(rp, "prompt", "login")).Query("flow")
	if sealed == "" {
		t.Fatal("no flow")
	}
	w.mark = w.Log.Mark()
	w.refuses("an OAuth flow", b.Get("/saml/idp/sso?flow="+url.QueryEscape(sealed)), "saml_idp_flow.page")
}

// SA20: small messages that become large ones, and large ones.
func TestSA20_SizesAtTheIdentityProvider(t *testing.T) {
	w := newWorld(t)
	b := w.Browser()
	packed, err := samlxml.Deflate(bytes.Repeat([]byte(" "), 5<<20))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(packed)}}
	for _, path := range []string{"/saml/idp/sso", "/saml/idp/slo"} {
		if p := b.Get(path + "?" + form.Encode()); p.Status < 400 || p.Status >= 500 {
			t.Errorf("%s: a bomb: %d", path, p.Status)
		}
		large := url.Values{"SAMLRequest": {strings.Repeat("A", 5<<20)}}
		r, err := w.HTTP.PostForm(w.URL+path, large) // it is not read to its end: the connection may be closed before the answer is seen
		if err != nil {
			continue
		}
		if _ = r.Body.Close(); r.StatusCode != 413 {
			t.Errorf("%s: 5 MB: %d", path, r.StatusCode)
		}
	}
	small, err := samlxml.Deflate(bytes.Repeat([]byte(" "), 2<<20))
	if err != nil {
		t.Fatal(err)
	}
	w.mark = w.Log.Mark()
	w.refuses("2 MB", b.Get("/saml/idp/sso?"+url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(small)}}.Encode()), "saml_idp_message.field")
	deep := "<a" + strings.Repeat("><a", 3000) + strings.Repeat("></a", 3001) + ">"
	if p := w.bring(b, deep); p.Status != 400 {
		t.Errorf("deep: %d", p.Status)
	}
}

// What our metadata says is what crewjam and pysaml2 need, and nothing that is secret.
func TestMetadata(t *testing.T) {
	w := newWorld(t)
	if w.idp.EntityID != w.URL+"/saml/idp" || len(w.idp.IDPSSODescriptors[0].SingleSignOnServices) != 2 || len(w.idp.IDPSSODescriptors[0].SingleLogoutServices) != 2 {
		t.Errorf("%+v", w.idp)
	}
	text, err := xml.Marshal(w.idp)
	if err != nil || bytes.Contains(text, []byte("PRIVATE")) {
		t.Error(err)
	}
	certs, err := w.App.SAMLKeys.Published(t.Context())
	if err != nil || len(certs) != 1 || certs[0].PublicKey.(*rsa.PublicKey).N.BitLen() < 2048 {
		t.Errorf("%v %v", certs, err)
	}
}
