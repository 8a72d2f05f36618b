package modules

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// leaves signs out here and says where the page leads that follows; "" for nowhere.
func (w *feWorld) leaves(b *testkit.Browser) string {
	w.t.Helper()
	p := b.Get("/logout").Submit()
	if p.Status != http.StatusOK || p.Location != nil { // what follows a form is held to the form's policy: the page leads on by itself
		w.t.Fatalf("%d %v\n%.500s", p.Status, p.Location, p.Body)
	}
	if in(b) {
		w.t.Error("still signed in")
	}
	return hrefOf(p.Body, "leaving-next")
}

func (w *feWorld) signsOutThere(name string) {
	w.t.Helper()
	if err := w.change(name, func(d *federation.Draft) { d.Settings.SignOut = true }); err != nil {
		w.t.Fatal(err)
	}
}

// TestFE_Goodbye: who signs out here is led through the upstream where the operator wants it, and comes back.
func TestFE_Goodbye(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) {
		o.meta, o.claims = map[string]any{"end_session_endpoint": o.url() + "/end"}, map[string]any{"sid": "sid-1"}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	b, page := w.by("corp", o)
	w.subject(page)
	if next := w.leaves(b); next != "" {
		t.Errorf("without a setting the browser is led to %s", next)
	}
	w.signsOutThere("corp")
	b, page = w.by("corp", o)
	w.subject(page)
	next := w.leaves(b)
	gone := b.Get(next)
	if gone.Location == nil || !strings.HasPrefix(gone.Location.String(), o.url()+"/end?") {
		t.Fatalf("%s leads to %d %v", next, gone.Status, gone.Location)
	}
	q := gone.Location.Query()
	if q.Get("id_token_hint") == "" || q.Get("client_id") != "jedan" || q.Get("post_logout_redirect_uri") != w.URL+"/federation/corp/logout" {
		t.Error(q)
	}
	for range 2 { // the second time nobody waits for it
		if back := b.Get("/federation/corp/logout?" + url.Values{"state": {q.Get("state")}}.Encode()); back.Status != http.StatusOK || back.Location != nil || !strings.Contains(back.Body, "sign good") {
			t.Errorf("%d %v", back.Status, back.Location)
		}
	}
	if again := b.Get(next); again.Location != nil {
		t.Errorf("the same way out twice, to %s", again.Location)
	}
}

// TestFE_GoodbyeOfApplication: the way ends where the application wants it.
func TestFE_GoodbyeOfApplication(t *testing.T) {
	const bye = "https://app.test/bye"
	w := newSocial(t)
	w.rp = w.Client(storage.ClientMetadata{PostLogoutRedirectURIs: []string{bye}})
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) { o.meta = map[string]any{"end_session_endpoint": o.url() + "/end"} })
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	w.signsOutThere("corp")
	b, page := w.by("corp", o)
	hint := w.Redeem(w.rp, page.Allow().Params().Get("code")).Text("id_token")
	gone := b.Get("/oauth2/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}, "state": {"theirs"}}.Encode())
	if gone.Location == nil || !strings.HasPrefix(gone.Location.String(), o.url()+"/end?") {
		t.Fatalf("%d %v", gone.Status, gone.Location)
	}
	back := b.Get("/federation/corp/logout?" + url.Values{"state": {gone.Location.Query().Get("state")}}.Encode())
	if back.Location == nil || back.Location.String() != bye+"?state=theirs" {
		t.Errorf("%d %v", back.Status, back.Location)
	}
}

// TestFE_GoodbyeToNobody: an upstream that cannot be told holds nobody up, and a session of another browser stands there.
func TestFE_GoodbyeToNobody(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) {
		o.meta, o.claims = map[string]any{"end_session_endpoint": "javascript:alert(1)"}, map[string]any{"sid": "sid-1"}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	w.signsOutThere("corp")
	b, page := w.by("corp", o)
	w.subject(page)
	o.set(func(o *socialOP) { o.claims = map[string]any{"sid": "sid-2"} })
	other, page := w.by("corp", o)
	w.subject(page)
	if next := w.leaves(b); next != "" {
		t.Errorf("the older session leads to %s, where it would end the newer one's", next)
	}
	if p := other.Get(w.leaves(other)); p.Status != http.StatusOK || p.Location != nil {
		t.Errorf("%d %v", p.Status, p.Location)
	}
}

// TestSA_Goodbye is the same by SAML: a signed request of ours, and an answer that changes nothing whatever it is.
func TestSA_Goodbye(t *testing.T) {
	w, idp := samlWorld(t, nil)
	w.signsOutThere("uni")
	for name, change := range map[string]func(o *samlxml.Outgoing){
		"":                                    func(*samlxml.Outgoing) {},
		"saml_logout.signed":                  func(o *samlxml.Outgoing) { o.Pair = nil },
		"saml_logout_response.in_response_to": func(o *samlxml.Outgoing) { o.Root.CreateAttr("InResponseTo", "_other") },
		"saml_logout_response.destination":    func(o *samlxml.Outgoing) { o.Root.CreateAttr("Destination", "https://other.test/slo") },
		"saml_logout_response.issuer": func(o *samlxml.Outgoing) {
			samlxml.Child(o.Root, samlxml.NSAssertion, "Issuer").SetText("https://other.test")
		},
	} {
		b := w.Browser()
		w.subject(w.acs(b, idp.visit(w.away(b, "uni"))))
		gone := b.Get(w.leaves(b))
		if gone.Location == nil || gone.Location.Host != "idp.test" || gone.Location.Path != "/slo" || gone.Location.Query().Get("Signature") == "" {
			t.Fatalf("%d %v", gone.Status, gone.Location)
		}
		packed, err := base64.StdEncoding.DecodeString(gone.Location.Query().Get("SAMLRequest"))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := samlxml.Inflate(packed)
		if err != nil || !strings.Contains(string(raw), ">maria-there<") || !strings.Contains(string(raw), ">_index-1<") {
			t.Fatalf("%v %s", err, raw)
		}
		_, id, _ := strings.Cut(string(raw), ` ID="`)
		id, _, _ = strings.Cut(id, `"`)
		r := saml.LogoutResponse{
			ID: "_answer", InResponseTo: id, Version: "2.0", IssueInstant: w.Clock.Now(), Destination: w.URL + "/saml/uni/slo", Issuer: &saml.Issuer{Value: "https://idp.test/metadata"},
			Status: saml.Status{StatusCode: saml.StatusCode{Value: samlxml.Success}},
		}
		out := samlxml.Outgoing{
			Location: w.URL + "/saml/uni/slo", Param: "SAMLResponse", Root: r.Element(), RelayState: gone.Location.Query().Get("RelayState"),
			Pair: &samlxml.Pair{Key: idp.idp.Signer, Certificate: idp.idp.Certificate},
		}
		change(&out)
		sent, err := out.Redirect()
		if err != nil {
			t.Fatal(err)
		}
		mark := w.Log.Mark()
		if back := b.Get(sent.URL); back.Status != http.StatusOK || back.Location != nil || strings.Join(w.Log.Refused(mark), "") != name {
			t.Errorf("%q: %d %v %v", name, back.Status, back.Location, w.Log.Refused(mark))
		}
	}
}
