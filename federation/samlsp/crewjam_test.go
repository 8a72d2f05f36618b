package samlsp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/samlsp"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/storage"
)

// crewjam's identity provider signs people in at a connector that is seen from outside alone.
func TestCrewjamsIdentityProvider(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	theirs, err := samlxml.NewPair("idp", now)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := samlxml.NewPair("sp", now)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := samlxml.Certify(rand.Reader, curve, "sp", now, now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	// ECDSA does not decrypt, and crewjam wants its signatures in ASN.1, which is not what the standard has.
	for name, pair := range map[string]samlxml.Pair{"encrypted": ours, "plain": {Key: curve, Certificate: cert}} {
		t.Run(name, func(t *testing.T) {
			s := &side{now: now, metadata: map[string]*saml.EntityDescriptor{}}
			idp := &saml.IdentityProvider{
				Key: theirs.Key, Signer: theirs.Key, Certificate: theirs.Certificate, MetadataURL: address(t, "https://idp.test/metadata"), SSOURL: address(t, "https://idp.test/sso"),
				ServiceProviderProvider: s, SessionProvider: s, Clock: dsig.NewFakeClockAt(now), SignatureMethod: dsig.RSASHA256SignatureMethod,
			}
			text, err := xml.Marshal(idp.Metadata())
			if err != nil {
				t.Fatal(err)
			}
			c, err := samlsp.New(t.Context(), samlsp.Config{
				IDPEntityID: "https://idp.test/metadata", IDPMetadata: string(text), SignRequests: name == "encrypted", KeyAttribute: "urn:oid:0.9.2342.19200300.100.1.1",
			}, samlsp.Deps{
				Issuer: "https://id.test", Name: "corp", Keys: samlsp.Fixed{All: samlsp.Pairs{Current: pair}}, Replays: s, Failures: s, Now: func() time.Time { return now },
			})
			if err != nil {
				t.Fatal(err)
			}
			s.know(t, c)
			arrival := s.signIn(t, idp, c)
			id, err := c.Complete(t.Context(), arrival)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(id.Key, "maria") || id.Profile["email"] != "maria@example.org" || id.Profile["given_name"] != "Maria" || id.Session != "_index" {
				t.Errorf("%+v", id)
			}
			var no *federation.Refusal
			if _, err := c.Complete(t.Context(), arrival); !errors.As(err, &no) || no.Reason != "replay" {
				t.Errorf("again: %v", err)
			}
		})
	}
}

// side is what both sides need.
type side struct {
	now      time.Time
	metadata map[string]*saml.EntityDescriptor
	spent    []string
}

func (s *side) SpendOnce(_ context.Context, r *storage.Replay) (bool, error) {
	for _, h := range s.spent {
		if h == string(r.Hash) {
			return false, nil
		}
	}
	s.spent = append(s.spent, string(r.Hash))
	return true, nil
}

func (s *side) DecryptionFailed(context.Context) {}

func (s *side) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	if m := s.metadata[id]; m != nil {
		return m, nil
	}
	return nil, os.ErrNotExist
}

func (s *side) GetSession(http.ResponseWriter, *http.Request, *saml.IdpAuthnRequest) *saml.Session {
	return &saml.Session{
		ID: "s", Index: "_index", CreateTime: s.now, ExpireTime: s.now.Add(time.Hour), NameID: "maria", UserName: "maria", UserEmail: "maria@example.org", UserGivenName: "Maria",
	}
}

// know gives the identity provider our metadata.
func (s *side) know(t *testing.T, c *samlsp.Connector) {
	t.Helper()
	_, body, err := c.Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var m saml.EntityDescriptor
	if err := xml.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	s.metadata[m.EntityID] = &m
}

// signIn is the browser's way to the identity provider and back.
func (s *side) signIn(t *testing.T, idp *saml.IdentityProvider, c *samlsp.Connector) federation.Arrival {
	t.Helper()
	wish := federation.Wish{State: "state"}
	d, err := c.Begin(t.Context(), wish)
	if err != nil {
		t.Fatal(err)
	}
	request, err := saml.NewIdpAuthnRequest(idp, httptest.NewRequest(http.MethodGet, d.URL, nil))
	if err == nil {
		err = request.Validate()
	}
	if err == nil {
		err = saml.DefaultAssertionMaker{}.MakeAssertion(request, s.GetSession(nil, nil, request))
	}
	if err != nil {
		t.Fatal(err)
	}
	form, err := request.PostBinding()
	if err != nil {
		t.Fatal(err)
	}
	return federation.Arrival{
		Wish: wish, Kept: d.Kept, Began: s.now, Method: http.MethodPost, Params: url.Values{"SAMLResponse": {form.SAMLResponse}, "RelayState": {form.RelayState}},
	}
}

func address(t *testing.T, s string) url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return *u
}
