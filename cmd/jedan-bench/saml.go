package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

const samlIDP = "https://idp.test/metadata"

// samlSource is crewjam's identity provider, which signs the assertion and the response around it.
type samlSource struct {
	idp *saml.IdentityProvider
	sp  *saml.EntityDescriptor
}

func newSAMLSource(entityID, acs string) (*samlSource, error) {
	pair, err := samlxml.NewPair("idp", time.Now())
	if err != nil {
		return nil, err
	}
	at := func(path string) url.URL { return url.URL{Scheme: "https", Host: "idp.test", Path: path} }
	return &samlSource{
		idp: &saml.IdentityProvider{
			Key: pair.Key, Signer: pair.Key, Certificate: pair.Certificate, MetadataURL: at("/metadata"), SSOURL: at("/sso"), LogoutURL: at("/slo"),
			SignatureMethod: dsig.RSASHA256SignatureMethod,
		},
		sp: &saml.EntityDescriptor{EntityID: entityID, SPSSODescriptors: []saml.SPSSODescriptor{{
			AssertionConsumerServices: []saml.IndexedEndpoint{{Binding: saml.HTTPPostBinding, Location: acs, Index: 1}},
		}}},
	}, nil
}

func (s *samlSource) metadata() (string, error) {
	text, err := xml.Marshal(s.idp.Metadata())
	return string(text), err
}

// response is what somebody brings who began at the identity provider, in base64.
func (s *samlSource) response(nameID string) (string, error) {
	now := time.Now()
	req := &saml.IdpAuthnRequest{
		IDP: s.idp, HTTPRequest: httptest.NewRequest(http.MethodGet, "https://idp.test/apps", nil), ServiceProviderMetadata: s.sp, SPSSODescriptor: &s.sp.SPSSODescriptors[0],
		ACSEndpoint: &s.sp.SPSSODescriptors[0].AssertionConsumerServices[0], Now: now,
	}
	who := &saml.Session{
		ID: nameID, CreateTime: now, ExpireTime: now.Add(time.Hour), Index: "_" + nameID, NameID: nameID, NameIDFormat: string(saml.PersistentNameIDFormat),
		UserName: nameID, UserEmail: nameID + "@idp.test", UserGivenName: "Maria", UserSurname: "Example", Groups: []string{"staff", "engineering"},
	}
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(req, who); err != nil {
		return "", err
	}
	for i := range req.Assertion.Subject.SubjectConfirmations {
		req.Assertion.Subject.SubjectConfirmations[i].SubjectConfirmationData.InResponseTo = ""
	}
	form, err := req.PostBinding()
	return form.SAMLResponse, err
}

// samlWork is one verification of the response's signature by goxmldsig, as a service provider does it at least.
func samlWork() (func() error, error) {
	s, err := newSAMLSource("https://sp.test/saml", "https://sp.test/acs")
	if err != nil {
		return nil, err
	}
	text, err := s.response("maria")
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	v := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{s.idp.Certificate}})
	return func() error {
		doc := etree.NewDocument()
		if err := doc.ReadFromBytes(raw); err != nil {
			return err
		}
		_, err := v.Validate(doc.Root())
		return err
	}, err
}
