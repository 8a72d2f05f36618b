package browser

import (
	"encoding/pem"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
)

// TestSAMLSignOut: a sign-out here leads the browser past an application that speaks SAML, on another site, where the form's policy would not let it go.
func TestSAMLSignOut(t *testing.T) {
	pair, err := samlxml.NewPair("files", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate.Raw}))
	for _, scripts := range []bool{true, false} {
		w := open(t)
		_, err := w.App.SAML.Create(t.Context(), samlidp.Draft{Name: "files", Title: "Acme Files", EntityID: acmeURL + "/saml", Settings: samlidp.Settings{
			ACS: []samlidp.ACS{{URL: acmeURL + "/cb"}}, SLOURL: acmeURL + "/bye", Certificates: []string{key}, IDPInitiated: true,
		}}, directory.Actor{Kind: "operator", ID: "test"})
		if err != nil {
			t.Fatal(err)
		}
		b := w.tab(t, scripts)
		b.visit(w.URL + "/saml/idp/sso?sp=files")
		w.signIn(b, testkit.Password, "#acme, #form-post-continue")
		if !b.has("#acme") {
			b.press("#form-post-continue", "#acme")
		}
		if got := w.landed(b); got.path != "/cb" || got.Get("SAMLResponse") == "" {
			t.Fatalf("scripts %t: the application got %v", scripts, got)
		}
		b.visit(w.URL + "/logout")
		b.press("#logout-confirm", "#acme")
		if got := w.landed(b); got.path != "/bye" || got.Get("SAMLRequest") == "" {
			t.Errorf("scripts %t: after the sign-out the application got %v", scripts, got)
		}
	}
}
