package samlsp

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/crewjam/saml/xmlenc"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// Whatever comes: no panic, and an identity only of the bytes that were signed, which is maria's.
func FuzzResponse(f *testing.F) {
	for _, change := range []func(*response){
		func(*response) {}, bothSigned, responseSigned, encrypted(xmlenc.AES128GCM), encrypted(xmlenc.AES128CBC), func(r *response) { r.signAssertion = nil },
		func(r *response) { r.status = "x" }, func(r *response) { r.p, r.a, r.s = "", "", ""; r.p = "p"; r.fill() },
	} {
		r := answer()
		change(r)
		f.Add(r.bytes(f))
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		w.forget()
		id, err := w.c.Complete(t.Context(), arrival(raw))
		switch {
		case err == nil && (!strings.HasSuffix(id.Key, `"maria-7"]`) || len(id.Key) > mostKey):
			t.Errorf("somebody else: %s", id.Key)
		case err != nil && (id != nil || !refused(err)):
			t.Errorf("neither accepted nor refused: %v", err)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(describedBy("", idpPair(), nextPair())))
	f.Add([]byte(describedBy(` validUntil="2030-01-01T00:00:00Z" cacheDuration="PT1H"`, idpPair())))
	f.Add([]byte(`<EntitiesDescriptor xmlns="` + samlxml.NSMetadata + `">` + describedBy("", idpPair()) + `</EntitiesDescriptor>`))
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		read, err := w.c.trust.read(t.Context(), raw)
		if err != nil {
			if read != nil || !refused(err) {
				t.Errorf("neither accepted nor refused: %v", err)
			}
			return
		}
		for _, location := range read.sso {
			if !strings.HasPrefix(location, "https://") {
				t.Errorf("sends browsers to %s", location)
			}
		}
		if len(read.sso) == 0 || len(samlxml.Counting(read.keys, w.now)) == 0 || read.fresh < leastFresh || read.fresh > mostFresh {
			t.Errorf("accepted %+v", read)
		}
	})
}

func FuzzLogout(f *testing.F) {
	f.Add(logoutRequest().redirected(f).Query, "")
	f.Add("", logoutRequest().posted(f).Form["SAMLRequest"][0])
	f.Add("SAMLRequest=AAAA&RelayState=%2&SigAlg=x&Signature=y", base64.StdEncoding.EncodeToString([]byte(logoutRequest().text())))
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, query, form string) {
		for _, m := range []federation.BrowserMessage{{Method: "GET", Query: query}, {Method: "POST", Form: url.Values{"SAMLRequest": {form}}}} {
			w.forget()
			r, err := w.c.ReadLogoutRequest(t.Context(), m)
			switch {
			case err == nil && !strings.HasSuffix(r.Subject, `"maria-7"]`):
				t.Errorf("somebody else: %s", r.Subject)
			case err != nil && !refused(err):
				t.Errorf("neither accepted nor refused: %v", err)
			}
		}
	})
}
