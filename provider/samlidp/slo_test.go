package samlidp_test

import (
	"encoding/xml"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
	"github.com/jedan-auth/jedan-auth/storage"
)

// goodbye is a LogoutRequest of an application, or what it answers.
type goodbye struct {
	param string
	root  *etree.Element
	pair  *samlxml.Pair // nil: unsigned
	state string
}

// goodbye asks to end the sign-in of an assertion.
func (w *world) goodbye(a *saml.Assertion, change ...func(*saml.LogoutRequest)) *goodbye {
	now, p := w.Clock.Now(), spPair()
	until := now.Add(time.Minute)
	r := &saml.LogoutRequest{
		ID: "_bye-" + now.Format("150405.000000000"), Version: "2.0", IssueInstant: now, NotOnOrAfter: &until, Destination: w.URL + "/saml/idp/slo",
		Issuer: &saml.Issuer{Value: spName}, NameID: a.Subject.NameID, SessionIndex: &saml.SessionIndex{Value: a.AuthnStatements[0].SessionIndex},
	}
	for _, f := range change {
		f(r)
	}
	return &goodbye{param: "SAMLRequest", root: r.Element(), pair: &p, state: "their state"}
}

// address is where the browser goes with it.
func (g *goodbye) address(t testing.TB, w *world) string {
	t.Helper()
	o := samlxml.Outgoing{Location: w.URL + "/saml/idp/slo", Param: g.param, Root: g.root.Copy(), RelayState: g.state, Pair: g.pair}
	s, err := o.Redirect()
	if err != nil {
		t.Fatal(err)
	}
	return s.URL
}

// form is the same by POST.
func (g *goodbye) form(t testing.TB, w *world) url.Values {
	t.Helper()
	o := samlxml.Outgoing{Location: w.URL + "/saml/idp/slo", Param: g.param, Root: g.root.Copy(), RelayState: g.state, Pair: g.pair}
	s, err := o.Post()
	if err != nil {
		t.Fatal(err)
	}
	return s.Form
}

// signedIn is somebody at the first application.
func (w *world) signedIn(b *testkit.Browser) *saml.Assertion {
	w.t.Helper()
	r, at := w.request()
	return w.accepted(w.sp, w.signIn(b, at), r.ID)
}

// live says whether the browser is signed in.
func live(b *testkit.Browser) bool { return b.Get("/account").URL.Path == "/account" }

// logoutResponse is what came back to an application.
func (w *world) logoutResponse(p *testkit.Page) *saml.LogoutResponse {
	w.t.Helper()
	if p.Location == nil || !strings.HasPrefix(p.Location.String(), spSLO) {
		w.t.Fatalf("not sent back: %d %s %v\n%.500s", p.Status, p.URL, p.Location, p.Body)
	}
	if !verified(w.t, w, p.Location) {
		w.t.Error("the answer is not signed by us")
	}
	if state := p.Location.Query().Get("RelayState"); state != "their state" {
		w.t.Errorf("state %q", state)
	}
	raw, err := etree.NewDocumentWithRoot(message(w.t, p.Location, "SAMLResponse")).WriteToBytes()
	if err != nil {
		w.t.Fatal(err)
	}
	q := &saml.LogoutResponse{}
	if err := xml.Unmarshal(raw, q); err != nil {
		w.t.Fatal(err)
	}
	return q
}

func TestLogout(t *testing.T) {
	w := newWorld(t)
	rp := w.Client(storage.ClientMetadata{})
	for name, by := range map[string]func(b *testkit.Browser, g *goodbye) *testkit.Page{
		"query": func(b *testkit.Browser, g *goodbye) *testkit.Page { return b.Get(g.address(t, w)) },
		"form": func(b *testkit.Browser, g *goodbye) *testkit.Page {
			return b.PostFrom("https://app.test", "/saml/idp/slo", g.form(t, w))
		},
		"another browser": func(_ *testkit.Browser, g *goodbye) *testkit.Page { return w.Browser().Get(g.address(t, w)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := w.Browser()
			a := w.signedIn(b)
			code := b.Authorize(w.AuthURL(rp), maria).Get("code")
			if !live(b) || code == "" {
				t.Fatal("not signed in")
			}
			r := w.logoutResponse(by(b, w.goodbye(a)))
			if r.Status.StatusCode.Value != samlxml.Success || r.Status.StatusCode.StatusCode != nil {
				t.Errorf("%+v", r.Status.StatusCode)
			}
			if live(b) {
				t.Error("still signed in")
			}
		})
	}
	if n := w.events("saml.logout"); n != 3 {
		t.Errorf("%d events", n)
	}
}

// other is a second application that can be told.
func (w *world) other(name string, change ...func(*samlidp.Draft)) *saml.ServiceProvider {
	w.t.Helper()
	base := "https://" + name + ".test"
	d := samlidp.Draft{Name: name, EntityID: base, Settings: samlidp.Settings{
		ACS: []samlidp.ACS{{URL: base + "/acs"}}, SLOURL: base + "/slo", Certificates: []string{pemOf(spPair())},
	}}
	for _, f := range change {
		f(&d)
	}
	w.add(d)
	return w.provider(base, base+"/acs", spPair())
}

// at signs in at another application too.
func (w *world) at(b *testkit.Browser, sp *saml.ServiceProvider) *saml.Assertion {
	w.t.Helper()
	was := w.sp
	defer func() { w.sp = was }()
	w.sp = sp
	return w.signedIn(b)
}

// answer is what an application says to a sign-out that we sent it.
func (w *world) answer(p *testkit.Page, issuer string, change ...func(*saml.LogoutResponse)) string {
	w.t.Helper()
	if p.Location == nil {
		w.t.Fatalf("nobody was told: %d %s\n%.500s", p.Status, p.URL, p.Body)
	}
	root := message(w.t, p.Location, "SAMLRequest")
	pair := spPair()
	r := &saml.LogoutResponse{
		ID: "_answer", InResponseTo: samlxml.Attribute(root, "ID"), Version: "2.0", IssueInstant: w.Clock.Now(), Destination: w.URL + "/saml/idp/slo",
		Issuer: &saml.Issuer{Value: issuer}, Status: saml.Status{StatusCode: saml.StatusCode{Value: samlxml.Success}},
	}
	for _, f := range change {
		f(r)
	}
	g := &goodbye{param: "SAMLResponse", root: r.Element(), pair: &pair, state: p.Location.Query().Get("RelayState")}
	return g.address(w.t, w)
}

func TestLogoutReachesTheOthers(t *testing.T) {
	w := newWorld(t)
	second, third := w.other("second"), w.other("third")
	w.other("silent", func(d *samlidp.Draft) { d.Settings.SLOURL = "" })
	b := w.Browser()
	a, at2 := w.signedIn(b), w.at(b, second)
	w.at(b, third)
	p := b.Get(w.goodbye(a).address(t, w))
	if p.Location.Host != "second.test" {
		t.Fatalf("sent to %s", p.Location)
	}
	told := message(t, p.Location, "SAMLRequest")
	if name := samlxml.Text(samlxml.Child(told, samlxml.NSAssertion, "NameID")); name != at2.Subject.NameID.Value {
		t.Errorf("told of %s", name)
	}
	if index := samlxml.Text(samlxml.Child(told, samlxml.NSProtocol, "SessionIndex")); index != at2.AuthnStatements[0].SessionIndex {
		t.Errorf("told of session %s", index)
	}
	if !verified(t, w, p.Location) {
		t.Error("not signed by us")
	}
	if live(b) {
		t.Error("the session is there until all have answered")
	}
	p = b.Get(w.answer(p, "https://second.test"))
	if p.Location.Host != "third.test" {
		t.Fatalf("sent to %s", p.Location)
	}
	r := w.logoutResponse(b.Get(w.answer(p, "https://third.test")))
	if r.Status.StatusCode.Value != samlxml.Success || r.Status.StatusCode.StatusCode != nil {
		t.Errorf("%+v", r.Status.StatusCode)
	}
}

func TestPartialLogout(t *testing.T) {
	w := newWorld(t)
	second := w.other("second")
	for name, how := range map[string]func(p *testkit.Page) string{
		"refused": func(p *testkit.Page) string {
			return w.answer(p, "https://second.test", func(r *saml.LogoutResponse) {
				r.Status.StatusCode.Value = "urn:oasis:names:tc:SAML:2.0:status:Responder"
			})
		},
		"another's answer": func(p *testkit.Page) string { return w.answer(p, spName) },
		"to another request": func(p *testkit.Page) string {
			return w.answer(p, "https://second.test", func(r *saml.LogoutResponse) { r.InResponseTo = "_other" })
		},
		"unsigned": func(p *testkit.Page) string {
			at := w.answer(p, "https://second.test")
			return at[:strings.Index(at, "&SigAlg")]
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.Browser()
			a := w.signedIn(b)
			w.at(b, second)
			back := how(b.Get(w.goodbye(a).address(t, w)))
			r := w.logoutResponse(b.Get(back))
			if code := r.Status.StatusCode.StatusCode; code == nil || !strings.HasSuffix(code.Value, ":PartialLogout") {
				t.Errorf("%+v", r.Status.StatusCode)
			}
			if p := b.Get(back); p.Status != 400 {
				t.Errorf("the same answer again: %d", p.Status)
			}
		})
	}
}

// leave confirms, and goes on from the page that follows: a form's own redirect to an application would be held to the form's policy.
func leave(b *testkit.Browser, p *testkit.Page) *testkit.Page {
	p = p.Submit()
	_, rest, _ := strings.Cut(p.Body, `id="leaving-next" href="`)
	to, _, _ := strings.Cut(rest, `"`)
	return b.Get(html.UnescapeString(to))
}

func TestLogoutHereReachesApplications(t *testing.T) {
	w := newWorld(t)
	m := storage.ClientMetadata{}
	m.PostLogoutRedirectURIs = []string{"https://rp.test/bye"}
	rp := w.Client(m)
	b := w.Browser()
	w.signedIn(b)
	p := b.Get("/oauth2/logout?" + url.Values{"client_id": {rp.ID}, "post_logout_redirect_uri": {"https://rp.test/bye"}, "state": {"s"}}.Encode())
	p = leave(b, p)
	if p.Location == nil || p.Location.Host != "app.test" {
		t.Fatalf("%d %s %v\n%.600s", p.Status, p.URL, p.Location, p.Body)
	}
	if live(b) {
		t.Error("still signed in")
	}
	if p = b.Get(w.answer(p, spName)); p.Location == nil || p.Location.String() != "https://rp.test/bye?state=s" {
		t.Errorf("%d %v", p.Status, p.Location)
	}
	w.signedIn(b)
	if p = leave(b, b.Get("/logout")); p.Location == nil {
		t.Fatalf("%d %s", p.Status, p.URL)
	}
	if p = b.Get(w.answer(p, spName)); p.Status != 200 {
		t.Errorf("%d %s", p.Status, p.URL)
	}
}

// SA21: sign-outs that the application did not ask for, that were used, or that are about somebody else, end nothing.
func TestSA21_LogoutOfApplications(t *testing.T) {
	w := newWorld(t)
	w.other("second")
	evil := evilPair()
	b := w.Browser()
	a := w.signedIn(b)
	w.Person("victim@example.org")
	for name, g := range map[string]*goodbye{
		"late":                w.goodbye(a, func(r *saml.LogoutRequest) { r.IssueInstant = r.IssueInstant.Add(-time.Hour) }),
		"over":                w.goodbye(a, func(r *saml.LogoutRequest) { at := r.IssueInstant.Add(-time.Hour); r.NotOnOrAfter = &at }),
		"destination":         w.goodbye(a, func(r *saml.LogoutRequest) { r.Destination = "https://other.test" }),
		"no destination":      w.goodbye(a, func(r *saml.LogoutRequest) { r.Destination = "" }),
		"nobody":              w.goodbye(a, func(r *saml.LogoutRequest) { r.Issuer.Value = "https://nobody.test" }),
		"relative to another": w.goodbye(a, func(r *saml.LogoutRequest) { n := *r.NameID; n.SPNameQualifier = "https://second.test"; r.NameID = &n }),
		"version":             w.goodbye(a, func(r *saml.LogoutRequest) { r.Version = "1.1" }),
	} {
		if p := b.Get(g.address(t, w)); p.Status != 400 {
			t.Errorf("%s: %d %v", name, p.Status, p.Location)
		}
	}
	many := w.goodbye(a)
	for range 100 {
		many.root.AddChild(many.root.SelectElement("SessionIndex").Copy())
	}
	if p := b.Get(many.address(t, w)); p.Status != 400 {
		t.Errorf("101 sessions: %d %v", p.Status, p.Location)
	}
	unsigned, forged := w.goodbye(a), w.goodbye(a)
	unsigned.pair, forged.pair = nil, &evil
	for name, g := range map[string]*goodbye{"unsigned": unsigned, "another's key": forged} {
		if p := b.Get(g.address(t, w)); p.Status != 400 {
			t.Errorf("%s: %d %v", name, p.Status, p.Location)
		}
		if p := b.PostFrom("https://app.test", "/saml/idp/slo", g.form(t, w)); p.Status != 400 {
			t.Errorf("%s, by POST: %d %v", name, p.Status, p.Location)
		}
	}
	// Another application knows nobody of that name; and a session that is another's is not ended by a name that is right.
	for name, g := range map[string]*goodbye{
		"of another application": w.goodbye(a, func(r *saml.LogoutRequest) {
			r.Issuer.Value = "https://second.test"
			n := *r.NameID
			n.SPNameQualifier = ""
			r.NameID = &n
		}),
		"another name":    w.goodbye(a, func(r *saml.LogoutRequest) { n := *r.NameID; n.Value = "victim"; r.NameID = &n }),
		"another session": w.goodbye(a, func(r *saml.LogoutRequest) { r.SessionIndex.Value = "_another" }),
	} {
		p := b.Get(g.address(t, w))
		if p.Location == nil || status(t, sentOf(message(t, p.Location, "SAMLResponse"))) != "UnknownPrincipal" {
			t.Errorf("%s: %d %v", name, p.Status, p.Location)
		}
	}
	if !live(b) {
		t.Fatal("something was ended")
	}
	g := w.goodbye(a)
	w.logoutResponse(b.Get(g.address(t, w)))
	b = w.Browser()
	w.signedIn(b)
	if p := b.Get(g.address(t, w)); p.Status != 400 {
		t.Errorf("replayed: %d %v", p.Status, p.Location)
	}
	if !live(b) {
		t.Error("a replay ended another session")
	}
}
