package samlidp_test

import (
	"net/url"
	"testing"

	"github.com/crewjam/saml"
)

func TestSignInByCrewjam(t *testing.T) {
	w := newWorld(t)
	b := w.Browser()
	r, at := w.request()
	s := w.signIn(b, at)
	if s.action != spACS || s.fields.Get("RelayState") != "their state" {
		t.Errorf("%s %v", s.action, s.fields)
	}
	a := w.accepted(w.sp, s, r.ID)
	if got := values(a, "mail"); len(got) != 1 || got[0] != maria {
		t.Errorf("mail %v", got)
	}
	id := a.Subject.NameID
	if id.Format != string(saml.PersistentNameIDFormat) || len(id.Value) < 20 || id.SPNameQualifier != spName {
		t.Errorf("%+v", id)
	}
	// Signed in already: no page, the same name, another assertion.
	r, at = w.request()
	again := w.accepted(w.sp, w.posted(b.Get(at)), r.ID)
	if again.Subject.NameID.Value != id.Value || again.ID == a.ID || again.AuthnStatements[0].SessionIndex != a.AuthnStatements[0].SessionIndex {
		t.Errorf("%+v", again.Subject.NameID)
	}
	// By POST, as another site's form sends it.
	r, err := w.sp.MakeAuthenticationRequest(w.URL+"/saml/idp/sso", saml.HTTPPostBinding, saml.HTTPPostBinding)
	if err != nil {
		t.Fatal(err)
	}
	form := fieldsOf(r.Post("x y"))
	w.accepted(w.sp, w.posted(b.PostFrom("https://app.test", "/saml/idp/sso", form)), r.ID)
}

// fieldsOf are the fields of crewjam's form.
func fieldsOf(page []byte) url.Values {
	out := url.Values{}
	for _, f := range inputShape.FindAllSubmatch(page, -1) {
		out.Set(string(f[1]), unescape(string(f[2])))
	}
	return out
}
