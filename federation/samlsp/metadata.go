package samlsp

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"time"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

const metadataType = "application/samlmetadata+xml"

// Metadata is what the identity provider reads of us: the addresses, the current key and the next one, which is published before it is used.
func (c *Connector) Metadata(ctx context.Context) (contentType string, body []byte, err error) {
	pairs, err := c.deps.Keys.Pairs(ctx)
	if err != nil {
		return "", nil, err
	}
	yes, signs := true, c.config.SignRequests
	role := saml.SPSSODescriptor{
		AuthnRequestsSigned: &signs, WantAssertionsSigned: &yes,
		AssertionConsumerServices: []saml.IndexedEndpoint{{Binding: saml.HTTPPostBinding, Location: c.config.ACSURL, Index: 0, IsDefault: &yes}},
	}
	if c.config.Artifacts {
		at := saml.IndexedEndpoint{Binding: saml.HTTPArtifactBinding, Location: c.config.ACSURL, Index: 1}
		role.AssertionConsumerServices = append(role.AssertionConsumerServices, at)
	}
	role.ProtocolSupportEnumeration = samlxml.NSProtocol
	role.KeyDescriptors = keyDescriptors(pairs)
	role.NameIDFormats = []saml.NameIDFormat{saml.NameIDFormat(c.config.NameIDFormat)}
	for _, binding := range []string{saml.HTTPRedirectBinding, saml.HTTPPostBinding} {
		role.SingleLogoutServices = append(role.SingleLogoutServices, saml.Endpoint{Binding: binding, Location: c.config.SLOURL})
	}
	entity := saml.EntityDescriptor{EntityID: c.config.EntityID, CacheDuration: 6 * time.Hour, SPSSODescriptors: []saml.SPSSODescriptor{role}}
	raw, err := xml.MarshalIndent(entity, "", "  ")
	return metadataType, append([]byte(xml.Header), raw...), err
}

// keyDescriptors publishes the current key for both uses, and the next one for signatures.
func keyDescriptors(pairs *Pairs) []saml.KeyDescriptor {
	out := []saml.KeyDescriptor{keyDescriptor("signing", pairs.Current.Certificate)}
	if pairs.Next != nil {
		out = append(out, keyDescriptor("signing", pairs.Next.Certificate))
	}
	if _, ok := pairs.Current.Key.(*rsa.PrivateKey); !ok {
		return out
	}
	encrypts := keyDescriptor("encryption", pairs.Current.Certificate)
	for _, name := range []string{samlxml.NSEncrypt11 + "aes256-gcm", samlxml.NSEncrypt11 + "aes128-gcm", samlxml.NSEncrypt + "rsa-oaep-mgf1p"} {
		encrypts.EncryptionMethods = append(encrypts.EncryptionMethods, saml.EncryptionMethod{Algorithm: name})
	}
	return append(out, encrypts)
}

func keyDescriptor(use string, cert *x509.Certificate) saml.KeyDescriptor {
	data := saml.X509Certificate{Data: base64.StdEncoding.EncodeToString(cert.Raw)}
	return saml.KeyDescriptor{Use: use, KeyInfo: saml.KeyInfo{X509Data: saml.X509Data{X509Certificates: []saml.X509Certificate{data}}}}
}
