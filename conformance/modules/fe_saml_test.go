package modules

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// samlIDP is crewjam's identity provider; whoever comes is the session.
type samlIDP struct {
	t       *testing.T
	idp     *saml.IdentityProvider
	sp      *saml.EntityDescriptor
	session saml.Session
}

// GetServiceProvider implements saml.ServiceProviderProvider.
func (s *samlIDP) GetServiceProvider(*http.Request, string) (*saml.EntityDescriptor, error) {
	if s.sp == nil {
		return nil, os.ErrNotExist
	}
	return s.sp, nil
}

// GetSession implements saml.SessionProvider.
func (s *samlIDP) GetSession(http.ResponseWriter, *http.Request, *saml.IdpAuthnRequest) *saml.Session {
	return &s.session
}

func newSAMLIDP(t *testing.T, s *testkit.Server) *samlIDP {
	t.Helper()
	pair, err := samlxml.NewPair("idp", s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return *u
	}
	out := &samlIDP{t: t}
	out.idp = &saml.IdentityProvider{
		Key: pair.Key, Signer: pair.Key, Certificate: pair.Certificate, MetadataURL: at("https://idp.test/metadata"), SSOURL: at("https://idp.test/sso"), LogoutURL: at("https://idp.test/slo"),
		ServiceProviderProvider: out, SessionProvider: out, Clock: dsig.NewFakeClockAt(s.Clock.Now()), SignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	out.session = saml.Session{
		ID: "s1", CreateTime: s.Clock.Now(), ExpireTime: s.Clock.Now().Add(time.Hour), Index: "_index-1", NameID: "maria-there", NameIDFormat: string(saml.PersistentNameIDFormat),
		SubjectID: "maria-there", UserName: "maria", UserEmail: "maria@idp.test", UserGivenName: "Maria", UserSurname: "Marić", Groups: []string{"admin"},
	}
	return out
}

func (s *samlIDP) metadata() string {
	text, err := xml.Marshal(s.idp.Metadata())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// visit is what a browser does there: it is sent with a request, and back with a form.
func (s *samlIDP) visit(to *url.URL) url.Values {
	s.t.Helper()
	if to == nil || to.Host != "idp.test" {
		s.t.Fatalf("not sent to the identity provider but to %v", to)
	}
	r := httptest.NewRequest(http.MethodGet, to.String(), nil)
	req, err := saml.NewIdpAuthnRequest(s.idp, r)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := req.Validate(); err != nil {
		s.t.Fatal(err)
	}
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(req, &s.session); err != nil {
		s.t.Fatal(err)
	}
	req.Assertion.AuthnStatements[0].SessionNotOnOrAfter = &s.session.ExpireTime
	form, err := req.PostBinding()
	if err != nil {
		s.t.Fatal(err)
	}
	return url.Values{"SAMLResponse": {form.SAMLResponse}, "RelayState": {form.RelayState}}
}

// samlWorld is a server with an identity provider, named corp.
func samlWorld(t *testing.T, change func(config map[string]any), options ...testkit.Option) (*feWorld, *samlIDP) {
	t.Helper()
	w := newFE(t, nil, options...)
	idp := newSAMLIDP(t, w.Server)
	w.samlConnector(idp, "uni", change)
	meta := w.Browser().Get("/saml/uni/metadata")
	idp.sp = new(saml.EntityDescriptor)
	if meta.Status != http.StatusOK || xml.Unmarshal([]byte(meta.Body), idp.sp) != nil || idp.sp.EntityID != w.URL+"/saml/uni" {
		t.Fatalf("metadata: %d\n%.500s", meta.Status, meta.Body)
	}
	return w, idp
}

func (w *feWorld) acs(b *testkit.Browser, form url.Values) *testkit.Page {
	w.t.Helper()
	p := b.PostFrom("https://idp.test", "/saml/uni/acs", form)
	for range 2 { // a browser that is new here sends it once more
		if !p.HasID("form-post") {
			return p
		}
		p = p.Submit()
	}
	return p
}

// TestSA_SignIn: the whole way, with an identity provider of another stack.
func TestSA_SignIn(t *testing.T) {
	w, idp := samlWorld(t, func(c map[string]any) { c["trust_email"] = true })
	b := w.Browser()
	first := w.subject(w.acs(b, idp.visit(w.away(b, "uni"))))
	p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "maria@idp.test")
	if err != nil || p.Subject != first || p.Admin {
		t.Fatal(p, err)
	}
	b = w.Browser()
	if again := w.subject(w.acs(b, idp.visit(w.away(b, "uni")))); again != first {
		t.Error("a second sign-in is somebody else")
	}
	sessions, err := w.App.DB.SessionsOf(t.Context(), w.App.Tenant, p.ID)
	if err != nil || len(sessions) != 2 {
		t.Fatal(sessions, err)
	}
	for _, s := range sessions {
		if s.ExpiresAt.After(idp.session.ExpireTime) {
			t.Error("a session outlives what the identity provider said")
		}
	}
	idp.session.NameID, idp.session.SubjectID = "other-there", "other-there"
	idp.session.UserEmail = "other@idp.test"
	b = w.Browser()
	if other := w.subject(w.acs(b, idp.visit(w.away(b, "uni")))); other == first {
		t.Error("another name identifier is the same person")
	}
}

// TestSA15_OtherBrowser: a response belongs to the browser that asked, once; SA19: what stands in RelayState leads nowhere.
func TestSA15_OtherBrowser(t *testing.T) {
	w, idp := samlWorld(t, nil)
	b, other := w.Browser(), w.Browser()
	form := idp.visit(w.away(b, "uni"))
	foreign := idp.visit(w.away(other, "uni"))
	for name, try := range map[string]func() *testkit.Page{
		"another browser's answer": func() *testkit.Page { return w.acs(b, foreign) },
		"no relay state":           func() *testkit.Page { return w.acs(b, url.Values{"SAMLResponse": form["SAMLResponse"]}) },
		"an address": func() *testkit.Page {
			return w.acs(b, url.Values{"SAMLResponse": form["SAMLResponse"], "RelayState": {"https://evil.test/"}})
		},
	} {
		if p := try(); p.Status != http.StatusBadRequest || p.Location != nil {
			t.Errorf("%s: %d %v", name, p.Status, p.Location)
		}
	}
	mark := w.Log.Mark()
	mixed := url.Values{"SAMLResponse": form["SAMLResponse"], "RelayState": foreign["RelayState"]}
	w.refusedBy(other, w.acs(other, mixed), mark, "saml_response.in_response_to")
	w.subject(w.acs(b, form))
	if p := w.acs(b, form); p.Status != http.StatusBadRequest {
		t.Errorf("twice: %d", p.Status)
	}
}

// TestSA_Tampered: a response that was changed on its way makes nobody, and links nobody.
func TestSA_Tampered(t *testing.T) {
	w, idp := samlWorld(t, func(c map[string]any) { c["trust_email"] = true })
	b, mark := w.Browser(), w.Log.Mark()
	form := idp.visit(w.away(b, "uni"))
	raw, err := base64.StdEncoding.DecodeString(form.Get("SAMLResponse"))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(raw, []byte("CipherValue>")) - 40 // in what is encrypted
	raw[at] ^= 'A' ^ 'B'
	form.Set("SAMLResponse", base64.StdEncoding.EncodeToString(raw))
	if p := w.acs(b, form); p.Status != http.StatusForbidden || !p.HasID("error-id") || len(w.Log.Refused(mark)) == 0 {
		t.Errorf("%d %v", p.Status, w.Log.Refused(mark))
	}
	if _, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "maria@idp.test"); err == nil {
		t.Error("somebody was made")
	}
}

func (w *feWorld) samlConnector(idp *samlIDP, name string, change func(config map[string]any)) {
	w.t.Helper()
	config := map[string]any{"idp_entity_id": "https://idp.test/metadata", "idp_metadata": idp.metadata()}
	if change != nil {
		change(config)
	}
	raw, err := json.Marshal(config)
	if err != nil {
		w.t.Fatal(err)
	}
	d := federation.Draft{Name: name, Kind: "saml", Title: "University", Settings: federation.Settings{Create: true, Config: raw}}
	if _, err := w.App.Connectors.Create(w.t.Context(), d, operator()); err != nil {
		w.t.Fatal(err)
	}
}
