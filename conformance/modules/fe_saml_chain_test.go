package modules

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
)

// samlApp is a SAML application of ours, with crewjam's service provider in it.
type samlApp struct {
	w    *feWorld
	pair samlxml.Pair
	sp   *saml.ServiceProvider
}

const (
	appName = "https://app.test/saml/metadata"
	appSLO  = "https://app.test/saml/slo"
)

func (w *feWorld) samlApp() *samlApp {
	w.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	w.must(err)
	a := &samlApp{w: w}
	a.pair, err = samlxml.SelfSigned(key, "app", w.Clock.Now().Add(-time.Hour))
	w.must(err)
	_, err = w.App.SAML.Create(w.t.Context(), samlidp.Draft{Name: "app", EntityID: appName, Title: "Acme Files", Settings: samlidp.Settings{
		ACS: []samlidp.ACS{{URL: "https://app.test/saml/acs", Default: true}}, SLOURL: appSLO,
		Certificates: []string{string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.pair.Certificate.Raw}))},
	}}, operator())
	w.must(err)
	idp := new(saml.EntityDescriptor)
	w.must(xml.Unmarshal([]byte(w.Browser().Get("/saml/idp/metadata").Body), idp))
	a.sp = &saml.ServiceProvider{
		EntityID: appName, Key: a.pair.Key, Certificate: a.pair.Certificate, MetadataURL: *w.parsed(appName), AcsURL: *w.parsed("https://app.test/saml/acs"), IDPMetadata: idp,
		SignatureMethod: dsig.RSASHA256SignatureMethod, AuthnNameIDFormat: saml.UnspecifiedNameIDFormat,
	}
	return a
}

func (w *feWorld) parsed(text string) *url.URL {
	w.t.Helper()
	u, err := url.Parse(text)
	w.must(err)
	return u
}

// opened signs in to it by the session of the browser.
func (a *samlApp) opened(b *testkit.Browser) {
	a.w.t.Helper()
	r, err := a.sp.MakeAuthenticationRequest(a.w.URL+"/saml/idp/sso", saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	a.w.must(err)
	to, err := r.Redirect("state", a.sp)
	a.w.must(err)
	if p := b.Get(to.String()).Allow(); !strings.Contains(p.Body, "SAMLResponse") {
		a.w.t.Fatalf("not signed in: %d\n%.900s", p.Status, p.Body)
	}
}

// agrees is where the browser goes from the application, which was told that its session has ended.
func (a *samlApp) agrees(p *testkit.Page) string {
	a.w.t.Helper()
	if p.Location == nil || !strings.HasPrefix(p.Location.String(), appSLO+"?SAMLRequest=") {
		a.w.t.Fatalf("the application is not told: %d %v\n%.900s", p.Status, p.Location, p.Body)
	}
	raw := inflated(a.w, p.Location.Query().Get("SAMLRequest"))
	asked := new(saml.LogoutRequest)
	a.w.must(xml.Unmarshal(raw, asked))
	r := saml.LogoutResponse{
		ID: "_answer", InResponseTo: asked.ID, Version: "2.0", IssueInstant: a.w.Clock.Now(), Destination: a.w.URL + "/saml/idp/slo", Issuer: &saml.Issuer{Value: appName},
		Status: saml.Status{StatusCode: saml.StatusCode{Value: samlxml.Success}},
	}
	o := samlxml.Outgoing{Location: a.w.URL + "/saml/idp/slo", Param: "SAMLResponse", Root: r.Element(), RelayState: p.Location.Query().Get("RelayState"), Pair: &a.pair}
	to, err := o.Redirect()
	a.w.must(err)
	return to.URL
}

func inflated(w *feWorld, packed string) []byte {
	w.t.Helper()
	bin, err := base64.StdEncoding.DecodeString(packed)
	w.must(err)
	raw, err := samlxml.Inflate(bin)
	w.must(err)
	return raw
}

// asks is a sign-out of the identity provider's own, by one of its bindings.
func (s *samlIDP) asks(b *testkit.Browser, sp string, post bool) *testkit.Page {
	s.t.Helper()
	signer, _ := s.idp.Key.(crypto.Signer)
	until := s.session.CreateTime.Add(time.Minute)
	r := saml.LogoutRequest{
		ID: "_bye-" + rand.Text(), Version: "2.0", IssueInstant: s.session.CreateTime, NotOnOrAfter: &until, Destination: sp + "/slo", Issuer: &saml.Issuer{Value: "https://idp.test/metadata"},
		NameID:       &saml.NameID{Format: s.session.NameIDFormat, Value: s.session.NameID, NameQualifier: "https://idp.test/metadata", SPNameQualifier: sp},
		SessionIndex: &saml.SessionIndex{Value: s.session.Index},
	}
	o := samlxml.Outgoing{Location: sp + "/slo", Param: "SAMLRequest", Root: r.Element(), RelayState: "theirs", Pair: &samlxml.Pair{Key: signer, Certificate: s.idp.Certificate}}
	if !post {
		to, err := o.Redirect()
		if err != nil {
			s.t.Fatal(err)
		}
		return b.Get(to.URL)
	}
	sent, err := o.Post()
	if err != nil {
		s.t.Fatal(err)
	}
	return b.PostFrom("https://idp.test", "/saml/uni/slo", sent.Form)
}

// TestSA21_UpstreamSignOutReachesApplications: a sign-out of the identity provider passes by the SAML applications here before it is answered; in a frame it is
// answered at once, and the session is over all the same.
func TestSA21_UpstreamSignOutReachesApplications(t *testing.T) {
	w, idp := samlWorld(t, nil)
	app := w.samlApp()
	for name, post := range map[string]bool{"redirect": false, "post": true} {
		t.Run(name, func(t *testing.T) {
			b := w.Browser()
			w.acs(b, idp.visit(w.away(b, "uni")))
			app.opened(b)
			p := idp.asks(b, w.URL+"/saml/uni", post)
			if post {
				p = b.Get(hrefOf(p.Body, "leaving-next"))
			}
			last := b.Get(app.agrees(p))
			if last.Location == nil || !strings.HasPrefix(last.Location.String(), "https://idp.test/slo?SAMLResponse=") {
				t.Fatalf("the identity provider is not answered: %d %v\n%.900s", last.Status, last.Location, last.Body)
			}
			answer := etree.NewDocument()
			w.must(answer.ReadFromBytes(inflated(w, last.Location.Query().Get("SAMLResponse"))))
			if code := answer.FindElement("//StatusCode"); code == nil || code.SelectAttrValue("Value", "") != samlxml.Success || last.Location.Query().Get("RelayState") != "theirs" {
				t.Error(answer.WriteToString())
			}
			if in(b) {
				t.Error("still signed in")
			}
		})
	}
	w.must(w.change("uni", func(d *federation.Draft) { // it takes answers by POST
		configure(d, "idp_metadata", strings.Replace(idp.metadata(), `<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"`, `<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"`, 1))
	}))
	b := w.Browser()
	w.acs(b, idp.visit(w.away(b, "uni")))
	app.opened(b)
	way := app.agrees(idp.asks(b, w.URL+"/saml/uni", false))
	if p := b.Get(way); !strings.Contains(p.Body, `action="https://idp.test/slo"`) || !strings.Contains(p.Body, "SAMLResponse") || !strings.Contains(p.Body, `value="theirs"`) {
		t.Errorf("by POST: %d %v\n%.900s", p.Status, p.Location, p.Body)
	}
	if p := b.Get(way); strings.Contains(p.Body, `name="SAMLResponse"`) {
		t.Error("answered twice")
	}
	b = w.Browser()
	w.acs(b, idp.visit(w.away(b, "uni")))
	app.opened(b)
	plain := b.HTTP.Transport
	b.HTTP.Transport = &editing{next: plain, edit: func(r *http.Request) { r.Header.Set("Sec-Fetch-Dest", "iframe") }}
	if p := idp.asks(b, w.URL+"/saml/uni", false); !strings.Contains(p.Body, `action="https://idp.test/slo"`) {
		t.Errorf("in a frame: %d %v", p.Status, p.Location)
	}
	b.HTTP.Transport = plain
	if in(b) {
		t.Error("still signed in")
	}
}
