package samlsp

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// description is a metadata document on its way through the table.
type description struct {
	config  Config
	signers []*x509.Certificate
	now     time.Time
	root    *etree.Element // as signed, where a signature is asked for

	el         *etree.Element // our identity provider's in it
	entity     saml.EntityDescriptor
	role       *saml.IDPSSODescriptor
	validUntil time.Time
	keys       []*x509.Certificate
}

// metadataSignature verifies the document where the operator gave keys for that. A signature without them is no use, and left alone.
func metadataSignature(ctx context.Context, m *description) (expected, received string, err error) {
	if len(m.signers) == 0 {
		return "a document signed by a key that was given", "", nil
	}
	m.root, err = verify(ctx, m.root, m.signers, m.now)
	return "a document signed by a key that was given", "", err
}

// oneEntity finds our identity provider in the document, alone or among others (SA23).
func oneEntity(_ context.Context, m *description) (expected, received string, err error) {
	expected = "the connector's identity provider, once"
	var found []*etree.Element
	for el := range samlxml.All(m.root) {
		if samlxml.Is(el, samlxml.NSMetadata, "EntityDescriptor") && samlxml.Attribute(el, "entityID") == m.config.IDPEntityID {
			found = append(found, el)
		}
	}
	if len(found) != 1 || !described(found[0]) {
		return expected, "none, or two", nil
	}
	m.el = found[0]
	return expected, "", nil
}

// decode reads the entity into crewjam's types.
func (m *description) decode() error {
	raw, err := etree.NewDocumentWithRoot(samlxml.Detached(m.el)).WriteToBytes()
	if err != nil {
		return err
	}
	return xml.Unmarshal(raw, &m.entity)
}

// described says whether an entity stands where metadata has entities: at the root, or in nothing but groups.
func described(el *etree.Element) bool {
	for parent := el.Parent(); parent != nil && parent.Tag != ""; parent = parent.Parent() {
		if !samlxml.Is(parent, samlxml.NSMetadata, "EntitiesDescriptor") {
			return false
		}
	}
	return true
}

// stillValid wants no end that has come, of the entity or a group that it is in (SA23).
func stillValid(_ context.Context, m *description) (expected, received string, err error) {
	for el := m.el; el != nil; el = el.Parent() {
		value, given := samlxml.AttributeOf(el, "validUntil")
		if !given {
			continue
		}
		at, ok := samlxml.Instant(value)
		if !ok || !m.now.Before(at) {
			received = "one that has come"
		}
		if m.validUntil.IsZero() || at.Before(m.validUntil) {
			m.validUntil = at
		}
	}
	return "an end that has not come", received, nil
}

// oneRole wants an identity provider that speaks SAML 2.0.
func oneRole(_ context.Context, m *description) (expected, received string, err error) {
	if m.decode() != nil {
		received = "a broken one"
	}
	for i := range m.entity.IDPSSODescriptors {
		role := &m.entity.IDPSSODescriptors[i]
		if !slices.Contains(strings.Fields(role.ProtocolSupportEnumeration), samlxml.NSProtocol) {
			continue
		}
		if m.role != nil {
			received = "two"
		}
		m.role = role
	}
	if m.role == nil {
		received = "none"
	} else if end := m.role.ValidUntil; end != nil && !m.now.Before(*end) {
		received = "one that has ended"
	}
	return "one identity provider of SAML 2.0", received, nil
}

// secureEndpoints wants https everywhere a browser or a message of ours is sent, and somewhere to send browsers (SA23).
func secureEndpoints(_ context.Context, m *description) (expected, received string, err error) {
	for _, e := range slices.Concat(m.role.SingleSignOnServices, m.role.SingleLogoutServices) {
		if browsed(e.Binding) && (!secureURL(e.Location) || e.ResponseLocation != "" && !secureURL(e.ResponseLocation)) {
			received = "one without"
		}
	}
	for _, e := range m.role.SSODescriptor.ArtifactResolutionServices {
		if e.Binding == saml.SOAPBinding && !secureURL(e.Location) {
			received = "one without"
		}
	}
	if len(byBinding(m.role.SingleSignOnServices, false)) == 0 {
		received = "none for browsers"
	}
	return "addresses with https", received, nil
}

func browsed(binding string) bool {
	return binding == saml.HTTPRedirectBinding || binding == saml.HTTPPostBinding
}

// signingKeys wants a key that signs: strong, not expired, and among the pinned ones.
func signingKeys(_ context.Context, m *description) (expected, received string, err error) {
	own, err := samlxml.Certificates(m.config.IDPCertificates)
	if err != nil {
		return "", "", err
	}
	if m.keys = samlxml.Pinned(own, m.config.IDPFingerprints); len(own) == 0 {
		m.keys = samlxml.Pinned(m.published(), m.config.IDPFingerprints)
	}
	if len(samlxml.Counting(m.keys, m.now)) == 0 {
		received = "none"
	}
	return "a signing key that counts", received, nil
}

// published are the signing certificates of the metadata; several while keys change.
func (m *description) published() []*x509.Certificate {
	var out []*x509.Certificate
	for _, k := range m.role.KeyDescriptors {
		if k.Use != "" && k.Use != "signing" {
			continue
		}
		for _, c := range k.KeyInfo.X509Data.X509Certificates {
			der, err := base64.StdEncoding.DecodeString(samlxml.Compact(c.Data))
			if err != nil {
				continue
			}
			if cert, err := x509.ParseCertificate(der); err == nil {
				out = append(out, cert)
			}
		}
	}
	return out
}

// idp is what the document says, once all rows have passed.
func (m *description) idp() *idp {
	fresh := m.entity.CacheDuration
	for _, d := range []time.Duration{m.role.CacheDuration} {
		if d > 0 && (fresh == 0 || d < fresh) {
			fresh = d
		}
	}
	if fresh == 0 {
		fresh = usualFresh
	}
	until := m.validUntil
	if end := m.role.ValidUntil; end != nil && (until.IsZero() || end.Before(until)) {
		until = *end
	}
	return &idp{
		keys: m.keys, sso: byBinding(m.role.SingleSignOnServices, false), slo: byBinding(m.role.SingleLogoutServices, false),
		sloResponse: byBinding(m.role.SingleLogoutServices, true), fresh: min(max(fresh, leastFresh), mostFresh), validUntil: until,
		artifacts:  m.resolvers(),
		wantSigned: m.role.WantAuthnRequestsSigned != nil && *m.role.WantAuthnRequestsSigned,
	}
}

// resolvers are the addresses where artifacts are resolved.
func (m *description) resolvers() map[int]string {
	out := map[int]string{}
	for _, e := range m.role.SSODescriptor.ArtifactResolutionServices {
		if e.Binding == saml.SOAPBinding {
			out[e.Index] = e.Location
		}
	}
	return out
}

// byBinding are the addresses for browsers, the first of each binding; those for responses where they are others.
func byBinding(endpoints []saml.Endpoint, responses bool) map[string]string {
	out := map[string]string{}
	for _, e := range endpoints {
		location := e.Location
		if responses && e.ResponseLocation != "" {
			location = e.ResponseLocation
		}
		if _, ok := out[e.Binding]; !ok && browsed(e.Binding) {
			out[e.Binding] = location
		}
	}
	return out
}
