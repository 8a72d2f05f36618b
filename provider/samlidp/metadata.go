package samlidp

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"time"

	"github.com/crewjam/saml"
	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// Where it all is, below the issuer (surface.md). The entity ID is the issuer with entityPath.
const (
	entityPath   = "/saml/idp"
	metadataPath = entityPath + "/metadata"
	ssoPath      = entityPath + "/sso"
	sloPath      = entityPath + "/slo"
)

const metadataType = "application/samlmetadata+xml"

// metadata is what applications read of us: the addresses, the current key and the next one, which is published before it is used.
func (e *Endpoint) metadata(c *gin.Context) error {
	body, err := e.Describe(c.Request.Context())
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, metadataType, body)
	return nil
}

// Describe is our metadata.
func (e *Endpoint) Describe(ctx context.Context) ([]byte, error) {
	certs, err := e.d.Keys.Published(ctx)
	if err != nil {
		return nil, err
	}
	no := false
	role := saml.IDPSSODescriptor{WantAuthnRequestsSigned: &no}
	role.ProtocolSupportEnumeration = samlxml.NSProtocol
	for _, cert := range certs {
		data := saml.X509Certificate{Data: base64.StdEncoding.EncodeToString(cert.Raw)}
		role.KeyDescriptors = append(role.KeyDescriptors, saml.KeyDescriptor{
			Use: "signing", KeyInfo: saml.KeyInfo{X509Data: saml.X509Data{X509Certificates: []saml.X509Certificate{data}}},
		})
	}
	for _, f := range []string{Persistent, Email, Username, Transient} {
		role.NameIDFormats = append(role.NameIDFormats, saml.NameIDFormat(nameIDFormat(f)))
	}
	for _, binding := range []string{saml.HTTPRedirectBinding, saml.HTTPPostBinding} {
		role.SingleLogoutServices = append(role.SingleLogoutServices, saml.Endpoint{Binding: binding, Location: e.d.Issuer + sloPath})
		role.SingleSignOnServices = append(role.SingleSignOnServices, saml.Endpoint{Binding: binding, Location: e.d.Issuer + ssoPath})
	}
	raw, err := xml.MarshalIndent(saml.EntityDescriptor{EntityID: e.entityID(), CacheDuration: 6 * time.Hour, IDPSSODescriptors: []saml.IDPSSODescriptor{role}}, "", "  ")
	return append([]byte(xml.Header), raw...), err
}

func (e *Endpoint) entityID() string { return e.d.Issuer + entityPath }
