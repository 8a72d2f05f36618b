package modules

import (
	"crypto"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// leaving signs the browser out here by the confirmation and returns where the page between leads; "" when it is the end.
func (w *feWorld) leaving(b *testkit.Browser, q url.Values) string {
	w.t.Helper()
	p := b.Get("/oauth2/logout?" + q.Encode()).Submit()
	if p.Status != http.StatusOK || in(b) {
		w.t.Fatalf("not signed out: %d", p.Status)
	}
	return hrefOf(p.Body, "leaving-next")
}

// TestFE_SignOutUpstream: whoever signs out here goes by the upstream, where the connector says so, and ends where the application wants them.
func TestFE_SignOutUpstream(t *testing.T) {
	w := newSocial(t)
	w.rp = w.Client(storage.ClientMetadata{PostLogoutRedirectURIs: []string{"https://app.test/bye"}})
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) {
		o.meta = map[string]any{"end_session_endpoint": o.url() + "/end"}
		o.claims = map[string]any{"sid": "sid-1"}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	wanted := url.Values{"client_id": {w.rp.ID}, "post_logout_redirect_uri": {"https://app.test/bye"}, "state": {"s 1"}}
	b, page := w.by("corp", o)
	w.subject(page)
	if p := b.Get("/oauth2/logout?" + wanted.Encode()).Submit(); p.Location == nil || p.Location.Host != "app.test" {
		t.Fatalf("it is not switched on: %v", p.Location)
	}
	w.must(w.change("corp", func(d *federation.Draft) { d.Settings.SignOut = true }))

	b, page = w.by("corp", o)
	w.subject(page)
	way := w.leaving(b, wanted)
	if !strings.HasPrefix(way, w.URL+"/federation/corp/sign-out?state=") {
		t.Fatalf("not by the upstream but to %q", way)
	}
	there := b.Get(way).Location
	if there == nil || there.Path != "/end" || there.Query().Get("id_token_hint") == "" || there.Query().Get("post_logout_redirect_uri") != w.URL+"/federation/corp/signed-out" {
		t.Fatalf("sent to %v", there)
	}
	if p := b.Get(way); p.Location != nil || p.HasID("error-id") {
		t.Errorf("the way was gone twice: %v", p.Location)
	}
	back := "/federation/corp/signed-out?" + url.Values{"state": {there.Query().Get("state")}}.Encode()
	if p := b.Get(back); p.Location == nil || p.Location.String() != "https://app.test/bye?state=s+1" {
		t.Errorf("it ends at %v", p.Location)
	}
	w.Person("stays@example.org")
	b = w.Browser()
	b.Authorize(w.AuthURL(w.rp), "stays@example.org")
	for name, to := range map[string]string{"twice": back, "made up": "/federation/corp/signed-out?state=x", "none": "/federation/corp/signed-out"} {
		if p := b.Get(to); p.Location != nil || p.URL.Path != "/" || !in(b) {
			t.Errorf("%s: %d %v at %v", name, p.Status, p.Location, p.URL)
		}
	}
	t.Run("away", func(t *testing.T) { // an upstream that does not answer keeps nobody here
		o := newSocialOP(t, w.Clock.Now, func(o *socialOP) { o.meta = map[string]any{"end_session_endpoint": "javascript:alert(1)"} })
		w.provider("bad", "oidc", map[string]any{"issuer": o.url()})
		w.must(w.change("bad", func(d *federation.Draft) { d.Settings.SignOut = true }))
		b, page := w.by("bad", o)
		w.subject(page)
		if p := b.Get(w.leaving(b, wanted)); p.Location == nil || p.Location.Host != "app.test" {
			t.Errorf("%d %v", p.Status, p.Location)
		}
	})
	t.Run("local", func(t *testing.T) { // who proved it here has no upstream
		w.Person("maria@example.org")
		b := w.Browser()
		b.Authorize(w.AuthURL(w.rp), "maria@example.org")
		if p := b.Get("/oauth2/logout?" + wanted.Encode()).Submit(); p.Location == nil || p.Location.Host != "app.test" {
			t.Errorf("%v", p.Location)
		}
	})
}

// TestFE_SignOutOfOneAccount: one of several accounts in a browser goes by its upstream, too, and the way ends where the others are.
func TestFE_SignOutOfOneAccount(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) { o.meta = map[string]any{"end_session_endpoint": o.url() + "/end"} })
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	w.must(w.change("corp", func(d *federation.Draft) { d.Settings.SignOut = true }))
	b, page := w.by("corp", o)
	w.subject(page)
	w.Person("second@example.org")
	w.subject(b.Get(w.AuthURL(w.rp, "prompt", "select_account")).Submit("account", "other").SignIn("second@example.org", testkit.Password))
	p := b.Get("/login/account").Submit("sign_out", "2")
	there := b.Get(hrefOf(p.Body, "leaving-next")).Location
	if there == nil || there.Path != "/end" {
		t.Fatalf("not by the upstream: %d %s %v", p.Status, p.URL, there)
	}
	p = b.Get("/federation/corp/signed-out?" + url.Values{"state": {there.Query().Get("state")}}.Encode())
	if p.URL.Path != "/login/account" || !strings.Contains(p.Body, "second@example.org") || p.HasID("account-2") {
		t.Errorf("it ends at %s", p.URL)
	}
	if p = p.Submit("sign_out", "1"); !p.HasID("login-password") { // who proved it here has no upstream
		t.Errorf("%d %s", p.Status, p.URL)
	}
}

// TestSA21_SignOutUpstream: the same with SAML: the request names the session there, and only its answer counts as one.
func TestSA21_SignOutUpstream(t *testing.T) {
	w, idp := samlWorld(t, nil)
	w.rp = w.Client(storage.ClientMetadata{PostLogoutRedirectURIs: []string{"https://app.test/bye"}})
	w.must(w.change("uni", func(d *federation.Draft) { d.Settings.SignOut = true }))
	wanted := url.Values{"client_id": {w.rp.ID}, "post_logout_redirect_uri": {"https://app.test/bye"}}
	asked := func() (*testkit.Browser, *saml.LogoutRequest, string) {
		t.Helper()
		b := w.Browser()
		w.subject(w.acs(b, idp.visit(w.away(b, "uni"))))
		way := w.leaving(b, wanted)
		r, state := idp.asked(b.Get(way))
		return b, r, state
	}
	b, r, state := asked()
	if r.NameID.Value != "maria-there" || r.SessionIndex == nil || r.SessionIndex.Value != "_index-1" || r.Issuer.Value != w.URL+"/saml/uni" {
		t.Fatalf("%+v %+v", r.NameID, r.SessionIndex)
	}
	if p := b.PostFrom("https://idp.test", "/saml/uni/slo", idp.answers(r.ID, state)); p.Location == nil || p.Location.String() != "https://app.test/bye" {
		t.Errorf("%d %v", p.Status, p.Location)
	}
	if p := b.PostFrom("https://idp.test", "/saml/uni/slo", idp.answers(r.ID, state)); p.Location != nil {
		t.Errorf("twice: %v", p.Location)
	}
	mark := w.Log.Mark()
	b, r, state = asked()
	answer := idp.answers(r.ID+"x", state)
	if p := b.PostFrom("https://idp.test", "/saml/uni/slo", answer); p.Location == nil || p.Location.Host != "app.test" || !slices.Contains(w.Log.Refused(mark), "saml_logout_response.in_response_to") {
		t.Errorf("%v %v", p.Location, w.Log.Refused(mark))
	}
}

// asked is the request that our server sends the browser with.
func (s *samlIDP) asked(p *testkit.Page) (*saml.LogoutRequest, string) {
	s.t.Helper()
	if p.Location == nil || p.Location.Host != "idp.test" || p.Location.Path != "/slo" {
		s.t.Fatalf("%d %v", p.Status, p.Location)
	}
	q, ok := samlxml.ParseQuery(p.Location.RawQuery)
	if !ok {
		s.t.Fatal(p.Location)
	}
	packed, err := base64.StdEncoding.DecodeString(q.Message)
	raw, e := samlxml.Inflate(packed)
	r := new(saml.LogoutRequest)
	if err := errors.Join(err, e, xml.Unmarshal(raw, r)); err != nil {
		s.t.Fatal(err)
	}
	return r, q.RelayState
}

// answers is the form by which the browser comes back.
func (s *samlIDP) answers(request, state string) url.Values {
	s.t.Helper()
	signer, ok := s.idp.Key.(crypto.Signer)
	if !ok {
		s.t.Fatal("no key")
	}
	r := saml.LogoutResponse{
		ID: "id-" + text64([]byte(request)), InResponseTo: request, Version: "2.0", IssueInstant: s.session.CreateTime, Destination: s.sp.EntityID + "/slo",
		Issuer: &saml.Issuer{Value: "https://idp.test/metadata"}, Status: saml.Status{StatusCode: saml.StatusCode{Value: saml.StatusSuccess}},
	}
	out := samlxml.Outgoing{Param: "SAMLResponse", Root: r.Element(), RelayState: state, Pair: &samlxml.Pair{Key: signer, Certificate: s.idp.Certificate}}
	sent, err := out.Post()
	if err != nil {
		s.t.Fatal(err)
	}
	return sent.Form
}
