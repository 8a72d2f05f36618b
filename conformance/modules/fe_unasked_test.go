package modules

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// unasked is what the browser of somebody brings who began at the identity provider.
func (s *samlIDP) unasked(relayState string) url.Values {
	s.t.Helper()
	acs := s.sp.SPSSODescriptors[0].AssertionConsumerServices[0]
	req := &saml.IdpAuthnRequest{
		IDP: s.idp, HTTPRequest: httptest.NewRequest(http.MethodGet, "https://idp.test/apps", nil), ServiceProviderMetadata: s.sp, SPSSODescriptor: &s.sp.SPSSODescriptors[0],
		ACSEndpoint: &acs, RelayState: relayState, Now: s.idp.Clock.Now(),
	}
	s.session.CreateTime = s.idp.Clock.Now()
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(req, &s.session); err != nil {
		s.t.Fatal(err)
	}
	for i := range req.Assertion.Subject.SubjectConfirmations {
		req.Assertion.Subject.SubjectConfirmations[i].SubjectConfirmationData.InResponseTo = ""
	}
	form, err := req.PostBinding()
	if err != nil {
		s.t.Fatal(err)
	}
	return url.Values{"SAMLResponse": {form.SAMLResponse}, "RelayState": {relayState}}
}

// TestSA15_Unasked: a response that nobody asked for signs in only where the operator wants it, leads to the one application that is named for it, counts once, and never
// takes the place of somebody else.
func TestSA15_Unasked(t *testing.T) {
	w, idp := samlWorld(t, func(c map[string]any) { c["allow_idp_initiated"] = true })
	app := w.Client(storage.ClientMetadata{InitiateLoginURI: "https://app.test/start"})
	nobody := func(what string, b *testkit.Browser, form url.Values) {
		t.Helper()
		if p := w.acs(b, form); p.Location != nil || p.Status < 400 || in(b) {
			t.Errorf("%s: %d %v", what, p.Status, p.Location)
		}
	}
	nobody("no application is named", w.Browser(), idp.unasked("x"))
	w.must(w.change("uni", func(d *federation.Draft) { d.Settings.Lands = app.ID }))

	b, form := w.Browser(), idp.unasked("https://evil.test/")
	p := w.acs(b, form)
	if p.Location == nil || p.Location.String() != "https://app.test/start?iss="+url.QueryEscape(w.URL) || !in(b) {
		t.Fatalf("%d %v\n%.600s", p.Status, p.Location, p.Body)
	}
	nobody("a second time", w.Browser(), form)
	if p := w.acs(b, idp.unasked("")); p.Location == nil || p.Location.Host != "app.test" {
		t.Errorf("the same person again: %v", p.Location)
	}
	t.Run("somebody else", func(t *testing.T) { // login CSRF
		w.Person("maria@example.org")
		b, mark := w.Browser(), w.Log.Mark()
		b.Authorize(w.AuthURL(w.rp), "maria@example.org")
		p := w.acs(b, idp.unasked(""))
		if p.Status != http.StatusForbidden || !slices.Equal(w.Log.Refused(mark), []string{"unasked.person"}) || !in(b) {
			t.Errorf("%d %v, maria signed in: %v", p.Status, w.Log.Refused(mark), in(b))
		}
	})
	t.Run("an answer to another's request", func(t *testing.T) {
		form := idp.visit(w.away(w.Browser(), "uni"))
		form.Del("RelayState")
		nobody("asked elsewhere", w.Browser(), form)
	})
	t.Run("off", func(t *testing.T) {
		w.must(w.change("uni", func(d *federation.Draft) { configure(d, "allow_idp_initiated", false) }))
		nobody("off", w.Browser(), idp.unasked(""))
		w.must(w.change("uni", func(d *federation.Draft) { configure(d, "allow_idp_initiated", true) }))
	})
	t.Run("late", func(t *testing.T) {
		form := idp.unasked("")
		w.Clock.Advance(10 * time.Minute)
		nobody("late", w.Browser(), form)
	})
}

// TestSA15_ReplayEverywhere: an assertion counts once on all nodes together, at once and one after the other, and after a restart.
func TestSA15_ReplayEverywhere(t *testing.T) {
	w, idp := samlWorld(t, func(c map[string]any) { c["allow_idp_initiated"] = true })
	app := w.Client(storage.ClientMetadata{InitiateLoginURI: "https://app.test/start"})
	w.must(w.change("uni", func(d *federation.Draft) { d.Settings.Lands = app.ID }))
	enters := func(at *feWorld, form url.Values) bool {
		b := at.Browser()
		at.acs(b, form)
		return in(b)
	}
	form := idp.unasked("")
	if !enters(w, form) {
		t.Fatal("nobody comes in")
	}
	t.Run("nodes", func(t *testing.T) {
		other := &feWorld{Server: w.Node(t), t: t}
		mark := other.Log.Mark()
		if enters(other, form) || !slices.Contains(other.Log.Refused(mark), "saml_assertion.replay") {
			t.Errorf("used on one node, and on the other: %v", other.Log.Refused(mark))
		}
		for range 5 {
			form := idp.unasked("")
			var all sync.WaitGroup
			var entered atomic.Int64
			for _, at := range []*feWorld{w, other, w, other} {
				all.Go(func() {
					if enters(at, form) {
						entered.Add(1)
					}
				})
			}
			if all.Wait(); entered.Load() != 1 {
				t.Errorf("%d came in by one assertion", entered.Load())
			}
		}
	})
	form = idp.unasked("")
	if !enters(w, form) {
		t.Fatal("nobody comes in")
	}
	w.Restart()
	if mark := w.Log.Mark(); enters(w, form) || !slices.Contains(w.Log.Refused(mark), "saml_assertion.replay") {
		t.Errorf("used before a restart, and after it: %v", w.Log.Refused(mark))
	}
}
