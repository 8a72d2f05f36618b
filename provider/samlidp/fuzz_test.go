package samlidp

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	fuzzIssuer = "https://id.example.com"
	fuzzEntity = "https://app.test"
	fuzzACS    = "https://app.test/acs"
)

func fuzzNow() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }

// rows is one application's row.
type rows []storage.SAMLApp

func (r rows) SAMLAppByName(context.Context, storage.ID, string) (*storage.SAMLApp, error) {
	return nil, errs.New(errs.NotFound, "")
}

func (r rows) SAMLApps(context.Context, storage.ID, storage.ID, int) ([]storage.SAMLApp, error) {
	return r, nil
}

// fuzzed is an endpoint with one application, which signs with the pair.
func fuzzed(f testing.TB) (*Endpoint, samlxml.Pair) {
	f.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	pair, err := samlxml.SelfSigned(key, "app", fuzzNow().Add(-time.Hour))
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(Settings{
		ACS: []ACS{{URL: fuzzACS, Index: 1}}, SLOURL: "https://app.test/slo", Certificates: []string{string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate.Raw}))},
	})
	if err != nil {
		f.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	store := rows{{ID: storage.NewID(fuzzNow()), Name: "app", EntityID: fuzzEntity, Title: "App", Settings: string(text)}}
	apps := NewApps(store, cache.NewFeed(time.Now, log), storage.ID{}, log)
	return New(Deps{Issuer: fuzzIssuer, Apps: apps, Log: log, Now: fuzzNow}), pair
}

// seeds are a request as query and form, unsigned and signed.
func seeds(f *testing.F, o samlxml.Outgoing, pair samlxml.Pair) {
	f.Helper()
	root := o.Root
	for _, p := range []*samlxml.Pair{nil, &pair} {
		o.Pair, o.Root = p, root.Copy()
		sent, err := o.Redirect()
		if err != nil {
			f.Fatal(err)
		}
		u, err := url.Parse(sent.URL)
		if err != nil {
			f.Fatal(err)
		}
		o.Root = root.Copy()
		form, err := o.Post()
		if err != nil {
			f.Fatal(err)
		}
		raw, err := base64.StdEncoding.DecodeString(form.Form.Get(o.Param))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(u.RawQuery, string(raw))
	}
	f.Add("SAMLRequest=AAAA&RelayState=%2&SigAlg=x&Signature=y", "<a/>")
}

func brings(query, xml string) []brought {
	form := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString([]byte(xml))}}
	return []brought{{method: "GET", query: query}, {method: "POST", form: form}}
}

// A request is refused, or answered at the one address that is registered.
func FuzzAuthnRequest(f *testing.F) {
	e, pair := fuzzed(f)
	format := string(saml.PersistentNameIDFormat)
	request := &saml.AuthnRequest{
		ID: "_request", Version: "2.0", IssueInstant: fuzzNow(), Destination: fuzzIssuer + ssoPath, Issuer: &saml.Issuer{Value: fuzzEntity}, AssertionConsumerServiceURL: fuzzACS,
		NameIDPolicy: &saml.NameIDPolicy{Format: &format}, RequestedAuthnContext: &saml.RequestedAuthnContext{Comparison: "exact", AuthnContextClassRefs: []string{classPassword}},
	}
	seeds(f, samlxml.Outgoing{Location: fuzzIssuer + ssoPath, Param: "SAMLRequest", Root: request.Element(), RelayState: "s"}, pair)
	f.Fuzz(func(t *testing.T, query, xml string) {
		for _, in := range brings(query, xml) {
			m := e.message(in, "SAMLRequest", "AuthnRequest")
			err := samlxml.Judge(t.Context(), m, rowsArrived(), rowsRequest())
			if _, no := errors.AsType[*samlxml.Refusal](err); err != nil && !no {
				t.Errorf("neither accepted nor refused: %v", err)
			}
			if err == nil && (m.acs != fuzzACS || !idShape.MatchString(m.id) || m.app.Row.EntityID != fuzzEntity) || m.acs != "" && m.acs != fuzzACS {
				t.Errorf("%q at %q", m.id, m.acs)
			}
		}
	})
}

// A sign-out is refused unless the application signed it: what was signed is about one name alone.
func FuzzLogoutRequest(f *testing.F) {
	e, pair := fuzzed(f)
	request := &saml.LogoutRequest{
		ID: "_bye", Version: "2.0", IssueInstant: fuzzNow(), Destination: fuzzIssuer + sloPath, Issuer: &saml.Issuer{Value: fuzzEntity},
		NameID: &saml.NameID{Format: string(saml.PersistentNameIDFormat), Value: "maria"}, SessionIndex: &saml.SessionIndex{Value: "_1"},
	}
	seeds(f, samlxml.Outgoing{Location: fuzzIssuer + sloPath, Param: "SAMLRequest", Root: request.Element(), RelayState: "s"}, pair)
	accepted := 0
	f.Fuzz(func(t *testing.T, query, xml string) {
		for _, in := range brings(query, xml) {
			m := e.message(in, "SAMLRequest", "LogoutRequest")
			err := samlxml.Judge(t.Context(), m, rowsArrived(), rowsLogout())
			if _, no := errors.AsType[*samlxml.Refusal](err); err != nil && !no {
				t.Errorf("neither accepted nor refused: %v", err)
			}
			if err == nil {
				if accepted++; !m.signed || m.name.Value != "maria" || len(m.sessions) != 1 || m.sessions[0] != "_1" {
					t.Errorf("signed %v: %+v %v", m.signed, m.name, m.sessions)
				}
			}
		}
	})
}

// What metadata says is refused, or has safe addresses and strong keys.
func FuzzAppMetadata(f *testing.F) {
	f.Add([]byte(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://a.test"><SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		`<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://a.test/slo"/><AssertionConsumerService ` +
		`Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://a.test/acs" index="0" isDefault="true"/></SPSSODescriptor></EntityDescriptor>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, s, err := readMetadata(t.Context(), raw, "", fuzzNow(), Settings{})
		switch {
		case err != nil && !errs.Is(err, errs.Invalid):
			t.Errorf("neither accepted nor refused: %v", err)
		case err == nil && (!entityID(id) || len(s.ACS) == 0):
			t.Errorf("%q %+v", id, s)
		}
		for _, a := range s.ACS {
			if !secureURL(a.URL) {
				t.Errorf("an address: %q", a.URL)
			}
		}
	})
}
